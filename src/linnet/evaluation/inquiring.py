"""A question about some pictures, put to a rung of a run; how maps and panels are drawn is not known here.

What can be refused is refused before the first picture is explained, and nothing is written: that is left to reports.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from linnet import catalog
from linnet.classifiers.base import Classifier, load
from linnet.classifiers.capabilities import Layered
from linnet.errors import ConfigError, LinnetError, RunError, UnknownNameError
from linnet.evaluation.answering import Scene, Sheets
from linnet.evaluation.picking import RunData, pick
from linnet.explainers import choosing
from linnet.explainers.base import Explainer
from linnet.progress import SILENT, Progress
from linnet.records.calls import create, split_calls
from linnet.records.inquiry import Inquiry
from linnet.records.run import Run
from linnet.visualizations.base import Visualization

DEFAULT_PANELS = ("nearest", "activations")
"""Visualizations that are shown when nothing is asked for, the second one of networks."""

_FORM = "A method is written like occlusion(window=9)"


@dataclass(frozen=True, kw_only=True)
class Question:
    """Say what is asked about some pictures.

    Attributes:
        rung: Which rung is asked; None: the best one.
        target: Name of the class that is explained; None: what is predicted, for each picture.
        methods: Explainers and visualizations, with settings in brackets behind the name where they are not to be the
            defaults, as "occlusion(window=9)"; none: the explainer that suits the rung, and `DEFAULT_PANELS`.
        sanity: Whether maps are also compared with those of random weights.
        seed: What random draws are derived from.
    """

    rung: str | None = None
    target: str | None = None
    methods: tuple[str, ...] = ()
    sanity: bool = False
    seed: int = 0


@dataclass(frozen=True, kw_only=True)
class _Methods:
    """The methods of an inquiry; `is_asked` where they were asked for by name."""

    explainers: tuple[Explainer, ...]
    visualizations: tuple[Visualization, ...]
    is_asked: bool


def inquire(
    run: Run, wanted: Sequence[str], question: Question, *, progress: Progress = SILENT
) -> tuple[Inquiry, dict[str, bytes]]:
    """Ask a rung about pictures.

    Args:
        run: With at least one fitted rung.
        wanted: Files, folders and ids; see `picking.pick`.
        question: What is asked.
        progress: Where long work reports to, and what is left out is said.

    Returns:
        What was answered, and the files that it names.

    Raises:
        RunError: no rung of the run is fitted, or it is unfinished and no rung is named.
        UnknownNameError: no such rung, class, method or setting; names the nearest.
        UnsupportedError: a method that was asked for by name cannot be used with this rung.
        DataError, ImagesError, ConfigError: see `picking.pick`; or a method wants training pictures that are gone, or
            is asked for with settings that it cannot have, or twice with different ones.
    """
    rung = rung_of(run, question.rung)
    classifier = load(run.rung_folder(rung))
    if question.target is not None and question.target not in classifier.class_names_:
        raise UnknownNameError("class", question.target, classifier.class_names_)
    methods = _methods(classifier, question.methods)
    if question.sanity and not methods.explainers:
        raise ConfigError("--sanity is said of explainers, and none is asked for; add one such as occlusion to --with.")
    data = RunData(run, progress=progress)
    picked, left_out = pick(wanted, data)
    scene = Scene.of(classifier, picked, target=question.target, seed=question.seed)
    sheets = Sheets(scene)
    for explainer in methods.explainers:
        sheets.add_maps(explainer, with_sanity=question.sanity, progress=progress)
    for visualization in methods.visualizations:
        try:
            sheets.add_panels(visualization, data, progress=progress)
        except LinnetError as error:
            if methods.is_asked:
                raise
            left_out.append(f"{visualization.name()} is left out: {error}")
    for sentence in left_out:
        progress.say(sentence)
    inquiry = Inquiry(
        run=run.folder.resolve().name,
        rung=rung,
        seed=question.seed,
        answers=sheets.answers(),
        drawings=tuple(sheets.own),
        left_out=tuple(left_out),
    )
    return inquiry, sheets.files


def rung_of(run: Run, name: str | None) -> str:
    """Return the rung that is asked for, or the best one of a finished run.

    Raises:
        RunError: no rung is fitted, or the run is unfinished and none is named.
        UnknownNameError: no fitted rung of that name.
    """
    fitted = run.fitted_rungs
    if not fitted:
        raise RunError(f"{run.folder} has no fitted rung to ask; climb again, or go on with it by --resume.")
    if name is not None:
        found = name.replace("_", "-")
        if found not in fitted:
            raise UnknownNameError("fitted rung in this run", name, fitted)
        return found
    if not run.is_finished:
        raise RunError(f"{run.folder} did not finish, so no rung is the best; name one of {', '.join(fitted)}.")
    best = next((row.rung for row in run.leaderboard.rows if row.rung in fitted), None)
    if best is None:
        raise RunError(f"{run.folder} has no fitted rung on its leaderboard; name one of {', '.join(fitted)}.")
    return best


def _methods(classifier: Classifier, names: Sequence[str]) -> _Methods:
    """Make what was asked for, or what suits the rung; refuse what is unknown or cannot be used with it."""
    if not names:
        known = catalog.names("visualizations")
        panels = [n for n in DEFAULT_PANELS if n in known and (n != "activations" or isinstance(classifier, Layered))]
        return _Methods(
            explainers=(choosing.suitable(classifier),),
            visualizations=tuple(catalog.find("visualizations", name)() for name in panels),
            is_asked=False,
        )
    asked = _asked(names)
    for method in asked:
        method.check_supported(classifier)
    return _Methods(
        explainers=tuple(method for method in asked if isinstance(method, Explainer)),
        visualizations=tuple(method for method in asked if isinstance(method, Visualization)),
        is_asked=True,
    )


def _asked(texts: Sequence[str]) -> list[Explainer | Visualization]:
    """Make the methods that were asked for, each once."""
    made: dict[str, Explainer | Visualization] = {}
    for call in dict.fromkeys(call for text in texts for call in split_calls(text, form=_FORM)):
        method = create(call, _found, form=_FORM)
        if made.setdefault(method.name(), method) != method:
            raise ConfigError(f"{method.name()} can be asked for once at a time; explain twice for two settings of it.")
    return list(made.values())


def _found(name: str) -> type[Explainer | Visualization]:
    families = ("explainers", "visualizations")
    for family in families:
        if name.replace("_", "-") in catalog.names(family):
            entry: type[Explainer | Visualization] = catalog.find(family, name)
            return entry
    known = {entry for family in families for entry in catalog.names(family)}
    raise UnknownNameError("explainer or visualization", name, sorted(known))
