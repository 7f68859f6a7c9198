import pytest
from torch import nn

import netted
import toys
from linnet import catalog
from linnet.classifiers.base import create as create_rung
from linnet.errors import ConfigError, NotFittedError, UnknownNameError
from linnet.explainers.choosing import create, suitable
from linnet.explainers.integrated_gradients import IntegratedGradients
from linnet.explainers.occlusion import Occlusion

SMALL = {"cnn": {"width": 0.1}, "fast-cnn": {"width": 0.1}, "resnet": {"depth": 8}, "mlp": {"hidden": (4,)}}
SUITABLE = {
    "cnn": "integrated-gradients",  # of pictures of 8 pixels
    "fast-cnn": "integrated-gradients",
    "resnet": "integrated-gradients",
    "mlp": "integrated-gradients",
    "two-layer": "integrated-gradients",
    "least-squares": "gradient-times-input",
    "linear-svm": "gradient-times-input",
    "softmax-regression": "gradient-times-input",
    "knn": "occlusion",
    "majority": "occlusion",
}


@pytest.mark.parametrize("rung", catalog.names("classifiers"))
def test_every_rung_gets_an_explainer_that_explains_it(rung, one_round):
    data = toys.patterns(counts=(10, 10))
    fitted = create_rung(rung, SMALL.get(rung, {}) | ({"augment": "none"} if rung in SMALL else {})).fit(data)
    explainer = suitable(fitted)
    assert explainer.name() == SUITABLE.get(rung, explainer.name())
    assert explainer.explain(fitted, data.images[:2]).shape == (2, 8, 8)


@pytest.mark.parametrize(
    ("shape", "places", "name"),
    [
        ((1, 18, 18), 9, "grad-cam"),
        ((1, 12, 18), 6, "integrated-gradients"),  # two rows are too coarse
        ((1, 15, 15), 4, "integrated-gradients"),
    ],
)
def test_maps_are_for_pictures_and_maps_that_are_large_enough(shape, places, name):
    network = nn.Sequential(nn.Conv2d(1, 2, 6, stride=6), nn.Flatten(), nn.Linear(2 * places, 2))
    assert suitable(netted.Netted.around(network, shape, 2)).name() == name


def test_small_pictures_are_explained_pixel_by_pixel_however_fine_the_map():
    network = nn.Sequential(nn.Conv2d(1, 2, 3, padding=1), nn.Flatten(), nn.Linear(2 * 15 * 15, 2))
    assert suitable(netted.Netted.around(network, (1, 15, 15), 2)).name() == "integrated-gradients"


@pytest.mark.parametrize("rung", ["cnn", "knn"])
def test_a_rung_that_has_learned_nothing_is_refused(rung):
    with pytest.raises(NotFittedError):
        suitable(create_rung(rung, {}))


def test_an_explainer_is_made_from_its_name_and_settings():
    made = create("integrated_gradients", {"baseline": "blurred", "n_steps": 8})
    assert made == IntegratedGradients(baseline="blurred", n_steps=8)
    assert create("occlusion", {}) == Occlusion()


def test_what_cannot_be_made_is_refused():
    with pytest.raises(UnknownNameError, match="no explainer named 'gradcam'; did you mean 'grad-cam'"):
        create("gradcam", {})
    with pytest.raises(UnknownNameError, match="no setting of occlusion named 'windows'; did you mean 'window'"):
        create("occlusion", {"windows": 3})
    with pytest.raises(ConfigError, match=r"^smoothgrad\.n_samples should be .*; it is 'many'"):
        create("smoothgrad", {"n_samples": "many"})
    with pytest.raises(ConfigError, match=r"^occlusion\.fill should be"):
        create("occlusion", {"fill": "white"})
