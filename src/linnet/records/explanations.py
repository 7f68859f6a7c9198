"""Which pictures of a run were explained, and how: explanations.json, beside the heat maps in pictures.zip."""

from dataclasses import dataclass
from typing import ClassVar

from linnet.records.typed import Stored

FORMAT = 1
"""Version of explanations.json; raised when an older Linnet could not read it any more."""


@dataclass(frozen=True, kw_only=True)
class Explained:
    """Hold what one rung looked at in one picture.

    Attributes:
        id: Of the picture.
        target: Name of the class that was explained: the prediction.
        picture: Name of the heat map over the picture, in pictures.zip.
    """

    id: str
    target: str
    picture: str


@dataclass(frozen=True, kw_only=True)
class RungExplanations:
    """Hold what one rung looked at.

    Attributes:
        rung: Its name.
        explainer: Which one; empty where none could be used.
        reason: Why there is none, or why some pictures were left out, as a whole sentence; else empty.
        explained: One entry per picture.
    """

    rung: str
    explainer: str
    reason: str
    explained: tuple[Explained, ...]


@dataclass(frozen=True, kw_only=True)
class Explanations(Stored):
    """Hold what the rungs of a run looked at.

    Attributes:
        shared: Ids of the pictures that every rung was asked about, for a view side by side.
        rungs: In the order of the experiment.
    """

    version: ClassVar[int] = FORMAT
    kind: ClassVar[str] = "explanations of pictures"

    shared: tuple[str, ...]
    rungs: tuple[RungExplanations, ...]
