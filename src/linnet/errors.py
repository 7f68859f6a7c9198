"""Every error that Linnet raises on purpose; each message says what was wanted, what came and what to do.

LinnetError                     catch this one to catch them all
├── ConfigError                 an unknown setting, a value of the wrong type or out of its range
│   └── UsageError              a command line that lacks a word or has one too many
├── UnknownNameError            no entry of that name; carries the nearest names
├── DataError                   a missing or unreadable source, an empty class, a class too small to split
│   └── DownloadError           a named set is not on this machine and could not be fetched
├── ImagesError                 pictures of the wrong shape, type or range
│   └── UnreadableImageError    one file that is no usable picture; `status` and `reason` go into the manifest
├── NotFittedError              predict before fit
├── TrainingError               a training that cannot go on: no memory, a process that ended
│   ├── DivergedError           a loss that is no number any more
│   └── LostProcessError        a process of a training that ended or did not start; it can be gone on with
├── UnsupportedError            something that this entry cannot do; names those that can
├── PredictionsError            probabilities that are none, labels outside the classes
├── RunError                    not a run folder, a damaged one, or one of a newer format
│   └── SealedError             the test split has been opened already
└── MissingExtraError           an optional library is missing; names the extra to install
"""

import difflib
from collections.abc import Iterable


def nearest_name(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that somebody who typed this one probably meant, whatever its capitals; None: no idea.

    Args:
        name: What came.
        known: What would have been found.
    """
    names = {k.lower(): k for k in reversed(list(known))}  # of two that differ in capitals only, the first
    near = difflib.get_close_matches(name.lower(), names, n=1, cutoff=0.6)
    return names[near[0]] if near else None


class LinnetError(Exception):
    """Stand at the root of the tree: anything that a user can mend, said in one sentence."""


class ConfigError(LinnetError):
    """Refuse a setting: an unknown key, a wrong type, a value out of range."""


class UsageError(ConfigError):
    """Refuse a command line that lacks a word, or has one too many; the command's exit code is 2."""


class UnknownNameError(LinnetError):
    """Refuse a name that is not in a catalog, with the nearest ones.

    Args:
        kind: What was looked for, in the singular ("classifier").
        name: What came.
        known: Every name that would have been found.
    """

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        self.kind = kind
        self.name = name
        self.known = tuple(known)
        hint = nearest_name(name, self.known)
        guess = f"did you mean {hint!r}? " if hint else ""
        super().__init__(f"There is no {kind} named {name!r}; {guess}Known: {', '.join(self.known)}.")


class DataError(LinnetError):
    """Refuse a data source, or what it holds."""


class DownloadError(DataError):
    """Say that a named set is neither on this machine nor to be fetched, and where to put its files."""


class ImagesError(LinnetError):
    """Refuse pictures of the wrong shape, type or range."""


class UnreadableImageError(ImagesError):
    """Say why one file is no usable picture.

    Args:
        reason: One clause without a final stop, as it stands in the manifest.
        status: The manifest's word for it: "unreadable", "too large" or "ignored".
        lasting: Whether the file itself is to blame; not so where another try may do, as on a disk that failed once.
    """

    def __init__(self, reason: str, *, status: str = "unreadable", lasting: bool = True) -> None:
        self.reason = reason
        self.status = status
        self.lasting = lasting
        super().__init__(reason)


class NotFittedError(LinnetError):
    """Refuse to predict before fit."""


class TrainingError(LinnetError):
    """Say that training cannot go on, and what to change."""


class DivergedError(TrainingError):
    """Say that a loss or a weight is no number any more; all processes of a training meet it at the same step."""


class LostProcessError(TrainingError):
    """Say that a process of a training is gone, which tells nothing of the training itself."""


class UnsupportedError(LinnetError):
    """Say what this entry cannot do, and which ones can."""


class PredictionsError(LinnetError):
    """Refuse probabilities that are none, or labels outside the classes."""


class RunError(LinnetError):
    """Refuse a folder that is not a run, is damaged, or comes from a newer Linnet."""


class SealedError(RunError):
    """Refuse to open the test split a second time unless asked to."""


class MissingExtraError(LinnetError):
    """Name the optional extra whose library is missing."""

    def __init__(self, library: str, extra: str) -> None:
        super().__init__(f"This needs {library}, which is not installed; run: pip install 'linnet[{extra}]'.")
