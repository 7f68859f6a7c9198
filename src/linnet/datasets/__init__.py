"""Where pictures come from: named sets (a file each), sources, the pack, duplicates and splits."""

MACHINERY = ("loading", "mapped", "opening")
"""Files of this folder that are not entries of the family; everything else here is a named set."""
