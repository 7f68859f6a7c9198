"""The protocol: choose every rung's settings, fit it once more, then open the test split once for all of them."""

import shlex
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from linnet import catalog
from linnet.classifiers.base import Classifier, create, load
from linnet.classifiers.capabilities import Checkpointed, Chronicled, Demanding, Eventful, Resolved
from linnet.classifiers.network import NetworkClassifier
from linnet.datasets.base import Dataset
from linnet.datasets.loading import Loaded
from linnet.errors import ConfigError, LinnetError, RunError, SealedError
from linnet.evaluation import budgeting, evaluating, learning, predicting, viewing
from linnet.evaluation.budget import Budget
from linnet.evaluation.choosing import choose, place, variants
from linnet.evaluation.fitting import timed_fit
from linnet.evaluation.ranking import Contender, rank
from linnet.evaluation.skipping import STOPPING, reason_to_skip
from linnet.evaluation.temperature import calibrated
from linnet.progress import SILENT, Progress
from linnet.records.decode import check_keys
from linnet.records.experiment import VIEWS, Experiment
from linnet.records.files import read_json, write_json
from linnet.records.leaderboard import Leaderboard, Skipped
from linnet.records.ledger import Opening
from linnet.records.run import Run
from linnet.training.events import require_tensorboard


@dataclass(frozen=True, kw_only=True)
class Ladder:
    """Hold the rungs of a climb, each with the candidates that the fixed settings leave it."""

    candidates: Mapping[str, Sequence[Classifier]]


def ladder(experiment: Experiment) -> Ladder:
    """Make every rung that was asked for, so that a wrong name or setting is refused before any work.

    Raises:
        UnknownNameError: no such rung or setting, or settings of a rung that is not climbed.
        ConfigError: a value of the wrong type or out of its range, a device that is not there, or a rung twice.
        MissingExtraError: events for TensorBoard are wanted, and it is not installed.
    """
    if experiment.tensorboard:
        require_tensorboard()
    check_keys("rung in this climb", experiment.settings, experiment.rungs)
    found: dict[str, Sequence[Classifier]] = {}
    for name in experiment.rungs:
        if name in found:
            raise ConfigError(f"A climb has each rung once, and {name} is asked for several times; name it once.")
        fixed: dict[str, Any] = dict(experiment.settings.get(name, {}))
        plain = create(name, fixed)
        if experiment.protocol.balance and "balance" in plain.setting_names():
            fixed["balance"] = True
        settled = create(name, fixed)
        if isinstance(settled, Demanding):
            settled.check_machine()
        found[name] = variants(settled, {key: getattr(settled, key) for key in fixed})
    return Ladder(candidates=found)


def spread(settings: Mapping[str, Mapping[str, Any]], rungs: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Give what was asked of "networks" to every rung that is one; what was asked of a rung itself stands.

    Args:
        settings: {rung: {setting: value}}, names with hyphens or underscores.
        rungs: Names, with hyphens.

    Raises:
        UnknownNameError: no such rung, or a setting that networks do not have.
        ConfigError: none of the rungs is a network.
    """
    asked = {rung.replace("_", "-"): dict(values) for rung, values in settings.items()}
    shared = asked.pop("networks", None)
    if shared is None:
        return asked
    networks = [name for name in rungs if issubclass(catalog.find("classifiers", name), NetworkClassifier)]
    if not networks:
        raise ConfigError(
            f"None of these rungs is a network: {', '.join(rungs)}; leave out what is asked of networks "
            f"({', '.join(shared)}), or add one such as cnn."
        )
    known = sorted(field.name for field in fields(NetworkClassifier))
    check_keys("setting that all networks share", shared, known)
    return asked | {name: shared | asked.get(name, {}) for name in networks}


def climb(run: Run, rungs: Ladder, data: Loaded, *, progress: Progress = SILENT) -> list[Skipped]:
    """Choose settings on validation data and fit each rung; the test split stays sealed.

    Each rung is written into the run as soon as it is done; those that are done already are left as they are. A rung
    that cannot do its work here (no memory, data it does not support) is skipped with its reason, and the others go on.
    One that would not fit into its share of the budget makes fewer rounds where that is enough, and else is skipped.

    Returns:
        The rungs that were skipped.

    Raises:
        RunError: a record or a checkpoint in the run folder is damaged, or of another training; the run stays as it is
            for whoever mends that and goes on.
        LostProcessError: a process of a training ended or did not start; likewise.
    """
    try:
        return _climb_rungs(run, rungs, data, progress)
    except STOPPING:
        progress.say(
            "The climb stops with its test split sealed; once that is mended, go on with it: "
            f"linnet {run.experiment.command} --resume {shlex.quote(str(run.folder))}"
        )
        raise


def _climb_rungs(run: Run, rungs: Ladder, data: Loaded, progress: Progress) -> list[Skipped]:
    """Climb rung by rung, then draw the learning curves; return what was skipped."""
    skipped = []
    with budgeting.counted(run, n_rungs=len(rungs.candidates)) as budget:
        for number, (name, candidates) in enumerate(rungs.candidates.items()):
            reason = _try_rung(run, name, candidates, data, budget=budget, number=number, progress=progress)
            if reason is not None:
                row = name + VIEWS if name in run.fitted_rungs else name
                progress.say(f"{row} is skipped: {reason}")
                skipped.append(Skipped(rung=row, reason=reason))
        if run.experiment.protocol.learning_curve:
            learning.draw_curves(run, rungs.candidates, data, budget=budget, progress=progress)
    return skipped


def _try_rung(
    run: Run,
    name: str,
    candidates: Sequence[Classifier],
    data: Loaded,
    *,
    budget: Budget,
    number: int,
    progress: Progress,
) -> str | None:
    """Do what is left of a rung, within its share of the budget; return why it is skipped, None where it is not."""
    is_fitted = name in run.fitted_rungs
    if is_fitted and (name + VIEWS in run.fitted_rungs or not viewing.is_wanted(run.experiment, candidates)):
        return None
    try:
        if is_fitted:
            decision = budgeting.decided(run, name)
        else:
            decision = budgeting.decide(run, name, candidates, data, budget=budget, number=number, progress=progress)
        if decision.reason is None:
            _climb_rung(run, name, decision.applied(candidates), data, progress)
    except (LinnetError, MemoryError, RuntimeError) as error:
        reason = reason_to_skip(error)
        if reason is None:
            raise
        return reason
    return decision.reason


def _climb_rung(run: Run, name: str, candidates: Sequence[Classifier], data: Loaded, progress: Progress) -> None:
    """Do what is left of a rung: its own row, and the one with views where that is wanted."""
    has_views = viewing.is_wanted(run.experiment, candidates)
    if name not in run.fitted_rungs:
        if name in run.rungs:
            classifier = candidates[run.selection(name).chosen]
        else:
            classifier = _choose(run, name, candidates, data, progress)
        if has_views and name + VIEWS not in run.rungs:
            viewing.choose_views(run, name, classifier, data, progress=progress)
        _fit(run, name, classifier, data, progress)
    if has_views:
        viewing.save_views(run, name, data)
    if not run.experiment.protocol.learning_curve:  # its last point would else be trained again
        shutil.rmtree(run.rung_folder(name) / "checkpoint", ignore_errors=True)


def _fit(run: Run, name: str, classifier: Classifier, data: Loaded, progress: Progress) -> None:
    """Fit a chosen rung once more, and save it; model.json is written last."""
    experiment, folder = run.experiment, run.rung_folder(name)
    watched = classifier.needs_valid and len(data.part("valid")) > 0
    train, valid = (data.part("train"), data.part("valid")) if watched else (data.development(), None)
    if isinstance(classifier, Checkpointed):
        # What validation data have ended is not fitted twice: its checkpoint holds the weights.
        is_same = watched and experiment.protocol.folds == 0
        where = place(0, run.selection(name).chosen) if is_same else Path("final")
        classifier.checkpoint_in(folder / "checkpoint" / where)
        if experiment.tensorboard and isinstance(classifier, Eventful):
            classifier.events_in(folder / "tensorboard" / where)
    seconds = timed_fit(classifier, train, valid, seed=experiment.seed, progress=progress)
    write_json(folder / "timing.json", {"fit_seconds": seconds})
    if isinstance(classifier, Resolved):
        classifier.training_.write(folder / "training.json")
    calibrated(run, name, classifier).save(folder, geometry=data.geometry.to_plain())


def _choose(run: Run, name: str, candidates: Sequence[Classifier], data: Loaded, progress: Progress) -> Classifier:
    """Choose among the candidates and write how; selection.csv comes last and says that this is done."""
    experiment, folder = run.experiment, run.rung_folder(name)
    choice = choose(
        candidates,
        data.parts(),
        balance=experiment.protocol.balance,
        seed=experiment.seed,
        progress=progress,
        checkpoints=folder / "checkpoint",
        events=folder / "tensorboard" if experiment.tensorboard else None,
    )
    if isinstance(choice.classifier, Chronicled):
        choice.classifier.history_.write(folder / "history.csv")
        choice.classifier.history_.health.write(folder / "health.csv")
    choice.predictions.write(folder / "predictions-valid.csv")
    choice.selection.write(folder / "selection.csv")
    return choice.classifier


def open_test(
    run: Run,
    data: Loaded,
    *,
    command: str,
    again: bool = False,
    skipped: Sequence[Skipped] = (),
    progress: Progress = SILENT,
) -> Leaderboard:
    """Open the test split for all fitted rungs together, and write what comes of it.

    The ledger has its line before the first picture is read. An opening that was interrupted is finished by the next:
    nothing that the test split says is shown before the leaderboard is written, so nobody has chosen anything by it.

    Args:
        run: Its fitted rungs are scored.
        data: Where the test pictures are.
        command: Which command opens it, for the ledger.
        again: Whether a second opening is meant.
        skipped: Rungs without a row, for the leaderboard.
        progress: Where long work reports to.

    Raises:
        SealedError: the split has been opened before, its numbers are there, and `again` is not set.
        RunError: no rung is fitted.
    """
    rungs = run.fitted_rungs
    if not rungs:
        reasons = "; ".join(f"{s.rung}: {s.reason}" for s in skipped) or "the climb stopped before its first rung"
        raise RunError(f"{run.folder} has no fitted rung to open the test split for ({reasons}).")
    if not again:
        refuse_second_opening(run)
    test = data.part("test")
    run.record_opening(
        Opening(
            when=now(),
            command=command,
            rungs=rungs,
            n=len(test),
            split_hash=data.split_hash(),
            continues=bool(run.openings) and not run.is_finished,
        )
    )
    contenders = [contend(run, name, test, progress=progress) for name in rungs]
    evaluating.forget_test(run)
    for contender in contenders:
        contender.predictions.write(run.rung_folder(contender.rung) / "predictions-test.csv")
    evaluating.complete(run, progress=progress)
    leaderboard = rank(contenders, skipped=skipped)
    leaderboard.write(run.folder)
    return leaderboard


def refuse_second_opening(run: Run) -> None:
    """Keep the test split sealed once it has told something.

    Raises:
        SealedError: the ledger has a line, and the run its leaderboard.
    """
    if run.openings and run.is_finished:
        raise SealedError(
            f"The test split of {run.folder} was opened on {run.openings[0].when}; opening it again makes its numbers "
            "less honest, and will be shown in the report; add --again if you mean it."
        )


def refuse_ending(run: Run) -> None:
    """Keep the test split of an unfinished run sealed: once its numbers are known, no rung may be chosen any more.

    Raises:
        SealedError: the run has no leaderboard.
    """
    if run.is_finished:
        return
    n_fitted, n = (
        len([name for name in names if VIEWS not in name]) for names in (run.fitted_rungs, run.experiment.rows)
    )
    raise SealedError(
        f"{run.folder} did not come to its end ({n_fitted} of {n} rungs are fitted); linnet {run.experiment.command} "
        "--resume goes on with it. To open the test split now ends it, and the other rungs will never run; add --end "
        "if you mean it."
    )


def not_reached(run: Run) -> tuple[Skipped, ...]:
    """Name what a run that ends now leaves out: rungs that were asked for, and rows that were begun, without a fit."""
    fitted, wanted = run.fitted_rungs, {*run.experiment.rungs, *run.rungs}
    return tuple(
        Skipped(rung=row, reason="not reached: the run was ended before it was fitted")
        for row in run.experiment.rows
        if row in wanted and row not in fitted
    )


def contend(run: Run, name: str, data: Dataset, *, progress: Progress = SILENT) -> Contender:
    """Let one fitted rung of a run predict some data, and gather what the leaderboard needs of it."""
    folder = run.rung_folder(name)
    classifier = load(folder)
    timed = predicting.predict(classifier, data, progress=progress)
    return Contender(
        rung=name,
        predictions=timed.predictions,
        fit_seconds=read_json(folder / "timing.json")["fit_seconds"],
        predict_seconds=timed.seconds,
        parameters=classifier.n_parameters(),
        n_bytes=classifier.n_bytes(),
        settings=classifier.settings(),
    )


def now() -> str:
    """Return the time in UTC, ISO 8601, to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
