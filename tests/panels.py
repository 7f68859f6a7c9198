"""Visualizations that need no theory, and a catalog that knows them, for tests of everything around entries."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from brightness import Brightness, Noise, Sloped
from linnet import catalog
from linnet.classifiers.capabilities import Layered
from linnet.visualizations.base import Panel, Visualization

EXPLAINERS = {entry.name(): entry for entry in (Brightness, Noise, Sloped)}


@dataclass(kw_only=True)
class Nearest(Visualization):
    """Tell how many training pictures there are."""

    about: ClassVar[str] = "training pictures"
    wants_images: ClassVar[bool] = True
    wants_train: ClassVar[bool] = True

    @classmethod
    def name(cls):
        return "nearest"

    def _draw(self, subject):
        caption = f"{subject.ids[0]} of {len(subject.train)}"
        return [Panel(name="pixels", title="Like these", caption=caption, image=np.zeros((4, 9, 3), dtype=np.uint8))]


@dataclass(kw_only=True)
class Chart(Visualization):
    """Draw something of the rung itself."""

    about: ClassVar[str] = "a drawing"

    @classmethod
    def name(cls):
        return "chart"

    def _draw(self, subject):
        svg = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"></svg>'
        n_train = len(subject.train) if subject.train is not None else 0
        caption = f"{len(subject.images)} pictures, {n_train} learned from, seed {subject.seed}"
        return [Panel(name="lines", title="Lines", caption=caption, svg=svg, legend=(("#123456", "<b>ant</b>"),))]


@dataclass(kw_only=True)
class Activations(Visualization):
    """Look into a network."""

    about: ClassVar[str] = "layers"
    requires: ClassVar[type | None] = Layered
    wants_images: ClassVar[bool] = True

    @classmethod
    def name(cls):
        return "activations"

    def _draw(self, subject):
        return [
            Panel(name=f"layer-{i}", title=f"Layer {i}", caption="", image=np.zeros((2, 2, 3), dtype=np.uint8))
            for i in range(2)
        ]


VISUALIZATIONS = {entry.name(): entry for entry in (Nearest, Chart, Activations)}


def in_catalog(monkeypatch):
    """Let the catalog hold these entries, and no others of their families."""
    families = {"explainers": EXPLAINERS, "visualizations": VISUALIZATIONS}
    names, find = catalog.names, catalog.find
    monkeypatch.setattr(
        catalog, "names", lambda family: tuple(sorted(families[family])) if family in families else names(family)
    )
    monkeypatch.setattr(
        catalog, "find", lambda family, name: families[family][name] if family in families else find(family, name)
    )
    monkeypatch.setattr("linnet.explainers.choosing.suitable", lambda classifier: Brightness())
