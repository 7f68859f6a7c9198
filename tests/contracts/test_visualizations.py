"""What every visualization promises, checked on every file of the family; what is special to one is in its own test."""

import dataclasses
import re

import numpy as np
import pytest
import torch

import toys
from linnet import catalog
from linnet.classifiers.cnn import CNN
from linnet.classifiers.knn import KNearestNeighbors
from linnet.classifiers.least_squares import LeastSquares
from linnet.classifiers.majority import MajorityClassifier
from linnet.classifiers.mlp import MLP
from linnet.errors import ConfigError, NotFittedError, UnsupportedError
from linnet.visualizations.base import Subject
from looked_at import same_state, state_of

NAMES = catalog.names("visualizations")
SMALL = {"steps": 3, "cells": 6, "method": "pca"}
"""Settings that make slow entries quick here, where an entry has them."""


@pytest.fixture(scope="module")
def data():
    return toys.patterns(counts=(20, 20, 20), shape=(3, 8, 8))


@pytest.fixture(scope="module")
def rungs(data):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("linnet.training.recipe.Recipe.n_epochs", lambda self, n_images: 1)
        networks = {"augment": "none", "precision": "float32"}
        made = [
            LeastSquares(),
            KNearestNeighbors(),
            MLP(hidden=(12,), **networks),
            CNN(width=0.1, **networks),
            MajorityClassifier(),
        ]
        return [rung.fit(data, seed=0) for rung in made]


def entry_of(name):
    entry = catalog.find("visualizations", name)
    return entry(**{setting: value for setting, value in SMALL.items() if setting in entry.setting_names()})


def supported(name, rungs):
    return [rung for rung in rungs if catalog.find("visualizations", name).supports(type(rung))]


def subject_of(rung, data, **changes):
    given = {"images": data.images[:4], "ids": tuple(data.ids[:4]), "train": data, "seed": 3}
    return Subject(classifier=rung, **{**given, **changes})


@pytest.fixture(scope="module")
def drawn(data, rungs):
    """Panels of each entry for each rung that it can be drawn of, drawn once."""
    return {
        (name, rung.name()): entry_of(name).draw(subject_of(rung, data))
        for name in NAMES
        for rung in supported(name, rungs)
    }


def panels_of(drawn, name):
    return [panels for (entry, _), panels in drawn.items() if entry == name]


@pytest.mark.parametrize("name", NAMES)
def test_an_entry_says_what_it_is_and_its_settings_have_names(name):
    entry = catalog.find("visualizations", name)
    assert dataclasses.is_dataclass(entry)
    assert all(field.kw_only for field in dataclasses.fields(entry))
    assert entry.about == entry.about.strip(" .")
    assert entry.about
    assert entry.name() == name


@pytest.mark.parametrize("name", NAMES)
def test_panels_have_unique_names_that_can_be_files(name, drawn):
    assert panels_of(drawn, name)
    for panels in panels_of(drawn, name):
        names = [panel.name for panel in panels]
        assert names
        assert len({one.lower() for one in names}) == len(names)
        assert all(re.fullmatch(r"[A-Za-z0-9-]{1,100}", one) for one in names)


@pytest.mark.parametrize("name", NAMES)
def test_a_panel_is_a_picture_or_a_drawing(name, drawn):
    for panel in (panel for panels in panels_of(drawn, name) for panel in panels):
        if panel.image is None:
            assert panel.svg.startswith("<svg")
        else:
            assert panel.svg == ""
            assert panel.image.dtype == np.uint8
            assert panel.image.ndim == 3
            assert panel.image.shape[2] == 3
            assert min(panel.image.shape) > 0


@pytest.mark.parametrize("name", NAMES)
def test_titles_and_captions_are_words_and_whole_sentences(name, drawn):
    for panel in (panel for panels in panels_of(drawn, name) for panel in panels):
        assert panel.title
        assert not panel.title.endswith(".")
        # The first word may be the name of a rung or of a picture, which is not spelled anew.
        assert panel.caption.count(" ") >= 5
        assert panel.caption.endswith(".")
        assert "  " not in panel.caption
        assert all(color and words for color, words in panel.legend)


@pytest.mark.parametrize("name", NAMES)
def test_the_same_seed_draws_the_same(name, data, rungs, drawn):
    for rung in supported(name, rungs):
        for one, other in zip(drawn[name, rung.name()], entry_of(name).draw(subject_of(rung, data)), strict=True):
            assert (one.name, one.title, one.caption, one.svg) == (other.name, other.title, other.caption, other.svg)
            assert np.array_equal(one.image, other.image) if one.image is not None else other.image is None


@pytest.mark.parametrize("name", NAMES)
def test_the_global_random_state_is_not_touched(name, data, rungs):
    before = torch.random.get_rng_state()
    entry_of(name).draw(subject_of(supported(name, rungs)[0], data))
    assert torch.equal(torch.random.get_rng_state(), before)


@pytest.mark.parametrize("name", NAMES)
def test_a_network_is_given_back_as_it_was_found(name, data, rungs):
    for rung in (rung for rung in supported(name, rungs) if hasattr(rung, "network_")):
        network = rung.network_
        network.train()
        next(network.modules()).eval()
        parameters = list(network.parameters())
        parameters[0].grad = torch.ones_like(parameters[0])
        parameters[-1].requires_grad_(False)
        before = state_of(network)
        try:
            entry_of(name).draw(subject_of(rung, data))
            assert same_state(before, state_of(network))
        finally:
            parameters[0].grad = None
            parameters[-1].requires_grad_(True)
            network.eval()


@pytest.mark.parametrize("name", NAMES)
def test_the_pictures_stay_as_they_are(name, data, rungs):
    images, train = data.images[:4].clone(), data.images.clone()
    for rung in supported(name, rungs):
        entry_of(name).draw(subject_of(rung, data, images=images))
    assert torch.equal(images, data.images[:4])
    assert torch.equal(train, data.images)


@pytest.mark.parametrize("name", NAMES)
def test_one_gray_picture_is_enough_to_look_at(name):
    gray = toys.patterns(counts=(6, 5), shape=(1, 9, 7))
    for rung in (LeastSquares(), KNearestNeighbors()):
        if catalog.find("visualizations", name).supports(type(rung)):
            panels = entry_of(name).draw(subject_of(rung.fit(gray), gray, images=gray.images[:1], ids=("a",)))
            assert panels


@pytest.mark.parametrize("name", NAMES)
def test_rungs_that_lack_what_it_wants_are_refused_by_a_message_that_names_others(name, data, rungs):
    entry = catalog.find("visualizations", name)
    others = [rung for rung in rungs if not entry.supports(type(rung))]
    assert entry.requires is None or others
    for rung in others:
        with pytest.raises(UnsupportedError) as caught:
            entry_of(name).draw(subject_of(rung, data))
        able = [known for known in catalog.names("classifiers") if entry.supports(catalog.find("classifiers", known))]
        assert able
        assert all(known in str(caught.value) for known in (*able, rung.name(), name))


@pytest.mark.parametrize("name", NAMES)
def test_missing_pictures_are_asked_for(name, data, rungs):
    entry = catalog.find("visualizations", name)
    rung = supported(name, rungs)[0]
    if entry.wants_images:
        for nothing in (None, data.images[:0]):
            with pytest.raises(ConfigError, match="at least one picture"):
                entry_of(name).draw(subject_of(rung, data, images=nothing))
    if entry.wants_train:
        for nothing in (None, data.subset([])):
            with pytest.raises(ConfigError, match="learned from"):
                entry_of(name).draw(subject_of(rung, data, train=nothing))


@pytest.mark.parametrize("missing", [{"images": None, "ids": ()}, {"train": None}], ids=["images", "train"])
@pytest.mark.parametrize("name", NAMES)
def test_it_can_be_drawn_without_what_it_does_not_want(name, missing, data, rungs):
    entry = catalog.find("visualizations", name)
    is_wanted = entry.wants_images if "images" in missing else entry.wants_train
    assert is_wanted or entry_of(name).draw(subject_of(supported(name, rungs)[0], data, **missing))


@pytest.mark.parametrize("name", NAMES)
def test_an_unfitted_rung_is_refused(name, data, rungs):
    for rung in supported(name, rungs):
        with pytest.raises(NotFittedError):
            entry_of(name).draw(subject_of(type(rung)(), data))
