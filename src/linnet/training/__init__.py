"""Losses with their gradients, and the solvers that make them small."""
