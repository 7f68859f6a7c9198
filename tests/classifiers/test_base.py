import json
import sys
from dataclasses import dataclass
from types import ModuleType
from typing import ClassVar, Literal

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

import toys
from linnet import catalog
from linnet.classifiers import base
from linnet.classifiers.base import Classifier, create, load
from linnet.classifiers.capabilities import Sweeping, Templated
from linnet.datasets.base import Dataset
from linnet.errors import (
    ConfigError,
    DataError,
    ImagesError,
    NotFittedError,
    RunError,
    UnknownNameError,
)


@dataclass(kw_only=True)
class BrightnessClassifier(Classifier):
    """Tell classes by mean brightness: as small as a rung can be."""

    about: ClassVar[str] = "mean brightness"
    power: int = 2
    sides: tuple[int, ...] = (1,)
    mode: Literal["mean", "sum"] = "mean"

    def __post_init__(self):
        if self.power < 1:
            raise ConfigError(f"power should be at least 1; it is {self.power}.")

    def _fit(self, train, valid, *, seed, progress):
        if self.sides == (666,):
            raise RuntimeError("no luck")
        self.seen_valid_ = valid
        value = train.images.to(torch.float64).mean((1, 2, 3)) / 255
        self.means_ = torch.stack([value[train.labels == k].mean() for k in range(train.n_classes)])

    def _predict_proba(self, images):
        value = images.to(torch.float64).mean((1, 2, 3)) / (255 if images.dtype == torch.uint8 else 1)
        return 1 / ((value[:, None] - self.means_).abs() ** self.power + 1e-9)

    def _state(self):
        return {"means": self.means_}

    def _restore(self, state):
        self.means_ = state["means"]

    def _candidates(self):
        return [{"power": 1}, {}]


@pytest.fixture
def data():
    """Black, gray and white pictures of 2 x 3, two of each."""
    pixels = torch.tensor([0, 128, 255, 0, 128, 255], dtype=torch.uint8)[:, None, None, None].repeat(1, 1, 2, 3)
    return Dataset.of(pixels, [0, 1, 2, 0, 1, 2], ["coot", "pigeon", "swan"])


@pytest.fixture
def fitted(data):
    return BrightnessClassifier().fit(data)


@pytest.fixture
def listed(monkeypatch):
    """Let the catalog find the tiny rung."""
    module = ModuleType("brightness")
    module.BrightnessClassifier = BrightnessClassifier
    monkeypatch.setitem(sys.modules, "brightness", module)
    monkeypatch.setattr(BrightnessClassifier, "__module__", "brightness")
    monkeypatch.setattr(catalog, "_modules", lambda family: {"brightness": "brightness"})


def test_fit_returns_itself_and_knows_classes_and_shape(data):
    classifier = BrightnessClassifier()
    assert classifier.fit(data) is classifier
    assert classifier.class_names_ == ("coot", "pigeon", "swan")
    assert classifier.image_shape_ == (1, 2, 3)


def test_probabilities_are_normalized_to_float32_rows(fitted, data):
    p = fitted.predict_proba(data.images)
    assert (p.dtype, p.shape) == (torch.float32, (6, 3))
    assert torch.allclose(p.sum(1), torch.ones(6))
    assert fitted.predict(data.images).tolist() == [0, 1, 2, 0, 1, 2]


def test_no_probability_is_zero_however_small(data):
    sure = BrightnessClassifier(power=30).fit(data)
    sure._predict_proba = lambda images: torch.eye(3, dtype=torch.float64)[: len(images)]
    p = sure.predict_proba(data.images[:3])
    assert 0 < p.min() < 1e-37
    assert torch.isfinite(torch.log(p)).all()


def test_what_the_hook_returned_is_left_as_it_is(fitted, data):
    kept = torch.full((6, 3), 2.0, dtype=torch.float64)
    fitted._predict_proba = lambda images: kept
    fitted.predict_proba(data.images)
    assert (kept == 2).all()


def test_among_equals_the_smallest_class_is_predicted(fitted, data):
    fitted._predict_proba = lambda images: torch.tensor([[1.0, 2.0, 2.0]]).repeat(len(images), 1)
    assert fitted.predict(data.images).tolist() == [1] * 6


def test_pictures_are_handed_on_in_chunks_without_gradients(fitted, data, monkeypatch):
    monkeypatch.setattr(BrightnessClassifier, "chunk", 4)
    whole, seen = fitted._predict_proba, []
    fitted._predict_proba = lambda images: (seen.append((len(images), torch.is_grad_enabled())), whole(images))[1]
    assert fitted.predict_proba(data.images).shape == (6, 3)
    assert seen == [(4, False), (2, False)]


def test_no_pictures_give_no_rows_without_asking_the_hook(fitted):
    fitted._predict_proba = None
    assert fitted.predict_proba(torch.zeros(0, 1, 2, 3)).shape == (0, 3)
    assert fitted.predict(np.zeros((0, 1, 2, 3), dtype=np.uint8)).shape == (0,)


def test_fitting_again_forgets_everything_learned(fitted, data):
    fitted.leftover_ = 1
    fitted.fit(data.relabel(["swan", "coot"]))
    assert not hasattr(fitted, "leftover_")
    assert fitted.predict(data.images).tolist() == [1, 0, 0, 1, 0, 0]


def test_a_fit_that_fails_leaves_nothing_half_learned(fitted, data):
    fitted.sides = (666,)
    with pytest.raises(RuntimeError, match="no luck"):
        fitted.fit(data)
    with pytest.raises(NotFittedError):
        fitted.predict(data.images)


def test_validation_data_reach_the_hook(data):
    valid = data.subset([0])
    assert BrightnessClassifier().fit(data, valid).seen_valid_ is valid


def test_no_pictures_to_learn_from_are_refused(data):
    with pytest.raises(DataError, match="at least one training picture"):
        BrightnessClassifier().fit(data.subset([]))


def test_validation_data_of_other_classes_are_refused(data):
    with pytest.raises(DataError, match="same classes in the same order"):
        BrightnessClassifier().fit(data, data.relabel(["pigeon", "coot", "swan"]))


def test_validation_pictures_of_another_shape_are_refused(data):
    other = Dataset.of(torch.zeros(1, 1, 3, 2, dtype=torch.uint8), [0], data.class_names)
    with pytest.raises(ImagesError, match="must have one shape"):
        BrightnessClassifier().fit(data, other)


def test_before_fit_everything_but_settings_is_refused(tmp_path):
    classifier = BrightnessClassifier()
    for ask in (
        lambda: classifier.predict_proba(torch.zeros(1, 1, 2, 3)),
        lambda: classifier.predict(torch.zeros(1, 1, 2, 3)),
        lambda: classifier.save(tmp_path),
        classifier.n_parameters,
        classifier.n_bytes,
    ):
        with pytest.raises(NotFittedError, match="call fit first"):
            ask()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("images", "says"),
    [
        (torch.zeros(2, 1, 3, 2, dtype=torch.uint8), r"wants pictures of shape \(n, 1, 2, 3\); got \(2, 1, 3, 2\)"),
        (torch.zeros(1, 2, 3, dtype=torch.uint8), "wants pictures of shape"),
        (torch.zeros(2, 1, 2, 3, dtype=torch.float64), "got torch.float64"),
        (torch.zeros(2, 1, 2, 3, dtype=torch.int64), "got torch.int64"),
        (torch.full((2, 1, 2, 3), 1.5), r"in \[0, 1\]; these reach 1.5"),
        (torch.full((2, 1, 2, 3), -0.1), r"in \[0, 1\]"),
        (torch.full((2, 1, 2, 3), float("nan")), r"in \[0, 1\]; these reach nan"),
        (torch.full((2, 1, 2, 3), float("inf")), r"in \[0, 1\]"),
        (np.full((2, 1, 2, 3), "owl"), "array of numbers"),
    ],
)
def test_pictures_of_another_form_are_refused(fitted, images, says):
    with pytest.raises(ImagesError, match=says):
        fitted.predict_proba(images)


def test_arrays_of_every_layout_are_taken(fitted, data):
    expected = fitted.predict_proba(data.images)
    array = data.images.numpy()
    frozen = array.copy()
    frozen.flags.writeable = False
    for same in (array, frozen, np.asfortranarray(array), array[..., ::-1]):
        assert torch.equal(fitted.predict_proba(same), expected)


def test_settings_are_plain_values(data):
    classifier = BrightnessClassifier(sides=(3, 4))
    assert classifier.settings() == {"power": 2, "sides": [3, 4], "mode": "mean"}
    assert BrightnessClassifier.setting_names() == ("power", "sides", "mode")
    assert json.loads(json.dumps(classifier.settings())) == classifier.settings()


def test_changed_settings_make_an_unfitted_copy(fitted, data):
    copy = fitted.with_settings(power=5)
    assert (copy.power, fitted.power) == (5, 2)
    with pytest.raises(NotFittedError):
        copy.predict(data.images)
    with pytest.raises(ConfigError):
        fitted.with_settings(power=0)


def test_candidates_are_copies_with_their_changes():
    assert [c.power for c in BrightnessClassifier(power=7, mode="sum").candidates()] == [1, 7]
    assert {c.mode for c in BrightnessClassifier(mode="sum").candidates()} == {"sum"}


def test_learned_numbers_and_bytes_are_counted(fitted):
    assert fitted.n_parameters() == 3
    assert fitted.n_bytes() == 24
    fitted._state = lambda: {"pixels": torch.zeros(10, dtype=torch.uint8), "w": torch.zeros(2)}
    assert (fitted.n_parameters(), fitted.n_bytes()) == (2, 18)


def test_a_saved_classifier_comes_back_exactly(tmp_path, data, listed):
    fitted = BrightnessClassifier(power=3, sides=(3, 4)).fit(data)
    fitted.save(tmp_path)
    for back in (BrightnessClassifier.load(tmp_path), load(tmp_path)):
        assert back == fitted
        assert (back.class_names_, back.image_shape_) == (fitted.class_names_, fitted.image_shape_)
        assert torch.equal(back.predict_proba(data.images), fitted.predict_proba(data.images))


def test_a_saved_model_describes_itself(tmp_path, fitted):
    fitted.save(tmp_path, geometry={"size": 3, "fit": "crop"})
    plain = json.loads((tmp_path / "model.json").read_text())
    assert plain["format"] == base.FORMAT
    assert plain["classifier"] == BrightnessClassifier.name()
    assert plain["class_names"] == ["coot", "pigeon", "swan"]
    assert plain["image_shape"] == [1, 2, 3]
    assert plain["geometry"] == {"size": 3, "fit": "crop"}
    assert plain["settings"] == fitted.settings()


def test_a_model_of_format_1_had_no_temperature_and_predicts_as_then(tmp_path, data, fitted, listed):
    fitted.save(tmp_path)
    plain = json.loads((tmp_path / "model.json").read_text())
    assert (plain["format"], plain.pop("temperature")) == (2, 1.0)
    (tmp_path / "model.json").write_text(json.dumps({**plain, "format": 1}))
    assert torch.equal(load(tmp_path).predict_proba(data.images), fitted.predict_proba(data.images))


def test_a_temperature_divides_the_logits_and_the_next_fit_forgets_it(data, fitted):
    p = fitted.predict_proba(data.images)
    warm = fitted.calibrated(2.0)
    assert torch.allclose(warm.predict_proba(data.images), p.sqrt() / p.sqrt().sum(1, keepdim=True))
    assert warm == fitted
    assert torch.equal(fitted.predict_proba(data.images), p)
    assert torch.equal(warm.calibrated(1.0).predict_proba(data.images), p)
    assert warm.fit(data).temperature_ == 1.0
    assert warm.with_settings().fit(data).temperature_ == 1.0


def test_a_temperature_is_set_on_what_is_fitted_and_has_to_be_one(fitted):
    with pytest.raises(NotFittedError):
        BrightnessClassifier().calibrated(2.0)
    with pytest.raises(ConfigError, match="above 0; it is -1"):
        fitted.calibrated(-1)


def test_tensors_in_any_memory_layout_are_saved(tmp_path, fitted, listed):
    fitted._state = lambda: {"means": torch.stack([fitted.means_, fitted.means_], dim=1)[:, 0]}
    fitted.save(tmp_path)
    assert torch.equal(load(tmp_path).means_, fitted.means_)


@pytest.mark.parametrize(
    "change",
    [
        {"format": 3},
        {"format": "1"},
        {"classifier": "knn"},
        {"classifier": None},
        {"settings": {"wings": 2}},
        {"settings": {"power": 0}},
        {"settings": None},
        {"image_shape": [2, 3]},
        {"class_names": None},
        {"temperature": 0},
        {"temperature": "2"},
        {"temperature": None},
    ],
    ids=str,
)
def test_a_description_that_does_not_fit_is_refused(tmp_path, fitted, listed, change):
    fitted.save(tmp_path)
    plain = json.loads((tmp_path / "model.json").read_text())
    (tmp_path / "model.json").write_text(json.dumps({**plain, **change}))
    with pytest.raises(RunError):
        BrightnessClassifier.load(tmp_path)
    with pytest.raises(RunError):
        load(tmp_path)


@pytest.mark.parametrize("text", ["[]", "3", "", "{"])
def test_a_description_that_is_none_is_refused(tmp_path, fitted, text):
    fitted.save(tmp_path)
    (tmp_path / "model.json").write_text(text)
    with pytest.raises(RunError, match=r"model\.json"):
        load(tmp_path)


def test_damaged_weights_are_refused(tmp_path, fitted, listed):
    fitted.save(tmp_path)
    path = tmp_path / "weights.safetensors"
    path.write_bytes(path.read_bytes()[:-4])
    with pytest.raises(RunError, match="train it again"):
        load(tmp_path)
    save_file({"other": torch.zeros(1)}, path)
    with pytest.raises(RunError, match="train it again"):
        load(tmp_path)
    path.unlink()
    with pytest.raises(RunError, match="train it again"):
        load(tmp_path)


def test_a_folder_without_a_model_is_refused(tmp_path):
    with pytest.raises(RunError, match="incomplete"):
        load(tmp_path)


def test_a_rung_is_made_by_name_with_checked_settings(listed):
    made = create("brightness", {"power": 3, "sides": [1, 2]})
    assert made == BrightnessClassifier(power=3, sides=(1, 2))


@pytest.mark.parametrize(
    ("settings", "error", "says"),
    [
        ({"powr": 1}, UnknownNameError, "no setting of brightness named 'powr'; did you mean 'power'"),
        ({"power": "2"}, ConfigError, r"brightness\.power should be a valid integer; it is '2'"),
        ({"mode": "median"}, ConfigError, r"brightness\.mode should be 'mean' or 'sum'"),
        ({"power": 0}, ConfigError, "at least 1"),
    ],
)
def test_wrong_settings_are_refused(listed, settings, error, says):
    with pytest.raises(error, match=says):
        create("brightness", settings)


def test_a_misspelled_rung_gets_a_guess(listed):
    with pytest.raises(UnknownNameError, match="did you mean 'brightness'"):
        create("brightnes", {})


def test_capabilities_are_asked_for_with_isinstance(fitted):
    assert not isinstance(fitted, Sweeping)
    assert not isinstance(fitted, Templated)
    fitted.templates = lambda: torch.zeros(3, 1, 2, 3)
    assert isinstance(fitted, Templated)


def test_the_toy_set_is_what_it_says():
    data = toys.patterns(counts=(3, 0, 5), shape=(3, 4, 6))
    assert (len(data), data.image_shape, data.class_names) == (8, (3, 4, 6), ("ant", "bee", "cat"))
    assert torch.bincount(data.labels, minlength=3).tolist() == [3, 0, 5]
    assert torch.equal(data.images, toys.patterns(counts=(3, 0, 5), shape=(3, 4, 6)).images)
