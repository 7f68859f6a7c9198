"""The contract of every loss: a final mean over images, around one hook that is pure mathematics."""

from abc import ABC, abstractmethod
from typing import ClassVar, final

import torch
from torch import Tensor

from linnet.catalog import Entry
from linnet.errors import ConfigError, DataError


class Loss(Entry, ABC):
    """Say how wrong logits are; an entry is a frozen keyword-only dataclass whose fields are checked when it is made.

    Attributes:
        about: One line for lists.

    Example:
        A file `losses/brier.py` is a new loss named "brier":

            @dataclass(frozen=True, kw_only=True)
            class Brier(Loss):
                about: ClassVar[str] = "squared distance of probabilities to the truth"

                def per_image(self, logits: Tensor, targets: Tensor) -> Tensor:
                    return (torch.softmax(logits, 1) - targets).square().sum(1)
    """

    about: ClassVar[str]

    @abstractmethod
    def per_image(self, logits: Tensor, targets: Tensor) -> Tensor:
        """Return the loss of each image.

        Args:
            logits: (b, k) float32, any size; the caller has left autocast.
            targets: (b, k) float32, shares of the classes, rows sum to 1; a hard label is a row with a single 1.

        Returns:
            (b,) of the same type, with a graph to the logits.
        """

    @final
    def __call__(self, logits: Tensor, targets: Tensor, *, class_weights: Tensor | None = None) -> Tensor:
        """Return the mean loss; see `totals` for its parameters and weights.

        Raises:
            DataError: logits and targets are no (b, k) of the same shape.
        """
        total, weight = self.totals(logits, targets, class_weights=class_weights)
        # Classes may weigh nothing: a batch that holds no others has a loss of 0, not 0 / 0.
        return total / weight.clamp(min=torch.finfo(weight.dtype).tiny)

    @final
    def totals(self, logits: Tensor, targets: Tensor, *, class_weights: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return the two sums whose quotient is the mean loss, for batches that are computed in parts.

        An image weighs as much as its classes, in their shares: w_i = sum_c t_ic w_c. The mean is sum_i w_i l_i over
        sum_i w_i, which for hard labels is what torch.nn.CrossEntropyLoss does with weights. The mean over parts of a
        batch is the sum of the first sums over the sum of the second; means of means would be something else.

        Args:
            logits: (b, k) float32, any size.
            targets: (b, k) float32, rows sum to 1.
            class_weights: (k,) float32, at least 0; None counts all alike.

        Returns:
            Sum of weighted losses, () with a graph, and sum of weights, ().

        Raises:
            DataError: logits and targets are no (b, k) of the same shape.
        """
        if logits.ndim != 2 or logits.shape != targets.shape:
            raise DataError(
                f"{self.name()} wants logits and targets of one shape (images, classes); "
                f"got {tuple(logits.shape)} and {tuple(targets.shape)}."
            )
        losses = self.per_image(logits, targets)
        if class_weights is None:
            return losses.sum(), losses.new_full((), len(losses))
        weights = targets @ class_weights.to(targets)
        return (losses * weights).sum(), weights.sum()


def smoothed(targets: Tensor, smoothing: float) -> Tensor:
    """Take a share away from the truth and spread it over all k classes alike: (1 - s) t + s / k.

    Args:
        targets: (b, k) float, rows sum to 1.
        smoothing: s, at least 0 and below 1; 0 changes nothing.

    Returns:
        (b, k) of the same type, rows sum to 1.

    Raises:
        ConfigError: a smoothing out of its range.

    Source:
        Szegedy et al. 2016, section 7.

    Example:
        >>> smoothed(torch.tensor([[1.0, 0.0]]), 0.5).tolist()
        [[0.75, 0.25]]
    """
    if not 0 <= smoothing < 1:
        raise ConfigError(f"Label smoothing should be at least 0 and below 1; it is {smoothing}.")
    return targets * (1 - smoothing) + smoothing / targets.shape[1] if smoothing else targets
