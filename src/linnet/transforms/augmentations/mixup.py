"""Mix each picture with another one of the batch, and their targets with them."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from scipy.special import betaincinv
from torch import Tensor

from linnet.transforms.augmentations.base import Augmentation, check_number, per_picture
from linnet.transforms.draws import Draws


@dataclass(frozen=True, kw_only=True)
class MixUp(Augmentation):
    """Average each picture with another one, in shares drawn per picture.

    Args:
        alpha: Both shapes of the Beta distribution that shares come from: near 0 mostly one picture, 1 every share as
            likely; 0.001 .. 100.

    Source:
        Zhang et al. 2017, "mixup: Beyond empirical risk minimization", equation 1.
    """

    about: ClassVar[str] = "average two pictures and their labels"

    alpha: float = 0.2

    def __post_init__(self) -> None:
        check_number("mixup.alpha", self.alpha, 0.001, 100)

    def apply(self, images: Tensor, targets: Tensor, draws: Draws) -> tuple[Tensor, Tensor]:
        """Mix each picture with its partner in the ring."""
        kept, partners = beta_shares(self.alpha, draws), draws.partners("partner")
        mixed = torch.lerp(images.index_select(0, partners), images, per_picture(kept))
        return mixed, torch.lerp(targets[partners], targets, kept.to(torch.float32)[:, None])


def beta_shares(alpha: float, draws: Draws) -> Tensor:
    """Draw each picture's share from Beta(alpha, alpha), as (b,) float64 in [0, 1].

    A uniform number put into the inverse of a distribution function has that distribution.
    """
    uniform = draws.uniform("share").cpu().numpy()
    return torch.from_numpy(betaincinv(alpha, alpha, uniform)).to(draws.device)
