"""What kind of file the first bytes announce, by content and never by extension; nothing is decoded here."""

from linnet.errors import UnreadableImageError

# Pillow is asked for one format at a time, chosen by the first bytes. Formats that would start another program (EPS,
# WMF), that are mere containers, or that are text are not in the list.
_PICTURES: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\xff\xd8\xff", "JPEG"),
    (0, b"\x89PNG\r\n\x1a\n", "PNG"),
    (8, b"WEBP", "WEBP"),
    (0, b"GIF8", "GIF"),
    (0, b"BM", "BMP"),
    (0, b"II*\0", "TIFF"),
    (0, b"MM\0*", "TIFF"),
    (0, b"II+\0", "TIFF"),
    (0, b"MM\0+", "TIFF"),
    (0, b"\0\0\0\x0cjP  \r\n\x87\n", "JPEG2000"),
    (0, b"\xff\x4f\xff\x51", "JPEG2000"),
    (4, b"ftypavif", "AVIF"),
    (4, b"ftypavis", "AVIF"),
    (0, b"qoif", "QOI"),
    (0, b"8BPS", "PSD"),
    (0, b"\x01\xda", "SGI"),
    (0, b"\x59\xa6\x6a\x95", "SUN"),
)
_UNSUPPORTED: tuple[tuple[int, bytes, str], ...] = (
    (0, b"%!PS", "PostScript, which is a program and is not run"),
    (0, b"\xc5\xd0\xd3\xc6", "PostScript, which is a program and is not run"),
    (0, b"\xd7\xcd\xc6\x9a", "a Windows metafile, which is a program and is not run"),
    (4, b"ftyphei", "a HEIC photo, a format that is not read; convert it to JPEG or PNG"),
    (4, b"ftypmif1", "a HEIF photo, a format that is not read; convert it to JPEG or PNG"),
    (0, b"\xff\x0a", "a JPEG XL picture, a format that is not read; convert it to JPEG or PNG"),
    (0, b"DDS ", "a DDS texture, a format that is not read; convert it to PNG"),
)
_NO_PICTURES: tuple[tuple[int, bytes, str], ...] = (
    (0, b"%PDF", "a PDF document"),
    (0, b"PK\x03\x04", "a zip archive"),
    (0, b"\x1f\x8b", "a gzip archive"),
    (4, b"ftyp", "a video"),
    (8, b"AVI ", "a video"),
    (0, b"\x1aE\xdf\xa3", "a video"),
)


def format_of(data: bytes) -> str:
    """Name the picture format, by content."""
    found = _matches(data, _PICTURES)
    if found:
        return found
    if len(data) > 2 and data[:1] == b"P" and data[1:2] in b"123456fFy" and data[2:3].isspace():
        return "PPM"
    if data[:1] == b"\n" and data[1:2] in b"\0\2\3\5" and data[2:3] in b"\0\1":
        return "PCX"
    if data[:4] in (b"\0\0\1\0", b"\0\0\2\0") and any(data[4:6]):  # a TGA file may begin so too, with a count of zero
        return "ICO" if data[2] == 1 else "CUR"
    # A TGA file begins with no mark of its own: the newer kind ends with one, the older is known by plausible fields.
    if data[-18:-2] == b"TRUEVISION-XFILE" or _looks_like_tga(data):
        return "TGA"
    raise _refusal(data)


def _looks_like_tga(data: bytes) -> bool:
    if len(data) < 19:
        return False
    map_type, kind, map_depth, depth, flags = data[1], data[2], data[7], data[16], data[17]
    has_map = map_type == 1 and kind in (1, 9) and map_depth in (15, 16, 24, 32) and depth == 8
    has_none = map_type == 0 and kind in (2, 3, 10, 11) and not any(data[3:8]) and depth in (8, 16, 24, 32)
    return (has_map or has_none) and not flags & 0xC0 and any(data[12:14]) and any(data[14:16])


def _refusal(data: bytes) -> UnreadableImageError:
    """Say what it is that is no picture; what was never meant to be one is merely ignored."""
    if not data.strip(b"\0"):
        return UnreadableImageError("nothing but zero bytes" if data else "the file is empty")
    unsupported, other = _matches(data, _UNSUPPORTED), _matches(data, _NO_PICTURES)
    if unsupported:
        return UnreadableImageError(unsupported)
    start = data[:512]
    if not other and not any(byte < 32 and byte not in b"\t\n\r\f\x1b" for byte in start):
        other = "text"
    if other:
        return UnreadableImageError(f"not a picture but {other}", status="ignored")
    return UnreadableImageError("not of any known picture format")


def _matches(data: bytes, table: tuple[tuple[int, bytes, str], ...]) -> str:
    return next((name for offset, magic, name in table if data.startswith(magic, offset)), "")
