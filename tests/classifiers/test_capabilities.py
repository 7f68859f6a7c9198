import pytest

from linnet import catalog
from linnet.classifiers import capabilities
from linnet.classifiers.base import create
from linnet.classifiers.network import NetworkClassifier

OF_NETWORKS = (
    "Buildable", "Checkpointed", "Demanding", "Estimating", "Eventful", "Layered", "RateSeeking", "Shortenable",
    "Viewing",
)  # fmt: skip


@pytest.mark.parametrize("name", catalog.names("classifiers"))
def test_networks_can_what_networks_can_and_no_other_rung_can(name):
    rung = create(name, {})
    for capability in OF_NETWORKS:
        assert isinstance(rung, getattr(capabilities, capability)) == isinstance(rung, NetworkClassifier)


def test_linear_rungs_have_templates_and_neighbors_sweep_their_settings():
    can = {
        capability: {
            name
            for name in catalog.names("classifiers")
            if isinstance(create(name, {}), getattr(capabilities, capability))
        }
        for capability in ("Templated", "Sweeping")
    }
    assert can["Templated"] == {"least-squares", "linear-svm", "softmax-regression"}
    assert "knn" in can["Sweeping"]
    assert "majority" not in can["Sweeping"]


def test_rungs_whose_logits_have_a_gradient_are_those_that_are_formulas():
    able = {name for name in catalog.names("classifiers") if isinstance(create(name, {}), capabilities.Differentiable)}
    assert able >= {
        "cnn",
        "fast-cnn",
        "least-squares",
        "linear-svm",
        "mlp",
        "resnet",
        "softmax-regression",
        "two-layer",
    }
    assert not able & {"knn", "majority"}


def test_a_course_and_what_it_resolved_to_are_there_after_a_fit_only(toy_dataset, one_round):
    rung = create("mlp", {"hidden": [4]})
    assert not isinstance(rung, capabilities.Chronicled | capabilities.Resolved)
    rung.fit(toy_dataset)
    assert isinstance(rung, capabilities.Chronicled)
    assert isinstance(rung, capabilities.Resolved)
