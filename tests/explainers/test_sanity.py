from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr
from torch import nn

import netted
import toys
from linnet.classifiers.base import create
from linnet.errors import UnsupportedError
from linnet.explainers.base import Explainer
from linnet.explainers.grad_cam import GradCam
from linnet.explainers.gradient import Gradient
from linnet.explainers.occlusion import Occlusion
from linnet.explainers.sanity import randomized, rank_correlation, sanity


@dataclass(kw_only=True)
class Edges(Explainer):
    """Show how much a pixel differs from its neighbor, and ask the rung nothing."""

    about: ClassVar[str] = "a stand-in"

    def _explain(self, classifier, images, targets, *, generator):
        return images[:, 0] - images[:, 0].roll(1, 2)


@pytest.fixture(scope="module")
def trained(toy_dataset, short_descent):
    return create("mlp", {"hidden": (32,), "augment": "none"}).fit(toy_dataset)


def test_an_explainer_that_asks_the_rung_nothing_is_found_out(patch_net, patches):
    found = sanity(Edges(), patch_net, patches[0], seed=1)
    assert found.correlations == pytest.approx([1.0] * 30)
    assert found.mean == pytest.approx(1.0)
    assert found.sentence == (
        "What test-sanity shows hardly hangs on what netted has learned, and rather on the picture: "
        "maps with learned and with random weights agree to 1.00 (1 is the same map)."
    )


@pytest.mark.parametrize("explainer", [Gradient(), Occlusion()], ids=["gradient", "occlusion"])
def test_maps_of_what_was_learned_are_not_those_of_random_weights(explainer, trained):
    found = sanity(explainer, trained, toys.patterns(counts=(10, 10, 10), seed=1).images, seed=1)
    assert len(found.correlations) == 30
    assert found.mean == pytest.approx(np.mean(found.correlations))
    assert found.mean < 0.5
    assert found.sentence.startswith(f"What {explainer.name()} shows hangs on what mlp has learned: maps")


def test_what_an_architecture_alone_looks_at_is_seen_in_the_middle(patch_net, patches):
    # Also a random net that takes the largest of all places looks at what is brightest.
    found = sanity(Gradient(), patch_net, patches[0], seed=1)
    assert 0.5 < found.mean < 0.8
    assert found.sentence.startswith("What gradient shows hangs only partly on what netted has learned: maps")
    assert sanity(GradCam(), patch_net, patches[0], seed=1).mean < 0.8


def test_linear_rungs_forget_too(linear, images):
    found = sanity(Gradient(), linear, images, seed=2)
    assert abs(found.mean) < 0.3
    assert found.rung == "softmax-regression"


def test_the_same_seed_gives_the_same_numbers_and_leaves_the_global_one_alone(patch_net, patches):
    before = torch.get_rng_state()
    found = [sanity(Gradient(), patch_net, patches[0][:5], seed=seed) for seed in (3, 3, 4)]
    assert found[0] == found[1]
    assert found[0] != found[2]
    assert torch.equal(torch.get_rng_state(), before)


def test_both_maps_are_of_the_class_that_was_predicted_before(patch_net, patches):
    seen = []

    class Noting(Edges):
        def _explain(self, classifier, images, targets, *, generator):
            seen.append(targets.tolist())
            return images[:, 0]

    sanity(Noting(), patch_net, patches[0][:5], seed=1)
    assert seen == [[1] * 5] * 2
    sanity(Noting(), patch_net, patches[0][:2], targets=[0, 1], seed=1)
    assert seen[2:] == [[0, 1]] * 2


def test_without_pictures_nothing_is_claimed(patch_net, patches):
    found = sanity(Gradient(), patch_net, patches[0][:0], seed=1)
    assert (found.correlations, found.mean) == ((), 0.0)
    assert found.sentence == "No picture was given that could say whether gradient shows what netted has learned."


def test_what_cannot_be_explained_cannot_be_checked(toy_dataset):
    with pytest.raises(UnsupportedError):
        sanity(Gradient(), create("knn", {}).fit(toy_dataset), toy_dataset.images[:2], seed=1)


def test_the_given_network_is_untouched_and_every_weight_of_the_copy_is_new():
    class Own(nn.Module):
        """A layer that cannot draw its weights anew."""

        def __init__(self):
            super().__init__()
            self.scale = nn.Parameter(torch.arange(1.0, 17.0))

        def forward(self, x):
            return x * self.scale

    network = netted.seeded(lambda: nn.Sequential(nn.Conv2d(1, 4, 3), nn.Flatten(), Own(), nn.Linear(16, 2)))
    classifier = netted.Netted.around(network, (1, 4, 4), 2)
    before = {key: value.clone() for key, value in network.state_dict().items()}
    copy = randomized(classifier, seed=1)
    assert all(torch.equal(value, before[key]) for key, value in network.state_dict().items())
    changed = copy.network_.state_dict()
    assert not any(torch.equal(value, before[key]) for key, value in changed.items())
    assert torch.equal(changed["2.scale"].sort().values, before["2.scale"])


@pytest.mark.parametrize("rung", ["knn", "linear-svm", "two-layer", "cnn"])
def test_a_rung_that_has_forgotten_is_right_by_luck_only(rung, toy_dataset, toy_test, short_descent):
    small = {"cnn": {"width": 0.1, "learning_rate": 3e-3}, "two-layer": {"hidden": 32}}.get(rung, {})
    fitted = create(rung, small).fit(toy_dataset)
    expected = fitted.predict_proba(toy_test.images)
    copies = [randomized(fitted, seed=seed) for seed in range(6)]
    shares = [float((copy.predict(toy_test.images) == toy_test.labels).double().mean()) for copy in copies]
    assert float((fitted.predict(toy_test.images) == toy_test.labels).double().mean()) > 0.9
    assert np.mean(shares) < 0.6
    assert torch.equal(fitted.predict_proba(toy_test.images), expected)


def test_knn_keeps_its_pictures_and_forgets_whose_they_are(toy_dataset):
    fitted = create("knn", {}).fit(toy_dataset)
    copy = randomized(fitted, seed=1)
    assert torch.equal(copy.points_, fitted.points_)
    assert not torch.equal(copy.labels_, fitted.labels_)
    assert torch.equal(copy.labels_.sort().values, fitted.labels_.sort().values)


def test_rank_correlation_is_that_of_scipy_also_with_ties():
    random = np.random.default_rng(1)
    for _ in range(5):
        one, other = random.integers(0, 9, (2, 6, 7)).astype(np.float32)
        assert rank_correlation(one, other) == pytest.approx(spearmanr(one.ravel(), other.ravel()).statistic)


def test_maps_without_contrast_agree_with_each_other_and_with_nothing_else():
    flat, ramp = np.zeros((2, 3)), np.arange(6.0).reshape(2, 3)
    assert rank_correlation(flat, flat + 1) == 1
    assert rank_correlation(flat, ramp) == 0
    assert rank_correlation(ramp, ramp**3) == pytest.approx(1)
    assert rank_correlation(ramp, -ramp) == pytest.approx(-1)
