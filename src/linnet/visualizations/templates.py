"""The weights of linear rungs as pictures, one per class: what each class looks for, and what speaks against it."""

from dataclasses import dataclass
from typing import ClassVar

from linnet.classifiers.capabilities import Templated
from linnet.errors import ConfigError, UnsupportedError
from linnet.visualizations import sheets
from linnet.visualizations.base import Panel, Subject, Visualization


@dataclass(frozen=True, kw_only=True)
class Templates(Visualization):
    """Draw the weight of each pixel for each class, all on one scale.

    Args:
        classes: So many at most, the first ones, at least 1.
        side: Pixels of a tile, at least 8.
    """

    about: ClassVar[str] = "the weights of a linear rung, one tile per class"
    requires: ClassVar[type | None] = Templated
    classes: int = 100
    side: int = 96

    def __post_init__(self) -> None:
        if self.classes < 1 or self.side < 8:
            raise ConfigError(
                f"Templates want at least 1 class and tiles of at least 8 pixels; "
                f"they are {self.classes} and {self.side}."
            )

    def _draw(self, subject: Subject) -> list[Panel]:
        if not isinstance(subject.classifier, Templated):
            raise UnsupportedError(f"{subject.classifier.name()} has no templates.")
        weights = subject.classifier.templates().detach().numpy()
        names = subject.classifier.class_names_
        shown = weights[: self.classes]
        end = sheets.scale_end(shown)
        tiles = [sheets.sized(tile, self.side) for tile in sheets.tiles_of(sheets.signed_levels(shown, end=end))]
        left_out = f" Not drawn: {len(names) - len(shown)} of {len(names)} classes." if len(shown) < len(names) else ""
        color = " Each color is the weight of its channel." if shown.shape[1] == 3 else ""
        caption = (
            f"One tile per class, row by row from the left: {', '.join(names[: len(shown)])}. Mid-gray is a weight "
            "of 0: the pixel does not count. Where a tile is bright, a bright pixel speaks for the class; where it is "
            f"dark, a bright pixel speaks against it.{color} All tiles have one scale, which ends at ±{end:.3g}."
            f"{left_out}"
        )
        return [Panel(name="templates", title="What each class looks for", caption=caption, image=sheets.grid(tiles))]
