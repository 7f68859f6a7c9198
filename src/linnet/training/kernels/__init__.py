"""Quicker ways to compute on processors what torch computes, to be put in its place while a network learns."""
