"""Maps of pictures: groups stay groups, the seed repeats, and what is drawn is said."""

import re

import numpy as np
import pytest
import torch
from torch import nn

import handmade
import toys
from linnet.classifiers.base import create
from linnet.errors import ConfigError
from linnet.visualizations.base import Subject
from linnet.visualizations.collage import PAPER
from linnet.visualizations.embedding import FeatureMap, embed, thumbnails

TRAIN = toys.patterns(counts=(12, 12, 12))


def clusters(n=15, d=6):
    random = np.random.default_rng(0)
    labels = np.arange(2 * n) % 2
    return (random.normal(size=(2 * n, d)) + 40 * labels[:, None]).astype(np.float32), labels


@pytest.fixture(scope="module")
def knn():
    return create("knn", {}).fit(TRAIN)


@pytest.fixture(scope="module")
def drawn(knn):
    return FeatureMap(method="pca").draw(Subject(classifier=knn, train=TRAIN))


@pytest.mark.parametrize("method", ["t-sne", "pca"])
def test_two_groups_that_are_far_apart_stay_apart(method):
    values, labels = clusters()
    places = embed(values, method=method)
    assert places.shape == (30, 2)
    distances = np.linalg.norm(places[:, None] - places[None], axis=2) + 1e9 * np.eye(30)
    assert (labels[distances.argmin(axis=1)] == labels).all()
    middles = [places[labels == k].mean(axis=0) for k in (0, 1)]
    spread = max(float(np.linalg.norm(places[labels == k] - middles[k], axis=1).max()) for k in (0, 1))
    assert np.linalg.norm(middles[0] - middles[1]) > spread


def test_pca_is_the_projection_that_numpy_finds():
    values = np.random.default_rng(0).normal(size=(20, 5)).astype(np.float32) * [5, 1, 3, 0.1, 0.1]
    centered = values - values.mean(axis=0)
    axes = np.linalg.svd(centered)[2][:2]
    places, by_hand = embed(values, method="pca"), centered @ axes.T
    assert np.abs(places) == pytest.approx(np.abs(by_hand), abs=1e-4)


@pytest.mark.parametrize("method", ["t-sne", "pca"])
def test_the_same_seed_gives_the_same_points(method):
    values, _ = clusters()
    assert np.array_equal(embed(values, method=method, seed=3), embed(values, method=method, seed=3))


@pytest.mark.parametrize("method", ["t-sne", "pca"])
@pytest.mark.parametrize("shape", [(3, 1), (3, 2), (3, 100), (8, 60)], ids=str)
def test_few_pictures_and_few_features_have_a_map_too(method, shape):
    values = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    places = embed(values, method=method)
    assert places.shape == (shape[0], 2)
    assert np.isfinite(places).all()


@pytest.mark.parametrize("method", ["t-sne", "pca"])
def test_features_that_are_all_the_same_fall_on_one_point(method):
    assert not embed(np.ones((5, 4), dtype=np.float32), method=method).any()


def test_there_is_a_drawing_and_a_picture_with_the_same_legend(drawn):
    points, pictures = drawn
    assert (points.name, pictures.name) == ("points", "pictures")
    assert points.svg.startswith("<svg")
    assert points.image is None
    assert pictures.image.dtype == np.uint8
    assert points.legend == pictures.legend
    assert [words for _, words in points.legend] == ["ant", "bee", "cat"]


def test_class_names_are_never_in_the_drawing(drawn):
    assert not [name for name in TRAIN.class_names if name in drawn[0].svg]


def test_every_training_picture_is_a_point_in_its_color_and_given_ones_are_ringed(knn, drawn):
    def n_dots(svg, series):
        paths = re.findall(rf'<path d="([^"]*)"[^>]*stroke: var\(--{series},', svg)
        return sum(path.count("M") for path in paths)

    assert [n_dots(drawn[0].svg, f"series-{k}") for k in (1, 2, 3)] == [12, 12, 12]
    given = TRAIN.images[:5]
    both = FeatureMap(method="pca").draw(Subject(classifier=knn, train=TRAIN, images=given))[0]
    assert n_dots(both.svg, "chart-ink") == 5
    assert "ringed points are 5 pictures that were given" in both.caption


def test_without_training_pictures_the_given_ones_have_the_colors_of_their_predictions(knn):
    panel = FeatureMap(method="pca").draw(Subject(classifier=knn, images=TRAIN.images[TRAIN.labels == 1][:6]))[0]
    assert "The points are 6 pictures that were given, in the colors of their predictions" in panel.caption
    assert "--chart-ink" not in panel.svg
    assert [words for _, words in panel.legend] == ["bee"]


def test_of_many_pictures_a_sample_is_drawn_and_said(knn):
    subject = Subject(classifier=knn, train=TRAIN, seed=4)
    first, second = (FeatureMap(method="pca", most=10).draw(subject)[0] for _ in range(2))
    assert "10 of 36 training pictures" in first.caption
    assert first == second or first.svg == second.svg
    other = FeatureMap(method="pca", most=10).draw(Subject(classifier=knn, train=TRAIN, seed=5))[0]
    assert other.svg != first.svg


def test_the_features_of_a_network_are_counted_and_t_sne_warns_of_distances():
    body = nn.Sequential(nn.Flatten(), nn.Linear(64, 7), nn.ReLU(), nn.Linear(7, 3))
    rung = handmade.network(body, image_shape=(1, 8, 8), n_classes=3)
    panel = FeatureMap().draw(Subject(classifier=rung, train=TRAIN))[0]
    assert "A t-SNE map of the 7 features before its last layer" in panel.caption
    assert "not directions, sizes of groups or gaps" in panel.caption


def test_thumbnails_stand_at_their_places_in_their_frames():
    images = torch.stack([torch.full((1, 4, 4), level, dtype=torch.uint8) for level in (10, 200)])
    sheet, n_drawn = thumbnails(images, np.array([[0.0, 0.0], [1.0, 1.0]]), [(255, 0, 0), (0, 255, 0)])
    assert n_drawn == 2
    h, w, _ = sheet.shape
    assert (sheet[h // 2 :, : w // 2] == 10).all(axis=2).sum() == 24 * 24
    assert (sheet[: h // 2, w // 2 :] == 200).all(axis=2).sum() == 24 * 24
    assert (sheet == (255, 0, 0)).all(axis=2).sum() == 28 * 28 - 24 * 24
    assert sheet[h // 2, w // 2].tolist() == list(PAPER)


def test_of_thumbnails_at_one_place_the_first_is_drawn():
    images = torch.stack([torch.full((1, 4, 4), level, dtype=torch.uint8) for level in (10, 200)])
    sheet, n_drawn = thumbnails(images, np.zeros((2, 2)), [(255, 0, 0)] * 2)
    assert n_drawn == 1
    assert (sheet == 10).all(axis=2).any()
    assert not (sheet == 200).all(axis=2).any()


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"method": "umap"}, "t-sne or pca; it is 'umap'"),
        ({"most": 2}, "3 .. 4000"),
        ({"most": 4001}, "3 .. 4000"),
        ({"perplexity": 0.0}, "above 0"),
        ({"perplexity": float("nan")}, "above 0"),
    ],
)
def test_settings_out_of_range_are_refused(settings, text):
    with pytest.raises(ConfigError, match=re.escape(text)):
        FeatureMap(**settings)


def test_less_than_three_pictures_are_no_map(knn):
    for subject in (Subject(classifier=knn), Subject(classifier=knn, images=TRAIN.images[:2])):
        with pytest.raises(ConfigError, match="at least 3 pictures"):
            FeatureMap(method="pca").draw(subject)
