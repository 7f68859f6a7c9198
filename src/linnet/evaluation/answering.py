"""Maps and panels of some pictures as files in memory, with what is to be read in them; who asks is not known here."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt
import torch

from linnet.classifiers.base import Classifier
from linnet.datasets.base import Dataset
from linnet.errors import ConfigError, LinnetError
from linnet.evaluation.picking import Picked, RunData
from linnet.explainers.base import Explainer
from linnet.images.heat import AGAINST, FOR, overlay
from linnet.images.png import encode_png
from linnet.progress import SILENT, Progress
from linnet.records.calls import written
from linnet.records.inquiry import Answer, Drawing
from linnet.visualizations.base import Panel, Subject, Visualization

SIDE = 224
"""Pixels: smaller pictures are enlarged by a whole factor, as far as that goes."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Scene:
    """Hold what is explained.

    Attributes:
        classifier: Fitted.
        picked: At least one picture.
        pixels: (n, c, h, w) uint8.
        probabilities: (n, k) float32.
        targets: (n,) int64, the class that is explained for each.
        seed: What random draws are derived from.
    """

    classifier: Classifier
    picked: Sequence[Picked]
    pixels: npt.NDArray[np.uint8]
    probabilities: npt.NDArray[np.float32]
    targets: npt.NDArray[np.int64]
    seed: int

    @classmethod
    def of(cls, classifier: Classifier, picked: Sequence[Picked], *, target: str | None, seed: int) -> Self:
        """Let a rung look at the pictures; a target of None is what it predicts for each."""
        pixels = np.stack([one.pixels for one in picked])
        probabilities = classifier.predict_proba(pixels).numpy()
        targets = probabilities.argmax(1).astype(np.int64)
        if target is not None:
            targets[:] = classifier.class_names_.index(target)
        return cls(
            classifier=classifier,
            picked=picked,
            pixels=pixels,
            probabilities=probabilities,
            targets=targets,
            seed=seed,
        )


class Sheets:
    """Gather drawings, of each picture and of the rung itself, and the files that they name.

    Args:
        scene: What is explained.

    Attributes:
        own: Drawings of the rung itself.
        files: {name: PNG or SVG file}.
    """

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._drawings: list[list[Drawing]] = [[] for _ in scene.picked]
        self.own: list[Drawing] = []
        self.files = {f"{number}.png": _enlarged(pixels) for number, pixels in enumerate(scene.pixels, start=1)}

    def add_maps(self, explainer: Explainer, *, with_sanity: bool = False, progress: Progress = SILENT) -> None:
        """Add a map of every picture.

        Raises:
            UnsupportedError: the rung cannot be explained so.
        """
        scene, sentence = self._scene, ""
        maps = explainer.explain(scene.classifier, scene.pixels, scene.targets, seed=scene.seed, progress=progress)
        if with_sanity:
            from linnet.explainers.sanity import sanity  # brings SciPy's statistics

            found = sanity(explainer, scene.classifier, scene.pixels, targets=scene.targets, seed=scene.seed)
            sentence = found.sentence
        for i, relevance in enumerate(maps):
            target, file = scene.classifier.class_names_[scene.targets[i]], f"{i + 1}-{explainer.name()}.png"
            self.files[file] = _enlarged(overlay(scene.pixels[i], relevance).transpose(2, 0, 1))
            self._drawings[i].append(
                Drawing(
                    method=explainer.name(),
                    title=written(explainer),
                    caption=_caption(relevance),
                    file=file,
                    target=target,
                    legend=_legend(relevance, target),
                    sanity=sentence,
                )
            )

    def add_panels(self, visualization: Visualization, data: RunData, *, progress: Progress = SILENT) -> None:
        """Add panels: of each picture where the visualization wants pictures, else of the rung itself.

        Raises:
            UnsupportedError: it cannot be drawn of the rung.
            ConfigError: it wants the pictures that the rung learned from, and they cannot be read.
        """
        scene, name = self._scene, visualization.name()
        train = self._train(visualization, data)
        images, ids = torch.from_numpy(scene.pixels), tuple(one.name for one in scene.picked)
        if not visualization.wants_images:
            subject = Subject(classifier=scene.classifier, images=images, ids=ids, train=train, seed=scene.seed)
            self.own += [self._panel(panel, name, "rung") for panel in visualization.draw(subject, progress=progress)]
            return
        for i, drawings in enumerate(self._drawings):
            subject = Subject(
                classifier=scene.classifier,
                images=images[i : i + 1],
                ids=ids[i : i + 1],
                train=train,
                seed=scene.seed,
            )
            panels = visualization.draw(subject, progress=progress)
            drawings += [self._panel(panel, name, str(i + 1)) for panel in panels]

    def answers(self) -> tuple[Answer, ...]:
        """Return what the rung said of each picture, with the drawings so far."""
        scene = self._scene
        class_names = scene.classifier.class_names_
        return tuple(
            Answer(
                name=one.name,
                file=f"{i + 1}.png",
                label=one.label,
                predicted=class_names[int(chances.argmax())],
                probabilities={name: float(chance) for name, chance in zip(class_names, chances, strict=True)},
                target=class_names[scene.targets[i]],
                drawings=tuple(self._drawings[i]),
            )
            for i, (one, chances) in enumerate(zip(scene.picked, scene.probabilities, strict=True))
        )

    def _train(self, visualization: Visualization, data: RunData) -> Dataset | None:
        """Return what the rung learned from, where a visualization wants that, or might draw it beside the pictures."""
        if visualization.wants_images and not visualization.wants_train:
            return None
        try:
            return data.learned_from(self._scene.classifier)
        except LinnetError as error:
            if not visualization.wants_train:
                return None
            raise ConfigError(
                f"{visualization.name()} wants the pictures that the rung learned from, which cannot be read: {error}"
            ) from None

    def _panel(self, panel: Panel, method: str, of: str) -> Drawing:
        kind = "svg" if panel.image is None else "png"
        stem, number = f"{of}-{method}-{panel.name.removeprefix(f'{method}-')}", 1
        file = f"{stem}.{kind}"
        while file in self.files:
            number += 1
            file = f"{stem}-{number}.{kind}"
        if panel.image is None:
            self.files[file] = panel.svg.encode()
        else:
            self.files[file] = encode_png(np.ascontiguousarray(panel.image.transpose(2, 0, 1)))
        return Drawing(method=method, title=panel.title, caption=panel.caption, file=file, legend=panel.legend)


def _caption(relevance: npt.NDArray[np.float32]) -> str:
    if not relevance.any():
        return "No pixel speaks for the class or against it."
    return "Stronger colors matter more; each map has a scale of its own."


def _legend(relevance: npt.NDArray[np.float32], target: str) -> tuple[tuple[str, str], ...]:
    sides = ((FOR, f"for {target}", relevance.max() > 0), (AGAINST, f"against {target}", relevance.min() < 0))
    return tuple((f"rgb({', '.join(map(str, color))})", text) for color, text, is_there in sides if is_there)


def _enlarged(pixels: npt.NDArray[np.uint8]) -> bytes:
    """Write (c, h, w) pixels as PNG; each pixel of a small picture becomes a square."""
    factor = max(1, SIDE // max(pixels.shape[1:]))
    return encode_png(pixels.repeat(factor, axis=1).repeat(factor, axis=2))
