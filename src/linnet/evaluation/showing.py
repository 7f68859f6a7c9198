"""Put the few pictures that the report shows into the run: samples, mistakes, templates, and what rungs looked at."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from linnet.classifiers.base import Classifier, load
from linnet.classifiers.capabilities import Templated
from linnet.datasets.loading import Loaded
from linnet.evaluation.explaining import LONGEST_SIDE, explain_shown, of_views, pixels_of
from linnet.images.thumbnails import encode_thumbnail
from linnet.progress import SILENT, Progress
from linnet.records.explanations import Explanations, RungExplanations
from linnet.records.pictures import image_name, template_name
from linnet.records.predictions import Predictions
from linnet.records.run import Run
from linnet.reports.choices import explained_wanted, pictures_wanted


def store_pictures(run: Run, data: Loaded, *, progress: Progress = SILENT) -> None:
    """Write explanations.json, and pictures.zip with all that a report shows.

    Those are: what `pictures_wanted` names, the templates of every rung that has some, and heat
    maps. Pixels are read a few at a time, so that memory does not grow with the test set beyond thumbnails.
    """
    predictions: dict[str, Predictions] = {}
    for rung in run.rungs:
        found = (run.predictions(rung, split) for split in run.shown_splits)
        if (said := next(filter(None, found), None)) is not None:
            predictions[rung] = said
    class_names, side = data.everything.class_names, max(data.everything.image_shape[1:])
    shared, own = explained_wanted(predictions)
    wanted = pictures_wanted(
        data.manifest,
        class_names,
        predictions,
        pairs=_pairs(data),
        longest_side=min(side, LONGEST_SIDE),
    )
    pictures = {}
    for image_id in wanted:
        pictures[image_name(image_id)] = encode_thumbnail(pixels_of(data, [image_id])[0], longest_side=LONGEST_SIDE)
    explained: dict[str, RungExplanations] = {}
    with progress.task("Drawing what rungs looked at", len(run.fitted_rungs)) as task:
        for rung in run.fitted_rungs:
            lent = of_views(rung, explained, predictions.get(rung))
            if lent is not None:
                explained[rung] = lent
            else:
                classifier = load(run.rung_folder(rung))
                pictures.update(_templates(rung, classifier))
                if rung in predictions:
                    ids = list(dict.fromkeys([*shared, *own.get(rung, ())]))
                    explained[rung], maps = explain_shown(rung, classifier, data, ids, seed=run.experiment.seed)
                    pictures.update(maps)
            task.advance(note=rung)
    Explanations(shared=tuple(shared), rungs=tuple(explained.values())).write(run.folder / "explanations.json")
    run.write_pictures(pictures)


def _pairs(data: Loaded) -> list[Sequence[str]]:
    """List the examples of equal pictures of which both are still in the data; one may have been dropped on purpose."""
    known = set(data.everything.ids.tolist())
    return [pair for pair in data.duplicates.get("examples", ()) if known.issuperset(pair[:2])]


def _templates(rung: str, classifier: Classifier) -> dict[str, bytes]:
    """Draw the picture that a linear rung compares with, one for each class; others have none."""
    if not isinstance(classifier, Templated):
        return {}
    return {
        template_name(rung, index): encode_thumbnail(_as_pixels(template), longest_side=LONGEST_SIDE)
        for index, template in enumerate(classifier.templates().numpy())
    }


def _as_pixels(template: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
    """Map weights to levels: zero becomes mid-gray, the largest weight of either sign black or white."""
    largest = float(np.abs(template).max()) or 1.0
    return np.asarray(np.rint(127.5 + 127.5 * template / largest), dtype=np.uint8)
