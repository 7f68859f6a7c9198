"""MNIST: 70,000 handwritten digits of 28 x 28 pixels, as IDX files, class folders or an archive of them."""

from collections.abc import Sequence
from pathlib import Path

from linnet.datasets.base import ArraySource, NamedSet, Source
from linnet.datasets.named.idx_sets import IdxFiles, open_idx_set
from linnet.progress import SILENT, Progress

FILES = IdxFiles(
    mirrors=("https://ossci-datasets.s3.amazonaws.com/mnist/", "http://yann.lecun.com/exdb/mnist/"),
    md5={
        "train-images-idx3-ubyte.gz": "f68b3c2dcbeaaa9fbdd348bbdeb94873",
        "train-labels-idx1-ubyte.gz": "d53e105ee54ea40749a09fcbcd1e9432",
        "t10k-images-idx3-ubyte.gz": "9fb629c4189551a2d022fa330f9573f3",
        "t10k-labels-idx1-ubyte.gz": "ec29112dd5afa0611ce80d1b7f02629c",
    },
)
"""The published files, their mirrors and checksums, as torchvision knows them."""


class Mnist(NamedSet):
    """The MNIST database of handwritten digits: 60,000 to train, 10,000 to test, 28 x 28 gray, ten classes."""

    class_names = tuple("0123456789")
    about = "70,000 handwritten digits, 28 x 28 gray, train and test (LeCun, Cortes and Burges 1998)"

    def open(self, places: Sequence[Path], *, progress: Progress = SILENT) -> Source | ArraySource:
        """Find or download it; see `NamedSet.open`."""
        return open_idx_set("mnist", self.class_names, FILES, places=places, progress=progress)
