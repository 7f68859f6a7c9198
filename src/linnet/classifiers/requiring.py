"""Entries of other families that lean on what only some rungs can do; what they do with it is not said here."""

from typing import ClassVar

from linnet import catalog
from linnet.classifiers.base import Classifier
from linnet.errors import UnsupportedError


class Requiring(catalog.Entry):
    """Say which rungs an entry works on.

    Attributes:
        requires: What a classifier must be, a protocol of `linnet.classifiers.capabilities`; None: nothing.
        instead: A whole sentence for those who asked it of another rung; empty where there is none.
    """

    requires: ClassVar[type | None] = None
    instead: ClassVar[str] = ""

    @classmethod
    def check_supported(cls, classifier: Classifier) -> None:
        """Refuse a rung that is not what is required.

        Raises:
            UnsupportedError: names the rungs that are.
        """
        if cls.requires is not None and not cls.supports(classifier):
            wanted = cls.requires.__name__.lower()
            raise UnsupportedError(
                f"{cls.name()} wants a rung that is {wanted}, and {classifier.name()} is not; "
                f"{', '.join(cls.supported())} are. {cls.instead}".rstrip()
            )

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
