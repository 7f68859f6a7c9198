"""What a rung said of some pictures and why: explanations.json in the folder that `linnet explain` writes."""

from dataclasses import dataclass
from typing import ClassVar

from linnet.records.typed import Stored

FORMAT = 1
"""Version of the file; raised when an older Linnet could not read it any more."""


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """Hold one map or panel.

    Attributes:
        method: The explainer or visualization that made it.
        title: A few words.
        caption: What is seen, in whole sentences.
        file: Its name in the folder: a PNG file, or an SVG file.
        target: Name of the class that is explained; empty where it is about none.
        legend: (CSS color, words) of what has a color.
        sanity: Whether the map depends on what was learned, as a sentence; empty where that was not asked.
    """

    method: str
    title: str
    caption: str
    file: str
    target: str = ""
    legend: tuple[tuple[str, str], ...] = ()
    sanity: str = ""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """Hold what a rung said of one picture, and why.

    Attributes:
        name: The file, or the id in the run's data.
        file: Name of the picture as the rung sees it, in the folder.
        label: Name of its true class; empty where it is not known.
        predicted: Name of the likeliest class.
        probabilities: {name of a class: its probability}, in the order of the classes.
        target: Name of the class that is explained.
        drawings: Maps and panels, in the order of the methods.
    """

    name: str
    file: str
    label: str
    predicted: str
    probabilities: dict[str, float]
    target: str
    drawings: tuple[Drawing, ...]


@dataclass(frozen=True, kw_only=True)
class Inquiry(Stored):
    """Hold all answers.

    Attributes:
        run: Name of the run folder.
        rung: Which rung was asked.
        seed: What random draws were derived from.
        answers: One for each picture.
        drawings: Panels about the rung itself.
        left_out: Whole sentences: which methods and pictures were left out, and why.
    """

    version: ClassVar[int] = FORMAT
    kind: ClassVar[str] = "what a rung said of pictures"

    run: str
    rung: str
    seed: int
    answers: tuple[Answer, ...]
    drawings: tuple[Drawing, ...] = ()
    left_out: tuple[str, ...] = ()
