"""How the learning rate goes: factors by step, each after an optional warm-up; rates themselves are the optimizer's."""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, final

from linnet.errors import ConfigError, UnknownNameError
from linnet.records.calls import missing_settings, name_and_arguments, named_settings, setting_types, split_calls
from linnet.records.decode import check_keys

_PLACE = ("n_steps", "steps_per_epoch", "warmup_steps")


@dataclass(kw_only=True)
class Schedule(ABC):
    """Say by what the learning rate is multiplied in each step.

    During the warm-up the factor rises in a line, from 1 / (warmup_steps + 1) of where the schedule then starts up to
    that. What counts epochs counts them from the start of training, so a milestone stands where its number says; what
    falls along a curve stretches it over the steps that the warm-up leaves.

    Args:
        n_steps: Of the whole training, at least 1.
        steps_per_epoch: At least 1.
        warmup_steps: At least 0, fewer than `n_steps`.

    Attributes:
        about: One line for lists.
    """

    about: ClassVar[str]

    n_steps: int
    steps_per_epoch: int
    warmup_steps: int = 0

    def __post_init__(self) -> None:
        """Refuse numbers out of their range."""
        self._want(self.n_steps >= 1, "n_steps", "at least 1")
        self._want(self.steps_per_epoch >= 1, "steps_per_epoch", "at least 1")
        self._want(0 <= self.warmup_steps < self.n_steps, "warmup_steps", f"at least 0 and below {self.n_steps} steps")
        self._check()

    @final
    def factor(self, step: int) -> float:
        """Return what multiplies the learning rate.

        Args:
            step: Counted from 0; steps after the last have the last one's place.

        Returns:
            At least 0; the same for the same step, but for "plateau", where it also depends on what was observed.
        """
        reached = min(max(step, self.warmup_steps), self.n_steps)
        rise = (step + 1) / (self.warmup_steps + 1) if step < self.warmup_steps else 1.0
        return rise * self._factor(reached)

    def observe(self, valid_loss: float) -> None:  # noqa: B027 - most schedules do not look
        """Take notice of the validation loss, once after each epoch."""

    def state_dict(self) -> dict[str, float | int | None]:
        """Return what was observed, as values that JSON holds exactly; empty where nothing counts but the step."""
        return {}

    def load_state_dict(self, state: dict[str, Any]) -> None:  # noqa: B027
        """Take back what `state_dict` returned."""

    @abstractmethod
    def _factor(self, step: int) -> float:
        """Return the factor of a step from `warmup_steps` to `n_steps`."""

    @abstractmethod
    def _check(self) -> None:
        """Refuse the schedule's own settings where they are out of range."""

    def _share(self, step: int) -> float:
        """Return how much of what follows the warm-up is done, 0 to 1; after the last step it is 1."""
        return (step - self.warmup_steps) / (self.n_steps - self.warmup_steps)

    def _epoch(self, step: int) -> int:
        return step // self.steps_per_epoch

    def _want(self, is_good: bool, setting: str, wanted: str) -> None:
        if not is_good:
            raise ConfigError(f"The schedule's {setting} should be {wanted}; it is {getattr(self, setting)}.")

    def _want_shrinking(self) -> None:
        self._want(0 < self.gamma <= 1, "gamma", "above 0 and at most 1")  # type: ignore[attr-defined]


@dataclass(kw_only=True)
class Constant(Schedule):
    """Leave the learning rate as it is."""

    about: ClassVar[str] = "the same rate from first to last"

    def _check(self) -> None: ...

    def _factor(self, step: int) -> float:
        return 1.0


@dataclass(kw_only=True)
class Step(Schedule):
    """Multiply by gamma after every so many epochs; 0 is a third of them all, so that the rate falls twice."""

    about: ClassVar[str] = "a tenth (gamma) after every so many epochs, by default a third of them"

    every: int = 0
    gamma: float = 0.1

    def _check(self) -> None:
        self._want(self.every >= 0, "every", "at least 1 epoch, or 0: a third of all")
        self._want_shrinking()

    def _factor(self, step: int) -> float:
        every = self.every or max(1, math.ceil(self.n_steps / self.steps_per_epoch / 3))
        return float(self.gamma ** (self._epoch(step) // every))


@dataclass(kw_only=True)
class MultiStep(Schedule):
    """Multiply by gamma at each milestone, an epoch counted from 0."""

    about: ClassVar[str] = "a tenth (gamma) from each milestone on"

    milestones: tuple[int, ...]
    gamma: float = 0.1

    def _check(self) -> None:
        self._want(all(milestone >= 1 for milestone in self.milestones), "milestones", "epochs of at least 1")
        self._want_shrinking()

    def _factor(self, step: int) -> float:
        return float(self.gamma ** sum(milestone <= self._epoch(step) for milestone in self.milestones))


@dataclass(kw_only=True)
class Exponential(Schedule):
    """Multiply by gamma after every epoch."""

    about: ClassVar[str] = "times gamma after every epoch"

    gamma: float = 0.95

    def _check(self) -> None:
        self._want_shrinking()

    def _factor(self, step: int) -> float:
        return float(self.gamma ** self._epoch(step))


@dataclass(kw_only=True)
class Cosine(Schedule):
    """Fall along half a cosine to a floor.

    Source:
        Loshchilov and Hutter 2017, equation 5, without restarts.
    """

    about: ClassVar[str] = "down half a cosine to zero (floor)"

    floor: float = 0.0

    def _check(self) -> None:
        self._want(0 <= self.floor <= 1, "floor", "from 0 to 1")

    def _factor(self, step: int) -> float:
        return _cosine(1.0, self.floor, self._share(step))


@dataclass(kw_only=True)
class Linear(Schedule):
    """Fall in a straight line to a floor."""

    about: ClassVar[str] = "down in a straight line to zero (floor)"

    floor: float = 0.0

    def _check(self) -> None:
        self._want(0 <= self.floor <= 1, "floor", "from 0 to 1")

    def _factor(self, step: int) -> float:
        return 1.0 + (self.floor - 1.0) * self._share(step)


@dataclass(kw_only=True)
class OneCycle(Schedule):
    """Rise along half a cosine from `start` to 1, and fall along another to `end`; momentum stays.

    Source:
        Smith and Topin 2018, with cosines for lines.
    """

    about: ClassVar[str] = "up from a 25th to the full rate, then down to almost nothing"

    rise: float = 0.3
    start: float = 1 / 25
    end: float = 1 / 250_000

    def _check(self) -> None:
        self._want(0 <= self.rise <= 1, "rise", "a share from 0 to 1")
        self._want(0 < self.start <= 1, "start", "above 0 and at most 1")
        self._want(0 <= self.end <= 1, "end", "from 0 to 1")

    def _factor(self, step: int) -> float:
        # The last step itself, and not the one after it, is at the end; so is the top on a step of its own.
        n_steps = self.n_steps - self.warmup_steps
        here, last = step - self.warmup_steps, n_steps - 1
        top = self.rise * n_steps - 1
        if here < top:
            return _cosine(self.start, 1.0, here / top)
        top = max(top, 0.0)
        return _cosine(1.0, self.end, min((here - top) / (last - top), 1.0) if last > top else 0.0)


@dataclass(kw_only=True)
class Plateau(Schedule):
    """Multiply by gamma when the validation loss has not fallen for more than `patience` epochs.

    A loss has fallen where it is below (1 - threshold) of the best so far; one that is no number never has.
    """

    about: ClassVar[str] = "a tenth (gamma) when the validation loss stops falling"

    gamma: float = 0.1
    patience: int = 10
    threshold: float = 1e-4

    _best: float | None = field(default=None, init=False, repr=False)
    _n_bad: int = field(default=0, init=False, repr=False)
    _n_falls: int = field(default=0, init=False, repr=False)

    def _check(self) -> None:
        self._want_shrinking()
        self._want(self.patience >= 0, "patience", "at least 0 epochs")
        self._want(0 <= self.threshold < 1, "threshold", "at least 0 and below 1")

    def observe(self, valid_loss: float) -> None:
        """Count the epochs that brought nothing."""
        if math.isfinite(valid_loss) and (self._best is None or valid_loss < self._best * (1 - self.threshold)):
            self._best, self._n_bad = valid_loss, 0
            return
        self._n_bad += 1
        if self._n_bad > self.patience:
            self._n_bad, self._n_falls = 0, self._n_falls + 1

    def state_dict(self) -> dict[str, float | int | None]:
        """Return the best loss, and how many epochs and falls there were."""
        return {"best": self._best, "n_bad": self._n_bad, "n_falls": self._n_falls}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take back what `state_dict` returned."""
        self._best, self._n_bad, self._n_falls = state["best"], int(state["n_bad"]), int(state["n_falls"])

    def _factor(self, step: int) -> float:
        return float(self.gamma**self._n_falls)


SCHEDULES: dict[str, type[Schedule]] = {
    "constant": Constant,
    "step": Step,
    "multi-step": MultiStep,
    "exponential": Exponential,
    "cosine": Cosine,
    "one-cycle": OneCycle,
    "linear": Linear,
    "plateau": Plateau,
}
"""What `create_schedule` knows."""


def create_schedule(
    text: str, *, n_steps: int, steps_per_epoch: int, warmup_steps: int = 0, **settings: Any
) -> Schedule:
    """Make a schedule from its name, with settings in brackets behind it where they are not to be the defaults.

    Args:
        text: A key of `SCHEDULES`, such as "cosine" or "step(every=5)"; underscores count as hyphens.
        n_steps: Of the whole training, at least 1.
        steps_per_epoch: At least 1.
        warmup_steps: At least 0, fewer than `n_steps`.
        settings: The schedule's own fields, such as gamma; those in brackets come first.

    Raises:
        UnknownNameError: no such schedule, or it has no such setting.
        ConfigError: brackets that do not match, a number out of its range, or a setting left out that has no default.
    """
    entry, asked = parse_schedule(text)
    settings = settings | asked
    check_keys(f"setting of the schedule {name_of(entry)}", settings, _own_settings(entry) or ["none"])
    missing = set(missing_settings(entry, settings)).difference(_PLACE)
    if missing:
        raise ConfigError(
            f"The schedule {name_of(entry)} wants {', '.join(sorted(missing))}, the epochs at which to fall; none were "
            "given."
        )
    return entry(n_steps=n_steps, steps_per_epoch=steps_per_epoch, warmup_steps=warmup_steps, **settings)


def parse_schedule(text: str) -> tuple[type[Schedule], dict[str, Any]]:
    """Read a schedule's name and the settings in brackets behind it, without their ranges.

    Raises:
        UnknownNameError: no such schedule, or it has no such setting.
        ConfigError: brackets that do not match, several schedules, or a setting twice, nameless or of another type.
    """
    form = "A schedule is written like step(every=5)"
    calls = split_calls(text, form=form)
    if len(calls) > 1:
        raise ConfigError(f"A training has one schedule; it is {text!r}.")
    written, arguments = name_and_arguments(calls[0], form=form)
    name = written.replace("_", "-")
    if name not in SCHEDULES:
        raise UnknownNameError("schedule", written, SCHEDULES)
    entry = SCHEDULES[name]
    return entry, named_settings(name, arguments, {key: setting_types(entry)[key] for key in _own_settings(entry)})


def name_of(entry: type[Schedule]) -> str:
    """Return the name under which users know a schedule."""
    return next(name for name, known in SCHEDULES.items() if known is entry)


def _own_settings(entry: type[Schedule]) -> list[str]:
    return [part.name for part in fields(entry) if part.init and part.name not in _PLACE]


def _cosine(start: float, end: float, share: float) -> float:
    return end + (start - end) * (1 + math.cos(math.pi * share)) / 2
