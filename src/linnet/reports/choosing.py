"""What a report says of settings: which were chosen, among which, and the curves that chose them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from linnet.records.selection import Selection
from linnet.reports.evidence import Evidence
from linnet.words import setting

MAX_LINES = 6
MAX_CANDIDATES = 12


@dataclass(frozen=True, kw_only=True)
class CurveLine:
    """Hold accuracy over a numeric setting while the other settings stay; points go from left to right."""

    name: str
    x: tuple[float, ...]
    accuracy: tuple[float, ...]
    spread: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class Curve:
    """Hold the lines over one numeric setting."""

    setting: str
    is_log: bool
    lines: tuple[CurveLine, ...]
    chosen: tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """Hold one combination of settings and how it did on validation pictures."""

    settings: dict[str, Any]
    accuracy: float
    spread: float
    is_chosen: bool


@dataclass(frozen=True, kw_only=True)
class Choice:
    """Hold how one rung's settings were chosen.

    Attributes:
        candidates: Best first; the first ones of `n_candidates`, always with the chosen one.
        n_folds: 1 for one validation split.
        metric: What decided: "accuracy" or "balanced accuracy".
        curve: Where a numeric setting took at least three values.
        fixed: Settings that were given instead of chosen.
    """

    rung: str
    candidates: tuple[Candidate, ...]
    n_candidates: int
    n_folds: int
    metric: str
    curve: Curve | None
    fixed: dict[str, Any]

    @property
    def chosen(self) -> Candidate:
        """The candidate that won."""
        return next(candidate for candidate in self.candidates if candidate.is_chosen)


def describe_choices(evidence: Evidence) -> tuple[Choice, ...]:
    """Say for each rung how its settings were chosen."""
    metric = "balanced accuracy" if evidence.experiment.protocol.balance else "accuracy"
    return tuple(
        Choice(
            rung=rung,
            candidates=_candidates(selection),
            n_candidates=len(selection.candidates),
            n_folds=selection.accuracy.shape[1],
            metric=metric,
            curve=curve_of(selection),
            fixed=evidence.experiment.fixed(rung),
        )
        for rung in evidence.rungs
        if (selection := evidence.selections.get(rung))
    )


def curve_of(selection: Selection) -> Curve | None:
    """Draw candidates over the numeric setting with the most values; None where that would show nothing.

    The other settings make the lines; if they make too many, a table says more.
    """
    varied: dict[str, list[Any]] = {
        name: [found.get(name) for found in selection.candidates] for name in selection.varied
    }
    numeric = {name: [float(v) for v in values] for name, values in varied.items() if all(map(_is_number, values))}
    name = max(numeric, key=lambda candidate: len(set(numeric[candidate])), default="")
    if not name or len(set(numeric[name])) < 3:
        return None
    values, groups = numeric[name], _groups(selection, name)
    if len(groups) > MAX_LINES:
        return None
    lines = tuple(_line(selection, title, sorted(group, key=values.__getitem__), values) for title, group in groups)
    chosen = (values[selection.chosen], float(selection.mean[selection.chosen]))
    return Curve(setting=name, is_log=_spans_decades(values), lines=lines, chosen=chosen)


def _groups(selection: Selection, varied: str) -> list[tuple[str, list[int]]]:
    """Put candidates together that differ in one setting only; each group is named by the other settings."""
    groups: dict[str, list[int]] = {}
    for i, found in enumerate(selection.candidates):
        rest = {name: value for name, value in found.items() if name != varied}
        groups.setdefault(settings_text(rest), []).append(i)
    return list(groups.items())


def _line(selection: Selection, title: str, group: Sequence[int], values: Sequence[float]) -> CurveLine:
    return CurveLine(
        name=title,
        x=tuple(values[i] for i in group),
        accuracy=tuple(float(selection.mean[i]) for i in group),
        spread=tuple(float(selection.spread[i]) for i in group),
    )


def _candidates(selection: Selection) -> tuple[Candidate, ...]:
    # A stable sort by falling mean: among equals the earlier candidate stays first, as it did when choosing.
    order = sorted(range(len(selection.candidates)), key=lambda i: -selection.mean[i])[:MAX_CANDIDATES]
    if selection.chosen not in order:
        order[-1] = selection.chosen
    return tuple(
        Candidate(
            settings=dict(selection.candidates[i]),
            accuracy=float(selection.mean[i]),
            spread=float(selection.spread[i]),
            is_chosen=i == selection.chosen,
        )
        for i in order
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _spans_decades(values: Sequence[float]) -> bool:
    positive = [value for value in values if value > 0]
    return bool(positive) and min(values) >= 0 and max(positive) / min(positive) >= 20


def settings_text(settings: dict[str, Any]) -> str:
    """Write settings in one line, as they are typed after --set."""
    return ", ".join(f"{name} {setting(value)}" for name, value in settings.items())
