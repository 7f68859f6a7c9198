"""What an entry of a catalog is, in words, settings and layers; nothing is trained and nothing is shown here."""

import inspect
import re
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields, replace
from typing import Any

from linnet import catalog
from linnet.classifiers.base import create
from linnet.classifiers.capabilities import Buildable
from linnet.classifiers.networks.layers import describe_layers
from linnet.errors import ConfigError, UnknownNameError, UnsupportedError


@dataclass(frozen=True, kw_only=True)
class Description:
    """Describe an entry of a catalog.

    Attributes:
        name: As users write it.
        family: A key of `catalog.FAMILIES`.
        about: One line.
        text: The first paragraphs of its documentation.
        settings: {name: (type, default)}; a default of None stands for none: such a setting must be given.
        candidates: What model selection chooses from: dictionaries of settings; of classifiers only.
        layers: Of a network, where they were asked for; see `describe_layers`.
    """

    name: str
    family: str
    about: str
    text: str
    settings: dict[str, tuple[str, Any]]
    candidates: tuple[dict[str, Any], ...] = ()
    layers: dict[str, Any] | None = None


def ladder_names() -> tuple[str, ...]:
    """List all rungs, cheap ones first."""
    names = catalog.names("classifiers")
    return tuple(sorted(names, key=lambda name: (catalog.find("classifiers", name).position, name)))


def described(name: str) -> Description:
    """Describe an entry of any family, without layers.

    Raises:
        UnknownNameError: no family has it; names the nearest.
    """
    known = name.replace("_", "-")
    for family in sorted(catalog.FAMILIES):
        if known in catalog.names(family):
            return _described(family, known)
    every = [entry for family in sorted(catalog.FAMILIES) for entry in catalog.names(family)]
    raise UnknownNameError("entry", name, every)


def about(family: str, name: str) -> str:
    """Say in one line what an entry is; of a loss with its settings, as they stand in brackets behind its name."""
    entry = catalog.find(family, name)
    own = _described(family, name).settings if family == "losses" else {}
    shown = ", ".join(key if default is None else f"{key}={default}" for key, (_, default) in own.items())
    return f"{entry.about} ({shown})" if shown else str(entry.about)


def _described(family: str, name: str) -> Description:
    entry = catalog.find(family, name)
    text = inspect.cleandoc(entry.__doc__ or "")
    plain = Description(name=name, family=family, about=entry.about, text=text, settings={})
    if family == "datasets":
        return plain
    # An entry without settings need be no dataclass.
    parts = fields(entry) if hasattr(entry, "__dataclass_fields__") else ()
    shown = {part.name: (type_name(part.type), _plain(part.default)) for part in parts}
    if family != "classifiers":
        return replace(plain, settings=shown)
    defaults = entry().settings()
    candidates = [candidate.settings() for candidate in entry().candidates()]
    varied = tuple({key: c[key] for key in defaults if c[key] != defaults[key]} for c in candidates)
    return replace(plain, settings=shown, candidates=varied)


def _plain(default: Any) -> Any:
    """Write a default as JSON can hold it; no setting has None for a value, so it can say that there is no default."""
    if default is MISSING:
        return None
    return list(default) if isinstance(default, tuple) else default


def own_settings(found: Description, settings: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return the settings meant for one entry, checked.

    Args:
        found: The entry.
        settings: {name: {setting: value}}.

    Raises:
        ConfigError: settings of another entry, or out of their range.
        UnsupportedError: settings of an entry that is no classifier.
    """
    named = {key.replace("_", "-"): values for key, values in settings.items()}
    others = [f"{key}.{setting}" for key, values in named.items() for setting in values if key != found.name]
    if others:
        raise ConfigError(f"Only settings of {found.name} can be set where it is described; it got {others[0]}.")
    own = dict(named.get(found.name, {}))
    if own and found.family != "classifiers":
        raise UnsupportedError(f"Settings can be set for classifiers only; {found.name} is one of the {found.family}.")
    if own:
        create(found.name, own)
    return own


def refuse_idle(settings: Mapping[str, Any]) -> None:
    """Refuse settings where no layers are described, which is all that they would change.

    Raises:
        ConfigError: there are some.
    """
    if settings:
        raise ConfigError(
            f"Settings change the layers that are described, and without --input, such as --input 3x32x32, there are "
            f"none; leave out {', '.join(settings)}, or give a shape."
        )


def layers(
    found: Description, settings: dict[str, Any], input_shape: tuple[int, int, int], n_classes: int
) -> dict[str, Any]:
    """Build a network for pictures of a shape, and describe it as plain values.

    Args:
        found: The entry.
        settings: What `own_settings` returned.
        input_shape: (c, h, w), each at least 1.
        n_classes: At least 1.

    Raises:
        UnsupportedError: the entry is no network; names those that are.
        ImagesError: the network does not take pictures of this shape.
    """
    classifier = create(found.name, settings) if found.family == "classifiers" else None
    if not isinstance(classifier, Buildable):
        networks = [n for n in ladder_names() if isinstance(catalog.find("classifiers", n)(), Buildable)]
        raise UnsupportedError(f"{found.name} is no network and has no layers; those that have: {', '.join(networks)}.")
    return describe_layers(classifier, input_shape, n_classes)


def type_name(annotation: Any) -> str:
    """Write a type as a user would: int, float, Literal['l1', 'l2']."""
    text = str(annotation.__name__ if isinstance(annotation, type) else annotation)
    return re.sub(r"\b(typing|linnet(\.\w+)*)\.(?=\w)", "", text)
