"""What a classifier has learned, as pictures: each entry draws panels from a fitted rung."""

MACHINERY = ("collage", "features", "layers", "layouts", "sheets")
"""Files that are no entries."""
