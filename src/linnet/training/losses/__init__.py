"""What training makes small: one loss per file, found by the file's name; penalties on weights are the recipe's."""

MACHINERY = ("parsing",)
"""Files of this folder that are not entries of the family; everything else here is a loss."""
