"""The multi-class hinge of support vector machines, also for shares of classes."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from linnet.training.losses.base import Loss


@dataclass(frozen=True, kw_only=True)
class MulticlassHinge(Loss):
    """Return the sum over classes c of t_c h_c, h_c = sum_{j != c} max(0, 1 + z_j - z_c): c being right by a margin.

    With a hard label this is the textbook's hinge. All pairs of classes are looked at, (b, k, k) numbers: 4 MB for
    100 images of 100 classes, 400 MB for as many of 1,000.

    Source:
        Weston and Watkins 1999, equation 7; taken in the targets' mean for soft labels.
    """

    about: ClassVar[str] = "wrong classes closer than a margin of 1 to the true one, as in support vector machines"

    def per_image(self, logits: Tensor, targets: Tensor) -> Tensor:
        """Return (b,) losses; 0 for a hard label that leads by the margin."""
        margins = (1 + logits[:, None, :] - logits[:, :, None]).clamp(min=0)  # (b, right class, other class)
        # A class beside itself violates by exactly 1 whatever its logit. Left out before the sum, not subtracted
        # after it, where a sum of ten thousands would have lost it.
        margins = margins - margins.diagonal(dim1=1, dim2=2).diag_embed()
        return (targets * margins.sum(2)).sum(1)
