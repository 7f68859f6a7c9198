"""What every rung promises, checked on every rung that the catalog finds; what is special to one is in its own test."""

import json
import random
from contextlib import contextmanager

import numpy as np
import pytest
import torch

import toys
from linnet import catalog
from linnet.classifiers.base import Classifier, create, load
from linnet.classifiers.capabilities import Differentiable, Layered, Sweeping, Templated
from linnet.datasets.base import Dataset
from linnet.errors import ConfigError, ImagesError, NotFittedError, UnknownNameError
from linnet.progress import SILENT

FLOOR = "majority"
RUNGS = catalog.names("classifiers")

QUICK = {
    "two-layer": {"hidden": 64},
    "mlp": {"hidden": (32,), "dropout": 0.0, "augment": "none"},
    "cnn": {"width": 0.1, "learning_rate": 3e-3, "augment": "none"},
    "fast-cnn": {"width": 0.1, "augment": "none"},
    "resnet": {"depth": 8, "augment": "none"},
}
"""Settings that decide how long a fit takes, made small for toy pictures."""

pytestmark = pytest.mark.usefixtures("short_descent")


def quick(name, **settings):
    return create(name, QUICK.get(name, {}) | settings)


@pytest.fixture(scope="module", params=RUNGS)
def name(request):
    return request.param


@pytest.fixture(scope="module", params=[rung for rung in RUNGS if rung != FLOOR])
def climbing(request):
    """Every rung that looks at the pictures."""
    return request.param


@pytest.fixture(scope="module")
def fitted_rungs(toy_dataset):
    """Each rung fitted once for all checks that change nothing."""
    kept = {}

    def fitted(name):
        if name not in kept:
            kept[name] = quick(name).fit(toy_dataset, toy_dataset.subset(range(30)), seed=3)
        return kept[name]

    return fitted


@pytest.fixture(scope="module")
def fitted(name, fitted_rungs):
    return fitted_rungs(name)


def fit(name, data, seed=3, **settings):
    return quick(name, **settings).fit(data, data.subset(range(min(len(data), 30))), seed=seed)


def accuracy(classifier, data):
    return float((classifier.predict(data.images) == data.labels).double().mean())


def assert_probabilities(p, shape):
    assert p.dtype == torch.float32
    assert p.shape == shape
    assert torch.isfinite(p).all()
    assert (p > 0).all()
    assert torch.allclose(p.double().sum(1), torch.ones(len(p), dtype=torch.float64), atol=1e-5)


# -- learning ----------------------------------------------------------------------------------------------------


def test_it_learns_a_toy_set(climbing, fitted_rungs, toy_test):
    assert accuracy(fitted_rungs(climbing), toy_test) > 0.9


def test_it_is_no_worse_than_the_floor_on_what_it_learned(name, fitted_rungs, toy_dataset):
    assert accuracy(fitted_rungs(name), toy_dataset) >= accuracy(fitted_rungs(FLOOR), toy_dataset)


def test_random_labels_score_chance(name):
    train = toys.with_random_labels(toys.patterns(counts=(80, 80, 80)), seed=1)
    test = toys.with_random_labels(toys.patterns(counts=(200, 200, 200), seed=2), seed=2)
    # Four standard deviations of 600 coins that fall on 1/3.
    assert accuracy(fit(name, train), test) == pytest.approx(1 / 3, abs=4 * (2 / 9 / 600) ** 0.5)


def test_the_seed_repeats_to_the_bit(name, fitted, toy_dataset, toy_test):
    again = fit(name, toy_dataset)
    assert torch.equal(again.predict_proba(toy_test.images), fitted.predict_proba(toy_test.images))
    states = again._state(), fitted._state()
    assert states[0].keys() == states[1].keys()
    assert all(torch.equal(states[0][key], states[1][key]) for key in states[0])


def test_global_random_states_are_neither_used_nor_changed(name, fitted, toy_dataset, toy_test):
    torch_state = torch.get_rng_state()
    try:
        torch.manual_seed(12345)
        before = torch.get_rng_state(), np.random.get_state()[1].tolist(), random.getstate()
        p = fit(name, toy_dataset).predict_proba(toy_test.images)
        assert torch.equal(torch.get_rng_state(), before[0])
        assert np.random.get_state()[1].tolist() == before[1]
        assert random.getstate() == before[2]
    finally:
        torch.set_rng_state(torch_state)
    assert torch.equal(p, fitted.predict_proba(toy_test.images))


def test_fitting_again_forgets_the_first_time(name, fitted, toy_dataset, toy_test):
    twice = fit(name, toys.patterns(counts=(20, 5), shape=(3, 6, 5), seed=8))
    twice.fit(toy_dataset, toy_dataset.subset(range(30)), seed=3)
    assert twice.class_names_ == fitted.class_names_
    assert torch.equal(twice.predict_proba(toy_test.images), fitted.predict_proba(toy_test.images))


def test_what_is_learned_ends_with_an_underscore_so_that_it_can_be_forgotten(fitted):
    assert [key for key in vars(fitted) if not key.endswith("_") and key not in fitted.setting_names()] == []


def test_training_data_are_untouched(name):
    train, valid = toys.patterns(counts=(20, 20)), toys.patterns(counts=(10, 10), seed=1)
    kept = [t.clone() for data in (train, valid) for t in (data.pixels, data.rows, data.labels)]
    images = valid.images.float() / 255
    kept_images = images.clone()
    quick(name).fit(train, valid).predict_proba(images)
    now = [t for data in (train, valid) for t in (data.pixels, data.rows, data.labels)]
    assert all(torch.equal(a, b) for a, b in zip(now, kept, strict=True))
    assert torch.equal(images, kept_images)


def test_a_subset_in_another_order_is_learned_as_its_copy_is(name, toy_dataset, toy_test):
    part = toy_dataset.subset(torch.arange(119, -1, -2))
    copy = Dataset.of(part.images.clone(), part.labels, part.class_names)
    expected = quick(name).fit(copy, seed=1).predict_proba(toy_test.images)
    assert torch.equal(quick(name).fit(part, seed=1).predict_proba(toy_test.images), expected)


def test_progress_never_passes_its_total(name, toy_dataset):
    tasks = []

    class Counting:
        @contextmanager
        def task(self, text, total=None):
            assert text
            tasks.append([0, total])
            yield Counter(tasks[-1])

        def say(self, text):
            assert text.endswith(".")

    class Counter:
        def __init__(self, task):
            self.counted = task

        def advance(self, n=1, note=""):
            self.counted[0] += n

    quick(name).fit(toy_dataset, progress=Counting())
    assert all(total is None or done <= total for done, total in tasks)


# -- probabilities -----------------------------------------------------------------------------------------------


def test_probabilities_are_probabilities(fitted, toy_test):
    assert_probabilities(fitted.predict_proba(toy_test.images), (90, 3))


def test_far_pictures_have_probabilities_too(fitted):
    for level in (0, 255):
        assert_probabilities(fitted.predict_proba(torch.full((2, 1, 8, 8), level, dtype=torch.uint8)), (2, 3))


def test_predictions_are_the_likeliest_classes(fitted, toy_test):
    predicted = fitted.predict(toy_test.images)
    assert predicted.dtype == torch.int64
    assert np.array_equal(predicted, np.argmax(fitted.predict_proba(toy_test.images).numpy(), axis=1))


def test_pictures_one_by_one_get_the_same_rows(fitted, toy_test):
    rows = torch.cat([fitted.predict_proba(image[None]) for image in toy_test.images])
    assert torch.allclose(rows, fitted.predict_proba(toy_test.images), atol=1e-6)


def test_pictures_in_another_order_get_the_same_rows(fitted, toy_test):
    order = torch.randperm(90, generator=torch.Generator().manual_seed(0))
    p = fitted.predict_proba(toy_test.images)
    assert torch.allclose(fitted.predict_proba(toy_test.images[order]), p[order], atol=1e-6)


def test_the_size_of_a_chunk_changes_nothing(fitted, toy_test, monkeypatch):
    p = fitted.predict_proba(toy_test.images)
    monkeypatch.setattr(type(fitted), "chunk", 7)
    assert torch.allclose(fitted.predict_proba(toy_test.images), p, atol=1e-6)


def test_predicting_twice_gives_the_same_bits(fitted, toy_test):
    assert torch.equal(fitted.predict_proba(toy_test.images), fitted.predict_proba(toy_test.images))


def test_no_pictures_get_no_rows(fitted):
    assert fitted.predict_proba(torch.zeros(0, 1, 8, 8, dtype=torch.uint8)).shape == (0, 3)
    assert fitted.predict(torch.zeros(0, 1, 8, 8)).shape == (0,)


def test_float_pictures_agree_with_bytes(fitted, toy_test):
    floats = fitted.predict_proba(toy_test.images.float() / 255)
    assert torch.allclose(floats, fitted.predict_proba(toy_test.images), atol=1e-4)


def test_arrays_of_any_memory_layout_agree_with_tensors(fitted, toy_test):
    p = fitted.predict_proba(toy_test.images)
    array = toy_test.images.numpy()
    assert torch.equal(fitted.predict_proba(array), p)
    assert torch.equal(fitted.predict_proba(np.asfortranarray(array)), p)
    assert torch.equal(fitted.predict_proba(toy_test.images.to(memory_format=torch.channels_last)), p)


# -- data of other forms -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(3, 8, 8), (1, 5, 9), (3, 9, 5), (3, 40, 70), (1, 1, 12)], ids=str)
def test_pictures_of_other_shapes_are_learned(climbing, shape):
    train, test = (toys.patterns(counts=(20, 20), shape=shape, noise=20, seed=seed) for seed in (0, 1))
    classifier = fit(climbing, train)
    assert_probabilities(classifier.predict_proba(test.images), (40, 2))
    assert accuracy(classifier, test) > 0.9


def test_a_single_class_is_always_right(name):
    classifier = fit(name, toys.patterns(counts=(20,)))
    assert torch.equal(classifier.predict_proba(toys.patterns(counts=(5,), seed=1).images), torch.ones(5, 1))


def test_a_class_without_pictures_is_hardly_predicted(name):
    classifier = fit(name, toys.patterns(counts=(30, 0, 30, 0)))
    test = toys.patterns(counts=(20, 0, 20, 0), seed=1)
    p = classifier.predict_proba(test.images)
    assert_probabilities(p, (40, 4))
    assert set(p.argmax(1).tolist()) <= {0, 2}


@pytest.mark.parametrize("counts", [(1,), (1, 0), (1, 1), (0, 2)], ids=str)
def test_very_few_pictures_are_enough_to_answer(name, counts):
    classifier = quick(name).fit(toys.patterns(counts=counts))
    p = classifier.predict_proba(toys.patterns(counts=(5,), seed=1).images)
    assert_probabilities(p, (5, len(counts)))


def test_pictures_without_any_contrast_give_finite_probabilities(name):
    flat = Dataset.of(torch.full((12, 1, 4, 4), 77, dtype=torch.uint8), [0, 1, 2] * 4)
    assert_probabilities(fit(name, flat).predict_proba(flat.images), (12, 3))


def test_a_pixel_that_never_changes_does_no_harm(climbing):
    train, test = toys.patterns(counts=(30, 30)), toys.patterns(counts=(30, 30), seed=1)
    for data in (train, test):
        data.pixels[:, :, 0] = 0
    assert accuracy(fit(climbing, train), test) > 0.9
    test.pixels[:, :, 0] = 255
    assert_probabilities(fit(climbing, train).predict_proba(test.images), (60, 2))


def test_balancing_raises_the_rare_class(name):
    if "balance" not in quick(name).setting_names():
        pytest.skip("has no such setting")
    train = toys.patterns(counts=(200, 20), noise=150)
    rare = toys.patterns(counts=(0, 60), noise=150, seed=1)
    # A network that knows its training pictures by heart has no losses left to weigh.
    brief = {"epochs": 2} if "keep" in quick(name).setting_names() else {}
    # After so few steps one seed can go either way.
    plain, balanced = (
        torch.cat([fit(name, train, seed, balance=balance, **brief).predict_proba(rare.images) for seed in range(4)])
        for balance in (False, True)
    )
    assert_probabilities(balanced, (240, 2))
    assert float(balanced[:, 1].mean()) > float(plain[:, 1].mean())
    assert int((balanced[:, 1] > 0.5).sum()) >= int((plain[:, 1] > 0.5).sum())


def test_balancing_equal_classes_changes_nothing_that_matters(name, fitted, toy_test, toy_dataset):
    if "balance" not in quick(name).setting_names():
        pytest.skip("has no such setting")
    balanced = fit(name, toy_dataset, balance=True)
    assert torch.allclose(balanced.predict_proba(toy_test.images), fitted.predict_proba(toy_test.images), atol=1e-3)


# -- refusals ----------------------------------------------------------------------------------------------------


def test_an_unfitted_rung_refuses_to_predict(name, tmp_path):
    unfitted = create(name, {})
    with pytest.raises(NotFittedError, match=rf"^{name} has not learned anything yet; call fit first"):
        unfitted.predict_proba(torch.zeros(1, 1, 8, 8))
    with pytest.raises(NotFittedError):
        unfitted.save(tmp_path)


@pytest.mark.parametrize(
    "images",
    [
        torch.zeros(2, 1, 8, 7),
        torch.zeros(2, 3, 8, 8),
        torch.zeros(2, 8, 8, 1),
        torch.zeros(1, 8, 8),
        torch.zeros(2, 64),
        torch.zeros(2, 1, 8, 8, dtype=torch.float64),
        torch.zeros(2, 1, 8, 8, dtype=torch.int32),
        torch.full((2, 1, 8, 8), 255.0),
        torch.full((2, 1, 8, 8), -0.01),
        torch.full((2, 1, 8, 8), float("nan")),
    ],
    ids=lambda t: f"{tuple(t.shape)} {t.dtype} {t.flatten()[0]:g}",
)
def test_pictures_of_another_form_are_refused(fitted, images):
    with pytest.raises(ImagesError):
        fitted.predict_proba(images)


def test_an_unknown_setting_is_refused_with_a_guess(name):
    setting = catalog.find("classifiers", name).setting_names()[0]
    with pytest.raises(UnknownNameError, match=rf"no setting of {name} named '{setting}_'; did you mean '{setting}'\?"):
        create(name, {f"{setting}_": 1})


def test_a_setting_of_another_type_is_refused(name):
    for setting in catalog.find("classifiers", name).setting_names():
        with pytest.raises(ConfigError, match=rf"^{name}\.{setting} should be"):
            create(name, {setting: {"a": "table"}})


# -- settings and catalog ----------------------------------------------------------------------------------------


def test_the_entry_says_in_one_line_what_it_is(name):
    entry = catalog.find("classifiers", name)
    assert entry.name() == name
    assert 10 < len(entry.about) < 100
    assert "\n" not in entry.about
    assert not entry.about.endswith(".")
    assert entry.__doc__


def test_rungs_have_their_own_places_on_the_ladder():
    positions = [catalog.find("classifiers", rung).position for rung in RUNGS]
    assert len(set(positions)) == len(positions)
    assert min(RUNGS, key=lambda rung: catalog.find("classifiers", rung).position) == FLOOR


def test_settings_make_the_same_rung_again(name):
    for candidate in create(name, {}).candidates():
        settings = candidate.settings()
        assert json.loads(json.dumps(settings)) == settings
        assert create(name, settings) == candidate


def test_there_are_candidates_each_unlike_the_others(name):
    candidates = create(name, {}).candidates()
    assert 1 <= len(candidates) <= 100
    assert all(type(candidate) is catalog.find("classifiers", name) for candidate in candidates)
    assert len({json.dumps(candidate.settings()) for candidate in candidates}) == len(candidates)


def test_candidates_keep_the_settings_that_they_do_not_choose(name):
    plain = create(name, {})
    chosen = {setting for changes in plain._candidates() for setting in changes}
    if "balance" in plain.setting_names():
        assert "balance" not in chosen
        assert all(candidate.balance for candidate in create(name, {"balance": True}).candidates())


def test_making_candidates_leaves_a_fitted_rung_fitted(fitted, toy_test):
    p = fitted.predict_proba(toy_test.images)
    fitted.candidates()
    assert torch.equal(fitted.predict_proba(toy_test.images), p)


# -- saving ------------------------------------------------------------------------------------------------------


def test_a_saved_rung_comes_back_exactly(name, fitted, toy_test, tmp_path):
    fitted.save(tmp_path / "a")
    back = load(tmp_path / "a")
    assert type(back) is type(fitted)
    assert back == fitted
    assert (back.class_names_, back.image_shape_) == (fitted.class_names_, fitted.image_shape_)
    for images in (toy_test.images, toy_test.images.float() / 255):
        assert torch.equal(back.predict_proba(images), fitted.predict_proba(images))
    assert (back.n_parameters(), back.n_bytes()) == (fitted.n_parameters(), fitted.n_bytes())
    back.save(tmp_path / "b")
    for file in ("model.json", "weights.safetensors"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


def test_a_saved_rung_of_color_pictures_comes_back_exactly(name, tmp_path):
    data = toys.patterns(counts=(10, 0, 10), shape=(3, 40, 50))
    fitted = fit(name, data)
    fitted.save(tmp_path)
    assert torch.equal(load(tmp_path).predict_proba(data.images), fitted.predict_proba(data.images))


def test_saving_does_not_change_the_rung(fitted, toy_test, tmp_path):
    p = fitted.predict_proba(toy_test.images)
    fitted.save(tmp_path)
    assert torch.equal(fitted.predict_proba(toy_test.images), p)


def test_a_loaded_rung_can_be_fitted_again(name, fitted, toy_dataset, toy_test, tmp_path):
    fit(name, toys.patterns(counts=(10, 10), shape=(3, 6, 6))).save(tmp_path)
    back = load(tmp_path).fit(toy_dataset, toy_dataset.subset(range(30)), seed=3)
    assert torch.equal(back.predict_proba(toy_test.images), fitted.predict_proba(toy_test.images))


@pytest.mark.parametrize("temperature", [0.3, 4.0])
def test_a_temperature_is_saved_and_changes_no_prediction(fitted, toy_test, tmp_path, temperature):
    calibrated = fitted.calibrated(temperature)
    calibrated.save(tmp_path)
    back = load(tmp_path)
    assert back.temperature_ == temperature
    before, after = fitted.predict_proba(toy_test.images), back.predict_proba(toy_test.images)
    assert_probabilities(after, (90, 3))
    assert torch.equal(after, calibrated.predict_proba(toy_test.images))
    assert torch.equal(back.predict(toy_test.images), fitted.predict(toy_test.images))
    surer = after.amax(1) - before.amax(1)
    assert ((surer if temperature < 1 else -surer) >= -1e-6).all()


def test_its_size_is_counted(fitted, tmp_path):
    assert 0 <= 2 * fitted.n_parameters() <= fitted.n_bytes()
    fitted.save(tmp_path)
    assert 0 < fitted.n_bytes() <= (tmp_path / "weights.safetensors").stat().st_size


# -- capabilities ------------------------------------------------------------------------------------------------


def test_a_sweep_agrees_with_one_fit_per_candidate(name, toy_dataset, toy_test):
    rung: Classifier = quick(name)
    if not isinstance(rung, Sweeping):
        pytest.skip("does not sweep")
    candidates = rung.candidates()
    swept = list(rung.sweep(candidates, toy_dataset, toy_test.images, seed=3, progress=SILENT))
    assert len(swept) == len(candidates)
    for candidate, p in zip(candidates, swept, strict=True):
        assert_probabilities(p, (90, 3))
        alone = candidate.fit(toy_dataset, seed=3).predict_proba(toy_test.images)
        assert torch.allclose(p, alone, atol=1e-4), candidate


def test_a_sweep_over_some_candidates_in_any_order_keeps_that_order(name, toy_dataset, toy_test):
    rung = quick(name)
    if not isinstance(rung, Sweeping):
        pytest.skip("does not sweep")
    some = rung.candidates()[::-2]
    swept = rung.sweep(some, toy_dataset, toy_test.images[:10], seed=3, progress=SILENT)
    for candidate, p in zip(some, swept, strict=True):
        assert torch.allclose(p, candidate.fit(toy_dataset, seed=3).predict_proba(toy_test.images[:10]), atol=1e-4)


@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 5, 7), (3, 40, 70)], ids=str)
def test_templates_are_one_picture_per_class(name, shape):
    data = toys.patterns(counts=(20, 20, 20), shape=shape)
    fitted = fit(name, data)
    if not isinstance(fitted, Templated):
        pytest.skip("has no templates")
    templates = fitted.templates()
    assert templates.dtype == torch.float32
    assert templates.shape == (3, *fitted.feature_shape())
    assert torch.isfinite(templates).all()
    assert templates.flatten(1).std(1).min() > 0


def test_logits_are_those_of_the_probabilities_for_bytes_and_floats(name, fitted, toy_test):
    assert_logits(fitted, toy_test.images)


def test_logits_of_pictures_that_are_shrunk_are_those_of_the_probabilities(name):
    data = toys.patterns(counts=(10, 10, 10), shape=(3, 40, 70))
    brief = {"epochs": 1} if "epochs" in quick(name).setting_names() else {}
    assert_logits(fit(name, data, **brief), data.images)


def assert_logits(fitted, images):
    if not isinstance(fitted, Differentiable):
        pytest.skip("has no logits")
    pixels = images.float() / 255
    for given in (pixels, images):
        with torch.no_grad():
            assert torch.allclose(
                fitted.logits(given).double().softmax(1).float(), fitted.predict_proba(given), atol=1e-6
            )
    kept = pixels.clone()
    (slopes,) = torch.autograd.grad(fitted.logits(pixels.requires_grad_())[:, 1].sum(), pixels)
    assert torch.isfinite(slopes).all()
    assert (slopes.flatten(1).abs().sum(1) > 0).all()
    assert torch.equal(pixels, kept)


def test_a_network_is_handed_out_as_it_predicts(name, fitted, toy_test):
    if not isinstance(fitted, Layered):
        pytest.skip("has no layers")
    assert not any(layer.training for layer in fitted.network().modules())
    images = toy_test.images[:9].float() / 255
    with torch.no_grad():
        assert torch.equal(fitted.network()(images), fitted.logits(images))


def test_what_an_unfitted_rung_would_be_asked_for_is_refused(name):
    unfitted = create(name, {})
    if isinstance(unfitted, Differentiable):
        with pytest.raises(NotFittedError):
            unfitted.logits(torch.zeros(1, 1, 8, 8))
    if isinstance(unfitted, Layered):
        with pytest.raises(NotFittedError):
            unfitted.network()
