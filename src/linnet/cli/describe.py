"""`linnet describe NAME`: one entry, its settings and what may be chosen; of a network also the layers."""

import re
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from linnet.errors import ConfigError, UsageError
from linnet.records.decode import parse_assignments


def describe(
    name: str,
    /,
    *,
    input_shape: Annotated[str, Parameter(name="--input")] = "",
    classes: int | None = None,
    settings: Annotated[tuple[str, ...], Parameter(name="--set", negative=(), consume_multiple=False)] = (),
    out: Path | None = None,
    seed: int = 0,
    json: Annotated[bool, Parameter(negative=())] = False,
) -> None:
    """Describe one entry of any family: a classifier, data set, augmentation, loss, explainer or visualization.

    Args:
        name: As `linnet list` names it.
        input_shape: Channels, height and width of pictures, such as 3x32x32; shows the layers of a network for them.
        classes: How many classes the network tells apart, with --input; 10 if not given.
        settings: NAME.SETTING=VALUE builds the network with another setting, with --input. May be given several times.
        out: A file to write the description to as JSON.
        seed: Of no effect here.
        json: Print the description as JSON on standard output.
    """
    # Refused before torch is loaded, which takes a second.
    shape = shape_of(input_shape) if input_shape else None
    assigned = parse_assignments(settings)
    if classes is not None and shape is None:
        raise UsageError("--classes is for the layers of a network; give --input with it, such as 3x32x32.")

    from linnet import workbench
    from linnet.cli import show

    found = workbench.describe(name, input_shape=shape, n_classes=10 if classes is None else classes, settings=assigned)
    show.description(found, as_json=json, out=out)


def shape_of(text: str) -> tuple[int, int, int]:
    """Read a shape of pictures.

    Raises:
        ConfigError: it is none.

    Example:
        >>> shape_of("3x32x32")
        (3, 32, 32)
    """
    found = re.fullmatch(r"0*([1-9][0-9]{0,5})[xX×]0*([1-9][0-9]{0,5})[xX×]0*([1-9][0-9]{0,5})", text.replace(" ", ""))
    if found is None:
        raise ConfigError(
            f"--input wants channels, height and width, each from 1 to 999999, such as 3x32x32; it got {text!r}."
        )
    c, h, w = map(int, found.groups())
    return c, h, w
