import pytest
import torch

import toys
from linnet.classifiers.base import create
from linnet.errors import ConfigError

pytestmark = pytest.mark.usefixtures("short_descent")


def test_it_learns_in_few_rounds():
    data = toys.patterns()
    fitted = create("fast-cnn", {"width": 0.25, "augment": "none"}).fit(data)
    assert float((fitted.predict(data.images) == data.labels).double().mean()) > 0.95


def test_its_first_layer_is_made_from_the_training_pictures_and_stays():
    data = toys.patterns()
    rung = create("fast-cnn", {"width": 0.1, "augment": "none"})
    fitted = rung.fit(data)
    plain = rung.build((1, 8, 8), 3).whiten.weight
    first = fitted.network_.body.whiten.weight
    assert torch.equal(first[:4], -first[4:])
    assert not torch.equal(plain, first)
    assert torch.equal(rung.with_settings(epochs=2).fit(data, seed=9).network_.body.whiten.weight, first)


def test_small_pictures_are_shifted_less():
    rung = create("fast-cnn", {})
    assert rung.automatic_augmentation((3, 32, 32)) == "pad-crop(padding=2),alternating-flip"
    assert rung.automatic_augmentation((1, 8, 8)) == "pad-crop(padding=1),alternating-flip"


def test_another_optimizer_may_be_asked_for():
    data = toys.patterns()
    fitted = create("fast-cnn", {"width": 0.1, "optimizer": "adam", "learning_rate": 0.01, "augment": "none"}).fit(data)
    assert fitted.history_.epochs[-1].train_loss < fitted.history_.epochs[0].train_loss


def test_a_width_out_of_its_range_is_refused():
    with pytest.raises(ConfigError, match=r"fast-cnn\.width"):
        create("fast-cnn", {"width": 0.0})
