"""Climbing in pixels: up, within [0, 1], to where the answer is known, and the network comes back as it was."""

import re

import numpy as np
import pytest
import torch
from torch import nn

import handmade
import toys
from linnet.classifiers.base import create
from linnet.errors import ConfigError, UnknownNameError, UnsupportedError
from linnet.seeds import torch_generator
from linnet.visualizations.base import Subject
from linnet.visualizations.maximize import Ascent, MaximizingPictures, climb, roughness, unit_value

TRAIN = toys.patterns(counts=(20, 20, 20))


class PatchNet(nn.Module):
    """Say class 1 the more, the brighter the corner of 3 x 3 pixels is than the rest."""

    def __init__(self):
        super().__init__()
        weights = torch.full((1, 1, 8, 8), -0.02)
        weights[..., :3, :3] = 1.0
        self.eye = nn.Conv2d(1, 1, 8, bias=False)
        self.eye.weight = nn.Parameter(weights)
        self.head = nn.Linear(1, 2)
        self.head.weight = nn.Parameter(torch.tensor([[-1.0], [1.0]]))
        self.head.bias = nn.Parameter(torch.tensor([0.0, -8.0]))

    def forward(self, x):
        return self.head(self.eye(x).flatten(1))


def patch_rung():
    return handmade.network(PatchNet(), image_shape=(1, 8, 8), n_classes=2)


def plain(**settings):
    return MaximizingPictures(**{"jitter": 0.0, "start": "gray", **settings})


@pytest.fixture(scope="module")
def trained(short_descent):
    return create("cnn", {"width": 0.05, "learning_rate": 1e-2, "augment": "none", "epochs": 4}).fit(TRAIN)


def start_and_random(seed=0):
    random = torch_generator(seed, "climb")
    return 0.5 + 0.02 * torch.randn(3, 1, 8, 8, generator=random), random


def logits_of(rung):
    return lambda images: rung.logits(images)[torch.arange(3), torch.arange(3)]


def test_every_class_gets_a_higher_logit_than_at_the_start(trained):
    start, random = start_and_random()
    found = climb(logits_of(trained), start, how=Ascent(steps=60), random=random)
    with torch.no_grad():
        assert (logits_of(trained)(found) > logits_of(trained)(start) + 0.5).all()
    assert (trained.predict(found) == torch.arange(3)).all()
    assert 0 <= float(found.min()) <= float(found.max()) <= 1


def test_the_patch_that_gives_a_class_away_becomes_bright_and_for_the_other_class_dark():
    dark, bright = (panel.image[..., 0].astype(float) for panel in plain(side=8).draw(Subject(classifier=patch_rung())))
    assert bright[:2, :2].min() > 250
    assert bright[4:, 4:].mean() < 135
    assert dark[:2, :2].max() < 5
    assert dark[4:, 4:].mean() > 120


def test_without_anything_that_holds_them_back_pixels_follow_the_sign_of_the_gradient():
    weights = torch.randn(1, 1, 8, 8, generator=torch_generator(0, "weights"))
    found = climb(
        lambda images: (images * weights).sum((1, 2, 3)),
        torch.full((1, 1, 8, 8), 0.5),
        how=Ascent(steps=400, rate=1.0, jitter=0.0, variation=0.0, decay=0.0),
        random=torch_generator(0),
    )
    assert torch.equal(found, (weights > 0).float())


def test_decay_and_variation_hold_pixels_back():
    start, _ = start_and_random()
    value = logits_of(
        handmade.network(nn.Sequential(nn.Flatten(), nn.Linear(64, 3)), image_shape=(1, 8, 8), n_classes=3)
    )
    free, gray, smooth = (
        climb(value, start, how=Ascent(jitter=0.0, steps=60, **how), random=torch_generator(0))
        for how in (
            {"variation": 0.0, "decay": 0.0},
            {"variation": 0.0, "decay": 2.0},
            {"variation": 1.0, "decay": 0.0},
        )
    )
    assert (gray - 0.5).square().mean() < 0.5 * (free - 0.5).square().mean()
    assert smooth.diff(dim=3).square().mean() < 0.5 * free.diff(dim=3).square().mean()


def test_roughness_is_the_gradient_of_half_the_squared_differences():
    pixels = torch.rand(2, 3, 5, 4, generator=torch_generator(0), dtype=torch.float64).requires_grad_(True)
    energy = (pixels.diff(dim=2).square().sum() + pixels.diff(dim=3).square().sum()) / 2
    (by_autograd,) = torch.autograd.grad(energy, pixels)
    assert torch.allclose(roughness(pixels.detach()), by_autograd)


def test_shifts_are_taken_back():
    # What looks at one row only pulls at that row, and the shifts at most at its neighbors.
    value = lambda images: images[:, :, 4].sum((1, 2))  # noqa: E731
    found = climb(
        value,
        torch.full((1, 1, 9, 9), 0.5),
        how=Ascent(jitter=0.15, variation=0.0, decay=0.0),
        random=torch_generator(0),
    )
    moved = ((found - 0.5).abs() > 1e-6)[0, 0].any(dim=1)
    assert torch.nonzero(moved).flatten().tolist() == [3, 4, 5]


def test_each_picture_climbs_alone():
    rung, how = patch_rung(), Ascent(jitter=0.0)
    start = torch.full((2, 1, 8, 8), 0.5)
    both = climb(lambda x: rung.logits(x)[torch.arange(2), torch.arange(2)], start, how=how, random=torch_generator(0))
    alone = climb(lambda x: rung.logits(x)[:, 1], start[:1], how=how, random=torch_generator(0))
    assert torch.allclose(both[1:], alone, atol=1e-6)


def test_without_a_gradient_nothing_moves_and_that_is_said():
    dead = nn.Sequential(nn.Flatten(), nn.Linear(64, 2))
    nn.init.zeros_(dead[1].weight)
    rung = handmade.network(dead, image_shape=(1, 8, 8), n_classes=2)
    panels = plain(side=8).draw(Subject(classifier=rung))
    assert all("no gradient to climb along" in panel.caption for panel in panels)
    assert all((panel.image == 128).all() for panel in panels)


def test_the_caption_says_the_probabilities_and_that_it_is_no_photograph():
    rung = patch_rung()
    _, panel = plain().draw(Subject(classifier=rung))
    before = float(rung.predict_proba(torch.full((1, 1, 8, 8), 0.5))[0, 1])
    assert panel.title == "bee"
    assert f"plain gray, it was {before:.1%}" in panel.caption
    assert re.search(r"with probability 99\.\d+%", panel.caption)
    assert "no photograph" in panel.caption
    assert "left out" not in panel.caption


def test_classes_beyond_the_limit_are_left_out_and_said():
    (panel,) = plain(limit=1, steps=1).draw(Subject(classifier=patch_rung()))
    assert panel.name == "class-1"
    assert "1 more class is left out" in panel.caption


def test_a_unit_of_maps_and_a_unit_of_a_row_are_raised():
    for layer, unit in (("body.eye", 0), ("body.head", 1)):
        (panel,) = plain(layer=layer, unit=unit, side=8).draw(Subject(classifier=patch_rung()))
        assert panel.image[:2, :2].min() > 250
        low, high = re.search(r"from ([-\d.]+), .* to ([-\d.]+)\. ", panel.caption).groups()
        assert float(high) > float(low)


def test_the_number_of_a_unit_is_the_mean_of_the_stronger_half_of_its_map():
    rung = handmade.network(
        nn.Sequential(nn.Conv2d(1, 3, 3), nn.Flatten(), nn.Linear(108, 2)), image_shape=(1, 8, 8), n_classes=2
    )
    images = torch.rand(4, 1, 8, 8, generator=torch_generator(0))
    with torch.no_grad():
        found = unit_value(rung.network_, "body.0", 2, sample=images)(images)
        assert torch.allclose(found, rung.network_.body[0](images)[:, 2].flatten(1).sort(1).values[:, 18:].mean(1))


def test_a_filter_of_edges_is_answered_with_stripes_and_not_with_a_rim():
    weights = torch.tensor([[[[-1.0, 1.0]]]])
    body = nn.Sequential(nn.Conv2d(1, 1, (1, 2), bias=False), nn.Flatten(), nn.Linear(56, 2))
    body[0].weight = nn.Parameter(weights)
    rung = handmade.network(body, image_shape=(1, 8, 8), n_classes=2)
    (panel,) = MaximizingPictures(layer="body.0", jitter=0.0, variation=0.0, side=8).draw(Subject(classifier=rung))
    inside = panel.image[:, 1:-1, 0].astype(float)
    assert np.abs(np.diff(inside, axis=1)).mean() > 100


def test_of_tokens_a_unit_is_a_column():
    tokens = nn.Sequential(nn.Unflatten(1, (1, 1)), nn.Flatten(0, 2), nn.Linear(8, 5), nn.Flatten(), nn.Linear(40, 2))
    rung = handmade.network(tokens, image_shape=(1, 8, 8), n_classes=2)
    images = torch.rand(4, 1, 8, 8, generator=torch_generator(0))
    with torch.no_grad():
        found = unit_value(rung.network_, "body.2", 4, sample=images)(images)
        assert torch.allclose(found, tokens[:3](images)[:, :, 4].sort(1).values[:, 4:].mean(1))


def test_no_such_layer_and_no_such_unit_are_refused():
    subject = Subject(classifier=patch_rung())
    with pytest.raises(UnknownNameError, match=r"did you mean 'body\.eye'"):
        plain(layer="body.eyes").draw(subject)
    with pytest.raises(ConfigError, match=r"units 0 \.\. 1; unit 2 was asked"):
        plain(layer="body.head", unit=2).draw(subject)


def test_the_network_is_given_back_as_it_was():
    rung = patch_rung()
    rung.network_.train()
    for settings in ({}, {"layer": "body.eye"}):
        plain(steps=2, **settings).draw(Subject(classifier=rung))
        assert all(layer.training for layer in rung.network_.modules())
        assert not any(layer._forward_hooks for layer in rung.network_.modules())
        assert all(p.requires_grad and p.grad is None for p in rung.network_.parameters())


def test_the_seed_repeats_and_another_one_starts_elsewhere(trained):
    def images(seed):
        panels = MaximizingPictures(steps=3, jitter=0.2).draw(Subject(classifier=trained, seed=seed))
        return np.stack([panel.image for panel in panels])

    assert np.array_equal(images(1), images(1))
    assert not np.array_equal(images(1), images(2))


def test_rungs_without_layers_are_refused_with_those_that_have_some():
    with pytest.raises(UnsupportedError, match=r"knn is not; .*cnn"):
        MaximizingPictures().draw(Subject(classifier=create("knn", {}).fit(TRAIN)))


@pytest.mark.parametrize(
    "settings",
    [{"unit": -1}, {"limit": 0}, {"steps": 0}, {"side": 7}, {"variation": -0.1}, {"decay": float("inf")}, {"rate": 0.0},
     {"jitter": 0.6}, {"start": "white"}],
    ids=str,
)  # fmt: skip
def test_settings_out_of_range_are_refused(settings):
    with pytest.raises(ConfigError, match=f"maximize.{next(iter(settings))}"):
        MaximizingPictures(**settings)
