from dataclasses import fields

import pytest
import torch

import toys
from linnet.classifiers.base import create, load
from linnet.classifiers.capabilities import (
    Checkpointed,
    Chronicled,
    Estimating,
    Eventful,
    RateSeeking,
    Resolved,
    Viewing,
)
from linnet.classifiers.network import Preprocessed
from linnet.datasets.base import Dataset
from linnet.errors import ConfigError, NotFittedError, UnknownNameError
from linnet.training.precision import choose_precision
from linnet.training.recipe import Recipe
from listening import Heard

pytestmark = pytest.mark.usefixtures("short_descent")


def mlp(**changes):
    return create("mlp", {"hidden": (16,), "dropout": 0.0, "augment": "none", "epochs": 1, **changes})


def turned():
    """Two classes that mirror each other: light on the left, or on the right."""
    images = torch.randint(0, 60, (200, 1, 8, 8), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    labels = torch.arange(200) % 2
    images[labels == 0, :, :, :4] += 120
    images[labels == 1, :, :, 4:] += 120
    return Dataset.of(images, labels)


def test_flips_are_left_out_where_they_change_the_label_and_that_is_said():
    heard = Heard()
    fitted = mlp(augment="auto").fit(turned(), progress=heard)
    assert fitted.recipe_.augment == "pad-crop(padding=1)"
    assert len(heard.of_flips) == 1
    assert "Flips are off" in heard.of_flips[0]


def test_the_same_pictures_are_probed_once():
    heard, data = Heard(), turned()
    for _ in range(2):
        mlp(augment="auto").fit(data.subset(range(150)), progress=heard)
    assert len(heard.of_flips) == 1
    mlp(augment="auto").fit(data.subset(range(100)), progress=heard)
    assert len(heard.of_flips) == 2


def test_flips_stay_where_they_keep_the_label():
    data = turned()
    upright = Dataset.of(data.images.transpose(2, 3).contiguous(), data.labels)
    assert mlp(augment="auto").fit(upright).recipe_.augment == "pad-crop(padding=1),flip"


def test_what_a_user_names_is_not_probed():
    heard = Heard()
    assert mlp(augment="flip").fit(turned(), progress=heard).recipe_.augment == "flip"
    assert heard.of_flips == []


def test_preprocessing_is_part_of_the_network():
    data = toys.patterns()
    network = mlp().fit(data).network_
    prepared = network.prepared(data.images)
    assert abs(float(prepared.mean())) < 1e-4
    assert float(prepared.std(correction=0)) == pytest.approx(1.0, abs=1e-4)
    assert torch.allclose(network.prepared(data.images.float() / 255), prepared, atol=1e-6)


@pytest.mark.parametrize("as_floats", [False, True])
def test_preprocessing_leaves_the_pictures_as_they_were(as_floats):
    images = toys.patterns(shape=(3, 8, 8)).images
    images = images.float() / 255 if as_floats else images
    mean, deviation = torch.tensor([0.4, 0.5, 0.6]), torch.tensor([0.1, 0.2, 0.3])
    before = images.clone()
    network = Preprocessed(torch.nn.Flatten(), mean=mean, deviation=deviation, max_side=0)
    prepared = network.prepared(images)
    assert torch.equal(images, before)
    floats = images if as_floats else images.to(torch.float32).div(255)
    assert torch.equal(prepared, (floats - mean.view(1, 3, 1, 1)) / deviation.view(1, 3, 1, 1))
    assert prepared.is_contiguous(memory_format=torch.channels_last)
    assert network.normalized(images).is_contiguous()


def test_large_pictures_are_averaged_down_inside_too():
    network = Preprocessed(torch.nn.Flatten(), mean=torch.zeros(3), deviation=torch.ones(3), max_side=16)
    assert network(torch.zeros(2, 3, 64, 32, dtype=torch.uint8)).shape == (2, 3 * 16 * 8)


def test_it_keeps_the_course_of_its_training():
    data = toys.patterns()
    fitted = mlp().fit(data, data.subset(range(30)))
    assert isinstance(fitted, Chronicled)
    assert fitted.history_.epochs[-1].step == 30
    assert fitted.history_.epochs[-1].valid_accuracy is not None
    assert mlp().fit(data).history_.epochs[-1].valid_accuracy is None


def test_validation_data_decide_which_weights_are_kept_unless_the_last_ones_are_wanted():
    assert mlp().needs_valid
    assert not mlp(keep="last").needs_valid
    assert mlp(keep="last", patience=2).needs_valid
    assert mlp(keep="last", schedule="plateau").needs_valid  # or its rate would never fall


def test_validation_data_that_are_only_watched_change_nothing():
    data = toys.patterns()
    alone, watched = mlp(keep="last").fit(data), mlp(keep="last").fit(data, data.subset(range(30)))
    assert torch.equal(alone.predict_proba(data.images), watched.predict_proba(data.images))


def test_a_fit_writes_events_where_it_is_told_and_a_copy_does_not(tmp_path):
    pytest.importorskip("tensorboard", reason="TensorBoard is not installed")
    rung = mlp()
    assert isinstance(rung, Eventful)
    rung.events_in(tmp_path / "events")
    rung.fit(toys.patterns())
    assert len(list((tmp_path / "events").glob("events.out.tfevents.*"))) == 1
    rung.with_settings(epochs=2).fit(toys.patterns())
    assert len(list((tmp_path / "events").iterdir())) == 1


def test_a_fit_knows_how_its_layers_fared():
    fitted = mlp().fit(toys.patterns())
    names = {layer.name for checkup in fitted.history_.health.checkups for layer in checkup.layers}
    assert {"body.linear1", "body.relu1", "body.linear2"} <= names


def test_a_fit_goes_on_from_its_checkpoint(tmp_path):
    data = toys.patterns()
    first = mlp()
    assert isinstance(first, Checkpointed)
    first.checkpoint_in(tmp_path)
    first.fit(data)
    second = mlp()
    second.checkpoint_in(tmp_path)
    second.fit(data)
    assert second.history_ == first.history_
    assert torch.equal(first.predict_proba(data.images), second.predict_proba(data.images))


def test_running_statistics_are_no_parameters():
    fitted = mlp(batch_norm=True).fit(toys.patterns())
    assert fitted.n_parameters() == 64 * 16 + 2 * 16 + 17 * 3
    assert fitted.n_bytes() > 4 * fitted.n_parameters()


@pytest.mark.parametrize(
    ("wrong", "error", "said"),
    [
        ({"learning_rate": -1.0}, ConfigError, r"mlp\.learning_rate .* -1"),
        ({"schedule": "cosin"}, UnknownNameError, "did you mean 'cosine'"),
        ({"optimizer": "adamm"}, UnknownNameError, "did you mean 'adam'"),
        ({"loss": "hinge"}, UnknownNameError, "Known:"),
        ({"loss": "focal(gama=1)"}, UnknownNameError, "did you mean 'gamma'"),
        ({"loss": "focal(gamma=-1)"}, ConfigError, "at least 0; it is -1"),
        ({"augment": "flipp"}, UnknownNameError, "did you mean 'flip'"),
        ({"keep": "worst"}, ConfigError, "keep"),
        ({"max_side": -1}, ConfigError, "max_side"),
        ({"views": "flip"}, ConfigError, r"mlp\.views .*'flip'"),
    ],
)
def test_a_wrong_setting_is_refused_before_any_work(wrong, error, said):
    with pytest.raises(error, match=said):
        mlp(**wrong)


def first_weights(name, seed=0, **settings):
    rung = create(name, {"epochs": 1, "learning_rate": 1e-30, "augment": "none", "weight_decay": 0.0, **settings})
    rung.fit(toys.patterns(), seed=seed)
    return {
        key: value for key, value in rung.network_.state_dict().items() if value.ndim in (2, 4) and "mean" not in key
    }


@pytest.mark.parametrize("name", ["mlp", "cnn"])
def test_first_weights_have_the_spread_that_was_asked_for_by_kind_of_layer(name):
    plain = first_weights(name)
    normal = first_weights(name, linear_initialization="normal", convolution_initialization="normal")
    for key, weight in normal.items():
        if weight.numel() > 500:
            assert float(weight.std()) == pytest.approx(0.01, rel=0.1)
            assert float(plain[key].std()) != pytest.approx(0.01, rel=0.1)
    again = first_weights(name, linear_initialization="normal", convolution_initialization="normal")
    other = first_weights(name, linear_initialization="normal", convolution_initialization="normal", seed=1)
    assert all(torch.equal(normal[key], again[key]) for key in normal)
    assert not all(torch.equal(normal[key], other[key]) for key in normal)


def test_one_kind_of_layer_can_be_left_as_the_network_has_it():
    plain, started = first_weights("cnn"), first_weights("cnn", convolution_initialization="dirac")
    assert torch.equal(plain["body.linear1.weight"], started["body.linear1.weight"])
    assert torch.allclose(started["body.conv3.weight"][:64, :, 1, 1], torch.eye(64), atol=1e-9)


def test_a_fit_is_foreseen_from_a_few_steps():
    data = toys.patterns(counts=(400, 400))
    rung = mlp(hidden=(256,), epochs=4, batch_size=40)
    assert isinstance(rung, Estimating)
    one, two = (rung.with_settings(epochs=n).estimate_seconds(data, n_valid=0, seed=0) for n in (10, 1000))
    assert 10 < two / one < 1000
    assert not hasattr(rung, "network_")


def test_a_fit_that_its_time_ends_is_foreseen_to_take_no_longer():
    rung = mlp(epochs=100_000, time_budget=2.5)
    assert rung.estimate_seconds(toys.patterns(), n_valid=100, seed=0) == 2.5


@pytest.mark.skipif(torch.cuda.is_available(), reason="wants a machine without a GPU")
def test_trial_steps_are_made_where_the_training_would_run():
    with pytest.raises(ConfigError, match="wants a GPU"):
        mlp(device="cuda").estimate_seconds(toys.patterns(), n_valid=0, seed=0)
    with pytest.raises(ConfigError, match="wants a GPU"):
        mlp(device="cuda").find_rate(toys.patterns(), seed=0, progress=Heard())


def test_a_rate_is_found_with_the_rungs_own_recipe_and_leaves_the_rung_as_it_is():
    heard, rung = Heard(), mlp(augment="auto")
    assert isinstance(rung, RateSeeking)
    found = rung.find_rate(turned(), seed=0, progress=heard)
    assert found.suggestion is not None
    assert "Flips are off" in heard.said[0]
    assert vars(rung) == vars(mlp(augment="auto"))
    assert mlp(augment="auto", label_smoothing=0.5).find_rate(turned(), seed=0, progress=heard) != found


def logits_of(rung, images):
    with torch.no_grad():
        return rung.network_(images)


def test_views_are_averaged_as_logits():
    data = toys.patterns()
    plain = mlp(epochs=3).fit(data)
    flips = plain.looking_at("flips")
    mean = (logits_of(plain, data.images) + logits_of(plain, data.images.flip(-1))) / 2
    assert torch.allclose(flips.predict_proba(data.images), torch.softmax(mean, 1), atol=1e-5)
    assert not torch.allclose(flips.predict_proba(data.images), plain.predict_proba(data.images), atol=1e-3)


def test_other_views_share_the_weights_and_leave_the_classifier_as_it_was():
    plain = mlp().fit(toys.patterns())
    assert isinstance(plain, Viewing)
    other = plain.looking_at("shifts")
    assert other.network_ is plain.network_
    assert (plain.views, other.views, type(other)) == ("none", "shifts", type(plain))
    with pytest.raises(ConfigError, match=r"mlp\.views"):
        plain.looking_at("sideways")


def test_views_are_saved_and_predict_the_same_when_loaded(tmp_path):
    data = toys.patterns(shape=(3, 8, 8))
    saved = mlp(views="flips-and-shifts").fit(data)
    saved.save(tmp_path)
    loaded = load(tmp_path)
    assert loaded.views == "flips-and-shifts"
    assert torch.equal(loaded.predict_proba(data.images), saved.predict_proba(data.images))


def test_views_change_nothing_of_a_fit():
    data = toys.patterns()
    plain, shifts = mlp().fit(data), mlp(views="shifts").fit(data)
    assert torch.equal(plain.predict_proba(data.images), shifts.looking_at("none").predict_proba(data.images))


@pytest.mark.parametrize(
    ("augment", "views"),
    [
        ("auto", "shifts"),
        ("none", "shifts"),
        ("pad-crop,flip", "flips-and-shifts"),
        ("alternating-flip", "flips-and-shifts"),
    ],
)
def test_mirror_images_are_looked_at_only_where_training_showed_some(augment, views):
    fitted = mlp(augment=augment).fit(turned())
    assert fitted.fitting_views() == views


def test_views_are_not_fitting_before_a_fit():
    with pytest.raises(NotFittedError, match="call fit first"):
        mlp().fitting_views()


def test_what_a_fit_resolved_to_is_known_with_nothing_automatic_in_it():
    data, heard = turned(), Heard()
    fitted = mlp(augment="auto", precision="auto", epochs=2).fit(data, progress=heard)
    assert isinstance(fitted, Resolved)
    training = fitted.training_
    assert training.recipe.keys() == {part.name for part in fields(Recipe)}
    assert (training.recipe["augment"], training.recipe["batch_size"]) == ("pad-crop(padding=1)", 20)
    # 30 steps at least, of which a round makes 10.
    assert (training.recipe["epochs"], training.n_epochs, training.n_images) == (3, 3, 200)
    chosen = choose_precision("auto", device=training.computing.device)
    assert (training.recipe["precision"], training.computing.reason) == (chosen.products, chosen.reason)
    assert training.computing.n_processes == 1
    assert training.computing.sentence() in heard.said


def test_rounds_that_were_not_made_are_not_counted():
    training = mlp(epochs=50, patience=1, learning_rate=1e-9).fit(turned(), turned().subset(range(50))).training_
    assert (training.recipe["epochs"], training.n_epochs) == (50, 2)


def test_a_fit_forgets_what_the_last_one_resolved_to():
    rung = mlp(precision="float32").fit(turned())
    assert rung.training_.computing.reason == "asked for"
    assert rung.fit(turned().subset(range(100))).training_.n_images == 100
    assert not isinstance(mlp(), Resolved)


def test_batches_bigger_than_the_set_are_the_whole_set_and_that_is_said():
    heard, data = Heard(), toys.patterns()
    rung = mlp(batch_size=100_000, epochs=1).fit(data, progress=heard)
    assert any("batch_size is 100000, and there are 120 training pictures" in text for text in heard.said)
    assert rung.recipe_.batch_size == 120
