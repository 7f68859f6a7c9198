"""Change the light and the colors of pictures."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from linnet.transforms.augmentations.base import PictureAugmentation, check_number
from linnet.transforms.augmentations.colors import brightened, contrasted, hue_turned, saturated
from linnet.transforms.draws import Draws


@dataclass(frozen=True, kw_only=True)
class ColorJitter(PictureAugmentation):
    """Change brightness, contrast, saturation and hue of each picture, in this order; gray ones have the first two.

    Args:
        brightness: s, 0 .. 1: pixels times 1 - s .. 1 + s.
        contrast: s, 0 .. 1: distances from the picture's mean gray times 1 - s .. 1 + s.
        saturation: s, 0 .. 1: distances of each pixel from its gray times 1 - s .. 1 + s.
        hue: Largest turn of the color circle, 0 .. 0.5 of it.
    """

    about: ClassVar[str] = "change brightness, contrast, saturation and hue"

    brightness: float = 0.4
    contrast: float = 0.4
    saturation: float = 0.4
    hue: float = 0.05

    def __post_init__(self) -> None:
        for name in ("brightness", "contrast", "saturation"):
            check_number(f"color-jitter.{name}", getattr(self, name), 0, 1)
        check_number("color-jitter.hue", self.hue, 0, 0.5)

    def change(self, images: Tensor, draws: Draws) -> Tensor:
        """Change one after the other, each clamped to [0, 1]; what is set to 0 is left out."""
        steps = (
            ("brightness", self.brightness, brightened),
            ("contrast", self.contrast, contrasted),
            ("saturation", self.saturation, saturated),
        )
        for name, strength, step in steps:
            if strength > 0:
                images = step(images, draws.uniform(name, 1 - strength, 1 + strength))
        return hue_turned(images, draws.uniform("hue", -self.hue, self.hue)) if self.hue > 0 else images
