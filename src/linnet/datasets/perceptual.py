"""What a picture looks like in a few hundred bytes: a 63-bit hash and thumbnails that survive re-encoding."""

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

_GRID = 32
_THUMBNAIL = 16
_COLOR_THUMBNAIL = 8
_FREQUENCIES = 8
_FLAT = 2.0
"""Gray levels of standard deviation below which a picture shows nothing that could be compared."""
_NOISE = 4.0
"""Size (orthonormal, in gray levels) below which the sign of a frequency is an accident of compression."""
_VALUES_PER_BATCH = 1 << 22


@dataclass(frozen=True, eq=False, kw_only=True)
class Looks:
    """Hold what is compared of m pictures.

    Attributes:
        words: (m, 4) uint32: signs of the even and of the odd horizontal frequencies, then which signs count.
        gray: (m, 256) int8, 16 x 16 gray levels less their mean, stretched to the full range.
        norms: (m,) float32, the length of each row of `gray`.
        color: (m, 128) int8, 8 x 8 blue and red differences in levels; no columns for gray pictures.
        contrast: (m,) float32, standard deviation of the gray thumbnail in levels.
        richness: (m,) float32, 1 .. 255, effective number of details in the gray thumbnail; see `richness_of`.
    """

    words: npt.NDArray[np.uint32]
    gray: npt.NDArray[np.int8]
    norms: npt.NDArray[np.float32]
    color: npt.NDArray[np.int8]
    contrast: npt.NDArray[np.float32]
    richness: npt.NDArray[np.float32]

    @property
    def is_flat(self) -> npt.NDArray[np.bool_]:
        """(m,) bool: pictures with nothing on them; no two of them can be told apart or taken for the same."""
        return self.contrast < _FLAT


def batch_size_for(images: Tensor) -> int:
    """Return how many pictures of this size make a batch of some megabytes."""
    return max(1, _VALUES_PER_BATCH // images.shape[1:].numel())


def looks_of(images: Tensor) -> Looks:
    """Compute what is compared of one batch of pictures.

    The hash holds the signs of the 8 x 8 lowest frequencies of the gray picture, without the mean. Thresholds at zero
    make the mirrored picture's hash known without looking at it: mirroring turns the sign of every odd horizontal
    frequency and leaves the even ones, so even and odd signs stand in words of their own.

    Args:
        images: (b, c, h, w) uint8, c is 1 or 3.

    Source:
        Zauner 2010, "Implementation and benchmarking of perceptual image hash functions", section 3.2.1 (there with
        the median as threshold); the mirrored reading, the counting mask and the thumbnails are own.
    """
    small = area_average(images.float(), _GRID)  # (b, c, 32, 32)
    gray, color = _gray_and_color(small)
    thumbnail = area_average(gray, _THUMBNAIL).flatten(1)  # (b, 256)
    centered = thumbnail - thumbnail.mean(1, keepdim=True)
    peak = centered.abs().amax(1, keepdim=True).clamp_min(1e-6)
    stretched = (centered * (127 / peak)).round()
    return Looks(
        words=_hash_words(gray),
        gray=stretched.to(torch.int8).numpy(),
        norms=stretched.norm(dim=1).clamp_min(1).numpy(),
        color=color.numpy(),
        contrast=centered.square().mean(1).sqrt().numpy(),
        richness=richness_of(thumbnail.reshape(-1, _THUMBNAIL, _THUMBNAIL)).numpy(),
    )


def join_looks(parts: list[Looks]) -> Looks:
    """Put the looks of all batches, at least one, into one record."""
    names = ("words", "gray", "norms", "color", "contrast", "richness")
    return Looks(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in names})


def area_average(images: Tensor, side: int) -> Tensor:
    """Bring pictures to a square by averaging the area that each new pixel covers; smaller ones are stretched.

    Args:
        images: (..., h, w) float.
        side: The new height and width.
    """
    height, width = images.shape[-2:]
    # Two products with matrices of overlaps; for the sizes met here several times as fast as torch's own pooling.
    small: Tensor = _overlaps(height, side) @ images @ _overlaps(width, side).T
    return small


def richness_of(thumbnails: Tensor) -> Tensor:
    """Count the effective number of details: the participation ratio of the Haar wavelet coefficients.

    With coefficients a_1 .. a_255 it is (sum |a|)^2 / sum a^2: 1 when one coefficient holds all, 255 when all are
    equal. A photograph has 60 to 110, a T-shirt on black 30 to 70, the handwritten digit 1 about 35: two pictures of
    few details look alike by chance.

    Args:
        thumbnails: (b, 16, 16) float.

    Returns:
        (b,) float32.
    """
    details = []
    rest = thumbnails
    while rest.shape[-1] > 1:
        a, b, c, d = rest[:, ::2, ::2], rest[:, ::2, 1::2], rest[:, 1::2, ::2], rest[:, 1::2, 1::2]
        details += [
            ((a - b + c - d) / 2).flatten(1),
            ((a + b - c - d) / 2).flatten(1),
            ((a - b - c + d) / 2).flatten(1),
        ]
        rest = (a + b + c + d) / 2
    sizes = torch.cat(details, 1).abs()
    ratio: Tensor = sizes.sum(1).square() / sizes.square().sum(1).clamp_min(1e-6)
    return ratio


def _gray_and_color(small: Tensor) -> tuple[Tensor, Tensor]:
    if small.shape[1] == 1:
        return small[:, 0], torch.zeros((len(small), 0), dtype=torch.int8)
    red, green, blue = small.unbind(1)
    gray = 0.299 * red + 0.587 * green + 0.114 * blue  # ITU-R BT.601
    differences = torch.stack([0.564 * (blue - gray), 0.713 * (red - gray)], 1)  # (b, 2, 32, 32), -128 .. 127
    return gray, area_average(differences, _COLOR_THUMBNAIL).round().flatten(1).to(torch.int8)


def _hash_words(gray: Tensor) -> npt.NDArray[np.uint32]:
    cosines = _cosines()
    frequencies = cosines @ gray @ cosines.T  # (b, 8 vertical, 8 horizontal)
    frequencies[:, 0, 0] = 0  # the mean is brightness, not content
    parts = [frequencies[:, :, 0::2].flatten(1), frequencies[:, :, 1::2].flatten(1)]  # each (b, 32)
    bits = [part > 0 for part in parts] + [part.abs() > _NOISE for part in parts]
    packed = [np.packbits(part.numpy(), axis=1, bitorder="little").view("<u4") for part in bits]
    return np.concatenate(packed, axis=1).astype(np.uint32)


@cache
def _cosines() -> Tensor:
    """Return the (8, 32) lowest rows of the orthonormal discrete cosine transform."""
    u = torch.arange(_FREQUENCIES)[:, None]
    x = torch.arange(_GRID)[None, :]
    rows = torch.cos(torch.pi * (2 * x + 1) * u / (2 * _GRID)) * (2 / _GRID) ** 0.5
    rows[0] *= 0.5**0.5
    return rows


@cache
def _overlaps(size: int, side: int) -> Tensor:
    """Return the (side, size) shares that old pixels have in new ones; rows sum to 1."""
    old, new = torch.arange(size + 1, dtype=torch.float64) / size, torch.arange(side + 1, dtype=torch.float64) / side
    ends = torch.minimum(old[None, 1:], new[1:, None])
    starts = torch.maximum(old[None, :-1], new[:-1, None])
    return ((ends - starts).clamp_min(0) * side).float()
