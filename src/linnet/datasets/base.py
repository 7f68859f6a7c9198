"""The contracts of data: what a data set is, and what a source of pictures must be able to do."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from linnet.datasets.mapped import file_of, map_pixels
from linnet.errors import DataError, ImagesError
from linnet.progress import SILENT, Progress
from linnet.records.manifest import Texts, texts_of


@dataclass(frozen=True, eq=False, kw_only=True)
class Dataset:
    """Hold labelled pictures: the only way in which they travel through Linnet.

    Subsets share the pixels, which may be memory-mapped and larger than memory; only `images` and `batches` read them.

    Args:
        pixels: (m, c, h, w) uint8, c is 1 or 3; every subset of one source shares it.
        rows: (n,) int64, the rows of `pixels` that belong here, in order.
        labels: (n,) int64, 0 .. k-1.
        class_names: k names, k >= 1; a class may have no picture.
        ids: (n,) str.
        groups: (n,) str, what must stay on one side of a split; an empty text is a group of its own.

    Raises:
        ImagesError: pixels of another shape or type.
        DataError: lengths that differ, rows outside the pixels, labels outside the classes, or a class named twice.
    """

    pixels: Tensor
    rows: Tensor
    labels: Tensor
    class_names: tuple[str, ...]
    ids: Texts
    groups: Texts = field(default_factory=lambda: texts_of([]))

    def __post_init__(self) -> None:
        if self.pixels.dtype != torch.uint8 or self.pixels.ndim != 4 or self.pixels.shape[1] not in (1, 3):
            raise ImagesError(
                "A data set wants pixels of shape (n, 1 or 3, h, w) and type uint8; "
                f"it got {tuple(self.pixels.shape)} {self.pixels.dtype}."
            )
        n = len(self.rows)
        if len(self.groups) == 0:
            object.__setattr__(self, "groups", np.zeros(n, dtype="<U1"))
        if not (len(self.labels) == len(self.ids) == len(self.groups) == n):
            raise DataError(
                f"{n} rows want as many labels, ids and groups; they are "
                f"{len(self.labels)}, {len(self.ids)} and {len(self.groups)}."
            )
        if n and not (int(self.rows.min()) >= 0 and int(self.rows.max()) < len(self.pixels)):
            raise DataError(
                f"Rows must lie in 0 .. {len(self.pixels) - 1} for {len(self.pixels)} pictures; "
                f"they reach {int(self.rows.min())} .. {int(self.rows.max())}."
            )
        if len(set(self.class_names)) < self.n_classes:
            raise DataError(f"Each class wants a name of its own; they are named {', '.join(self.class_names)}.")
        if n and not (int(self.labels.min()) >= 0 and int(self.labels.max()) < self.n_classes):
            raise DataError(
                f"Labels must lie in 0 .. {self.n_classes - 1} for {self.n_classes} classes; "
                f"they reach {int(self.labels.min())} .. {int(self.labels.max())}."
            )

    @classmethod
    def of(
        cls,
        images: Tensor | npt.NDArray[np.uint8],
        labels: Tensor | Sequence[int] | npt.NDArray[np.int64],
        class_names: Sequence[str] | None = None,
    ) -> Self:
        """Make a data set from arrays in memory, with ids "0", "1", ...

        Args:
            images: (n, c, h, w) uint8.
            labels: (n,) int, 0 .. k-1.
            class_names: k names; None: "0", "1", ... up to the largest label.

        Raises:
            ImagesError: images of another shape or type.
            DataError: not one whole number from the range per picture.
        """
        pixels = tensor_of(images)
        y = torch.as_tensor(labels)
        if len(y) and (y.is_floating_point() or y.ndim != 1 or len(y) != len(pixels)):
            raise DataError(
                f"{len(pixels)} pictures want as many whole numbers as labels; they got {tuple(y.shape)} {y.dtype}."
            )
        y = y.to(torch.int64)
        k = int(y.max()) + 1 if len(y) else 1
        names = tuple(class_names) if class_names is not None else tuple(str(i) for i in range(k))
        ids = texts_of([str(i) for i in range(len(y))])
        return cls(pixels=pixels, rows=torch.arange(len(y)), labels=y, class_names=names, ids=ids)

    def __len__(self) -> int:
        return len(self.rows)

    def __getstate__(self) -> dict[str, Any]:
        """Leave pixels that are mapped from a file there: another process maps the same file."""
        state = dict(self.__dict__)
        path = file_of(self.pixels)
        if path is not None:
            state["pixels"] = (path, tuple(self.pixels.shape))
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Map the file of `__getstate__` again."""
        if isinstance(state["pixels"], tuple):
            state = {**state, "pixels": map_pixels(*state["pixels"])}
        self.__dict__.update(state)

    @property
    def n_classes(self) -> int:
        """The number of classes, k, counting those without a picture."""
        return len(self.class_names)

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """(c, h, w) of every picture."""
        _, c, h, w = self.pixels.shape
        return c, h, w

    @property
    def images(self) -> Tensor:
        """(n, c, h, w) uint8, read into memory unless this is the whole source."""
        if len(self) == len(self.pixels) and torch.equal(self.rows, torch.arange(len(self.rows))):
            return self.pixels
        return gather(self.pixels, self.rows)

    def subset(self, indices: Tensor | npt.NDArray[np.int64] | Sequence[int]) -> Self:
        """Return the pictures at these positions, in this order; pixels are shared, not copied.

        Args:
            indices: (m,) int, positions; or (n,) bool, which pictures to keep.
        """
        chosen = torch.as_tensor(indices)
        chosen = torch.nonzero(chosen).flatten() if chosen.dtype == torch.bool else chosen.to(torch.int64)
        at = chosen.numpy()
        return replace(
            self, rows=self.rows[chosen], labels=self.labels[chosen], ids=self.ids[at], groups=self.groups[at]
        )

    def relabel(self, class_names: Sequence[str]) -> Self:
        """Return the pictures of the named classes only, renumbered in the order given.

        Raises:
            DataError: a name that is not among the classes.
        """
        missing = [name for name in class_names if name not in self.class_names]
        if missing:
            raise DataError(f"No class is named {missing[0]!r}; the classes are {', '.join(self.class_names)}.")
        new_index = torch.full((self.n_classes,), -1, dtype=torch.int64)
        for i, name in enumerate(class_names):
            new_index[self.class_names.index(name)] = i
        labels = new_index[self.labels]
        kept = self.subset(torch.nonzero(labels >= 0).flatten())
        return replace(kept, labels=labels[labels >= 0], class_names=tuple(class_names))

    def joined(self, other: Self) -> Self:
        """Return the pictures of both; they must share pixels and classes (two splits of one source).

        Raises:
            DataError: they do not.
        """
        if other.pixels is not self.pixels or other.class_names != self.class_names:
            raise DataError("Only two parts of one data set can be joined; these differ in pixels or classes.")
        return replace(
            self,
            rows=torch.cat([self.rows, other.rows]),
            labels=torch.cat([self.labels, other.labels]),
            ids=np.concatenate([self.ids, other.ids]),
            groups=np.concatenate([self.groups, other.groups]),
        )

    def batches(self, size: int, *, shuffle: torch.Generator | None = None) -> Iterator[tuple[Tensor, Tensor]]:
        """Go once over all pictures.

        Args:
            size: Pictures per batch; the last batch holds what is left.
            shuffle: Where the order is drawn from; None keeps the order.

        Yields:
            (b, c, h, w) uint8 images and (b,) int64 labels.
        """
        order = torch.arange(len(self)) if shuffle is None else torch.randperm(len(self), generator=shuffle)
        for positions in torch.split(order, size) if len(order) else ():
            yield gather(self.pixels, self.rows[positions]), self.labels[positions]


def gather(pixels: Tensor, rows: Tensor) -> Tensor:
    """Read some rows of a uint8 tensor: through NumPy, whose indexing of bytes is several times torch's."""
    if len(rows) and int(rows[-1]) - int(rows[0]) + 1 == len(rows) and bool((rows[1:] - rows[:-1] == 1).all()):
        return pixels[int(rows[0]) : int(rows[-1]) + 1]
    return torch.from_numpy(pixels.numpy()[rows.numpy()])


def tensor_of(images: Tensor | npt.NDArray[Any]) -> Tensor:
    """Wrap an array as a tensor, sharing its memory where torch can: not with negative steps or read-only pixels.

    Raises:
        ImagesError: values that are no numbers.
    """
    if isinstance(images, Tensor):
        return images
    array = np.asarray(images)
    try:
        return torch.from_numpy(array if array.flags.writeable and min(array.strides, default=0) >= 0 else array.copy())
    except TypeError:
        raise ImagesError(f"Pictures want to be an array of numbers; this one holds {array.dtype}.") from None


@dataclass(frozen=True, kw_only=True)
class Item:
    """One thing that a source holds.

    Attributes:
        id: The path inside the source, with forward slashes; unique.
        label: The class name; None where there is none (litter, a file outside the class folders).
        split: "train", "valid", "test" as given by the source, or "" where the source does not say.
        group: What must stay on one side of a split; "" where none is given.
        reason: Why it is not a picture to use ("system litter", "no label"); "" for pictures to try.
        size: Bytes, where known without reading; else -1.
    """

    id: str
    label: str | None
    split: str = ""
    group: str = ""
    reason: str = ""
    size: int = -1


class Source(ABC):
    """Labelled files, wherever they lie: a folder, an archive, a table of paths."""

    @property
    @abstractmethod
    def name(self) -> str:
        """What the user called it."""

    @property
    @abstractmethod
    def class_names(self) -> tuple[str, ...]:
        """Every class, also one without a picture, in natural or published order."""

    @abstractmethod
    def fingerprint(self) -> str:
        """Tell in milliseconds whether the files can have changed: a hash of paths, sizes and times of change."""

    @abstractmethod
    def items(self) -> Sequence[Item]:
        """List everything found, in a fixed order, ignored things with their reason."""

    @abstractmethod
    def read(self, item: Item, *, limit: int) -> bytes:
        """Read one file whole; may be called in other processes after pickling the source.

        Raises:
            UnreadableImageError: not a regular file, more than `limit` bytes, damaged in its archive, or gone.
        """

    def messages(self) -> Sequence[str]:
        """Say, as whole sentences, what the user should know of how the source was understood."""
        return ()


@dataclass(frozen=True, eq=False, kw_only=True)
class ArraySource:
    """Pictures that are arrays already, as in IDX files or scikit-learn's digits.

    Attributes:
        name: What the user called it.
        images: (n, c, h, w) uint8.
        labels: (n,) int64.
        splits: (n,) str, "train", "valid", "test" or "".
        class_names: In published order.
        messages: Whole sentences for the user.
    """

    name: str
    images: npt.NDArray[np.uint8]
    labels: npt.NDArray[np.int64]
    splits: Texts
    class_names: tuple[str, ...]
    messages: tuple[str, ...] = ()


class NamedSet(ABC):
    """A data set with a published name; an entry is one file in this folder.

    Attributes:
        class_names: In published order.
        about: One line: what the pictures are, how many, whose.
    """

    class_names: ClassVar[tuple[str, ...]]
    about: ClassVar[str]

    @abstractmethod
    def open(self, places: Sequence[Path], *, progress: Progress = SILENT) -> Source | ArraySource:
        """Find the set in the first of the places that has it, or download it.

        Args:
            places: Folders to look in, in order (see `linnet.datasets.named.places`).
            progress: Where a download reports to.

        Raises:
            DownloadError: it is nowhere and cannot be fetched; says where to put the files.
        """
