"""Where pictures come from: sources, the pack, duplicates and splits."""

MACHINERY: tuple[str, ...] = ()
"""Files of this folder that are not entries of the family; everything else here is a named set."""
