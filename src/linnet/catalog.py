"""Find the entries of a family by their file names; the only dynamic import in the house."""

import importlib
import importlib.metadata
import pkgutil
from dataclasses import fields, is_dataclass
from functools import cache
from types import ModuleType
from typing import Any

from linnet.errors import UnknownNameError

FAMILIES = {
    "augmentations": ("transforms.augmentations", "Augmentation"),
    "classifiers": ("classifiers", "Classifier"),
    "datasets": ("datasets", "NamedSet"),
    "explainers": ("explainers", "Explainer"),
    "losses": ("training.losses", "Loss"),
    "visualizations": ("visualizations", "Visualization"),
}
"""Each family's folder, and the abstract class in its `base.py` that entries derive from."""

_SINGULAR = {"losses": "loss"}


class Entry:
    """Stand above the contracts of all families: an entry is named after its file, its fields are its settings."""

    @classmethod
    def name(cls) -> str:
        """Return the name users write ("softmax-regression"): the file's, with hyphens."""
        return cls.__module__.rsplit(".", 1)[-1].replace("_", "-")

    @classmethod
    def setting_names(cls) -> tuple[str, ...]:
        """List the settings; an entry without any need be no dataclass."""
        return tuple(field.name for field in fields(cls)) if is_dataclass(cls) else ()


@cache
def _modules(family: str) -> dict[str, str]:
    package = _package(family)
    found = {
        module.name.replace("_", "-"): f"{package.__name__}.{module.name}"
        for module in pkgutil.iter_modules(package.__path__)
        if not (module.ispkg or module.name.startswith("_") or module.name in _not_entries(family))
    }
    for point in importlib.metadata.entry_points(group=f"linnet.{family}"):
        found.setdefault(point.name, point.module)
    return found


def _package(family: str) -> ModuleType:
    return importlib.import_module(f"linnet.{FAMILIES[family][0]}")


def _not_entries(family: str) -> frozenset[str]:
    """Name the files of a family folder that hold its contract or its machinery; folders in it are never entries."""
    package = _package(family)
    return frozenset(getattr(package, "MACHINERY", ())) | {"base"}


def names(family: str) -> tuple[str, ...]:
    """List the entries of a family.

    Args:
        family: A key of `FAMILIES`.

    Returns:
        Names as users write them ("softmax-regression"), sorted.
    """
    if family not in FAMILIES:
        raise UnknownNameError("family", family, sorted(FAMILIES))
    return tuple(sorted(_modules(family)))


def find(family: str, name: str) -> type[Any]:
    """Return the class of one entry.

    Args:
        family: A key of `FAMILIES`.
        name: An entry's name; underscores count as hyphens.

    Raises:
        UnknownNameError: no such family or entry; the message names the nearest one.
    """
    known = names(family)
    name = name.replace("_", "-")
    if name not in known:
        raise UnknownNameError(_SINGULAR.get(family, family.removesuffix("s")), name, known)
    contract = getattr(importlib.import_module(f"{_package(family).__name__}.base"), FAMILIES[family][1])
    module = importlib.import_module(_modules(family)[name])
    for thing in vars(module).values():
        if isinstance(thing, type) and issubclass(thing, contract) and thing.__module__ == module.__name__:
            return thing
    raise UnknownNameError(_SINGULAR.get(family, family.removesuffix("s")), name, [n for n in known if n != name])
