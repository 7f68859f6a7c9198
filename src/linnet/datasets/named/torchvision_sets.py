"""Data sets by name: Linnet's own entries, and any classification set of torchvision, found among its classes."""

import inspect
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext, redirect_stderr
from http.client import HTTPException
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple

from linnet import catalog
from linnet.datasets.base import ArraySource, NamedSet, Source
from linnet.datasets.named.download import reachable
from linnet.datasets.named.finding import with_name
from linnet.datasets.named.torchvision_items import Parts, as_source
from linnet.errors import DataError, DownloadError, UnknownNameError
from linnet.progress import SILENT, Progress

_OWN = {"MNIST": "mnist", "FashionMNIST": "fashion-mnist", "CIFAR10": "cifar10", "CIFAR100": "cifar100"}
# fmt: off
_OTHER_TASKS = frozenset((
    "CelebA", "DatasetFolder", "FakeData", "ImageFolder", "Kinetics", "LFWPairs", "LSUN", "LSUNClass", "MovingMNIST",
    "PhotoTour", "SBU", "VisionDataset", "WIDERFace",
))
# fmt: on
"""Classes whose constructors look as if they classified, and whose items are no picture with one label."""
_VARIANTS: dict[str, dict[str, Any]] = {"EMNIST": {"split": "balanced"}}
"""Arguments without which a class cannot be made, and our choice, which is said."""
_SPLIT_WORDS = (
    ("train", ("train", "trainval", "train-standard")),
    ("valid", ("val", "valid")),
    ("test", ("test",)),
)
"""Our split, and torchvision's words for it, of which the first that a class takes is used."""
_ABSENT = (RuntimeError, OSError, EOFError, HTTPException)
_Maker = Callable[..., Any]


def open_named(name: str, places: Sequence[Path], *, progress: Progress = SILENT) -> Source | ArraySource:
    """Open a data set by its name.

    Args:
        name: An entry of the catalog, or a class of `torchvision.datasets`, in any case.
        places: Folders to look in; a download goes to the last.
        progress: Where a download reports to.

    Raises:
        UnknownNameError: no such set; names the nearest.
        DataError: it was found, and is damaged or of another kind.
        DownloadError: it is nowhere and cannot be fetched.
    """
    own = catalog.names("datasets")
    plain = name.replace("_", "-").lower()
    if plain not in own:
        known = torchvision_names()
        found = next((theirs for theirs in known if theirs.lower() == plain.replace("-", "")), None)
        if found is None:
            raise UnknownNameError("data set", name, (*own, *known))
        if found not in _OWN:
            return _open_torchvision(found, places, progress)
        plain = _OWN[found]
    entry: type[NamedSet] = catalog.find("datasets", plain)
    return entry().open(places, progress=progress)


def torchvision_names() -> tuple[str, ...]:
    """List torchvision's classification sets: what can be made with a root alone, or a root and a split."""
    import torchvision.datasets

    return tuple(
        name
        for name in sorted(torchvision.datasets.__all__)
        if name not in _OTHER_TASKS and _classifies(getattr(torchvision.datasets, name))
    )


def _classifies(make: Any) -> bool:
    import torchvision.datasets

    if not (inspect.isclass(make) and issubclass(make, torchvision.datasets.VisionDataset)):
        return False
    parameters = _parameters(make)
    needed = {name for name, one in parameters.items() if one.default is one.empty} - {"root", "split"}
    # `transforms` takes picture and target together: boxes, masks, flow; pets have it for their masks only
    return not needed and ("transforms" not in parameters or "target_types" in parameters)


def _parameters(make: Any) -> dict[str, inspect.Parameter]:
    """Return a class's named parameters, also those that it hands on to the class it derives from as `**kwargs`."""
    found: dict[str, inspect.Parameter] = {}
    for cls in make.__mro__:
        parameters = inspect.signature(cls.__init__).parameters.values()
        for one in parameters:
            if one.name != "self" and one.kind not in (one.VAR_KEYWORD, one.VAR_POSITIONAL):
                found.setdefault(one.name, one)
        if all(one.kind is not one.VAR_KEYWORD for one in parameters):
            break
    return found


class _Made(NamedTuple):
    """What could be made of a class in one folder.

    Attributes:
        parts: {split: object}.
        absent: {split: why not}, of splits that the class has.
    """

    parts: Parts
    absent: dict[str, str]

    @property
    def reason(self) -> str:
        """Why something is missing, in one line."""
        return next(iter(self.absent.values()), "no files")


def _open_torchvision(name: str, places: Sequence[Path], progress: Progress) -> Source | ArraySource:
    import torchvision.datasets

    make = getattr(torchvision.datasets, name)
    reason = "no files"
    for place in places:
        for root in (place, *(path for path in with_name(place, name) if path.is_dir())):
            if root.is_dir():
                made = _make(make, root, download=False)
                if made.parts:
                    return as_source(name, root, made.parts, _messages(name, made))
                reason = made.reason
    root = places[-1]
    _download(name, make, root, reason, progress)
    made = _make(make, root, download=False)
    if not made.parts:
        raise DataError(
            f"{name} was fetched into {root}, and torchvision cannot read it ({made.reason}); remove it there."
        )
    return as_source(name, root, made.parts, _messages(name, made))


def _messages(name: str, made: _Made) -> tuple[str, ...]:
    said = [f"The {split} split of {name} is not here ({reason})." for split, reason in made.absent.items()]
    chosen = ", ".join(f"{key}={value}" for key, value in _VARIANTS.get(name, {}).items())
    return (*said, *([f"Of the variants of {name}, the one with {chosen} is used."] if chosen else []))


def _make(make: _Maker, root: Path, *, download: bool) -> _Made:
    """Make an object for each split that the class has and whose files are there."""
    made = _Made({}, {})
    before = set(root.iterdir()) if root.is_dir() else set()
    # said either way: some classes download unless told otherwise
    extra = {"download": download} if "download" in _parameters(make) else {}
    for split, choices in _choices(make):
        for chosen in choices:
            try:
                made.parts[split] = make(str(root), **chosen, **extra)
            except ValueError as error:  # torchvision's answer to a split that a class does not have
                if download:
                    made.absent.setdefault(split, _line(error))
                continue
            except _ABSENT as error:
                made.absent[split] = _line(error)
            break
    _tidy(root, before)
    return made


def _line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")


def _choices(make: _Maker) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """List (our split, arguments to try in turn)."""
    fixed = _VARIANTS.get(getattr(make, "__name__", ""), {})
    parameters = _parameters(make)
    if "train" in parameters:
        yield "train", [{**fixed, "train": True}]
        yield "test", [{**fixed, "train": False}]
    elif "split" in parameters and "split" not in fixed:
        yield from ((split, [{**fixed, "split": word} for word in words]) for split, words in _SPLIT_WORDS)
    else:
        yield "", [dict(fixed)]


def _tidy(root: Path, before: set[Path]) -> None:
    """Remove the empty folders that some classes leave where they looked in vain."""
    for path in set(root.iterdir()) - before if root.is_dir() else ():
        for folder in [*sorted((inner for inner in path.rglob("*") if inner.is_dir()), reverse=True), path]:
            if folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()


def _download(name: str, make: Any, root: Path, reason: str, progress: Progress) -> None:
    where = f"put its files into {root} as torchvision.datasets.{name} wants them, or set LINNET_DATA to their folder"
    cannot = f"{name} is not on this machine and cannot be downloaded"
    if "download" not in _parameters(make):
        raise DownloadError(f"{cannot} (torchvision has no download for it: {reason}); {where}.")
    try:
        reachable(_urls(make))
    except DownloadError as error:
        raise DownloadError(f"{cannot} ({error}); {where}.") from None
    progress.say(f"torchvision downloads {name} into {root}.")
    root.mkdir(parents=True, exist_ok=True)
    # torchvision draws its own bar on standard error; where nobody wants progress, nobody sees it
    quiet: AbstractContextManager[Any] = redirect_stderr(StringIO()) if progress is SILENT else nullcontext(sys.stderr)
    with quiet:
        made = _make(make, root, download=True)
    if not made.parts:
        raise DownloadError(f"{cannot} ({made.reason}); {where}.")


def _urls(make: Any) -> list[str]:
    """Find the addresses in a class's source, or else in its file; sets without any lie at Google, under a number."""
    for source in (inspect.getsource(make), inspect.getsource(sys.modules[make.__module__])):
        if urls := re.findall(r"https?://[^\s\"'`>)]+", re.sub(r'""".*?"""', "", source, flags=re.DOTALL)):
            return urls
    return ["https://drive.google.com"]
