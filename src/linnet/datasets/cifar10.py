"""CIFAR-10: 60,000 color pictures of 32 x 32 pixels, in torchvision's layout, class folders or an archive of them."""

from collections.abc import Sequence
from pathlib import Path

from linnet.datasets.base import ArraySource, NamedSet, Source
from linnet.datasets.named.cifar_sets import open_cifar
from linnet.datasets.named.download import RemoteFile
from linnet.progress import SILENT, Progress

ARCHIVE = RemoteFile(
    name="cifar-10-python.tar.gz",
    urls=("https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz",),
    md5="c58f30108f718f92721af3b95e74349a",
)
"""The published archive, as torchvision knows it."""


class Cifar10(NamedSet):
    """The ten-class part of the tiny images: 50,000 to train, 10,000 to test, 32 x 32 color."""

    class_names = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
    about = "60,000 pictures of animals and vehicles, 32 x 32 color, train and test (Krizhevsky 2009)"

    def open(self, places: Sequence[Path], *, progress: Progress = SILENT) -> Source | ArraySource:
        """Find or download it; see `NamedSet.open`."""
        return open_cifar("cifar10", self.class_names, ARCHIVE, places=places, progress=progress)
