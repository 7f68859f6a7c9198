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
    "cnn": "integrated-gradients",  # of pictures of 8 pixels too little is left
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


def test_a_map_of_three_rows_is_too_coarse_and_one_of_four_is_not():
    network = nn.Sequential(nn.Conv2d(1, 2, 2, stride=2), nn.Flatten(), nn.Linear(24, 2))
    assert suitable(netted.Netted.around(network, (1, 6, 8), 2)).name() == "integrated-gradients"
    network = nn.Sequential(nn.Conv2d(1, 2, 2, stride=2), nn.Flatten(), nn.Linear(32, 2))
    assert suitable(netted.Netted.around(network, (1, 8, 8), 2)).name() == "grad-cam"


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
