"""The command line: parse, call one verb of the workbench, show; the only place that prints.

Each command stands in a file of its own that is imported when it runs, so that help answers at once.
"""

import errno
import os
import sys
import traceback
from collections.abc import Sequence

from cyclopts import App

from linnet import __version__
from linnet.errors import LinnetError, UsageError

app = App(
    name="linnet",
    version=__version__,
    help="Climb a ladder of image classifiers under one honest protocol.\n\n"
    "Point it at a folder of labelled pictures: `linnet climb FOLDER`. "
    "`--debug` beside any command shows where in the code an error came from.",
    help_format="markdown",
    suppress_keyboard_interrupt=False,
)
COMMANDS = {
    "climb": "linnet.cli.climb:climb",
    "train": "linnet.cli.train:train",
    "evaluate": "linnet.cli.evaluate:evaluate",
    "explain": "linnet.cli.explain:explain",
    "inspect": "linnet.cli.inspect:inspect",
    "report": "linnet.cli.report:report",
    "list": "linnet.cli.listing:list_entries",
    "describe": "linnet.cli.describe:describe",
}
"""Where each command's function stands; named as text, so that nothing of it is imported before it runs."""

_BESIDE_RESUME = ("--resume", "--json", "--help", "--version")
"""Flags that ask nothing of a run, and so may stand beside --resume; whatever else comes there would have no effect."""

_ABOUT = {
    "climb": "All rungs on some data: one leaderboard, one report.",
    "train": "One rung, under the same protocol.",
    "evaluate": "Score a run on other pictures, or on its test split again.",
    "explain": "What a rung looks at in some pictures, and what it compares them with.",
    "inspect": "What is in some data; trains nothing.",
    "report": "Make the report of a run again, or compare several runs.",
    "list": "Which classifiers, data sets, augmentations, losses, explainers and visualizations there are.",
    "describe": "One entry with its settings, and the layers of a network.",
}
for _name, _where in COMMANDS.items():
    app.command(_where, name=_name, help=_ABOUT[_name])


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command and exit: 0 done, 1 an error said in one sentence, 2 usage, 130 stopped by Ctrl-C."""
    sys.exit(run(list(sys.argv[1:] if arguments is None else arguments)))


def run(arguments: list[str]) -> int:
    """Run one command and return its exit code; see `main`.

    `--debug` anywhere shows the traceback of an error.
    """
    debug = "--debug" in arguments
    words = [word for word in arguments if word != "--debug"]
    if int(os.environ.get("WORLD_SIZE", "1")) > 1 and "RANK" in os.environ:
        return _in_company(words, debug=debug)
    return _alone(words, debug=debug)


def _in_company(words: list[str], *, debug: bool) -> int:
    """Run one command in the first of the processes that torchrun has started; the others help with its trainings."""
    from linnet.training import following

    if following.is_follower():
        following.follow_torchrun()
        return 0
    try:
        return _alone(words, debug=debug)
    finally:
        following.dismiss()


def _alone(words: list[str], *, debug: bool) -> int:
    try:
        _refuse_beside_resume(words)
        app(words, exit_on_error=False, print_error=True, result_action="return_value")
    except LinnetError as error:
        return _fail(str(error), debug=debug, code=2 if isinstance(error, UsageError) else 1)
    except OSError as error:
        return _fail(_said(error), debug=debug)
    except KeyboardInterrupt:
        return _fail("stopped; what was finished is kept.", debug=debug, code=130)
    except SystemExit as stop:
        return int(stop.code or 0)
    except Exception as error:
        if type(error).__module__.startswith("cyclopts"):
            return 2
        raise
    return 0


def _refuse_beside_resume(words: list[str]) -> None:
    """Refuse every flag that was given beside --resume, even with the value that it has anyway.

    The words are looked at, since a command cannot tell a flag that was given from its default.

    Raises:
        UsageError: names the flag.
    """
    flags = [word.partition("=")[0] for word in words if word.startswith("--")]
    others = [flag for flag in flags if flag not in _BESIDE_RESUME]
    if "--resume" in flags and others:
        raise UsageError(f"--resume goes on with what the run was asked for; leave out {others[0]}.")


def _fail(sentence: str, *, debug: bool, code: int = 1) -> int:
    if debug:
        traceback.print_exc()
    print(f"linnet: {sentence}", file=sys.stderr)
    return code


def _said(error: OSError) -> str:
    """Put an error of the operating system into one sentence."""
    if error.errno == errno.ENOSPC:
        where = f" while writing {error.filename}" if error.filename else ""
        return f"The disk is full{where}; free some space, or choose another --out or LINNET_CACHE."
    return f"{error.filename or 'A file'} cannot be used ({error.strerror or error})."
