"""The few pictures that a report shows, in one zip, so that it needs neither the data nor torch.

Names end with .png whatever kind of file stands behind them: that was the only kind once, and old runs stay readable.
`media_type` tells which kind it is.
"""

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

from linnet.errors import RunError
from linnet.records.files import write_bytes

_FIXED_TIME = (1980, 1, 1, 0, 0, 0)


def image_name(image_id: str) -> str:
    """Return the name under which a picture of the data stands; a zip wants Unicode where file names need not be."""
    return f"images/{image_id.encode('utf-8', 'xmlcharrefreplace').decode()}.png"


def template_name(rung: str, class_index: int) -> str:
    """Return the name under which a rung's picture of a class stands."""
    return f"templates/{rung}/{class_index}.png"


def explanation_name(rung: str, number: int) -> str:
    """Return the name under which what a rung looked at in a picture stands."""
    return f"explanations/{rung}/{number}.png"


def media_type(data: bytes) -> str:
    """Tell by the first bytes which kind of picture a file is, in the words of the web."""
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "image/webp"
    return "image/png"


def write(path: Path, pictures: Mapping[str, bytes]) -> None:
    """Write files by name, atomically and the same to the byte for the same pictures."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(pictures):
            archive.writestr(zipfile.ZipInfo(name, _FIXED_TIME), pictures[name])
    write_bytes(path, buffer.getvalue())


def read(path: Path) -> dict[str, bytes]:
    """Read all of them by name; none where there is no file.

    Raises:
        RunError: no zip file.
    """
    if not path.exists():
        return {}
    try:
        with zipfile.ZipFile(path) as archive:
            return {name: archive.read(name) for name in archive.namelist()}
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise RunError(f"{path} should be a zip of pictures and is not ({error}).") from None
