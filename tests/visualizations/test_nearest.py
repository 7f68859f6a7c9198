"""The nearest training pictures, against a loop over all of them."""

import numpy as np
import pytest
import torch
from torch import nn

import handmade
import toys
from linnet.classifiers.base import create
from linnet.datasets.base import Dataset
from linnet.errors import ConfigError
from linnet.visualizations.base import Subject
from linnet.visualizations.features import features_of
from linnet.visualizations.nearest import NearestPictures, nearest_examples

TRAIN = toys.patterns(counts=(12, 12, 12))
GIVEN = toys.patterns(counts=(2, 1, 1), seed=1).images


def loop(query, points, k, metric):
    """(distance, index) of the nearest rows, one pair of vectors after the other."""

    def distance(a, b):
        if metric == "l1":
            return float(np.abs(a - b).sum())
        if metric == "l2":
            return float(np.sqrt(((a - b) ** 2).sum()))
        return 1 - float(a @ b) / float(np.sqrt(a @ a) * np.sqrt(b @ b))

    return sorted((distance(query, point), i) for i, point in enumerate(points))[:k]


@pytest.fixture(scope="module")
def knn():
    return create("knn", {}).fit(TRAIN)


@pytest.fixture(scope="module")
def net():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        body = nn.Sequential(nn.Flatten(), nn.Linear(64, 10), nn.Tanh(), nn.Linear(10, 3))
    return handmade.network(body, image_shape=(1, 8, 8), n_classes=3)


@pytest.mark.parametrize("metric", ["l1", "l2", "cosine"])
def test_in_pixels_they_are_those_of_a_loop(knn, metric):
    rows = nearest_examples(knn, GIVEN, TRAIN, k=4, metric=metric)
    points = TRAIN.images.flatten(1).numpy() / 255
    for image, row in zip(GIVEN, rows, strict=True):
        wanted = loop(image.flatten().numpy() / 255, points, 4, metric)
        assert [example.index for example in row] == [i for _, i in wanted]
        assert [example.distance for example in row] == pytest.approx([distance for distance, _ in wanted])


def test_in_features_they_are_those_of_a_loop(net):
    rows = nearest_examples(net, GIVEN, TRAIN, k=3, space="features")
    points, queries = (features_of(net, images).astype(np.float64) for images in (TRAIN.images, GIVEN))
    for query, row in zip(queries, rows, strict=True):
        wanted = loop(query, points, 3, "l2")
        assert [example.index for example in row] == [i for _, i in wanted]
        assert [example.distance for example in row] == pytest.approx([distance for distance, _ in wanted], abs=1e-5)


def test_ids_and_labels_are_those_of_the_training_pictures(knn):
    part = TRAIN.subset([5, 30, 7, 9])
    for row in nearest_examples(knn, GIVEN, part, k=4):
        assert sorted(example.id for example in row) == sorted(["5", "30", "7", "9"])
        for example in row:
            assert example.label == TRAIN.class_names[int(TRAIN.labels[int(example.id)])]


def test_fewer_training_pictures_than_asked_for_are_all_found(knn):
    assert [len(row) for row in nearest_examples(knn, GIVEN, TRAIN.subset([1, 2]), k=9)] == [2] * len(GIVEN)


def test_a_picture_from_training_is_found_at_distance_0_and_said(knn):
    (row,) = nearest_examples(knn, TRAIN.images[7:8], TRAIN)
    assert (row[0].index, row[0].distance, row[0].is_same) == (7, 0.0, True)
    assert not any(example.is_same for example in row[1:])
    (panel,) = NearestPictures().draw(Subject(classifier=knn, images=TRAIN.images[7:8], ids=("x.png",), train=TRAIN))
    assert "itself among the training pictures (7)" in panel.caption


def test_pictures_that_only_look_the_same_when_shrunk_are_not_the_same():
    pixels = torch.zeros(2, 1, 8, 8, dtype=torch.uint8)
    pixels[0, 0, 0, 0], pixels[1, 0, 0, 1] = 100, 100
    train = Dataset.of(pixels, [0, 1], ["ant", "bee"])
    (row,) = nearest_examples(create("knn", {"max_side": 1}).fit(train), pixels[:1], train)
    assert [(example.distance, example.is_same) for example in row] == [(0.0, True), (0.0, False)]


def test_in_features_the_same_picture_is_said_too(net):
    rows = nearest_examples(net, TRAIN.images[7:8], TRAIN, space="features")
    assert rows[0][0].is_same
    assert rows[0][0].distance < 1e-4


def test_a_network_has_panels_in_pixels_and_in_features(net):
    drawn = NearestPictures(k=3).draw(Subject(classifier=net, images=GIVEN, ids=("a", "b", "c", "d"), train=TRAIN))
    assert [panel.name for panel in drawn] == [f"{space}-{i}" for space in ("pixels", "features") for i in range(1, 5)]
    for panel in drawn:
        assert panel.image.dtype == np.uint8
        assert panel.image.shape == (96, 4 * 96 + 2 * 4 + 16, 3)


def test_the_panel_shows_the_picture_and_then_what_is_like_it(knn):
    drawn = NearestPictures(k=1, side=8).draw(Subject(classifier=knn, images=GIVEN[:1], train=TRAIN))
    ((best,),) = nearest_examples(knn, GIVEN[:1], TRAIN, k=1)
    assert (drawn[0].image[:, :8, 0] == GIVEN[0, 0].numpy()).all()
    assert (drawn[0].image[:, -8:, 0] == TRAIN.images[best.index, 0].numpy()).all()


def test_the_caption_has_labels_distances_and_what_the_rung_says(knn):
    (panel,) = NearestPictures(k=2).draw(Subject(classifier=knn, images=GIVEN[:1], ids=("x.png",), train=TRAIN))
    ((first, second),) = nearest_examples(knn, GIVEN[:1], TRAIN, k=2)
    assert panel.caption.startswith(f"x.png is taken for {TRAIN.class_names[int(knn.predict(GIVEN[:1]))]} (")
    assert f"{first.label} at {first.distance:.3g} ({first.id}); {second.label} at" in panel.caption
    assert "among the training pictures" not in panel.caption


def test_what_is_nearly_certain_is_not_called_certain():
    body = nn.Sequential(nn.Flatten(), nn.Linear(64, 3))
    with torch.no_grad():
        body[1].weight.zero_()
        body[1].bias.copy_(torch.tensor([7.0, 0.0, 0.0]))  # a probability of 0.998
    rung = handmade.network(body, image_shape=(1, 8, 8), n_classes=3)
    drawn = NearestPictures(k=1).draw(Subject(classifier=rung, images=GIVEN[:1], train=TRAIN))
    assert "(> 99%)" in drawn[0].caption


def test_more_pictures_than_are_drawn_are_said(knn):
    drawn = NearestPictures(most=1).draw(Subject(classifier=knn, images=GIVEN, train=TRAIN))
    assert len(drawn) == 1
    assert "3 more pictures are not shown" in drawn[0].caption


@pytest.mark.parametrize(
    ("settings", "text"),
    [({"k": 0}, "nearest.k"), ({"metric": "l3"}, "'l3'"), ({"most": 0}, "most"), ({"side": 7}, "side")],
)
def test_settings_out_of_range_are_refused(settings, text):
    with pytest.raises(ConfigError, match=text):
        NearestPictures(**settings)


def test_without_pictures_or_training_pictures_it_is_refused(knn):
    with pytest.raises(ConfigError, match="at least one picture"):
        NearestPictures().draw(Subject(classifier=knn, train=TRAIN))
    with pytest.raises(ConfigError, match="learned from"):
        NearestPictures().draw(Subject(classifier=knn, images=GIVEN))
