"""What a training does, as settings with checked ranges; the doing is elsewhere."""

import math
from dataclasses import dataclass
from typing import ClassVar, Literal

from linnet.errors import ConfigError

LEAST_STEPS = 120
"""Small sets go round more often, until so many steps are made."""


@dataclass(kw_only=True)
class Recipe:
    """Say how a network is trained.

    Args:
        epochs: Rounds over the pictures, at least 1; small sets get as many as make 120 steps.
        batch_size: Pictures per step over all processes; 0: the usual number, or a tenth of a small set, at least 8.
            The last batch of a round holds what is left, and a single picture left over joins the batch before.
        optimizer: "sgd", "nesterov", "adam", "adamw", "muon" or "lbfgs".
        learning_rate: Of the first step after the warm-up, above 0.
        momentum: Share of the last step that is kept, at least 0, below 1; of adam and adamw the first beta.
        weight_decay: At least 0; weights shrink by this times the learning rate each step, biases and norms do not.
        schedule: "constant", "step", "multi-step", "exponential", "cosine", "linear", "one-cycle" or "plateau"; their
            settings in brackets, such as "step(every=5)" or "plateau(patience=3)".
        milestones: Rounds after which multi-step takes a tenth of the rate; only it reads them, and it wants some.
        warmup: Share of all steps in [0, 1) over which the learning rate rises from 0.
        loss: "cross-entropy" or another entry of the losses; its settings in brackets, such as "focal(gamma=3)".
        label_smoothing: Share of the truth in [0, 1) that is spread over all classes.
        gradient_clip: Longest gradient that is followed whole; 0: any.
        average: Decay of the exponential average of the weights, in [0, 1); 0: the last weights are kept.
        penalty_l1: At least 0, times the sum of absolute weights, added to the loss.
        penalty_l2: At least 0, half of it times the sum of squared weights, added to the loss.
        augment: "auto", "none", or augmentations by name ("pad-crop,flip"); auto is pad-crop, and flips where a quick
            probe finds that they keep the label.
        keep: "best" keeps the weights after the round with the highest validation accuracy, the lower loss among
            equals; "last" those after the last round, as does "best" where nothing is validated.
        patience: Rounds without better weights in that sense after which training ends; 0: it never ends early.
        time_budget: Seconds after which training ends; 0: any.
        precision: "auto" asks the machine; "float32" or "bfloat16" products.
        balance: Whether every class counts alike, however many pictures it has.
        linear_initialization: First weights of fully connected layers: "normal" (deviation 0.01), "xavier" or
            "kaiming"; "default" leaves them as the network has them.
        convolution_initialization: Those of convolutions: the same, or "dirac", which lets each channel through as it
            is. Where either is asked for, norms start fresh.
    """

    usual_batch: ClassVar[int] = 128

    epochs: int = 20
    batch_size: int = 0
    optimizer: str = "sgd"
    learning_rate: float = 0.05
    momentum: float = 0.9
    weight_decay: float = 5e-4
    schedule: str = "cosine"
    milestones: tuple[int, ...] = ()
    warmup: float = 0.0
    loss: str = "cross-entropy"
    label_smoothing: float = 0.0
    gradient_clip: float = 0.0
    average: float = 0.0
    penalty_l1: float = 0.0
    penalty_l2: float = 0.0
    augment: str = "auto"
    keep: Literal["best", "last"] = "best"
    patience: int = 0
    time_budget: float = 0.0
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    balance: bool = False
    linear_initialization: Literal["default", "normal", "xavier", "kaiming"] = "default"
    convolution_initialization: Literal["default", "normal", "xavier", "kaiming", "dirac"] = "default"

    def check_recipe(self, where: str = "recipe") -> None:
        """Refuse settings out of their range.

        Args:
            where: What stands before the names in the message.

        Raises:
            ConfigError: says which, with its value and its range.
        """
        if self.epochs < 1:
            raise ConfigError(f"{where}.epochs should be at least 1; it is {self.epochs}.")
        if self.batch_size < 0:
            raise ConfigError(f"{where}.batch_size should be pictures, or 0 (automatic); it is {self.batch_size}.")
        if not 0 < self.learning_rate < math.inf:
            raise ConfigError(f"{where}.learning_rate should be above 0; it is {self.learning_rate}.")
        for name in ("momentum", "warmup", "label_smoothing", "average"):
            if not 0 <= getattr(self, name) < 1:
                raise ConfigError(f"{where}.{name} should be at least 0 and below 1; it is {getattr(self, name)}.")
        for name in ("weight_decay", "gradient_clip", "penalty_l1", "penalty_l2", "patience", "time_budget"):
            if not 0 <= getattr(self, name) < math.inf:
                raise ConfigError(f"{where}.{name} should be a number of at least 0; it is {getattr(self, name)}.")

    def images_per_step(self, n_images: int) -> int:
        """Return the size of batches: what was asked for, or what suits so many pictures."""
        return self.batch_size or min(self.usual_batch, max(8, n_images // 10))

    def steps_per_epoch(self, n_images: int) -> int:
        """Return the number of steps in one round over so many pictures; a single one left over has none of its own."""
        n_steps, rest = divmod(n_images, self.images_per_step(n_images))
        return max(1, n_steps + (rest > 1))

    def n_epochs(self, n_images: int) -> int:
        """Return the number of rounds over so many pictures."""
        return max(self.epochs, -(-LEAST_STEPS // self.steps_per_epoch(n_images)))
