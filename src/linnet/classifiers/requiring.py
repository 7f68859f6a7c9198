"""Entries of other families that lean on what only some rungs can do; what they do with it is not said here."""

from typing import ClassVar

from linnet import catalog
from linnet.classifiers.base import Classifier


class Requiring(catalog.Entry):
    """Say which rungs an entry works on.

    Attributes:
        requires: What a classifier must be able to do, a protocol of `linnet.classifiers.capabilities`; None: nothing.
    """

    requires: ClassVar[type | None] = None

    @classmethod
    def supports(cls, rung: Classifier | type[Classifier]) -> bool:
        """Return whether a rung, or the rungs of a class, can do what is required."""
        if cls.requires is None:
            return True
        return issubclass(rung, cls.requires) if isinstance(rung, type) else isinstance(rung, cls.requires)

    @classmethod
    def supported(cls) -> tuple[str, ...]:
        """Name the rungs that can."""
        return tuple(name for name in catalog.names("classifiers") if cls.supports(catalog.find("classifiers", name)))
