import pytest

from linnet.classifiers.base import create
from linnet.errors import ConfigError


def test_it_is_the_textbook_net():
    rung = create("cnn", {})
    network = rung.build((3, 32, 32), 10)
    assert sum(p.numel() for p in network.parameters()) == 5_852_170
    assert (rung.optimizer, rung.learning_rate, rung.images_per_step(50_000), rung.epochs) == ("adam", 1e-4, 128, 20)


def test_a_narrower_one_has_fewer_parameters():
    network = create("cnn", {"width": 0.5}).build((3, 32, 32), 10)
    assert sum(p.numel() for p in network.parameters()) < 5_852_170 / 3


@pytest.mark.parametrize("width", [0.0, -1.0])
def test_a_width_out_of_its_range_is_refused(width):
    with pytest.raises(ConfigError, match="width"):
        create("cnn", {"width": width})
