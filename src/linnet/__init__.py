"""Linnet: climb a ladder of image classifiers under one honest protocol."""

__version__ = "0.1.0"
