"""What every explainer promises, checked on every entry that the catalog finds, with every rung that it supports."""

import dataclasses

import numpy as np
import pytest
import torch
from torch import nn

import netted
import toys
from linnet import catalog
from linnet.classifiers.base import create as create_rung
from linnet.errors import ConfigError, ImagesError, NotFittedError, UnknownNameError, UnsupportedError
from linnet.explainers.choosing import create

NAMES = catalog.names("explainers")
RANDOM = {"smoothgrad"}

QUICK = {
    "two-layer": {"hidden": 16},
    "mlp": {"hidden": (16,), "augment": "none"},
    "cnn": {"width": 0.1, "augment": "none"},
    "fast-cnn": {"width": 0.1, "augment": "none"},
    "resnet": {"depth": 8, "augment": "none"},
}
"""Settings that make rungs small; what they learn does not matter here."""

WITHOUT = {("guided-backprop", "fast-cnn"): "no ReLU layer", ("grad-cam", "mlp"): "no map"}
"""Networks that are layered, and yet lack what an explainer looks at."""

PAIRS = [
    (name, rung)
    for name in NAMES
    for rung in catalog.names("classifiers")
    if catalog.find("explainers", name).supports(catalog.find("classifiers", rung)) and (name, rung) not in WITHOUT
]
UNABLE = [
    (name, rung)
    for name in NAMES
    for rung in catalog.names("classifiers")
    if not catalog.find("explainers", name).supports(catalog.find("classifiers", rung))
]


@pytest.fixture(scope="module")
def fitted():
    """Fit each rung once, for one round."""
    kept = {}
    data = toys.patterns(counts=(12, 12, 12), shape=(3, 12, 9))

    def fit(rung):
        if rung not in kept:
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr("linnet.training.recipe.Recipe.n_epochs", lambda self, n_images: 1)
                patch.setattr("linnet.training.textbook.sgd.LEAST_STEPS", 20)
                kept[rung] = create_rung(rung, QUICK.get(rung, {})).fit(data)
        return kept[rung]

    return fit


@pytest.fixture(scope="module")
def images():
    return toys.patterns(counts=(2, 2, 1), shape=(3, 12, 9), seed=1).images


def every_pair(test):
    return pytest.mark.parametrize(("name", "rung"), PAIRS, ids=[f"{name} of {rung}" for name, rung in PAIRS])(test)


def of_a_net(test):
    return pytest.mark.parametrize("name", NAMES)(test)


@pytest.fixture
def net():
    """A network with everything that could be left changed: modes, norms, gradients, hooks, in-place layers."""
    layers = netted.seeded(
        lambda: nn.Sequential(
            nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(inplace=True), nn.Dropout(0.5), nn.Flatten(),
            nn.Linear(4 * 10 * 7, 3),
        )
    )  # fmt: skip
    return netted.Netted.around(layers, (3, 12, 9), 3)


@every_pair
def test_maps_have_the_pictures_size_and_are_finite(name, rung, fitted, images):
    maps = create(name, {}).explain(fitted(rung), images)
    assert maps.shape == (5, 12, 9)
    assert maps.dtype == np.float32
    assert np.isfinite(maps).all()


@every_pair
def test_the_size_of_a_batch_does_not_matter(name, rung, fitted, images):
    if name in RANDOM:
        pytest.skip("draws at random")
    explainer = create(name, {})
    maps = explainer.explain(fitted(rung), images)
    single = np.concatenate([explainer.explain(fitted(rung), image[None]) for image in images])
    assert np.allclose(single, maps, atol=2e-4 * max(1, float(abs(maps).max())))


@every_pair
def test_bytes_and_floats_agree(name, rung, fitted, images):
    targets = np.array([0, 1, 2, 0, 1])
    explainer = create(name, {})
    maps = explainer.explain(fitted(rung), images, targets)
    floats = explainer.explain(fitted(rung), (images.float() / 255).numpy(), torch.from_numpy(targets))
    assert np.array_equal(maps, floats)


@every_pair
def test_what_is_predicted_is_explained_unless_asked_otherwise(name, rung, fitted, images):
    classifier, explainer = fitted(rung), create(name, {})
    said = classifier.predict(images)
    assert np.array_equal(explainer.explain(classifier, images), explainer.explain(classifier, images, said))


@every_pair
def test_no_pictures_get_no_maps(name, rung, fitted, images):
    maps = create(name, {}).explain(fitted(rung), images[:0], [])
    assert maps.shape == (0, 12, 9)


@every_pair
def test_a_rung_is_given_back_as_it_was_found(name, rung, fitted, images):
    classifier = fitted(rung)
    before = {key: value.clone() for key, value in classifier._state().items()}
    kept = images.clone()
    create(name, {}).explain(classifier, images)
    now = classifier._state()
    assert all(torch.equal(now[key], value) for key, value in before.items())
    assert torch.equal(images, kept)


@pytest.mark.parametrize(("name", "rung"), UNABLE, ids=[f"{name} of {rung}" for name, rung in UNABLE])
def test_what_cannot_be_explained_is_refused_with_those_that_can(name, rung, fitted, images):
    able = [other for explainer, other in PAIRS if explainer == name]
    with pytest.raises(UnsupportedError, match=rf"^{name} wants a rung that is [a-z]+, and {rung} is not; ") as refusal:
        create(name, {}).explain(fitted(rung), images)
    assert all(other in str(refusal.value) for other in able)
    assert rung not in str(refusal.value).partition(" is not; ")[2].split(" are.")[0].split(", ")


@pytest.mark.parametrize(("name", "rung"), sorted(WITHOUT))
def test_networks_that_lack_what_is_looked_at_are_refused(name, rung, fitted, images):
    with pytest.raises(UnsupportedError, match=rf"{rung}.*explain it\.$"):
        create(name, {}).explain(fitted(rung), images)


@of_a_net
def test_the_seed_repeats(name, net, images):
    explainer = create(name, {})
    maps = explainer.explain(net, images, seed=5)
    assert np.array_equal(explainer.explain(net, images, seed=5), maps)
    assert (name in RANDOM) == (not np.array_equal(explainer.explain(net, images, seed=6), maps))


@of_a_net
def test_the_global_random_state_is_neither_used_nor_changed(name, net, images):
    maps = create(name, {}).explain(net, images)
    with torch.random.fork_rng():
        torch.manual_seed(99)
        before = torch.get_rng_state()
        assert np.array_equal(create(name, {}).explain(net, images), maps)
        assert torch.equal(torch.get_rng_state(), before)


@of_a_net
def test_a_network_is_given_back_with_modes_hooks_and_gradients(name, net, images):
    network = net.network_
    network.train()
    network[3].eval()
    network[0].weight.requires_grad_(False)
    network[5].weight.grad = torch.ones_like(network[5].weight)
    state = {key: value.clone() for key, value in network.state_dict().items()}
    hooks = [network[2].register_forward_hook(lambda *things: None)]
    expected = found(network)
    create(name, {}).explain(net, images)
    assert found(network) == expected
    assert all(torch.equal(value, state[key]) for key, value in network.state_dict().items())
    assert torch.equal(network[5].weight.grad, torch.ones_like(network[5].weight))
    hooks[0].remove()


def found(network):
    """What an explainer might forget to put back."""
    kinds = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
    return (
        [layer.training for layer in network.modules()],
        [len(getattr(layer, kind)) for layer in network.modules() for kind in kinds],
        [(p.requires_grad, p.grad is None) for p in network.parameters()],
        [getattr(layer, "inplace", None) for layer in network.modules()],
    )


@of_a_net
def test_a_network_in_training_mode_is_explained_as_in_evaluation(name, net, images):
    maps = create(name, {}).explain(net, images)
    net.network_.train()
    assert np.array_equal(create(name, {}).explain(net, images), maps)


@of_a_net
def test_gradients_are_there_where_a_caller_has_switched_them_off(name, net, images):
    maps = create(name, {}).explain(net, images)
    with torch.no_grad():
        assert np.array_equal(create(name, {}).explain(net, images), maps)


@of_a_net
@pytest.mark.parametrize("constant", ["no weights", "no pixels"])
def test_a_constant_model_has_no_relevance_anywhere(name, constant, net, images):
    if constant == "no weights":
        nn.init.zeros_(net.network_[5].weight)
    else:
        # The answer does not hang on the pixels, whatever the layers do.
        net.network_.append(Constant())
    maps = create(name, {}).explain(net, images, [0, 1, 2, 0, 1])
    assert np.array_equal(maps, np.zeros_like(maps))


class Constant(nn.Module):
    def forward(self, x):
        return torch.tensor([0.3, 0.1, 0.2]).repeat(len(x), 1)


@pytest.mark.parametrize("rung", ["majority", "knn"])
def test_a_rung_that_always_says_the_same_has_no_relevance_anywhere(rung, images):
    classifier = create_rung(rung, {}).fit(toys.patterns(counts=(9,), shape=(3, 12, 9)))
    assert not create("occlusion", {}).explain(classifier, images).any()


@of_a_net
@pytest.mark.parametrize(
    "targets",
    [[0, 1, 2, 0, 3], [0, 1, 2, 0, -1], [0, 1, 2], [0.0, 1.0, 2.0, 0.0, 1.0], [[0, 1, 2, 0, 1]], [True] * 5],
    ids=str,
)
def test_targets_that_are_no_classes_are_refused(name, targets, net, images):
    with pytest.raises(ConfigError, match=r"^Targets should be one class in 0 \.\. 2 for each of 5 pictures; they are"):
        create(name, {}).explain(net, images, np.array(targets))


@of_a_net
@pytest.mark.parametrize("pictures", [torch.zeros(2, 3, 9, 12), torch.full((2, 3, 12, 9), 1.5), torch.zeros(3, 12, 9)])
def test_pictures_of_another_form_are_refused(name, pictures, net):
    with pytest.raises(ImagesError):
        create(name, {}).explain(net, pictures)


@of_a_net
def test_a_rung_that_has_learned_nothing_is_refused(name):
    with pytest.raises(NotFittedError):
        create(name, {}).explain(create_rung("cnn", {}), torch.zeros(2, 3, 12, 9))


@of_a_net
def test_progress_counts_the_pictures(name, net, images):
    counted = []

    class Counting:
        def task(self, text, total=None):
            assert text == f"Explaining netted by {name}"
            assert total == 5
            return self

        def __enter__(self):
            return self

        def __exit__(self, *raised):
            return None

        def advance(self, n=1, note=""):
            counted.append(n)

    create(name, {}).explain(net, images, progress=Counting())
    assert sum(counted) == 5


@of_a_net
def test_an_entry_says_what_it_is_and_refuses_settings_that_it_has_not(name):
    entry = catalog.find("explainers", name)
    assert dataclasses.is_dataclass(entry)
    assert entry.name() == name
    assert 10 < len(entry.about) < 100
    assert entry.about == entry.about.strip(" .")
    with pytest.raises(UnknownNameError, match=f"no setting of {name} named 'color'"):
        create(name, {"color": 1})


@of_a_net
@pytest.mark.parametrize("shape", [(1, 70, 40), (1, 1, 12)], ids=str)
def test_pictures_that_a_rung_shrinks_have_maps_of_their_own_size(name, shape, monkeypatch):
    monkeypatch.setattr("linnet.training.recipe.Recipe.n_epochs", lambda self, n_images: 1)
    data = toys.patterns(counts=(5, 5), shape=shape)
    rung = "cnn" if name in ("grad-cam", "guided-backprop") else "softmax-regression"
    classifier = create_rung(rung, {"max_side": 32} | QUICK.get(rung, {})).fit(data)
    maps = create(name, {}).explain(classifier, data.images)
    assert maps.shape == (10, *shape[1:])
    assert maps.std() > 0
