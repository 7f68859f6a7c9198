"""The ladder: one file per rung behind one contract."""

MACHINERY = ("capabilities", "features", "network")
"""Files of this folder that are not entries of the family; everything else here is a rung."""
