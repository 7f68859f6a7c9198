"""Reading of IDX files, the format of MNIST and its kin, with every check; where sets lie is not known here."""

import gzip
import math
import zlib
from pathlib import Path

import numpy as np
import numpy.typing as npt

from linnet.datasets.base import ArraySource
from linnet.errors import DataError
from linnet.records.manifest import texts_of

PARTS = (("train", "train"), ("test", "t10k"))
"""Our word for each split, and how its files' names begin."""
_UNSIGNED_BYTES = 8
_KINDS = {8: "unsigned bytes", 9: "signed bytes", 11: "shorts", 12: "ints", 13: "floats", 14: "doubles"}


def read_idx(path: Path, *, n_dimensions: int) -> npt.NDArray[np.uint8]:
    """Read a whole IDX file of unsigned bytes, compressed with gzip or not.

    Args:
        path: The file.
        n_dimensions: 1 for labels, 3 for images.

    Returns:
        An array of that many dimensions, uint8.

    Raises:
        DataError: not readable, not IDX, of other numbers or dimensions, or cut short.
    """
    wanted = f"{path} should be an IDX file of unsigned bytes with {n_dimensions} dimension{'s' * (n_dimensions > 1)}"
    data = _read(path, wanted)
    if len(data) < 4 or data[:2] != b"\0\0":
        raise DataError(f"{wanted}; it begins with {data[:4].hex() or 'nothing'}; download it again.")
    kind, n = data[2], data[3]
    if kind != _UNSIGNED_BYTES or n != n_dimensions:
        raise DataError(f"{wanted}; it has {_KINDS.get(kind, f'type {kind}')} with {n}; take the set's own file.")
    start = 4 + 4 * n
    shape = tuple(int.from_bytes(data[at : at + 4], "big") for at in range(4, start, 4))
    if len(data) != start + math.prod(shape):
        raise DataError(
            f"{wanted}; its head says {' x '.join(map(str, shape))}, {start + math.prod(shape):,} bytes in all, "
            f"and it has {len(data):,}; download it again."
        )
    return np.frombuffer(data, np.uint8, offset=start).reshape(shape)


def find_files(folder: Path) -> dict[str, tuple[Path, Path]] | None:
    """Return {split: (images, labels)} where all four files of a set of this kind lie in a folder, else None."""
    found = {}
    for split, start in PARTS:
        images, labels = _find(folder, f"{start}-images", "idx3"), _find(folder, f"{start}-labels", "idx1")
        if images is None or labels is None:
            return None
        found[split] = (images, labels)
    return found


def read_set(files: dict[str, tuple[Path, Path]], *, name: str, class_names: tuple[str, ...]) -> ArraySource:
    """Read the four files of a set.

    Raises:
        DataError: a damaged file, counts that differ, or a label that is no class.
    """
    images, labels, splits = [], [], []
    for split, (image_path, label_path) in files.items():
        images.append(read_idx(image_path, n_dimensions=3))
        labels.append(read_idx(label_path, n_dimensions=1))
        splits += [split] * len(images[-1])
        if len(images[-1]) != len(labels[-1]):
            raise DataError(
                f"{image_path} has {len(images[-1]):,} pictures and {label_path} {len(labels[-1]):,} labels; "
                "they do not belong together, download both again."
            )
        if labels[-1].max(initial=0) >= len(class_names):
            raise DataError(
                f"{label_path} has the label {labels[-1].max()}, and {name} has {len(class_names)} classes; "
                "it belongs to another set, take the set's own file."
            )
    if len({part.shape[1:] for part in images}) > 1:
        sizes = " and ".join(f"{part.shape[2]} x {part.shape[1]}" for part in images)
        raise DataError(f"The pictures of {name} should be of one size; they are {sizes}; download them again.")
    return ArraySource(
        name=name,
        images=np.concatenate(images)[:, None],  # (n, 1, h, w)
        labels=np.concatenate(labels).astype(np.int64),
        splits=texts_of(splits),
        class_names=class_names,
    )


def _find(folder: Path, start: str, kind: str) -> Path | None:
    names = (f"{start}-{kind}-ubyte", f"{start}.{kind}-ubyte")
    candidates = (folder / (name + suffix) for name in names for suffix in ("", ".gz"))
    return next((path for path in candidates if path.is_file()), None)


def _read(path: Path, wanted: str) -> bytes:
    try:
        data = path.read_bytes()
        return gzip.decompress(data) if data.startswith(b"\x1f\x8b") else data
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(f"{wanted}; its compression is damaged ({error}); download it again.") from None
    except OSError as error:
        raise DataError(f"{wanted}; it cannot be read ({error.strerror}); give yourself the right to.") from None
