"""Heat maps of the pictures that a report shows: what each rung looked at, within a bounded time."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from linnet.classifiers.base import Classifier
from linnet.datasets.base import gather
from linnet.datasets.loading import Loaded
from linnet.errors import LinnetError
from linnet.explainers import choosing
from linnet.images.heat import overlay
from linnet.images.thumbnails import encode_thumbnail
from linnet.records.experiment import VIEWS
from linnet.records.explanations import Explained, RungExplanations
from linnet.records.pictures import explanation_name
from linnet.records.predictions import Predictions
from linnet.words import agree, count

LONGEST_SIDE = 112
"""Pixels: pictures in a report are no larger, so that it stays small."""

SECONDS = 6.0
"""For each rung: what explaining may take of the time of a report. A batch that was begun is finished."""

BATCH = 4
"""Pictures between two looks at the clock."""


def explain_shown(
    rung: str, classifier: Classifier, data: Loaded, ids: Sequence[str], *, seed: int
) -> tuple[RungExplanations, dict[str, bytes]]:
    """Draw what a rung looked at in some pictures when it gave its answer, by the explainer that suits it.

    A report must not fail because a rung cannot be explained: what goes wrong becomes the reason.

    Args:
        rung: Its name in the run.
        classifier: Fitted; given back as it was found.
        data: Where the pictures are.
        ids: Of pictures, the most important first; those that `SECONDS` do not suffice for are left out.
        seed: Where an explainer draws at random, the same seed gives the same map.

    Returns:
        What was explained, and the heat maps by their names in pictures.zip.
    """
    try:
        explainer = choosing.suitable(classifier)
    except LinnetError as error:
        return RungExplanations(rung=rung, explainer="", reason=str(error), explained=()), {}
    explained: list[Explained] = []
    pictures: dict[str, bytes] = {}
    reason, started = "", time.monotonic()
    for first in range(0, len(ids), BATCH):
        if first and time.monotonic() - started > SECONDS:
            n = len(ids) - first
            left_out = f"{count(n, 'picture')} {agree(n, 'is', 'are')} left out"
            reason = f"Explaining took longer than {SECONDS:g} seconds; {left_out}."
            break
        batch = ids[first : first + BATCH]
        pixels = pixels_of(data, batch)
        try:
            targets = classifier.predict(pixels).numpy()
            maps = explainer.explain(classifier, pixels, targets, seed=seed)
        except (LinnetError, MemoryError, RuntimeError) as error:  # torch says RuntimeError of nearly everything
            text = str(error) or "there is not enough memory"
            reason = text if isinstance(error, LinnetError) else f"{explainer.name()} could not be computed ({text})."
            break
        for image_id, target, image, relevance in zip(batch, targets.tolist(), pixels, maps, strict=True):
            name = explanation_name(rung, len(explained))
            pictures[name] = heat_map(image, relevance)
            explained.append(Explained(id=image_id, target=classifier.class_names_[target], picture=name))
    used = explainer.name() if explained or not reason else ""
    return RungExplanations(rung=rung, explainer=used, reason=reason, explained=tuple(explained)), pictures


def pixels_of(data: Loaded, ids: Sequence[str]) -> npt.NDArray[np.uint8]:
    """Read some pictures: (n, c, h, w) uint8, in the order of their ids; only these are read into memory."""
    rows = data.everything.rows[[data.row_of(image_id) for image_id in ids]]
    return np.asarray(gather(data.everything.pixels, rows).numpy(), dtype=np.uint8)


def heat_map(pixels: npt.NDArray[np.uint8], relevance: npt.NDArray[np.float32]) -> bytes:
    """Return relevance over a (c, h, w) uint8 picture as a small file."""
    return encode_thumbnail(overlay(pixels, relevance).transpose(2, 0, 1), longest_side=LONGEST_SIDE)


def of_views(row: str, explained: Mapping[str, RungExplanations], said: Predictions | None) -> RungExplanations | None:
    """Lend a row with views what its rung looked at, which has the same weights: wherever both gave the same answer.

    Args:
        row: A row of the leaderboard.
        explained: {rung: what it looked at}, of rows before this one.
        said: Predictions of the row.

    Returns:
        None where the row is not the second one of a rung that was explained.
    """
    found = explained.get(row.removesuffix(VIEWS)) if row.endswith(VIEWS) else None
    if found is None or said is None:
        return None
    position = {image_id: i for i, image_id in enumerate(said.ids.tolist())}
    predicted = said.predicted
    shared = tuple(
        one
        for one in found.explained
        if one.id in position and said.class_names[int(predicted[position[one.id]])] == one.target
    )
    return replace(found, rung=row, explained=shared)
