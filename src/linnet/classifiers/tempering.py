"""What a temperature does to probabilities; how one is found is in `evaluation/temperature.py`."""

import math

import torch
from torch import Tensor

from linnet.errors import ConfigError


def tempered(probabilities: Tensor, temperature: float) -> Tensor:
    """Divide the logits behind probabilities by a temperature: above 1 they become less sure, below 1 surer.

    Logits are known but for a number that all classes of a picture share, as log p; so

        softmax(log(p) / T)_j  =  p_j^(1/T) / sum_i p_i^(1/T).

    Args:
        probabilities: (n, k) float32, above 0.
        temperature: Above 0; 1 changes nothing, not a bit.

    Returns:
        (n, k) float32, rows sum to 1. Classes keep their order; those that share the largest probability go on to share
        it, and no other one joins them, so that the prediction is always the same.

    Source:
        Guo et al. 2017, equation 9.
    """
    if temperature == 1.0 or len(probabilities) == 0:
        return probabilities
    logs = probabilities.to(torch.float64).log()
    # Less the largest, so that the largest is 1 exactly and nothing overflows, however small the temperature.
    powers = ((logs - logs.amax(1, keepdim=True)) / temperature).exp()
    found = (powers / powers.sum(1, keepdim=True)).to(torch.float32)
    # A high temperature brings neighbors so close that float32 cannot hold them apart; one step down does no harm.
    is_largest = probabilities == probabilities.amax(1, keepdim=True)
    below = torch.nextafter(found.amax(1, keepdim=True), torch.zeros(1))
    return torch.where(is_largest, found, torch.minimum(found, below))


def checked_temperature(temperature: float) -> float:
    """Return a temperature that is one.

    Raises:
        ConfigError: it is no finite number above 0.
    """
    is_number = isinstance(temperature, int | float) and not isinstance(temperature, bool)
    if not is_number or not math.isfinite(temperature) or temperature <= 0:
        raise ConfigError(f"A temperature should be a finite number above 0; it is {temperature!r}.")
    return float(temperature)
