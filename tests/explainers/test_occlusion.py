import numpy as np
import pytest
import torch

import netted
from linnet.classifiers.base import create
from linnet.errors import ConfigError
from linnet.explainers.baselines import baseline_of
from linnet.explainers.occlusion import Occlusion


def by_loop(answers, image, target, *, window, stride, fill):
    """Cover each window by itself; a pixel gets the mean loss over those that cover it."""
    height, width = image.shape[1:]
    covered = baseline_of(image[None], fill)[0]
    sums, counts = np.zeros((height, width)), np.zeros((height, width))
    whole = float(answers(image[None])[0, target])
    tops = range(0, height - window + stride, stride)
    lefts = range(0, width - window + stride, stride)
    for top in tops:
        for left in lefts:
            copy = image.clone()
            here = (slice(top, top + window), slice(left, left + window))
            copy[(slice(None), *here)] = covered[(slice(None), *here)]
            sums[here] += whole - float(answers(copy[None])[0, target])
            counts[here] += 1
    return sums / counts


@pytest.mark.parametrize("fill", ["black", "mean", "blurred"])
@pytest.mark.parametrize(("window", "stride"), [(2, 1), (3, 2), (3, 3)])
def test_it_is_what_a_loop_over_windows_finds(fill, window, stride, linear, images):
    pixels = images[:2].float() / 255
    maps = Occlusion(window=window, stride=stride, fill=fill).explain(linear, pixels, [1, 2])
    for image, target, found in zip(pixels, (1, 2), maps, strict=True):
        expected = by_loop(linear.logits, image, target, window=window, stride=stride, fill=fill)
        assert np.allclose(found, expected, atol=1e-5)


def test_rungs_without_logits_lose_log_probability(toy_dataset, toy_test):
    knn = create("knn", {"k": 15}).fit(toy_dataset)
    image = toy_test.images[0].float() / 255
    maps = Occlusion(window=5, stride=3, fill="black").explain(knn, image[None], [0])
    expected = by_loop(lambda copy: knn.predict_proba(copy).log(), image, 0, window=5, stride=3, fill="black")
    assert np.allclose(maps[0], expected, atol=1e-4)


def test_it_finds_the_patch_that_a_network_goes_by(patch_net, patches):
    images, corners = patches
    shares = netted.share_near(Occlusion().explain(patch_net, images, [1] * 30), corners)
    assert float((shares > 0.6).double().mean()) > 0.8


def test_it_finds_the_patch_that_knn_goes_by():
    train, test = (netted.patched(n, n_places=3, seed=seed) for n, seed in ((240, 0), (60, 1)))
    knn = create("knn", {"k": 15}).fit(train[0])
    images, corners = test[0].images[1::2], test[1][1::2]
    assert float((knn.predict(images) == 1).double().mean()) > 0.9
    maps = Occlusion(window=6, stride=3).explain(knn, images, [1] * 30)
    seen = maps.any((1, 2))
    assert seen.mean() > 0.8
    shares = netted.share_near(maps[seen], corners[seen], margin=6)
    assert float((shares > 0.6).double().mean()) > 0.8


@pytest.mark.parametrize(
    ("settings", "size", "window", "stride"),
    [
        ({}, (28, 28), (4, 4), (2, 2)),
        ({}, (224, 224), (32, 32), (16, 16)),
        ({}, (8, 8), (2, 2), (1, 1)),
        ({}, (1, 12), (1, 2), (1, 1)),
        ({}, (1, 1), (1, 1), (1, 1)),
        ({}, (100, 4), (15, 4), (7, 4)),
        ({"window": 6}, (28, 28), (6, 6), (3, 3)),
        ({"window": 6, "stride": 6}, (28, 4), (6, 4), (6, 4)),
    ],
)
def test_windows_suit_the_size_of_the_picture(settings, size, window, stride):
    assert Occlusion(**settings).sizes(*size) == (window, stride)


def test_no_pixel_is_left_out():
    data, _ = netted.patched(20, side=11)
    classifier = create("softmax-regression", {}).fit(data)
    pixels = torch.rand(1, 1, 11, 11, generator=torch.Generator().manual_seed(1))
    maps = Occlusion(window=3, stride=3, fill="black").explain(classifier, pixels, [1])
    assert (maps != 0).all()


@pytest.mark.parametrize(
    "settings", [{"window": -1}, {"stride": -2}, {"window": 3, "stride": 4}, {"fill": "white"}], ids=str
)
def test_settings_out_of_range_are_refused(settings):
    with pytest.raises(ConfigError, match=r"^occlusion\."):
        Occlusion(**settings)
