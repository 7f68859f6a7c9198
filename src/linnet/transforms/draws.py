"""Random numbers that belong to a picture and an epoch, whatever batch the picture comes in; no state anywhere."""

from dataclasses import dataclass, replace
from functools import cache
from typing import Self

import numpy as np
import numpy.typing as npt
import torch
from scipy.special import ndtri
from torch import Tensor

from linnet import seeds
from linnet.errors import ConfigError

_STEP = np.uint64(0x9E3779B97F4A7C15)  # 2^64 over the golden ratio, odd: multiples of it visit every number

_Words = npt.NDArray[np.uint64]


@dataclass(frozen=True, eq=False)
class Draws:
    """Draw numbers that depend only on the seed, the epoch, the picture and what they are for.

    So a picture is augmented the same way in the same epoch in whatever batch, order or process it comes, and after a
    resume. Numbers under different names are unrelated; asking twice for the same name gives the same numbers.

    Args:
        seed: The run's seed.
        epoch: Counted from 0.
        rows: (b,) int64, which row of the training set each picture of the batch is.
        device: Where the drawn tensors lie.
        path: What these draws are for, from the outside in; `nested` makes it longer.

    Raises:
        ConfigError: rows of another shape or type.

    Source:
        Steele, Lea and Flood 2014, "Fast splittable pseudorandom number generators", SplitMix64 with the mixing
        constants of Stafford's variant 13; used here by counter.
    """

    seed: int
    epoch: int
    rows: npt.NDArray[np.int64]
    device: torch.device | str = "cpu"
    path: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        rows = self.rows
        if not (isinstance(rows, np.ndarray) and rows.ndim == 1 and rows.dtype == np.int64):
            came = f"{rows.dtype} of shape {rows.shape}" if isinstance(rows, np.ndarray) else type(rows).__name__
            raise ConfigError(f"Draws want row numbers as a NumPy array (b,) of int64; they got {came}.")

    def __len__(self) -> int:
        return len(self.rows)

    # -- other draws ---------------------------------------------------------------------------------------------

    def nested(self, name: str) -> Self:
        """Return unrelated draws for the same pictures, for an augmentation inside another."""
        return replace(self, path=(*self.path, name))

    def at(self, positions: Tensor) -> Self:
        """Return the same draws for some of the pictures, given by their (m,) int64 positions in the batch."""
        return replace(self, rows=self.rows[positions.cpu().numpy()])

    def lasting(self) -> Self:
        """Return draws that are the same in every epoch."""
        return replace(self, epoch=-1)

    # -- numbers -------------------------------------------------------------------------------------------------

    def uniform(self, name: str, low: float = 0.0, high: float = 1.0, shape: tuple[int, ...] = ()) -> Tensor:
        """Draw (b, *shape) float64, low <= x < high."""
        return self._tensor(low + (high - low) * self._shares(name, shape))

    def integers(self, name: str, low: int, high: int) -> Tensor:
        """Draw (b,) int64, low <= x < high."""
        drawn = np.floor((high - low) * self._shares(name)).astype(np.int64)
        return self._tensor(low + np.minimum(drawn, high - low - 1))

    def bernoulli(self, name: str, p: float) -> Tensor:
        """Draw (b,) bool, true with probability p."""
        return self._tensor(self._shares(name) < p)

    def normal(self, name: str, shape: tuple[int, ...] = ()) -> Tensor:
        """Draw (b, *shape) float32 from a standard normal, out of 65,536 equally likely quantiles.

        The quantiles are looked up, four for each hashed word: the same to the bit on every processor, which
        logarithms are not, and several times faster. Nothing lies beyond 4.3 deviations.
        """
        size = int(np.prod(shape, dtype=np.int64))
        words = self._words(name, -(-size // 4))
        # Bytes are told apart by arithmetic, not by a view, so that they are the same on machines of either order.
        quarters = np.stack([(words >> np.uint64(shift)).astype(np.uint16) for shift in (0, 16, 32, 48)], axis=-1)
        chosen = quarters.reshape(len(self), 4 * words.shape[1])[:, :size]
        return self._tensor(_quantiles()[chosen].reshape(len(self), *shape))

    def partners(self, name: str) -> Tensor:
        """Give each picture another one of the batch, each to one: (b,) int64 positions in the batch.

        The pictures stand in a ring in the order of their own random numbers, and each gets its neighbor: nobody
        gets itself, unless it is alone, and the order of the batch does not matter.
        """
        ring = np.argsort(self._shares(name), kind="stable")
        partners = np.empty(len(self), dtype=np.int64)
        partners[ring] = np.roll(ring, -1)
        return self._tensor(partners)

    # -- hashing -------------------------------------------------------------------------------------------------

    def _tensor(self, values: npt.NDArray[np.generic]) -> Tensor:
        return torch.from_numpy(values).to(self.device)

    def _shares(self, name: str, shape: tuple[int, ...] = ()) -> npt.NDArray[np.float64]:
        """Draw (b, *shape) in [0, 1), multiples of 2^-53, all of which float64 holds exactly."""
        words = self._words(name, int(np.prod(shape, dtype=np.int64)))
        return ((words >> np.uint64(11)).astype(np.float64) * 2.0**-53).reshape(len(self), *shape)

    def _words(self, name: str, n_words: int) -> _Words:
        """Hash each picture into (b, n_words) words: a SplitMix64 stream that begins at the picture's own hash."""
        key = np.uint64(seeds.derive(self.seed, "draws", self.epoch, *self.path, name))
        starts = _mixed(key + _mixed(self.rows.astype(np.uint64) * _STEP + _STEP))
        return _mixed(starts[:, None] + np.arange(1, n_words + 1, dtype=np.uint64) * _STEP)


def _mixed(words: _Words) -> _Words:
    """Mix 64 bits one to one, so that each bit of the result hangs on each bit of the input."""
    words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return words ^ (words >> np.uint64(31))


@cache
def _quantiles() -> npt.NDArray[np.float32]:
    """Cut the normal distribution into 65,536 equally likely pieces; return the median of each."""
    n = 1 << 16
    return np.asarray(ndtri((np.arange(n) + 0.5) / n), dtype=np.float32)
