"""Whether maps hang on what a rung has learned: they are compared with those of a copy that has forgotten it."""

import copy
from dataclasses import dataclass
from statistics import fmean

import numpy as np
import numpy.typing as npt
import torch
from scipy.stats import rankdata
from torch import Tensor, nn

from linnet import seeds
from linnet.classifiers.base import Classifier, Images
from linnet.classifiers.capabilities import Layered
from linnet.explainers.base import Explainer, Targets

_LOW, _HIGH = 0.5, 0.8
"""Mean correlations up to which a map hangs on what was learned, and from which on it does not."""


@dataclass(frozen=True, kw_only=True)
class Sanity:
    """Hold how alike maps of what was learned and of random weights are.

    Attributes:
        explainer: Its name.
        rung: Name of what was explained.
        correlations: Per picture, in [-1, 1]: Spearman's, of magnitudes of relevance; 1 is the same order of pixels.
        mean: Of the correlations; 0 without pictures.
        sentence: What that means, in plain words.
    """

    explainer: str
    rung: str
    correlations: tuple[float, ...]
    mean: float
    sentence: str


def sanity(
    explainer: Explainer, classifier: Classifier, images: Images, *, targets: Targets | None = None, seed: int
) -> Sanity:
    """Explain pictures by a classifier, and by a copy with random weights, and compare the maps.

    A map that stays the same shows the picture (its edges, say) and not what the classifier makes of it.

    Args:
        explainer: What is put to the test.
        classifier: Fitted; untouched.
        images: (n, c, h, w) uint8, or float32 in [0, 1]; some tens are enough.
        targets: (n,) int, the class that is explained; None: what the fitted classifier predicts, for both.
        seed: Of the random weights, and of what the explainer draws.

    Raises:
        UnsupportedError: the explainer cannot explain this rung.

    Source:
        Adebayo et al. 2018, "Sanity Checks for Saliency Maps", section 3, all layers at once.
    """
    wanted = classifier.predict(images) if targets is None else targets
    learned = explainer.explain(classifier, images, wanted, seed=seed)
    forgotten = explainer.explain(randomized(classifier, seed=seed), images, wanted, seed=seed)
    correlations = tuple(
        rank_correlation(np.abs(one), np.abs(other)) for one, other in zip(learned, forgotten, strict=True)
    )
    mean = fmean(correlations) if correlations else 0.0
    return Sanity(
        explainer=explainer.name(),
        rung=classifier.name(),
        correlations=correlations,
        mean=mean,
        sentence=_sentence(explainer.name(), classifier.name(), mean, len(correlations)),
    )


def randomized(classifier: Classifier, *, seed: int) -> Classifier:
    """Return a copy that has forgotten what it learned; the given one is untouched.

    Layers of a network draw new weights as before training, and what cannot is dealt out anew among its places. So are
    the numbers of other rungs; of those that store pictures, only labels and weights are.

    Args:
        classifier: Fitted.
        seed: Another seed forgets otherwise.
    """
    forgetful = copy.deepcopy(classifier)
    generator = seeds.torch_generator(seed, "forgetting")
    if isinstance(forgetful, Layered):
        _forget(forgetful.network(), generator)
    else:
        state = forgetful._state()
        forgetful._restore({name: _dealt(value, generator) for name, value in state.items()})
    return forgetful


def rank_correlation(one: npt.NDArray[np.floating], other: npt.NDArray[np.floating]) -> float:
    """Return Spearman's correlation of two maps.

    Two maps that are the same everywhere say the same, 1; where only one is, they have nothing in common, 0.

    Source:
        Spearman 1904: Pearson's correlation of the ranks, equal values sharing the mean of theirs.
    """
    ranks = [rankdata(values.ravel()) for values in (one, other)]
    centered = [values - values.mean() for values in ranks]
    sizes = [float(np.sqrt((values**2).sum())) for values in centered]
    if min(sizes) == 0:
        return float(max(sizes) == 0)
    return float((centered[0] * centered[1]).sum() / (sizes[0] * sizes[1]))


@torch.no_grad()
def _forget(network: nn.Module, generator: torch.Generator) -> None:
    # Layers draw from torch's global stream, which gets its state back.
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(int(torch.randint(2**62, (1,), generator=generator)))
        for layer in network.modules():
            if callable(reset := getattr(layer, "reset_parameters", None)):
                reset()
            else:
                for parameter in layer.parameters(recurse=False):
                    parameter.copy_(_dealt(parameter, generator))


def _dealt(values: Tensor, generator: torch.Generator) -> Tensor:
    """Deal values out anew; pictures (uint8) and single numbers stay."""
    if values.dtype == torch.uint8 or values.numel() < 2:
        return values.clone()
    return values.flatten()[torch.randperm(values.numel(), generator=generator)].view(values.shape)


def _sentence(explainer: str, rung: str, mean: float, n_images: int) -> str:
    if not n_images:
        return f"No picture was given that could say whether {explainer} shows what {rung} has learned."
    compared = f"maps with learned and with random weights agree to {mean:.2f} (1 is the same map)"
    if mean < _LOW:
        return f"What {explainer} shows hangs on what {rung} has learned: {compared}."
    if mean < _HIGH:
        return f"What {explainer} shows hangs only partly on what {rung} has learned: {compared}."
    return f"What {explainer} shows hardly hangs on what {rung} has learned, and rather on the picture: {compared}."
