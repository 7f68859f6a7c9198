"""The page of `linnet explain`: some pictures side by side with what a rung said of them and why."""

import base64
import shutil
import tempfile
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from linnet import words
from linnet.records.files import write_bytes, write_text
from linnet.records.inquiry import Answer, Drawing, Inquiry
from linnet.records.pictures import media_type
from linnet.records.run import refuse_existing

MOST_CLASSES = 5
"""Probabilities that are shown, the likeliest ones; the class that is explained comes in any case."""


def write(inquiry: Inquiry, files: Mapping[str, bytes], folder: Path) -> Path:
    """Write a new folder with the page, explanations.json and the files; it is there whole or not at all.

    Args:
        inquiry: What was said.
        files: Pictures and drawings by the names that stand in it.
        folder: Where to.

    Returns:
        The page.

    Raises:
        RunError: the folder exists.
    """
    refuse_existing(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    half = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
    try:
        for name, data in files.items():
            write_bytes(half / name, data)
        inquiry.write(half / "explanations.json")
        write_text(half / "explanations.html", render(inquiry, files))
        half.chmod(0o755)
        half.rename(folder)
    except BaseException:
        shutil.rmtree(half, ignore_errors=True)
        raise
    return folder / "explanations.html"


def render(inquiry: Inquiry, files: Mapping[str, bytes]) -> str:
    """Make one HTML file that holds everything and asks nobody for more.

    Args:
        inquiry: What was said.
        files: Pictures and drawings by the names that stand in it.
    """
    from jinja2 import Environment, FunctionLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=FunctionLoader(_asset), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters.update(chance=words.chance)
    mark = _asset("mark.svg")
    return environment.get_template("explain.html.j2").render(
        inquiry=inquiry,
        answers=[(answer, chances(answer), groups(answer.drawings)) for answer in inquiry.answers],
        own=groups(inquiry.drawings),
        n=words.count(len(inquiry.answers), "picture"),
        uri=lambda name: _uri(name, files[name]),
        icon=_uri("mark.svg", mark.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1).encode()),
        mark=Markup(mark),
        style=Markup(_asset("style.css")),
    )


def chances(answer: Answer) -> list[tuple[str, float]]:
    """List the likeliest classes with their probabilities, and the one that is explained, best first."""
    ordered = sorted(answer.probabilities.items(), key=lambda pair: -pair[1])
    return [pair for place, pair in enumerate(ordered) if place < MOST_CLASSES or pair[0] == answer.target]


def groups(drawings: tuple[Drawing, ...]) -> list[dict[str, Any]]:
    """Put side by side what is looked at together: all maps of one class, and all panels of one method.

    Returns:
        {"target": name of a class, or empty, "method": name, or empty, "drawings": list}, in the order given.
    """
    found: dict[tuple[str, str], list[Drawing]] = {}
    for drawing in drawings:
        found.setdefault((drawing.target, "" if drawing.target else drawing.method), []).append(drawing)
    return [{"target": target, "method": method, "drawings": group} for (target, method), group in found.items()]


def _uri(name: str, data: bytes) -> str:
    # An SVG as a picture cannot run anything, nor share identifiers with another one on the page.
    kind = "image/svg+xml" if name.endswith(".svg") else media_type(data)
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"


def _asset(name: str) -> str:
    return resources.files("linnet.reports").joinpath("templates", name).read_text(encoding="utf-8")
