"""The contract of every augmentation: a final shell that checks and converts, around hooks that change a batch."""

from abc import ABC, abstractmethod
from dataclasses import MISSING, fields
from typing import Any, ClassVar, final

import torch
from torch import Tensor

from linnet.catalog import Entry
from linnet.errors import ConfigError, ImagesError
from linnet.records.decode import show_value
from linnet.transforms.draws import Draws


class Augmentation(Entry, ABC):
    """Change a batch of training pictures at random, each picture in its own way; an entry is a frozen dataclass.

    Its fields are keyword-only settings, checked when it is made. It holds no state: what happens to a picture hangs
    on the draws alone.

    Attributes:
        about: One line for lists.
        keeps_bytes: Whether uint8 pictures stay uint8, because pixels are only moved about.
        positional: Settings that a spec gives without their names, in order.
        bare: Whether a spec that is nothing else leaves its name and brackets out (a sequence's does).
    """

    about: ClassVar[str]
    keeps_bytes: ClassVar[bool] = False
    positional: ClassVar[tuple[str, ...]] = ()
    bare: ClassVar[bool] = False

    @final
    def __call__(self, images: Tensor, targets: Tensor, *, draws: Draws) -> tuple[Tensor, Tensor]:
        """Augment a batch; the input is never changed.

        Args:
            images: (b, c, h, w) uint8, or float32 in [0, 1].
            targets: (b, k) float32, each picture's shares of the classes, summing to 1.
            draws: Random numbers of these b pictures.

        Returns:
            Images of the same shape, float32 in [0, 1], or uint8 where they were and the augmentation keeps bytes;
            and (b, k) float32 targets.

        Raises:
            ImagesError: images, targets or draws of another shape, type or number.
        """
        _check(images, targets, draws, self.name())
        if not self.keeps_bytes:
            images = as_floats(images)
        if len(images) == 0:
            return images, targets
        changed, shares = self.apply(images, targets, draws)
        return (changed.clamp(0, 1) if changed.is_floating_point() else changed), shares

    @abstractmethod
    def apply(self, images: Tensor, targets: Tensor, draws: Draws) -> tuple[Tensor, Tensor]:
        """Change checked pictures and their targets, not in place.

        Args:
            images: (b, c, h, w) float32 in [0, 1], or also uint8 if the entry keeps bytes; b at least 1.
            targets: (b, k) float32.
            draws: Of these b pictures.

        Returns:
            Both, of the same shapes; floats that leave [0, 1] are clamped by the shell.
        """

    def spec(self) -> str:
        """Write the text that makes this augmentation again when it is parsed; defaults are left out."""
        arguments = self._arguments()
        if self.bare and len(arguments) != 1:
            return ",".join(arguments) or "none"
        return self._named_spec()

    def __str__(self) -> str:
        return self.spec()

    def _named_spec(self) -> str:
        arguments = self._arguments()
        return f"{self.name()}({','.join(arguments)})" if arguments else self.name()

    def _arguments(self) -> list[str]:
        written = []
        for field in fields(self):  # type: ignore[arg-type]
            value: Any = getattr(self, field.name)
            if field.name in self.positional:
                parts = value if isinstance(value, tuple) else (value,)
                written += [p._named_spec() if isinstance(p, Augmentation) else show_value(p) for p in parts]
            elif field.default is MISSING or value != field.default:
                written.append(f"{field.name}={show_value(value)}")
        return written


class PictureAugmentation(Augmentation):
    """Change pictures only; targets stay as they are."""

    @final
    def apply(self, images: Tensor, targets: Tensor, draws: Draws) -> tuple[Tensor, Tensor]:
        """Change the pictures."""
        return self.change(images, draws), targets

    @abstractmethod
    def change(self, images: Tensor, draws: Draws) -> Tensor:
        """Change checked pictures, not in place.

        Args:
            images: (b, c, h, w) float32 in [0, 1], or also uint8 if the entry keeps bytes; b at least 1.
            draws: Of these b pictures.
        """


def as_floats(images: Tensor) -> Tensor:
    """Return uint8 pictures as float32 in [0, 1], and float pictures as they are."""
    return images.to(torch.float32).div_(255) if images.dtype == torch.uint8 else images


def per_picture(values: Tensor) -> Tensor:
    """Shape (b,) numbers so that they meet (b, c, h, w) pictures, as float32 unless they are truth values."""
    values = values if values.dtype == torch.bool else values.to(torch.float32)
    return values.view(-1, 1, 1, 1)


def check_number(where: str, value: float, low: float, high: float) -> None:
    """Refuse a setting outside low .. high.

    Raises:
        ConfigError: it is, or is no number.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise ConfigError(f"{where} should be a number in {low:g} .. {high:g}; it is {value!r}.")


def check_whole(where: str, value: int, low: int) -> None:
    """Refuse a setting that is no whole number of at least `low`.

    Raises:
        ConfigError: it is none.
    """
    if isinstance(value, bool) or not isinstance(value, int) or value < low:
        raise ConfigError(f"{where} should be a whole number of at least {low}; it is {value!r}.")


def check_word(where: str, value: str, known: tuple[str, ...]) -> None:
    """Refuse a setting that is none of some words.

    Raises:
        ConfigError: it is none.
    """
    if value not in known:
        raise ConfigError(f"{where} should be one of {', '.join(known)}; it is {value!r}.")


def _check(images: Tensor, targets: Tensor, draws: Draws, name: str) -> None:
    if images.ndim != 4 or images.shape[1] not in (1, 3) or images.dtype not in (torch.uint8, torch.float32):
        raise ImagesError(
            f"{name} wants pictures of shape (b, 1 or 3, h, w), uint8 or float32; "
            f"it got {tuple(images.shape)} {images.dtype}."
        )
    if targets.ndim != 2 or targets.dtype != torch.float32 or not len(targets) == len(images) == len(draws):
        raise ImagesError(
            f"{name} wants (b, k) float32 targets and draws for as many pictures; it got {len(images)} pictures, "
            f"{tuple(targets.shape)} {targets.dtype} targets and draws for {len(draws)}."
        )
