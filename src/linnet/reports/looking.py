"""What a report says of where the rungs look: the same pictures for all of them, side by side."""

from dataclasses import dataclass

from linnet.records.predictions import Predictions
from linnet.reports.evidence import Evidence
from linnet.reports.mistakes import explainer_of, heat_maps, reason_of


@dataclass(frozen=True, kw_only=True)
class SharedPicture:
    """Hold a picture that every rung was asked about; `picture` is None where it was not kept."""

    id: str
    truth: str
    picture: str | None


@dataclass(frozen=True, kw_only=True)
class Look:
    """Hold what a rung said of a shared picture, and where it looked; `heat` is None where that is not known."""

    prediction: str
    probability: float
    is_right: bool
    heat: str | None


@dataclass(frozen=True, kw_only=True)
class RungLooks:
    """Hold one rung's row.

    Attributes:
        explainer: What made the heat maps; empty where there are none.
        reason: Why there are none, as a whole sentence; else empty.
        looks: One per shared picture; None where the rung has not seen it.
    """

    rung: str
    explainer: str
    reason: str
    looks: tuple[Look | None, ...]


@dataclass(frozen=True, kw_only=True)
class LookingPart:
    """Hold the shared pictures as columns and the rungs as rows, best first."""

    pictures: tuple[SharedPicture, ...]
    rungs: tuple[RungLooks, ...]


def describe_looking(evidence: Evidence) -> LookingPart | None:
    """Say what each rung looked at; None where nothing was explained."""
    explanations = evidence.explanations
    if explanations is None or not any(part.explained for part in explanations.rungs):
        return None
    known: dict[str, str] = {}
    for found in evidence.predictions.values():
        truths = zip(found.ids.tolist(), found.labels.tolist(), strict=True)
        known |= {image: found.class_names[label] for image, label in truths}
    shared = tuple(image for image in explanations.shared if image in known)
    if not shared:
        return None
    return LookingPart(
        pictures=tuple(
            SharedPicture(id=image, truth=known[image], picture=evidence.picture(image)) for image in shared
        ),
        rungs=tuple(_row(evidence, rung, shared) for rung in evidence.rungs if rung in evidence.predictions),
    )


def _row(evidence: Evidence, rung: str, shared: tuple[str, ...]) -> RungLooks:
    predictions, heats = evidence.predictions[rung], heat_maps(evidence, rung)
    place = {str(image): i for i, image in enumerate(predictions.ids)}
    has_any = any(image in heats for image in shared)
    return RungLooks(
        rung=rung,
        explainer=explainer_of(evidence, rung) if has_any else "",
        reason="" if has_any else reason_of(evidence, rung) or "Its heat maps were not kept.",
        looks=tuple(_look(predictions, place[image], heats.get(image)) if image in place else None for image in shared),
    )


def _look(predictions: Predictions, i: int, heat: str | None) -> Look:
    said = int(predictions.predicted[i])
    return Look(
        prediction=predictions.class_names[said],
        probability=float(predictions.probabilities[i, said]),
        is_right=bool(predictions.correct[i]),
        heat=heat,
    )
