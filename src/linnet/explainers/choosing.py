"""Which explainer suits a rung, and how one is made from its name; no explainer is here."""

from typing import Any

from linnet import catalog
from linnet.classifiers.base import Classifier
from linnet.classifiers.capabilities import Differentiable, Layered, Templated
from linnet.explainers.base import Explainer
from linnet.explainers.grad_cam import GradCam
from linnet.explainers.gradient_times_input import GradientTimesInput
from linnet.explainers.integrated_gradients import IntegratedGradients
from linnet.explainers.maps import last_map, map_layers
from linnet.explainers.occlusion import Occlusion
from linnet.records.decode import make

_LEAST_GRID, _LEAST_SIDE = 3, 16


def suitable(classifier: Classifier) -> Explainer:
    """Choose an explainer that says something about a rung, and does not take long.

    Grad-CAM where the last map of a network has at least 3 x 3 places, for fewer are no picture any more, and pictures
    have at least 16 pixels a side, for in smaller ones single pixels are what there is to see; gradient
    times input for linear rungs, of which it says all that integrated gradients would, in one pass; these for other
    rungs whose logits have a gradient; occlusion for the rest.

    Args:
        classifier: Fitted.

    Raises:
        NotFittedError: before fit.
    """
    classifier.n_bytes()  # refuses what is not fitted
    if isinstance(classifier, Layered):
        last = last_map(map_layers(classifier.network(), classifier.image_shape_))
        sides = classifier.image_shape_[1:]
        if last is not None and min(last.grid) >= _LEAST_GRID and min(sides) >= _LEAST_SIDE:
            return GradCam()
    if not isinstance(classifier, Differentiable):
        return Occlusion()
    return GradientTimesInput() if isinstance(classifier, Templated) else IntegratedGradients()


def create(name: str, settings: dict[str, Any]) -> Explainer:
    """Make an explainer from its name and settings.

    Raises:
        UnknownNameError: no such explainer, or it has no such setting.
        ConfigError: a value of the wrong type or out of its range.
    """
    entry: type[Explainer] = catalog.find("explainers", name)
    return make(entry, entry.name(), settings)
