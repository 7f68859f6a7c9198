"""Regions of a plane of pictures: those of a rung whose line is known, and the plane against NumPy."""

import numpy as np
import pytest
import torch

import handmade
import toys
from linnet.classifiers.base import create
from linnet.datasets.base import Dataset
from linnet.errors import ConfigError
from linnet.visualizations.base import Subject
from linnet.visualizations.decision_regions import DecisionRegions, Slice, classified, plane_through

TRAIN = toys.patterns(counts=(12, 12, 12))


def flat(axes=((1.0, 0.0, 0.0), (0.0, 1.0, 0.0))):
    """The plane of the first two of three pixels, through mid-gray."""
    return Slice(mean=np.full(3, 0.5), axes=np.array(axes), image_shape=(1, 1, 3))


def middles(plane):
    left, bottom, right, top = plane.corners
    rows, columns = plane.classes.shape
    at = np.meshgrid(left + (right - left) * (np.arange(columns) + 0.5) / columns,
                     bottom + (top - bottom) * (np.arange(rows) + 0.5) / rows)  # fmt: skip
    return at[0], at[1]


def test_the_regions_of_a_linear_rung_are_the_two_sides_of_its_line():
    # Class 0 where 2 x - y + 0.1 > 0 for pixels x and y, which are 0.5 + u and 0.5 + v: 2 u - v + 0.6 > 0.
    rung = handmade.linear([[2.0, -1.0, 0.0], [0.0, 0.0, 0.0]], [0.1, 0.0])
    plane = classified(rung, flat(), corners=(-0.5, -0.5, 0.5, 0.5), cells=20)
    u, v = middles(plane)
    assert np.array_equal(plane.classes == 0, 2 * u - v + 0.6 > 0)
    assert set(np.unique(plane.classes)) == {0, 1}


def test_confidence_is_from_a_guess_to_certain():
    rung = handmade.linear([[1.0, 0.0, 0.0], [0.0, 0.0, 0.0]], [-0.5, 0.0], sharpness=20)
    plane = classified(rung, flat(), corners=(-0.5, -0.5, 0.5, 0.5), cells=11)
    u, _ = middles(plane)
    # For two classes of logits 20 u and 0: 2 p - 1 = tanh(10 |u|).
    assert plane.confidences == pytest.approx(np.tanh(10 * np.abs(u)), abs=1e-5)


def test_beyond_black_and_white_pictures_are_cut():
    pictures = flat().pictures(np.array([[0.0, 0.0], [9.0, -9.0], [0.25, 0.0]]))
    assert pictures.dtype == torch.float32
    assert pictures.view(3, 3).tolist() == [[0.5, 0.5, 0.5], [1.0, 0.0, 0.5], [0.75, 0.5, 0.5]]


def test_the_plane_is_that_of_the_first_two_principal_components():
    rows = TRAIN.images.flatten(1).numpy() / 255
    found = plane_through(TRAIN.images)
    axes = np.linalg.svd(rows - rows.mean(axis=0), full_matrices=False)[2][:2]
    assert found.mean == pytest.approx(rows.mean(axis=0))
    assert np.abs((found.axes * axes).sum(axis=1)) == pytest.approx([1, 1])
    assert found.places(TRAIN.images) == pytest.approx((rows - rows.mean(axis=0)) @ found.axes.T)


def test_a_picture_of_the_plane_falls_onto_its_place():
    found = plane_through(TRAIN.images)
    places = np.array([[0.3, -0.2], [0.0, 0.4]])
    levels = (found.pictures(places) * 255).round().to(torch.uint8)
    assert found.places(levels) == pytest.approx(places, abs=0.02)


@pytest.mark.parametrize("n_different", [0, 1])
def test_pictures_that_differ_in_no_or_one_direction_have_a_plane_too(n_different):
    pixels = torch.full((4, 1, 2, 2), 100, dtype=torch.uint8)
    if n_different:
        pixels[:, 0, 0, 0] = torch.tensor([10, 60, 110, 160], dtype=torch.uint8)
    data = Dataset.of(pixels, [0, 1, 0, 1], ["ant", "bee"])
    assert (np.linalg.norm(plane_through(pixels).axes, axis=1) > 0.5).sum() == n_different
    (panel,) = DecisionRegions(cells=4).draw(Subject(classifier=create("knn", {}).fit(data), train=data))
    assert "nan" not in panel.svg


@pytest.mark.parametrize("name", ["least-squares", "knn", "majority"])
def test_any_rung_is_drawn_with_its_points_and_classes(name):
    (panel,) = DecisionRegions(cells=12).draw(Subject(classifier=create(name, {}).fit(TRAIN), train=TRAIN))
    assert panel.svg.startswith("<svg")
    assert [words for _, words in panel.legend] == ["ant", "bee", "cat"]
    assert "36 training pictures" in panel.caption
    assert f"Each of 144 places is a picture that {name} was asked about" in panel.caption
    assert not [word for word in TRAIN.class_names if f">{word}<" in panel.svg]


def test_the_caption_says_how_much_of_the_variation_is_in_the_plane():
    rows = TRAIN.images.flatten(1).numpy() / 255
    variances = np.linalg.svd(rows - rows.mean(axis=0))[1] ** 2
    (panel,) = DecisionRegions(cells=2).draw(Subject(classifier=create("majority", {}).fit(TRAIN), train=TRAIN))
    assert f"they hold {variances[:2].sum() / variances.sum():.0%} of the variation" in panel.caption


def test_the_seed_chooses_the_sample_and_repeats_it():
    rung = create("majority", {}).fit(TRAIN)
    svgs = [
        DecisionRegions(cells=2, most=9).draw(Subject(classifier=rung, train=TRAIN, seed=seed))[0].svg
        for seed in (1, 1, 2)
    ]
    assert svgs[0] == svgs[1] != svgs[2]


def test_the_grid_is_asked_about_in_parts_that_change_nothing(monkeypatch):
    rung, found = create("knn", {}).fit(TRAIN), plane_through(TRAIN.images)
    whole = classified(rung, found, corners=(-2, -2, 2, 2), cells=7)
    monkeypatch.setattr("linnet.visualizations.decision_regions._QUERIES", 64 * 5)
    parts = classified(rung, found, corners=(-2, -2, 2, 2), cells=7)
    assert np.array_equal(whole.classes, parts.classes)
    assert np.array_equal(whole.confidences, parts.confidences)


@pytest.mark.parametrize("settings", [{"cells": 1}, {"cells": 51}, {"most": 2}], ids=str)
def test_settings_out_of_range_are_refused(settings):
    with pytest.raises(ConfigError, match=f"decision-regions.{next(iter(settings))}"):
        DecisionRegions(**settings)


def test_without_training_pictures_it_is_refused():
    with pytest.raises(ConfigError, match="learned from"):
        DecisionRegions().draw(Subject(classifier=create("majority", {}).fit(TRAIN)))
