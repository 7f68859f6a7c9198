"""Where in the picture the last map of a network speaks for a class."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor
from torch.nn import functional

from linnet.classifiers.base import Classifier
from linnet.classifiers.capabilities import Layered
from linnet.explainers.base import Explainer, layered
from linnet.explainers.maps import chosen_map, recorded
from linnet.explainers.slopes import target_logits


@dataclass(kw_only=True)
class GradCam(Explainer):
    """Weigh the channels of a layer's map by how much the class gains from each, and add them up.

    With activations A (d, rows, columns) and the logit f: the weight of channel i is the mean of df/dA_i over all
    places, and the relevance of a place the weighted sum of A there. It is enlarged to the picture's size. The paper
    then drops what is negative; here it stays, and speaks against the class.

    The map is that of the last layer which has one and on which the logits hang, whatever the architecture. In a vision
    transformer that reads only the class's token, this is what goes into the last attention: behind it the other
    tokens are not looked at any more.

    Args:
        layer: Name of another layer with a map, such as "conv2"; empty: the last one.

    Source:
        Selvaraju et al. 2017, "Grad-CAM: Visual Explanations from Deep Networks", equations 1 and 2.
    """

    about: ClassVar[str] = "where the last map of a network speaks for the class; coarse, and about places"
    requires: ClassVar[type | None] = Layered

    layer: str = ""

    def _explain(
        self, classifier: Classifier, images: Tensor, targets: Tensor, *, generator: torch.Generator
    ) -> Tensor:
        network = layered(classifier).network()
        n_channels, height, width = images.shape[1:]
        where = chosen_map(network, (n_channels, height, width), layer=self.layer, rung=classifier.name())
        # captum averages slopes over all but the first two dimensions: of tokens (b, tokens, d) that is the wrong
        # mean, over channels. Arranged as a map first, both kinds of networks get the equation.
        with recorded(network, only=where.name) as outputs:
            total = target_logits(network(images.requires_grad_()), targets).sum() + 0 * images.sum()
        _, activations = outputs[-1]
        (slopes,) = torch.autograd.grad(total, activations, allow_unused=True, materialize_grads=True)
        weights = where.arranged(slopes).mean((2, 3), keepdim=True)
        relevance = (weights * where.arranged(activations)).sum(1, keepdim=True)
        return functional.interpolate(relevance, size=(height, width), mode="bilinear").squeeze(1)
