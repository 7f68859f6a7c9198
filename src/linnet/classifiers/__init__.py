"""The ladder: one file per rung behind one contract."""

MACHINERY = ("capabilities", "features", "keeping", "network", "requiring", "tempering")
"""Files of this folder that are not entries of the family; everything else here is a rung."""
