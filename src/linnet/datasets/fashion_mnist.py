"""Fashion-MNIST: 70,000 articles of clothing of 28 x 28 pixels, as IDX files, class folders or an archive of them."""

from collections.abc import Sequence
from pathlib import Path

from linnet.datasets.base import ArraySource, NamedSet, Source
from linnet.datasets.named.idx_sets import IdxFiles, open_idx_set
from linnet.progress import SILENT, Progress

FILES = IdxFiles(
    mirrors=("http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",),
    md5={
        "train-images-idx3-ubyte.gz": "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
        "train-labels-idx1-ubyte.gz": "25c81989df183df01b3e8a0aad5dffbe",
        "t10k-images-idx3-ubyte.gz": "bef4ecab320f06d8554ea6380940ec79",
        "t10k-labels-idx1-ubyte.gz": "bb300cfdad3c16e7a12a480ee83cd310",
    },
)
"""The published files, their mirror and checksums, as torchvision knows them."""


class FashionMnist(NamedSet):
    """Zalando's articles of clothing: 60,000 to train, 10,000 to test, 28 x 28 gray, ten classes."""

    class_names = (
        "T-shirt/top",
        "Trouser",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle boot",
    )
    about = "70,000 articles of clothing, 28 x 28 gray, train and test (Xiao, Rasul and Vollgraf 2017)"

    def open(self, places: Sequence[Path], *, progress: Progress = SILENT) -> Source | ArraySource:
        """Find or download it; see `NamedSet.open`."""
        return open_idx_set("fashion-mnist", self.class_names, FILES, places=places, progress=progress)
