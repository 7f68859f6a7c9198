"""Turn plain values (TOML, JSON, flags) into typed ones, strictly: what is unknown or of another type is refused."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import fields
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

import tomli_w

from linnet.errors import ConfigError, LinnetError, UnknownNameError

T = TypeVar("T")


def check_keys(kind: str, mapping: Mapping[str, Any], known: Iterable[str]) -> None:
    """Refuse a key that nobody reads.

    Args:
        kind: What the keys are, in the singular ("setting of knn").
        mapping: What came.
        known: Every key that means something.

    Raises:
        UnknownNameError: the first unknown key, with the nearest known one.
    """
    names = tuple(known)
    for key in mapping:
        if key not in names:
            raise UnknownNameError(kind, str(key), names)


def coerce(wanted: Any, value: Any, where: str) -> Any:
    """Make one value fit its annotated type, as a TOML reader would: "3" is no int, 3 is a float, a list is a tuple.

    A flag cannot show whether one of several is meant, or a text with commas in it; the type can. So a single value is
    a tuple of one where a tuple is wanted, and several words are one text where a text is.

    Args:
        wanted: The annotation: int, float, bool, str, Literal, tuple[int, ...], or a union of these.
        value: What came.
        where: How the user wrote it ("knn.k"), for the message.

    Raises:
        ConfigError: the value is of another type.
    """
    from pydantic import TypeAdapter, ValidationError

    came = value
    if isinstance(value, list):
        value = tuple(value)
    if _takes(wanted, tuple) and isinstance(value, bool | int | float | str):
        value = (value,)
    elif isinstance(value, tuple) and _takes(wanted, str) and all(isinstance(part, str) for part in value):
        value = ",".join(value)
    try:
        return TypeAdapter(wanted).validate_python(value, strict=True)
    except ValidationError as error:
        said = "; ".join(dict.fromkeys(e["msg"].removeprefix("Input should be ") for e in error.errors()))
        raise ConfigError(f"{where} should be {said}; it is {came!r}.") from None


def make(entry: type[T], name: str, settings: Mapping[str, Any]) -> T:
    """Make an entry of a family from settings of any type that came.

    Args:
        entry: A dataclass; its fields are its settings.
        name: As users write it.
        settings: {setting: value}.

    Raises:
        UnknownNameError: it has no such setting.
        ConfigError: a value of the wrong type or out of its range.
    """
    types = get_type_hints(entry)
    check_keys(f"setting of {name}", settings, [part.name for part in fields(entry)])  # type: ignore[arg-type]
    values = {key: coerce(types[key], value, f"{name}.{key}") for key, value in settings.items()}
    try:
        return entry(**values)
    except LinnetError:
        raise
    except (TypeError, ValueError) as error:
        raise ConfigError(f"{name} cannot be made with {dict(settings)} ({error}).") from None


def _takes(wanted: Any, kind: type) -> bool:
    """Say whether values of a kind are what an annotation asks for; a union that takes single values, too, says no."""
    if get_origin(wanted) in (Union, UnionType):
        return all(_takes(member, kind) for member in get_args(wanted) if member is not type(None))
    return (get_origin(wanted) or wanted) is kind


def parse_value(text: str) -> Any:
    """Read what stands behind the equals sign of a flag: a TOML value, several with commas, or else a plain word.

    Commas of a word with brackets belong to it.

    Example:
        >>> parse_value("3"), parse_value("l2"), parse_value("64,32"), parse_value("focal(gamma=3),x")
        (3, 'l2', [64, 32], 'focal(gamma=3),x')
    """
    for candidate in (text, f"[{text}]") if "," in text else (text,):
        try:
            return tomllib.loads(f"x = {candidate}")["x"]
        except tomllib.TOMLDecodeError:
            continue
    return [parse_value(part.strip()) for part in text.split(",")] if "," in text and "(" not in text else text


def show_value(value: Any) -> str:
    """Write a value so that `parse_value` reads it back: what `command_line` puts behind the equals sign.

    Example:
        >>> show_value(3), show_value(True), show_value("l2"), show_value((64, 32)), show_value("a,b")
        ('3', 'true', 'l2', '[64, 32]', '"a,b"')
    """
    if isinstance(value, str) and value == value.strip() != "" and parse_value(value) == value:
        return value
    return _toml(value)


def _toml(value: Any) -> str:
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_toml, value))}]"
    return tomli_w.dumps({"x": value}).removeprefix("x = ").rstrip("\n")


def parse_assignments(assignments: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Read the values of `--set`: each "rung.setting=value".

    Returns:
        {rung: {setting: value}}, in the order given.

    Raises:
        ConfigError: no dot, no equals sign, or the same setting twice.

    Example:
        >>> parse_assignments(["knn.k=1", "knn.metric=l2"])
        {'knn': {'k': 1, 'metric': 'l2'}}
    """
    found: dict[str, dict[str, Any]] = {}
    for assignment in assignments:
        target, equals, text = assignment.partition("=")
        rung, dot, setting = target.strip().partition(".")
        if not (equals and dot and rung and setting and text.strip()):
            raise ConfigError(f"--set wants RUNG.SETTING=VALUE, such as knn.k=1; it got {assignment!r}.")
        settings = found.setdefault(rung.replace("_", "-"), {})
        if setting in settings:
            raise ConfigError(f"--set gives {rung}.{setting} twice; give it once.")
        settings[setting] = parse_value(text.strip())
    return found
