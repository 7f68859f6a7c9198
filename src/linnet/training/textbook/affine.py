"""Standardized features, and affine maps of features to one number per class, with the way from one to the other."""

from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor

from linnet.training.textbook.losses import softmax
from linnet.transforms.statistics import channel_statistics, feature_moments

LEAST_PROBABILITY = 1e-9
"""No class is ever impossible: float32 would otherwise round the probability of far-off pictures to 0."""

_BLOCK = 2000


@dataclass(frozen=True, eq=False)
class Affine:
    """Turn features into one number per class, and these into probabilities: what a linear rung has learned.

    It is kept in float32 where pixels were learned from and in float64 where other numbers were, and always
    computed in float64, so that the size of a batch does not show in the result.

    Args:
        weights: (k, d) float32 or float64, for pixels in [0, 1] or for floats as they came.
        bias: (k,) of the same type.
        sharpness: () of the same type, at least 0: what the outputs are multiplied with before the softmax.
    """

    weights: Tensor
    bias: Tensor
    sharpness: Tensor

    def outputs(self, values: Tensor) -> Tensor:
        """Return (n, k) float64 x W^T + b for (n, d) features, where uint8 is taken as pixels / 255."""
        x = values.to(torch.float64)
        if values.dtype == torch.uint8:
            x /= 255
        return x @ self.weights.to(torch.float64).T + self.bias.to(torch.float64)

    def logits(self, values: Tensor) -> Tensor:
        """Return (n, k) float64, the sharpened outputs, whose softmax are the probabilities."""
        return self.outputs(values) * self.sharpness.to(torch.float64)

    def probabilities(self, values: Tensor) -> Tensor:
        """Return (n, k) float64, the softmax of the logits, nowhere below `LEAST_PROBABILITY`."""
        return softmax(self.logits(values)).clamp_(min=LEAST_PROBABILITY)

    def all_probabilities(self, values: Tensor) -> Tensor:
        """Return (n, k) float32 for any number of images, block by block, rows sum to 1."""
        parts = [self.probabilities(part) for part in torch.split(values, _BLOCK)]
        return torch.cat([(p / p.sum(1, keepdim=True)).to(torch.float32) for p in parts])

    def state(self) -> dict[str, Tensor]:
        """Return what a file must hold; see `of_state`."""
        return {"weights": self.weights, "bias": self.bias, "sharpness": self.sharpness}

    @classmethod
    def of_state(cls, state: dict[str, Tensor]) -> Self:
        """Take back what `state` returned."""
        return cls(state["weights"], state["bias"], state["sharpness"])


@dataclass(frozen=True, eq=False)
class Standardization:
    """Take a center from each feature and divide it by a deviation.

    Args:
        center: (d,) float64, in the units of the values.
        deviation: (d,) float64, above 0.
        bytes_in: Whether the values are uint8, levels 0 .. 255.
    """

    center: Tensor
    deviation: Tensor
    bytes_in: bool

    @classmethod
    def of(cls, values: Tensor, *, n_channels: int, per_feature: bool) -> Self:
        """Measure the features.

        Args:
            values: (n, d) uint8 or float, channel after channel.
            n_channels: c; the deviation is always the channel's.
            per_feature: Whether the center is each feature's own mean, else its channel's.
        """
        mean, deviation = channel_statistics(values, n_channels=n_channels)
        repeats = values.shape[1] // n_channels
        center = feature_moments(values)[0] if per_feature else mean.repeat_interleave(repeats)
        return cls(center, deviation.repeat_interleave(repeats), values.dtype == torch.uint8)

    @classmethod
    def none(cls, n_features: int) -> Self:
        """Make one that changes nothing."""
        return cls(torch.zeros(n_features, dtype=torch.float64), torch.ones(n_features, dtype=torch.float64), False)

    def applied(self, values: Tensor, dtype: torch.dtype = torch.float64) -> Tensor:
        """Return (n, d) standardized features; bytes are computed in `dtype`, other numbers first in float64."""
        inner = dtype if self.bytes_in else torch.float64
        shifted = values.to(inner).sub_(self.center.to(inner)) if values.dtype != inner else values - self.center
        return shifted.div_(self.deviation.to(inner)).to(dtype)

    def folded(self, weights: Tensor, bias: Tensor, *, sharpness: float = 1.0) -> Affine:
        """Move the standardization into the weights: W (x - c) / s + b = (W / s) x + (b - (W / s) c).

        Args:
            weights: (k, d) float64, for standardized features.
            bias: (k,) float64.
            sharpness: See `Affine`.
        """
        scaled = weights / self.deviation
        shifted = bias - scaled @ self.center
        if self.bytes_in:
            return Affine((scaled * 255).to(torch.float32), shifted.to(torch.float32), torch.tensor(sharpness))
        return Affine(scaled, shifted, torch.tensor(sharpness, dtype=torch.float64))
