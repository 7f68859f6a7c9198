import math

import pytest
import torch

import toys
from linnet.classifiers.softmax_regression import SoftmaxRegression
from linnet.classifiers.two_layer import PENALTIES, TwoLayer
from linnet.datasets.base import Dataset
from linnet.errors import ConfigError

SMALL = {"hidden": 16, "epochs": 1}


def accuracy(classifier, data):
    return float((classifier.predict(data.images) == data.labels).double().mean())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("hidden", 0),
        ("penalty", -0.1),
        ("batch_size", 0),
        ("learning_rate", math.nan),
        ("momentum", 1.0),
        ("epochs", 0),
    ],
)
def test_settings_out_of_range_are_refused_by_their_name(name, value):
    with pytest.raises(ConfigError, match=rf"two-layer\.{name} "):
        TwoLayer(**{name: value})


def test_a_line_with_bends_divides_what_no_straight_one_does():
    images = torch.randint(0, 256, (300, 1, 2, 2), generator=torch.Generator().manual_seed(0), dtype=torch.uint8)
    labels = ((images[:, 0, 0, 0] > 127) == (images[:, 0, 1, 1] > 127)).long()
    data = Dataset.of(images, labels, ["differ", "agree"])
    assert accuracy(SoftmaxRegression().fit(data), data) < 0.65
    assert accuracy(TwoLayer(**SMALL).fit(data), data) > 0.9


def test_the_same_seed_gives_the_same_net_to_the_bit(toy_dataset, toy_test):
    one, again, other = (
        TwoLayer(**SMALL).fit(toy_dataset, seed=seed).predict_proba(toy_test.images) for seed in (1, 1, 2)
    )
    assert torch.equal(one, again)
    assert not torch.equal(one, other)


def test_new_pictures_of_the_same_classes_are_told_apart(toy_dataset, toy_test):
    assert accuracy(TwoLayer(**SMALL).fit(toy_dataset), toy_test) > 0.95


def test_parameters_are_counted_layer_by_layer():
    fitted = TwoLayer(**SMALL).fit(toys.patterns(shape=(3, 4, 5)))
    assert fitted.n_parameters() == (60 + 1) * 16 + (16 + 1) * 3
    assert fitted.n_bytes() == 4 * fitted.n_parameters()


def test_a_strong_penalty_keeps_weights_small(toy_dataset):
    free, held = (TwoLayer(penalty=p, **SMALL).fit(toy_dataset).net_.parameters for p in (0.0, 0.3))
    assert held.W1.square().sum() < free.W1.square().sum() / 2
    assert held.W2.square().sum() < free.W2.square().sum() / 2


def test_candidates_differ_in_the_penalty_and_keep_the_rest():
    candidates = TwoLayer(hidden=16, epochs=7).candidates()
    assert [candidate.penalty for candidate in candidates] == list(PENALTIES)
    assert {(candidate.hidden, candidate.epochs) for candidate in candidates} == {(16, 7)}


def test_the_learning_rate_falls_to_0():
    schedule = TwoLayer(learning_rate=0.2).schedule()
    assert schedule.rate(0, 10) == 0.2
    assert schedule.rate(10, 10) == pytest.approx(0)
