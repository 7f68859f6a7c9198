"""Which pixels speak for a class: each entry gives every picture a map of relevance."""

MACHINERY = ("keeping",)
"""Files that are no entries."""
