"""CIFAR-100: 60,000 color pictures of 32 x 32 pixels in 100 classes, in torchvision's layout or class folders."""

from collections.abc import Sequence
from pathlib import Path

from linnet.datasets.base import ArraySource, NamedSet, Source
from linnet.datasets.named.cifar_sets import open_cifar
from linnet.datasets.named.download import RemoteFile
from linnet.progress import SILENT, Progress

ARCHIVE = RemoteFile(
    name="cifar-100-python.tar.gz",
    urls=("https://www.cs.toronto.edu/~kriz/cifar-100-python.tar.gz",),
    md5="eb9058c3a382ffc7106e4002c42a8d85",
)
"""The published archive, as torchvision knows it."""

_NAMES = """
    apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl boy bridge bus butterfly camel can castle
    caterpillar cattle chair chimpanzee clock cloud cockroach couch crab crocodile cup dinosaur dolphin elephant
    flatfish forest fox girl hamster house kangaroo keyboard lamp lawn_mower leopard lion lizard lobster man maple_tree
    motorcycle mountain mouse mushroom oak_tree orange orchid otter palm_tree pear pickup_truck pine_tree plain plate
    poppy porcupine possum rabbit raccoon ray road rocket rose sea seal shark shrew skunk skyscraper snail snake spider
    squirrel streetcar sunflower sweet_pepper table tank telephone television tiger tractor train trout tulip turtle
    wardrobe whale willow_tree wolf woman worm
"""


class Cifar100(NamedSet):
    """The hundred-class part of the tiny images: 50,000 to train, 10,000 to test, 32 x 32 color; the fine labels."""

    class_names = tuple(_NAMES.split())
    about = "60,000 pictures of 100 kinds of things, 32 x 32 color, train and test (Krizhevsky 2009)"

    def open(self, places: Sequence[Path], *, progress: Progress = SILENT) -> Source | ArraySource:
        """Find or download it; see `NamedSet.open`."""
        return open_cifar("cifar100", self.class_names, ARCHIVE, places=places, progress=progress)
