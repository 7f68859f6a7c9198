"""Where packs stand in the cache: found by content, kept whole or not at all, and swept of what dead processes left."""

import contextlib
import hashlib
import json
import os
import shutil
import socket
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from linnet.errors import ConfigError
from linnet.images import Geometry
from linnet.records.files import write_json
from linnet.records.manifest import Manifest

PIXELS = "pixels.bin"
"""The file of pixels in a pack: (m, c, h, w) uint8 and nothing else."""

_FORMAT = 1
_HEAD = "pack.json"
_BUILDING = ".building-"
_DAY_SECONDS = 86_400
_DAMAGED = (OSError, ValueError, KeyError, TypeError, EOFError, ConfigError)


@dataclass(frozen=True, eq=False, kw_only=True)
class Stored:
    """Hold all of a pack but its pixels.

    Attributes:
        geometry: What the pictures were brought to.
        manifest: Every file.
        rows: (m,) int64, the manifest's positions of the pictures.
        class_names: In order.
        facts: Plain JSON values.
        messages: Whole sentences.
    """

    geometry: Geometry
    manifest: Manifest
    rows: npt.NDArray[np.int64]
    class_names: tuple[str, ...]
    facts: dict[str, Any]
    messages: tuple[str, ...]


class Shelf:
    """The cache's folder of packs.

    Args:
        folder: Made if it is not there.

    Raises:
        OSError: it cannot be made.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def place(self, key: str) -> Path:
        """Return where the pack of a key stands, or would stand."""
        return self._folder / key

    def recall(self, seal: str) -> str | None:
        """Return the key of the pack that was made of files with this seal, if any."""
        try:
            return str(json.loads(self._note(seal).read_text(encoding="utf-8"))["pack"])
        except _DAMAGED:
            return None

    def remember(self, seal: str, key: str) -> None:
        """Note that files with this seal gave the pack of this key."""
        write_json(self._note(seal), {"pack": key})

    @contextlib.contextmanager
    def building(self) -> Iterator[Path]:
        """Give a temporary folder beside the packs, gone at the end of the with-block unless it was kept."""
        self._sweep()
        folder = Path(tempfile.mkdtemp(dir=self._folder, prefix=f"{_BUILDING}{socket.gethostname()}-{os.getpid()}-"))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def keep(self, folder: Path, key: str) -> Path:
        """Put a finished temporary folder in its place in one step; if another process was faster, its pack stays."""
        place = self.place(key)
        for name in sorted(path.name for path in folder.iterdir()):
            with (folder / name).open("rb+") as file:
                os.fsync(file.fileno())
        for _ in range(2):
            try:
                folder.rename(place)
                break
            except OSError:
                if not place.exists():
                    raise
                if load(place) is not None:
                    break
                shutil.rmtree(place)  # damaged from outside: make way
        return place

    def _note(self, seal: str) -> Path:
        return self._folder / "seals" / f"{hashlib.sha256(seal.encode()).hexdigest()}.json"

    def _sweep(self) -> None:
        """Remove temporary folders of processes that are gone."""
        for folder in self._folder.glob(f"{_BUILDING}*"):
            if _is_abandoned(folder):
                shutil.rmtree(folder, ignore_errors=True)


def _is_abandoned(folder: Path) -> bool:
    host, _, rest = folder.name.removeprefix(_BUILDING).rpartition("-")[0].rpartition("-")
    try:
        if os.name == "posix" and host == socket.gethostname():
            os.kill(int(rest), 0)  # only asks; on Windows this very call would end the process
        return time.time() - max(path.stat().st_mtime for path in (folder, *folder.iterdir())) > _DAY_SECONDS
    except ProcessLookupError:
        return True
    except (OSError, ValueError):  # another user's process, or a folder that is going away
        return False


def save(folder: Path, stored: Stored) -> None:
    """Write all of a pack but its pixels into a folder."""
    manifest = stored.manifest
    columns = {field.name: getattr(manifest, field.name) for field in fields(manifest)}
    # Hexadecimal in four bytes a letter would be eight times as large.
    columns["content_hash"] = _hash_bytes(columns["content_hash"])
    for name, column in {**columns, "rows": stored.rows}.items():
        np.save(folder / f"{name}.npy", column, allow_pickle=False)
    head = {
        "format": _FORMAT,
        "n_images": len(stored.rows),
        "geometry": stored.geometry.to_plain(),
        "class_names": stored.class_names,
        "facts": stored.facts,
        "messages": stored.messages,
    }
    (folder / _HEAD).write_text(json.dumps(head), encoding="utf-8")


def load(folder: Path) -> Stored | None:
    """Read back what `save` wrote; None if it is not there, or not whole."""
    try:
        head = json.loads((folder / _HEAD).read_text(encoding="utf-8"))
        geometry = Geometry.from_plain(head["geometry"])
        n_bytes = head["n_images"] * int(np.prod(geometry.shape))
        if head["format"] != _FORMAT or (folder / PIXELS).stat().st_size != n_bytes:
            return None
        columns = {field.name: _column(folder, field.name) for field in fields(Manifest)}
        columns["content_hash"] = _hash_texts(columns["content_hash"])
        return Stored(
            geometry=geometry,
            manifest=Manifest(**columns),
            rows=_column(folder, "rows"),
            class_names=tuple(head["class_names"]),
            facts=head["facts"],
            messages=tuple(head["messages"]),
        )
    except _DAMAGED:
        return None


def _column(folder: Path, name: str) -> npt.NDArray[Any]:
    column: npt.NDArray[Any] = np.load(folder / f"{name}.npy", allow_pickle=False)
    return column


def _hash_bytes(texts: npt.NDArray[np.str_]) -> npt.NDArray[np.uint8]:
    """Turn (n,) hexadecimal of SHA-256 into (n, 32) bytes; an empty text becomes zeros."""
    joined = bytes.fromhex("".join(text or "00" * 32 for text in texts.tolist()))
    return np.frombuffer(joined, dtype=np.uint8).reshape(-1, 32)


def _hash_texts(values: npt.NDArray[np.uint8]) -> npt.NDArray[np.str_]:
    letters = np.frombuffer(values.tobytes().hex().encode(), dtype="S64").astype("<U64")
    letters[~values.any(axis=1)] = ""
    return letters
