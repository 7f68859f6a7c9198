"""Which pixels speak for a class: each entry gives every picture a map of relevance."""

MACHINERY = ("baselines", "choosing", "maps", "sanity", "slopes")
"""Files that are no entries."""
