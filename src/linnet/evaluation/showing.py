"""Put the few pictures that the report shows into the run: samples, mistakes, what linear rungs learned."""

import numpy as np
import numpy.typing as npt

from linnet.classifiers.base import load
from linnet.classifiers.capabilities import Templated
from linnet.datasets.base import gather
from linnet.datasets.loading import Loaded
from linnet.images.png import encode_png
from linnet.records.pictures import image_name, template_name
from linnet.records.predictions import Predictions
from linnet.records.run import Run
from linnet.reports.choices import pictures_wanted

_LONGEST_SIDE = 112
"""Pixels: pictures in a report are no larger, so that it stays small."""


def store_pictures(run: Run, data: Loaded) -> None:
    """Write pictures.zip: what `pictures_wanted` names, and the templates of every rung that has some."""
    predictions: dict[str, Predictions] = {}
    for rung in run.rungs:
        found = run.predictions(rung, "test") or run.predictions(rung, "valid")
        if found is not None:
            predictions[rung] = found
    pictures = {}
    for image_id in pictures_wanted(data.manifest, data.everything.class_names, predictions):
        row = data.row_of(image_id)
        pixels = gather(data.everything.pixels, data.everything.rows[row : row + 1])[0].numpy()
        pictures[image_name(image_id)] = encode_png(pixels, longest_side=_LONGEST_SIDE)
    for rung in run.fitted_rungs:
        classifier = load(run.rung_folder(rung))
        if isinstance(classifier, Templated):
            for index, template in enumerate(classifier.templates().numpy()):
                pictures[template_name(rung, index)] = encode_png(_as_pixels(template))
    run.write_pictures(pictures)


def _as_pixels(template: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
    """Map weights to levels: zero becomes mid-gray, the largest weight of either sign black or white."""
    largest = float(np.abs(template).max()) or 1.0
    return np.asarray(np.rint(127.5 + 127.5 * template / largest), dtype=np.uint8)
