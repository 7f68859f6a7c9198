"""Read texts such as "focal(gamma=3)", names with settings in brackets; what the names mean is not known here."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from typing import Any, Protocol, TypeVar, get_type_hints

from linnet.errors import ConfigError
from linnet.records.decode import check_keys, coerce, parse_value, show_value


class Named(Protocol):
    """What can be made from a text: an entry of any family; one without settings need be no dataclass."""

    @classmethod
    def name(cls) -> str:
        """Return the name that users write."""


E = TypeVar("E", bound=Named)


def create(call: str, find: Callable[[str], type[E]], *, form: str) -> E:
    """Make an entry from its name, with settings in brackets behind it where they are not to be the defaults.

    Args:
        call: Such as "focal(gamma=3)", as `split_calls` returns it; several settings have commas between them.
        find: Gives the class of a name, or raises UnknownNameError.
        form: See `split_calls`.

    Raises:
        UnknownNameError: no such entry or setting; names the nearest.
        ConfigError: brackets that do not match, a setting twice, without its name or missing, or a value of the wrong
            type or out of its range.
    """
    name, arguments = name_and_arguments(call, form=form)
    entry = find(name)
    settings = named_settings(entry.name(), arguments, setting_types(entry))
    missing = missing_settings(entry, settings)
    if missing:
        raise ConfigError(f"{entry.name()} wants {' and '.join(missing)}, as name=value in brackets; it got {call!r}.")
    return entry(**settings)


def written(entry: Named) -> str:
    """Write an entry as `create` reads it: its name, and in brackets the settings that are not the defaults.

    Args:
        entry: Every setting has a plain value.
    """
    inside = ""
    if is_dataclass(entry):
        values = {part.name: getattr(entry, part.name) for part in fields(entry)}
        defaults = {part.name: part.default for part in fields(entry)}
        inside = ",".join(f"{name}={show_value(v)}" for name, v in values.items() if v != defaults[name])
    return f"{entry.name()}({inside})" if inside else entry.name()


def split_calls(text: str, *, form: str, whole: str | None = None) -> list[str]:
    """Split at the commas that stand in no bracket, round or square.

    Args:
        text: Calls, or the arguments of one.
        form: The first half of the message if it cannot be read, such as "A loss is written like focal(gamma=3)".
        whole: What the user wrote, of which `text` is a part; None: that is all.

    Raises:
        ConfigError: a bracket too many or too few, text behind one, or nothing between two commas.

    Example:
        >>> split_calls("blur, sometimes(0.5,flip)", form="")
        ['blur', 'sometimes(0.5,flip)']
    """
    parts, depth, closed, readable = [""], 0, False, True
    for letter in text:
        if letter == "," and depth == 0:
            parts.append("")
            closed = False
            continue
        depth += (letter in "([") - (letter in ")]")
        readable = readable and depth >= 0 and not (closed and not letter.isspace())
        closed = closed or (letter == ")" and depth == 0)
        parts[-1] += letter
    stripped = [part.strip() for part in parts]
    if not readable or depth != 0 or "" in stripped:
        raise ConfigError(f"{form} with matching brackets; it is {(whole or text)!r}.")
    return stripped


def name_and_arguments(call: str, *, form: str) -> tuple[str, list[str]]:
    """Part one call, as `split_calls` returns it, into its name and what stands in brackets behind it.

    Example:
        >>> name_and_arguments("focal(gamma=3)", form="")
        ('focal', ['gamma=3'])
    """
    name, bracket, rest = call.partition("(")
    inside = split_calls(rest.removesuffix(")"), form=form, whole=call) if bracket and rest != ")" else []
    return name.strip(), inside


def key_and_value(argument: str) -> tuple[str, str]:
    """Part "p=0.3" into its halves; the key is empty where the argument has none.

    Example:
        >>> key_and_value("p = 0.3"), key_and_value("blur(high=2)")
        (('p', '0.3'), ('', 'blur(high=2)'))
    """
    key, equals, value = argument.partition("=")
    return (key.strip(), value.strip()) if equals and "(" not in key else ("", argument)


def named_settings(owner: str, arguments: Iterable[str], types: Mapping[str, Any]) -> dict[str, Any]:
    """Read what stands in brackets behind a name whose settings all have names.

    Args:
        owner: Whose settings, as users write it.
        arguments: Each such as "gamma=3".
        types: The annotation of each setting that there is.

    Raises:
        UnknownNameError: there is no such setting.
        ConfigError: a setting without its name, twice, or with a value of another type.
    """
    given = [key_and_value(argument) for argument in arguments]
    nameless = [value for key, value in given if not key]
    if nameless:
        raise ConfigError(f"{owner} wants its settings as name=value; it got {nameless[0]!r}.")
    refuse_twice(owner, [key for key, _ in given], text=f"{owner}({', '.join(arguments)})")
    return {key: plain_value(owner, key, value, types) for key, value in given}


def plain_value(owner: str, key: str, text: str, types: Mapping[str, Any]) -> Any:
    """Read the value of one setting.

    Args:
        owner: Whose setting, as users write it.
        key: Its name.
        text: What stands behind the equals sign.
        types: The annotation of each setting that there is.

    Raises:
        UnknownNameError: there is no such setting.
        ConfigError: a value of another type.
    """
    check_keys(f"setting of {owner}", {key: text}, types)
    return coerce(types[key], parse_value(text), f"{owner}.{key}")


def refuse_twice(owner: str, keys: Iterable[str], *, text: str) -> None:
    """Refuse a setting that is given twice.

    Args:
        owner: Whose settings.
        keys: In the order given.
        text: What the user wrote.

    Raises:
        ConfigError: names the first.
    """
    seen: set[str] = set()
    for key in keys:
        if key in seen:
            raise ConfigError(f"{text!r} gives {owner}.{key} twice; give it once.")
        seen.add(key)


def setting_types(entry: type[Any]) -> dict[str, Any]:
    """Return the annotation of each setting of an entry; one without settings need be no dataclass."""
    hints = get_type_hints(entry)
    return {part.name: hints[part.name] for part in fields(entry)} if is_dataclass(entry) else {}


def missing_settings(entry: type[Any], given: Iterable[str]) -> list[str]:
    """List the settings of an entry that have no default and are not given."""
    named = {*given}
    every = fields(entry) if is_dataclass(entry) else ()
    return [part.name for part in every if part.default is part.default_factory is MISSING and part.name not in named]
