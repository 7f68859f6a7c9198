"""What the names of files and folders tell: natural order, splits, litter, and which look like pictures."""

import re

SPLIT_WORDS = {
    "train": "train",
    "training": "train",
    "val": "valid",
    "valid": "valid",
    "validation": "valid",
    "test": "test",
    "testing": "test",
}
"""How people name a split's folder or write it in a table, without regard to case, and our word for it."""

# fmt: off
PICTURE_SUFFIXES = frozenset((
    ".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".apng", ".webp", ".gif", ".bmp", ".dib", ".tif", ".tiff",
    ".ppm", ".pgm", ".pbm", ".pnm", ".pfm", ".tga", ".ico", ".cur", ".jp2", ".j2k", ".jpc", ".jpx", ".avif",
    ".avifs", ".qoi", ".pcx", ".psd", ".sgi", ".bw", ".rgb", ".rgba", ".ras", ".heic", ".heif", ".jxl", ".mpo",
))
# fmt: on
"""Extensions that announce a picture. They decide how a message is worded and which folders look like classes; what a
file is, its content decides."""

_LITTER = frozenset(
    (
        "$recycle.bin",
        "@eadir",
        "__macosx",
        "desktop.ini",
        "ehthumbs.db",
        "ehthumbs_vista.db",
        "icon\r",
        "lost+found",
        "system volume information",
        "thumbs.db",
    )
)


def natural_key(name: str) -> tuple[tuple[tuple[int, int, str], ...], str]:
    """Return a key that sorts "2" before "10" and pays no regard to case until everything else is equal.

    Example:
        >>> sorted(["b10", "B2", "a", "b2"], key=natural_key)
        ['a', 'B2', 'b2', 'b10']
    """
    parts = re.split(r"(\d+)", name.casefold())
    # Odd parts are digits; a number sorts before any text in its place.
    return tuple((0, int(p), "") if i % 2 else (1, 0, p) for i, p in enumerate(parts) if p), name


def split_of(name: str) -> str:
    """Return the split that a folder's name or a table's word means, or "" for any other word."""
    return SPLIT_WORDS.get(name.strip().casefold(), "")


def litter_reason(name: str) -> str:
    """Say why a file or folder of this name is nobody's picture; "" for ordinary names."""
    if name.casefold() in _LITTER:
        return "system litter"
    return "hidden: its name begins with a dot" if name.startswith(".") else ""


def suffix_of(path: str) -> str:
    """Return a path's extension in small letters, with its dot; "" where there is none.

    Example:
        >>> suffix_of("a.b/c.JPG"), suffix_of("a.b/.c"), suffix_of("c")
        ('.jpg', '', '')
    """
    stem, dot, suffix = path.rpartition("/")[2].rpartition(".")
    return dot + suffix.lower() if stem.strip(".") else ""


def has_picture_suffix(path: str) -> bool:
    """Tell whether the extension announces a picture."""
    return suffix_of(path) in PICTURE_SUFFIXES


def may_be_picture(name: str) -> bool:
    """Tell whether a file may be a picture by its name: no extension counts as yes."""
    return has_picture_suffix(name) or "." not in name.strip(".")


def listed(names: list[str], most: int = 5) -> str:
    """Write some names in a sentence: all of a few, the first of many.

    Example:
        >>> listed(["a", "b", "c"], most=2)
        'a, b and 1 more'
    """
    shown = ", ".join(names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most:,} more"
