"""Rungs that are networks: preprocessing inside, trained by the one loop; what their layers are is each entry's own."""

import copy
from abc import abstractmethod
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, ClassVar, Self

import torch
from torch import Tensor, nn

from linnet import seeds
from linnet.classifiers.base import Classifier
from linnet.datasets.base import Dataset
from linnet.errors import ConfigError, NotFittedError
from linnet.progress import SILENT, Progress
from linnet.records.history import History
from linnet.records.training import Computing, Training
from linnet.training import engine
from linnet.training.devices import Devices, Kind
from linnet.training.events import Events
from linnet.training.finder import RateFinding
from linnet.training.initialization import initialize
from linnet.training.recipe import Recipe
from linnet.training.schedules import Plateau, parse_schedule
from linnet.training.starting import check_names
from linnet.training.sweeping import sweep_rates
from linnet.training.threads import threads_for
from linnet.training.watching import Audience
from linnet.transforms.automatic import automatic_augmentation, has_flips, usual_augmentation
from linnet.transforms.resize import shrink, shrunk_shape
from linnet.transforms.statistics import channel_statistics
from linnet.transforms.views import VIEWS, Views, mean_logits

LEAST_PROBABILITY = 1e-9
"""No class is ever impossible: float32 would otherwise round the probability of far-off pictures to 0."""

_STATISTICS_IMAGES = 20_000
"""So many training pictures, evenly spread, are enough for mean and deviation, and fit into memory."""


class Preprocessed(nn.Module):
    """Shrink and normalize pictures, then let a network work on them: training and prediction cannot disagree.

    Args:
        body: Takes (b, c, h, w) float32.
        mean: (c,) float, of pixels in [0, 1].
        deviation: (c,) float, above 0.
        max_side: See `NetworkClassifier`.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, body: nn.Module, *, mean: Tensor, deviation: Tensor, max_side: int) -> None:
        super().__init__()
        self.body = body
        self.max_side = max_side
        self.register_buffer("mean", mean.float().view(1, -1, 1, 1))
        self.register_buffer("deviation", deviation.float().view(1, -1, 1, 1))

    def extra_repr(self) -> str:
        """Return what a print-out and a checkpoint say of it."""
        return f"max_side={self.max_side}"

    def normalized(self, images: Tensor) -> Tensor:
        """Return (b, c, h', w') float32, shrunk and normalized, for (b, c, h, w) uint8 or float32 in [0, 1]."""
        small = shrink(images, self.max_side)
        if small.dtype != torch.uint8:
            return (small - self.mean) / self.deviation
        # Memory of its own: in place, these passes over it take a third less time than through new memory.
        return small.to(torch.float32).div_(255).sub_(self.mean).div_(self.deviation)

    def prepared(self, images: Tensor) -> Tensor:
        """Return the same in the layout of the weights: once here, where convolutions would do it in each pass."""
        return self.normalized(images).contiguous(memory_format=torch.channels_last)

    def forward(self, images: Tensor) -> Tensor:
        """Return (b, k) logits."""
        logits: Tensor = self.body(self.prepared(images))
        return logits


@dataclass(kw_only=True)
class NetworkClassifier(Recipe, Classifier):
    """Train a network by a recipe; an entry says what network, and which of the recipe's settings are its own.

    Args:
        max_side: Pixels; a picture whose longer side is longer is averaged down to it first. 0: never.
        device: What it is trained on: "auto" takes a GPU where there is one; "cpu", "cuda" or "mps".
        devices: Processes that share every batch: one for each GPU, or so many on the processor.
        views: What a prediction looks at: "none" but the picture; "flips": its mirror image, too; "shifts": it and two
            copies a little shifted; "flips-and-shifts": all of these mirrored, too. The logits are averaged.
    """

    chunk: ClassVar[int] = 500
    max_side: int = 64
    device: Kind = "auto"
    devices: int = 1
    views: Views = "none"

    _folder: ClassVar[Path | None] = None
    _events: ClassVar[Path | None] = None

    def __post_init__(self) -> None:
        if self.max_side < 0:
            raise ConfigError(f"{self.name()}.max_side should be 0 (never) or pixels; it is {self.max_side}.")
        if self.devices < 1:
            raise ConfigError(f"{self.name()}.devices should be at least 1; it is {self.devices}.")
        if self.views not in VIEWS:
            raise ConfigError(f"{self.name()}.views should be one of {', '.join(VIEWS)}; it is {self.views!r}.")
        self.check_recipe(self.name())
        check_names(self, self.name())
        self.check_settings()

    @property
    def needs_valid(self) -> bool:
        """Whether validation pictures decide which weights are kept, when rates fall, or when training ends."""
        return self.keep == "best" or self.patience > 0 or parse_schedule(self.schedule)[0] is Plateau

    @abstractmethod
    def build(self, image_shape: tuple[int, int, int], n_classes: int) -> nn.Module:
        """Make the network with its first weights, drawn from torch's global generator.

        Args:
            image_shape: (c, h, w) of what comes in, shrunk and normalized.
            n_classes: k.
        """

    @abstractmethod
    def check_settings(self) -> None:
        """Refuse the entry's own settings out of their range.

        Raises:
            ConfigError: says which, with its value and its range.
        """

    def prepare(self, network: Preprocessed, train: Dataset) -> None:
        """Let the first weights depend on training pictures."""

    def check_machine(self) -> None:
        """Refuse devices that are not there: to train, not to predict, wants them."""
        self._devices().chosen()

    def _devices(self) -> Devices:
        return Devices(kind=self.device, count=self.devices)

    def checkpoint_in(self, folder: Path) -> None:
        """Let the next fit write checkpoints into a folder, and go on from the one that is there."""
        self._folder = folder  # type: ignore[misc] # of this one only; a copy with other settings begins without

    def events_in(self, folder: Path) -> None:
        """Let the next fit write TensorBoard events into a folder; one that goes on adds to what is there."""
        self._events = folder  # type: ignore[misc] # of this one only

    def estimate_seconds(self, train: Dataset, *, n_valid: int, seed: int) -> float:
        """Foresee one fit on these pictures, with its rounds of validation, in seconds; makes some steps of it."""
        recipe = self._recipe(train, seed, SILENT)
        network = self._network(train.image_shape, train.n_classes, _statistics(train), seed=seed)
        step = engine.seconds_per_step(network, train, recipe, seed=seed, devices=self._devices())
        n_epochs, n_steps = recipe.n_epochs(len(train)), recipe.steps_per_epoch(len(train))
        # Forward is about a third of a step.
        validation = step / 3 * n_valid / recipe.images_per_step(len(train))
        seconds = n_epochs * (n_steps * step + validation)
        return min(seconds, recipe.time_budget) if recipe.time_budget else seconds

    def fewer_rounds(self, n_images: int, share: float) -> int | None:
        """Return how many rounds take at most this share of the time of all, or None where too few would be left.

        Args:
            n_images: Training pictures.
            share: Above 0, below 1.
        """
        planned = self.n_epochs(n_images)
        fewer = int(planned * share)
        # With less than a quarter it would be another recipe, and below the least number of steps nothing is saved.
        is_worth_it = 4 * fewer >= planned and replace(self, epochs=max(1, fewer)).n_epochs(n_images) <= fewer
        return fewer if is_worth_it else None

    def find_rate(self, train: Dataset, *, seed: int, progress: Progress) -> RateFinding:
        """Make some steps of a fit with a rising learning rate; nothing is kept of them."""
        recipe = self._recipe(train, seed, progress)
        network = self._network(train.image_shape, train.n_classes, _statistics(train), seed=seed)
        self.prepare(network, train)
        return sweep_rates(network, train, recipe, seed=seed, devices=self._devices(), progress=progress)

    def _fit(self, train: Dataset, valid: Dataset | None, *, seed: int, progress: Progress) -> None:
        self.recipe_ = self._recipe(train, seed, progress)
        network = self._network(train.image_shape, train.n_classes, _statistics(train), seed=seed)
        self.prepare(network, train)
        if self._events is not None:
            progress = Audience(progress=progress, watcher=Events(self._events, progress=progress))
        self.history_ = engine.train(
            network,
            train,
            valid,
            self.recipe_,
            seed=seed,
            session=engine.Session(progress=progress, checkpoints=self._folder, devices=self._devices()),
        )
        self.network_ = network
        if self.history_.computing is not None:
            self.training_ = _training(self.recipe_, self.history_, self.history_.computing, n_images=len(train))

    def _predict_proba(self, images: Tensor) -> Tensor:
        with threads_for(len(images) * self.n_parameters()):
            logits = mean_logits(self.network_.body, self.network_.prepared(images), self.views)
            return torch.softmax(logits.to(torch.float64), 1).clamp_(min=LEAST_PROBABILITY)

    def logits(self, images: Tensor) -> Tensor:
        """Return (n, k) float32 logits of the pictures alone, without views, with their graph."""
        self._check_fitted()
        found: Tensor = self.network_(images)
        return found

    def network(self) -> nn.Module:
        """Return the fitted network, preprocessing inside."""
        self._check_fitted()
        return self.network_

    def fitting_views(self) -> Views:
        """Return the views that suit what the last fit learned: mirror images only where it was shown some.

        Raises:
            NotFittedError: before fit; one that was loaded does not know.
        """
        if not hasattr(self, "recipe_"):
            raise NotFittedError(f"{self.name()} has not learned anything yet that views could suit; call fit first.")
        return "flips-and-shifts" if has_flips(self.recipe_.augment) else "shifts"

    def looking_at(self, views: Views) -> Self:
        """Return the same classifier with the same weights, fitted or not, that looks at other views."""
        other = copy.copy(self)
        other.views = views
        other.__post_init__()
        return other

    def n_parameters(self) -> int:
        """Count the learned numbers; running statistics of norms are not learned, see `n_bytes`."""
        self._check_fitted()
        return sum(parameter.numel() for parameter in self.network_.parameters())

    def _state(self) -> dict[str, Tensor]:
        return dict(self.network_.state_dict())

    def _restore(self, state: dict[str, Tensor]) -> None:
        plain = torch.zeros(self.image_shape_[0]), torch.ones(self.image_shape_[0])
        self.network_ = self._network(self.image_shape_, len(self.class_names_), plain, seed=0)
        self.network_.load_state_dict(state)
        self.network_.eval()

    def _candidates(self) -> list[dict[str, Any]]:
        return [{}]

    def _network(
        self, image_shape: tuple[int, int, int], n_classes: int, statistics: tuple[Tensor, Tensor], *, seed: int
    ) -> Preprocessed:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seeds.derive(seed, "weights"))
            body = self.build(shrunk_shape(image_shape, self.max_side), n_classes)
        linear, convolution = self.linear_initialization, self.convolution_initialization
        if (linear, convolution) != ("default", "default"):
            generator = torch.Generator().manual_seed(seeds.derive(seed, "initialization"))
            initialize(body, linear=linear, convolution=convolution, generator=generator)
        mean, deviation = statistics
        network = Preprocessed(body, mean=mean, deviation=deviation, max_side=self.max_side)
        # One layout always: other layouts have other kernels, and a loaded network should predict as the saved one.
        return network.to(memory_format=torch.channels_last)

    def _recipe(self, train: Dataset, seed: int, progress: Progress) -> Recipe:
        """Return the recipe without anything automatic; flips are left out where a probe finds they change labels."""
        asked = {part.name: getattr(self, part.name) for part in fields(Recipe)}
        if self.augment == "auto":
            spec = self.automatic_augmentation(train.image_shape)
            asked["augment"] = automatic_augmentation(spec, train, seed=seed, progress=progress).spec()
        asked["batch_size"] = min(self.images_per_step(len(train)), len(train))
        if self.batch_size > len(train):
            progress.say(
                f"{self.name()}.batch_size is {self.batch_size}, and there are {len(train)} training pictures: "
                "every step learns from all of them."
            )
        return Recipe(**asked)

    def automatic_augmentation(self, image_shape: tuple[int, int, int]) -> str:
        """Return what "auto" means for pictures of (c, h, w), flips included."""
        return usual_augmentation(image_shape)


def _training(recipe: Recipe, history: History, computing: Computing, *, n_images: int) -> Training:
    """Write down what was followed, with nothing automatic left in it."""
    followed = {part.name: getattr(recipe, part.name) for part in fields(Recipe)}
    followed |= {"epochs": recipe.n_epochs(n_images), "milestones": list(recipe.milestones)}
    followed |= {"precision": computing.products}
    return Training(recipe=followed, n_images=n_images, n_epochs=len(history.epochs), computing=computing)


def _statistics(train: Dataset) -> tuple[Tensor, Tensor]:
    """Return mean and deviation of each channel, for pixels in [0, 1]."""
    step = max(1, -(-len(train) // _STATISTICS_IMAGES))
    images = train.images if step == 1 else train.subset(torch.arange(0, len(train), step)).images
    mean, deviation = channel_statistics(images.flatten(1), n_channels=images.shape[1])
    return mean / 255, deviation / 255
