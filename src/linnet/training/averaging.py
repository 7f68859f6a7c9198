"""An exponential average of a network's weights over its steps, which often does better than the last weights."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from linnet.errors import ConfigError, RunError

_COUNT = "n_updates"
_PREFIX = "average."


class WeightAverage:
    """Keep a <- d a + (1 - d) w for all float parameters and buffers w, in float32 at least.

    With t updates made, d is min(decay, (1 + t) / (10 + t)), so that the random weights of the start are forgotten
    quickly: the average first spans about a tenth of the steps so far, later 1 / (1 - decay) of them. Buffers of whole
    numbers (counters) are not averaged and stay the network's own.

    Args:
        network: On its device already; the average starts as its weights.
        decay: At least 0 and below 1; 0.999 spans about a thousand steps.

    Raises:
        ConfigError: a decay out of its range.

    Source:
        Polyak and Juditsky 1992 for the idea; the rising decay is the one of TensorFlow's ExponentialMovingAverage.
    """

    def __init__(self, network: nn.Module, decay: float) -> None:
        if not 0 <= decay < 1:
            raise ConfigError(f"The decay of a weight average should be at least 0 and below 1; it is {decay}.")
        self._network = network
        self._decay = decay
        self._n_updates = 0
        self._average = {name: _wide(tensor).clone() for name, tensor in self._own().items()}

    @property
    def n_updates(self) -> int:
        """How many updates were made."""
        return self._n_updates

    @torch.no_grad()
    def update(self) -> None:
        """Take in the network's weights, once after each step."""
        decay = min(self._decay, (1 + self._n_updates) / (10 + self._n_updates))
        own = [_wide(tensor) for tensor in self._own().values()]
        torch._foreach_lerp_(list(self._average.values()), own, 1 - decay)
        self._n_updates += 1

    @contextmanager
    def swapped(self) -> Iterator[nn.Module]:
        """Put the average into the network for as long as the block lasts; then its own weights are back, to the bit.

        Whatever the block does to the averaged values in the network is lost: training in it would be for nothing.

        Yields:
            The network.
        """
        own = self._own()
        kept = [tensor.clone() for tensor in own.values()]
        try:
            self._write(own, list(self._average.values()))
            yield self._network
        finally:
            self._write(own, kept)

    def state_dict(self) -> dict[str, Tensor]:
        """Return the averages by name, and the number of updates as () int64; copies."""
        averages = {_PREFIX + name: tensor.clone() for name, tensor in self._average.items()}
        return {_COUNT: torch.tensor(self._n_updates), **averages}

    @torch.no_grad()
    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        """Take back what `state_dict` returned, from whatever device.

        Raises:
            RunError: the average of another network; nothing is changed then.
        """
        wanted = {_PREFIX + name: tuple(tensor.shape) for name, tensor in self._average.items()}
        found = {name: tuple(tensor.shape) for name, tensor in state.items() if name != _COUNT}
        if wanted != found or _COUNT not in state:
            odd = sorted(name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name))
            raise RunError(
                f"The saved weight average is of another network: they differ in {', '.join(odd[:3]) or _COUNT}; "
                f"resume with the settings that it was made with."
            )
        for name, tensor in self._average.items():
            tensor.copy_(state[_PREFIX + name])
        self._n_updates = int(state[_COUNT])

    def _own(self) -> dict[str, Tensor]:
        """Look the network's tensors up, without a graph; shared ones come once."""
        named = dict(self._network.named_parameters()) | dict(self._network.named_buffers())
        return {name: tensor.detach() for name, tensor in named.items() if tensor.is_floating_point()}

    @staticmethod
    @torch.no_grad()
    def _write(own: dict[str, Tensor], values: list[Tensor]) -> None:
        for tensor, value in zip(own.values(), values, strict=True):
            tensor.copy_(value)


def _wide(tensor: Tensor) -> Tensor:
    """Return at least float32: a step's share of 1 / 1000 is less than bfloat16 can add."""
    return tensor.float() if tensor.dtype.itemsize < torch.float32.itemsize else tensor
