"""Random changes to training pictures, one file per entry behind one contract; nothing here sees a test picture."""

MACHINERY = ("moving", "warping", "colors", "operations", "parsing")
"""Files of this folder that are not entries of the family; everything else here is an augmentation."""
