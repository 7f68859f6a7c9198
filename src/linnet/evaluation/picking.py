"""Which pictures a user means by files, folders and ids of a run's data; what is done with them is not known here."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from linnet import images
from linnet.classifiers.base import Classifier
from linnet.datasets import loading
from linnet.datasets.base import Dataset
from linnet.datasets.loading import Loaded
from linnet.errors import ConfigError, DataError, ImagesError, LinnetError, SealedError, UnreadableImageError
from linnet.evaluation.explaining import pixels_of
from linnet.images import Geometry
from linnet.progress import SILENT, Progress
from linnet.records.manifest import Manifest
from linnet.records.run import Run

MOST = 50
"""Pictures that are explained at once: more are no page that anybody reads."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Picked:
    """Hold one picture.

    Attributes:
        name: The file, or the id.
        pixels: (c, h, w) uint8, as in training.
        label: Name of its class; empty where it is not known.
    """

    name: str
    pixels: npt.NDArray[np.uint8]
    label: str = ""


class RunData:
    """Read the data of a run when they are first asked for, and once.

    Args:
        run: Its data must be as they were.
        progress: Where long work reports to.
    """

    def __init__(self, run: Run, *, progress: Progress = SILENT) -> None:
        self.run = run
        self._progress = progress

    @cached_property
    def manifest(self) -> Manifest:
        """What the data are; asks for no picture."""
        return self.run.manifest

    @cached_property
    def loaded(self) -> Loaded:
        """All pictures.

        Raises:
            DataError: they are not there any more, or have changed.
        """
        return loading.load_again(self.run, progress=self._progress)

    @cached_property
    def sealed(self) -> frozenset[str]:
        """Content hashes of the test split until it is opened; none from then on."""
        table = self.manifest
        return frozenset() if self.run.is_finished else frozenset(table.content_hash[table.split == "test"].tolist())

    def learned_from(self, classifier: Classifier) -> Dataset:
        """Return the pictures that a rung of the run learned from."""
        is_watched = classifier.needs_valid and len(self.loaded.part("valid")) > 0
        return self.loaded.part("train") if is_watched else self.loaded.development()


def pick(wanted: Sequence[str], data: RunData) -> tuple[list[Picked], list[str]]:
    """Read pictures as the rungs of a run were shown theirs: by the same decoding, brought to the same geometry.

    Args:
        wanted: Files, folders (with all that is in them), and ids of the run's data. A file comes before an id.
        data: Of the run.

    Returns:
        The pictures, and a sentence for each file of a folder that is no usable picture.

    Raises:
        DataError: a name that is none of these, or a folder without a picture.
        ImagesError: a file that is no usable picture.
        SealedError: a picture of the test split, by its id or as a file, and that has not been opened.
        ConfigError: no picture, or more than `MOST`.
    """
    geometry = Geometry.from_plain(data.run.facts.geometry)
    found: list[Picked] = []
    left_out: list[str] = []
    for text in dict.fromkeys(wanted):
        path = Path(text).expanduser()
        if path.is_dir():
            pictures, sentences = _of_folder(path, geometry, data)
            found += pictures
            left_out += sentences
        elif path.exists():
            found.append(_of_file(path, geometry, data))
        else:
            found.append(_of_data(text, data))
        _refuse_too_many(len(found))
    if not found:
        raise ConfigError("No picture was named; give files, folders, or ids of the run's data.")
    return found, left_out


def _of_file(path: Path, geometry: Geometry, data: RunData) -> Picked:
    try:
        return _read(path, geometry, data)
    except UnreadableImageError as error:
        raise ImagesError(f"{path} is no usable picture: {error.reason}; give a picture such as a JPEG.") from None


def _read(path: Path, geometry: Geometry, data: RunData) -> Picked:
    if data.sealed and hashlib.sha256(images.read_file(path)).hexdigest() in data.sealed:
        raise _sealed(str(path), data.run)
    return Picked(name=str(path), pixels=images.read(path, geometry))


def _sealed(name: str, run: Run) -> SealedError:
    return SealedError(
        f"{name} is a test picture, and the test split of {run.folder} stays sealed until the run came to its end; "
        "name a picture of another split, or go on with the run first."
    )


def _of_folder(folder: Path, geometry: Geometry, data: RunData) -> tuple[list[Picked], list[str]]:
    found: list[Picked] = []
    left_out = []
    for path in sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith(".")):
        try:
            found.append(_read(path, geometry, data))
        except UnreadableImageError as error:
            if error.status != "ignored":
                left_out.append(f"{path} is left out, it is no usable picture: {error.reason}.")
        _refuse_too_many(len(found))
    if not found:
        raise DataError(f"The folder {folder} holds no usable picture; give one that does.")
    return found, left_out


def _of_data(image_id: str, data: RunData) -> Picked:
    manifest, folder = data.manifest, data.run.folder
    rows = np.flatnonzero(manifest.id == image_id)
    if not len(rows):
        raise DataError(
            f"There is no file or folder {image_id}, and no picture of that id in {folder}; "
            "the ids stand in the first column of its manifest.csv."
        )
    row = int(rows[0])
    if not manifest.split[row]:
        raise DataError(
            f"{image_id} is in no split of {folder} ({manifest.reason[row] or manifest.status[row]}); name another."
        )
    if manifest.split[row] == "test" and not data.run.is_finished:
        raise _sealed(image_id, data.run)
    try:
        pixels = pixels_of(data.loaded, [image_id])[0]
    except LinnetError as error:
        raise DataError(f"{image_id} cannot be read, since the data of {folder} cannot be: {error}") from None
    return Picked(name=image_id, pixels=pixels, label=str(manifest.label[row]))


def _refuse_too_many(n: int) -> None:
    if n > MOST:
        raise ConfigError(f"At most {MOST} pictures are explained at once, and more were named; name fewer.")
