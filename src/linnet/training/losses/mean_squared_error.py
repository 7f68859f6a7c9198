"""Mean squared error of the logits against one-hot targets: classification as regression."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from linnet.training.losses.base import Loss


@dataclass(frozen=True, kw_only=True)
class MeanSquaredError(Loss):
    """Return (1/k) sum_c (z_c - t_c)^2, with the logits themselves, no softmax, as in least squares.

    A net that has learned it gives logits between 0 and 1, whose softmax is far from certain: the ranking of its
    classes is good, its probabilities want calibration.

    Source:
        Hui and Belkin 2021 compare it with cross-entropy.
    """

    about: ClassVar[str] = "squared distance of the logits to the one-hot truth, as in least squares"

    def per_image(self, logits: Tensor, targets: Tensor) -> Tensor:
        """Return (b,) losses, 0 where the logits are the targets."""
        return (logits - targets).square().mean(1)
