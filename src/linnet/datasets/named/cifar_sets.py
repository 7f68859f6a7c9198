"""Opening of CIFAR-10 and CIFAR-100 from wherever they lie: torchvision's layout, their archive, or class folders."""

import hashlib
import tarfile
import tempfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from linnet.datasets.base import ArraySource, Source
from linnet.datasets.named.download import RemoteFile, fetch
from linnet.datasets.named.finding import class_folders, with_name
from linnet.errors import DataError
from linnet.progress import SILENT, Progress
from linnet.records.manifest import texts_of

_TORCHVISION = {"cifar10": ("CIFAR10", "cifar-10-batches-py"), "cifar100": ("CIFAR100", "cifar-100-python")}
"""torchvision's class for each set, and the folder inside the published archive."""


def open_cifar(
    name: str,
    class_names: tuple[str, ...],
    archive: RemoteFile,
    *,
    places: Sequence[Path],
    progress: Progress = SILENT,
) -> Source | ArraySource:
    """Find a set in the first place that has it, in any form, or download its archive to the last place.

    Args:
        name: "cifar10" or "cifar100".
        class_names: In published order.
        archive: What is published.
        places: Folders to look in; archives are unpacked into the last one.
        progress: Where a download reports to.

    Raises:
        DataError: it was found, and is damaged.
        DownloadError: it is nowhere and cannot be fetched.
    """
    _, folder = _TORCHVISION[name]
    for place in places:
        for base in (place, *(path for path in with_name(place, name) if path.is_dir())):
            if (base / folder).is_dir():
                return _read(name, base, class_names)
            if (base / archive.name).is_file():
                return _read(name, _unpack(base / archive.name, archive, folder, places[-1]), class_names)
        if source := class_folders(place, name, class_names):
            return source
    fetch([archive], places[-1], title=name, progress=progress)
    return _read(name, _unpack(places[-1] / archive.name, archive, folder, places[-1]), class_names)


def _unpack(path: Path, archive: RemoteFile, folder: str, target: Path) -> Path:
    """Unpack the published archive, all or nothing; return the folder that now holds `folder`."""
    if (target / folder).is_dir():
        return target
    wrong = f"{path} should be the published {archive.name}"
    try:
        with path.open("rb") as file:
            checksum = hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
        if checksum != archive.md5:
            raise DataError(f"{wrong}, whose checksum is {archive.md5}; its is {checksum}; download it again.")
        target.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target, prefix=".unpacking-") as temporary:
            with tarfile.open(path) as tar:
                tar.extractall(temporary, filter="data")
            (Path(temporary) / folder).rename(target / folder)
    except (tarfile.TarError, EOFError, zlib.error) as error:
        raise DataError(f"{wrong}; it is damaged ({error}); download it again.") from None
    except OSError as error:
        raise DataError(
            f"{path} cannot be unpacked into {target} ({error.strerror or error}); make room, "
            "or set LINNET_CACHE to another folder."
        ) from None
    return target


def _read(name: str, base: Path, class_names: tuple[str, ...]) -> ArraySource:
    """Read both parts; torchvision compares each file with its published checksum before it unpickles it."""
    import torchvision.datasets

    class_name, folder = _TORCHVISION[name]
    make: Any = getattr(torchvision.datasets, class_name)
    try:
        parts = {"train": make(str(base), train=True), "test": make(str(base), train=False)}
    except (RuntimeError, OSError) as error:
        raise DataError(
            f"{base / folder} should hold the published files of {name}; some are missing or differ ({error}); "
            "remove the folder to have them fetched again."
        ) from None
    images = np.concatenate([part.data for part in parts.values()])
    return ArraySource(
        name=name,
        images=np.ascontiguousarray(images.transpose(0, 3, 1, 2)),  # (n, 3, 32, 32)
        labels=np.concatenate([np.asarray(part.targets, np.int64) for part in parts.values()]),
        splits=texts_of([split for split, part in parts.items() for _ in part.targets]),
        class_names=class_names,
    )
