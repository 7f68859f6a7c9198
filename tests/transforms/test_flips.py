import numpy as np
import pytest
import torch

import toys
from linnet.datasets.base import Dataset
from linnet.transforms.flips import _judged, flip_probe


def arrows(n=600, *, both_ways, size=12, seed=0):
    """Bright left halves are of class 0 and bright right ones of class 1; or both are of class 0, and rows are 1."""
    random = torch.Generator().manual_seed(seed)
    labels = torch.arange(n) % 2
    images = torch.randint(0, 80, (n, 1, size, size), generator=random)
    side = torch.randint(0, 2, (n,), generator=random) if both_ways else labels
    for i in range(n):
        half = slice(None, size // 2) if side[i] == 0 else slice(size // 2, None)
        if both_ways and labels[i] == 1:
            images[i, :, half] += 150
        else:
            images[i, :, :, half] += 150
    return Dataset.of(images.to(torch.uint8), labels)


def test_pictures_whose_label_is_their_direction_may_not_be_flipped():
    found = flip_probe(arrows(both_ways=False), seed=0)
    assert not found.keeps_label
    assert found.accuracy == 1
    assert found.mirrored_accuracy == 0
    assert found.n == 171
    assert found.message.startswith("Flips are off: ")
    assert "100 % of 171 held-out pictures rightly and 0 % of their mirror images" in found.message


def test_pictures_that_come_either_way_round_may_be_flipped():
    found = flip_probe(arrows(both_ways=True), seed=0)
    assert found.keeps_label
    assert found.accuracy > 0.95
    assert found.mirrored_accuracy > 0.95
    assert found.message.startswith("Flips are on: ")


def test_digits_may_not_be_flipped():
    from sklearn.datasets import load_digits

    digits = load_digits()
    images = torch.from_numpy((digits.images * 15).astype(np.uint8))[:, None]
    found = flip_probe(Dataset.of(images, digits.target), seed=0)
    assert not found.keeps_label
    assert found.accuracy > 0.95
    assert found.mirrored_accuracy < 0.7


def test_labels_that_say_nothing_speak_against_nothing():
    found = flip_probe(toys.with_random_labels(toys.patterns(counts=(300, 300)), seed=1), seed=0)
    assert found.keeps_label


def test_the_seed_repeats():
    data = toys.patterns()
    assert flip_probe(data, seed=3) == flip_probe(data, seed=3)


@pytest.mark.parametrize(
    ("n", "said"), [(0, "0 training pictures are"), (1, "1 training picture is"), (3, "3 training")]
)
def test_a_handful_of_pictures_is_too_few_to_tell(n, said):
    found = flip_probe(toys.patterns().subset(range(n)), seed=0)
    assert found.keeps_label
    assert found.n == 0
    assert said in found.message
    assert "too few to tell" in found.message


def test_no_more_is_read_than_is_looked_at():
    read = []

    class Watched:
        def __init__(self, data):
            self.data, self.labels = data, data.labels

        def __len__(self):
            return 20_000

        @property
        def images(self):
            read.append(len(self.data))
            return self.data.images

        def subset(self, positions):
            return Watched(self.data.subset(positions % len(self.data)))

    found = flip_probe(Watched(toys.patterns(counts=(50, 50), shape=(1, 4, 4))), seed=0)
    assert found.n == 2000
    assert sorted(read) == [2000, 5000]


def test_large_pictures_are_looked_at_small():
    found = flip_probe(toys.patterns(counts=(20, 20), shape=(3, 70, 50)), seed=0)
    assert found.n == 11


def judged(plain, mirrored, chance=0.1):
    """Of 1,000 pictures, as many rightly named as they are, and as many of those mirrored."""
    position = np.arange(1000)
    return _judged(position < plain, position < mirrored, chance=chance)


def test_a_small_loss_is_tolerated_however_sure_it_is():
    assert judged(900, 830).keeps_label
    assert not judged(900, 810).keeps_label


def test_a_large_loss_may_be_luck_where_there_are_few():
    assert judged(5, 0, chance=0.0).keeps_label
    assert not judged(6, 0, chance=0.0).keeps_label  # two-sided: 2 / 2^6 is 0.031


def test_a_gain_is_no_loss():
    assert judged(500, 700).keeps_label


def test_the_loss_is_measured_from_chance():
    assert judged(600, 550, chance=0.05).keeps_label
    assert not judged(600, 550, chance=0.5).keeps_label
