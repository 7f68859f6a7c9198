"""What a classifier has learned, as pictures: each entry draws panels from a fitted rung."""

MACHINERY = ("layers", "layouts", "sheets")
"""Files that are no entries."""
