"""The one door: a verb for each thing that a user can wish for; command line and server call these and nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypedDict, Unpack

from linnet import catalog, describing
from linnet.datasets import loading
from linnet.describing import Description, ladder_names
from linnet.errors import RunError
from linnet.evaluation import (
    across,
    augmenting,
    climbing,
    elsewhere,
    evaluating,
    inquiring,
    rates,
    running,
)
from linnet.evaluation.facts import data_facts
from linnet.evaluation.rates import FoundRate
from linnet.evaluation.running import Settings, Source
from linnet.progress import SILENT, Progress
from linnet.records.data_facts import DataFacts
from linnet.records.experiment import Protocol
from linnet.records.files import write_bytes
from linnet.records.inquiry import Inquiry
from linnet.records.leaderboard import Leaderboard
from linnet.records.manifest import Manifest
from linnet.records.run import Run, refuse_existing
from linnet.reports import explaining, page


class More(TypedDict, total=False):
    """Name what may be asked of a run beside its data, rungs and protocol; see `Experiment`."""

    tensorboard: bool


class Wishes(TypedDict, total=False):
    """Name what may be asked about pictures; see `linnet.evaluation.inquiring.Question`."""

    rung: str | None
    target: str | None
    methods: Sequence[str]
    sanity: bool


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """Hold what a rung said of some pictures, and where it stands.

    Attributes:
        folder: With a PNG or SVG file for each map and panel.
        page: The page to open in a browser.
        inquiry: What was said.
    """

    folder: Path
    page: Path
    inquiry: Inquiry


@dataclass(frozen=True, kw_only=True)
class Inspection:
    """Hold what is known of some data before anything is trained.

    Attributes:
        manifest: All files and what became of them.
        facts: Counts.
        augmented: The sheet of augmented pictures, if one was drawn.
        augmentation: What was drawn, written out; of "auto" what it is for these pictures.
    """

    manifest: Manifest
    facts: DataFacts
    augmented: Path | None = None
    augmentation: str | None = None


def inspect(
    data: Source,
    *,
    protocol: Protocol | None = None,
    seed: int = 0,
    out: Path | str | None = None,
    augment: str | None = None,
    progress: Progress = SILENT,
) -> Inspection:
    """Read a data source, count and check everything in it, and split it; train nothing.

    Args:
        data: A folder, an archive, a CSV file or a name.
        protocol: How it would be split.
        seed: Decides the split.
        out: A new folder for manifest.csv and data.json; None writes nothing.
        augment: Augmentations such as "pad-crop,flip": what they do to training pictures is drawn into augmented.png,
            in `out`, or in the current folder, where no such file may be; "auto" draws what a network would take for
            these pictures; None draws nothing.
        progress: Where long work reports to.

    Raises:
        DataError: the source cannot be used; says why and what to do.
        UnknownNameError, ConfigError: `augment` is no augmentation; said before anything is read.
        RunError: what would be written is there already.
    """
    if augment is not None:
        augmenting.refuse_unknown(augment)
    folder = Path(out) if out is not None else None
    sheet = None if augment is None else augmenting.free_sheet(folder)
    if folder is not None:
        refuse_existing(folder)
    loaded = loading.load(running.spec_of(data), protocol or Protocol(), seed=seed, progress=progress)
    facts = data_facts(loaded)
    if folder is not None:
        loaded.manifest.write(folder / "manifest.csv")
        facts.write(folder / "data.json")
    found = Inspection(manifest=loaded.manifest, facts=facts)
    if augment is None or sheet is None:
        return found
    train = loaded.part("train")
    augmentation = augmenting.augmentation_of(augment, train, seed=seed, progress=progress)
    write_bytes(sheet, augmenting.contact_sheet(train, augmentation, seed=seed))
    return replace(found, augmented=sheet, augmentation=augmentation.spec())


def climb(
    data: Source,
    *,
    rungs: Sequence[str] = (),
    protocol: Protocol | None = None,
    settings: Settings | None = None,
    seed: int = 0,
    out: Path | str | None = None,
    progress: Progress = SILENT,
    **more: Unpack[More],
) -> Run:
    """Climb the ladder: choose every rung's settings, fit it, open the test split once, write the report.

    Args:
        data: A folder, an archive, a CSV file or a name.
        rungs: Which rungs; none: all of them, cheap ones first.
        protocol: Folds, fractions, balance and time budget.
        settings: {rung: {setting: value}} to fix instead of choosing; those of "networks" for every network.
        seed: Everything random is derived from it.
        out: The new run folder; None: a new one under runs/.
        progress: Where long work reports to.
        more: `tensorboard`, whether networks write events for TensorBoard; off if not given.

    Returns:
        The run; its `leaderboard` has the results, its folder holds report.html.

    Raises:
        LinnetError: whatever is wrong with the request or the data, before anything is written.
    """
    names = tuple(name.replace("_", "-") for name in rungs) or ladder_names()
    asked = running.asked("climb", data, rungs=names, protocol=protocol, settings=settings, seed=seed)
    asked = replace(asked, **more)
    return running.carry_out(asked, out, progress)


def train(
    data: Source,
    *,
    classifier: str,
    protocol: Protocol | None = None,
    settings: Settings | None = None,
    seed: int = 0,
    out: Path | str | None = None,
    progress: Progress = SILENT,
    **more: Unpack[More],
) -> Run:
    """Train one rung under the same protocol as a climb; see `climb`."""
    name = classifier.replace("_", "-")
    asked = running.asked("train", data, rungs=(name,), protocol=protocol, settings=settings, seed=seed)
    asked = replace(asked, **more)
    return running.carry_out(asked, out, progress)


def find_rate(
    data: Source,
    *,
    classifier: str,
    protocol: Protocol | None = None,
    settings: Settings | None = None,
    seed: int = 0,
    out: Path | str | None = None,
    progress: Progress = SILENT,
    **more: Unpack[More],
) -> FoundRate:
    """Find a learning rate for a network: some steps on training pictures, each with a higher rate, nothing trained.

    Validation and test pictures are not looked at. The rates and the loss at each are written as rates.svg, and as
    rates.csv if the loss fell anywhere.

    Args:
        data: A folder, an archive, a CSV file or a name.
        classifier: Which rung; its settings but the learning rate are used as `train` would use them.
        protocol: How the data are split; see `train`.
        settings: {rung: {setting: value}}.
        seed: Everything random is derived from it.
        out: The folder to write into; None: the current one, under names that are free.
        progress: Where long work reports to.
        more: Goes into the command that is suggested, as does what of the protocol a sweep has no use for.

    Raises:
        UnsupportedError: the rung is no network; names those that are.
        RunError: the files to write are there already.
    """
    name = classifier.replace("_", "-")
    asked = running.asked("train", data, rungs=(name,), protocol=protocol, settings=settings, seed=seed)
    asked = replace(asked, **more)
    rung = rates.seeking(climbing.ladder(asked).candidates[name][0])
    files = rates.free_files(Path(out) if out is not None else None)
    loaded = loading.load(asked.data, asked.protocol, seed=seed, progress=progress)
    return rates.find_rate(rung, loaded.part("train"), asked, files, progress)


def resume(run: Path | str, *, progress: Progress = SILENT) -> Run:
    """Go on with a climb or a training that was interrupted; what is done stays, nothing is asked again.

    A network goes on from its last checkpoint and ends with the same weights to the bit as if it had not been stopped.
    A run that was stopped behind its leaderboard gets the report that it lacks.

    Args:
        run: The folder of a run that was interrupted.
        progress: Where long work reports to.

    Raises:
        RunError: not a run folder, a damaged one, or a finished run.
        DataError: files, labels or groups have changed since.
    """
    opened = Run.open(Path(run))
    if opened.is_reported:
        raise RunError(f"The run {run} came to its end; there is nothing to go on with.")
    if opened.is_finished:
        running.complete_report(opened, progress=progress)
        return opened
    ladder = climbing.ladder(opened.experiment)
    loaded = loading.load_again(opened, progress=progress)
    running.finish(opened, ladder, loaded, command="resume", progress=progress)
    return opened


def evaluate(
    run: Path | str,
    data: Source | None = None,
    *,
    again: bool = False,
    end: bool = False,
    out: Path | str | None = None,
    progress: Progress = SILENT,
) -> Leaderboard:
    """Score a run's rungs: on its own test split, or on another labelled source.

    Args:
        run: A run folder.
        data: Another labelled source, of which every picture is scored; classes are matched by name. None: the run's
            own test split, which is sealed after its first opening.
        again: Whether a second opening is meant, also of pictures of the test split that are found in `data`; it is
            written into the ledger and shown in the report.
        end: Whether an unfinished run shall end with the rungs that are fitted; the others are named as left out.
        out: With `data`, a new folder for the leaderboard, the predictions, all numbers, and manifest.csv with what
            became of every file; None writes nothing.
        progress: Where long work reports to.

    Returns:
        One row per rung; its `matching` says which classes and pictures of `data` were scored, and which were not.

    Raises:
        SealedError: the test split has been opened and `again` is not set, `data` has pictures of it, or the run is
            unfinished and `end` is not set.
        UsageError: `end` beside `data`, or `out` without; nothing was opened.
        DataError: files, labels or groups have changed since, or no class of `data` is known to the run.
    """
    running.refuse_mixed(data, end=end, out=out)
    opened = Run.open(Path(run))
    if data is not None:
        place = Path(out) if out is not None else None
        return elsewhere.score(opened, running.spec_of(data), place, again=again, progress=progress)
    return running.score(opened, again=again, end=end, progress=progress)


def explain(
    run: Path | str,
    images: Path | str | Sequence[Path | str],
    *,
    out: Path | str | None = None,
    seed: int = 0,
    progress: Progress = SILENT,
    **wishes: Unpack[Wishes],
) -> Explanation:
    """Show what a rung of a run looks at in pictures, and what it compares them with.

    Args:
        run: A run folder.
        images: Picture files, folders of them, and ids of pictures in the run's data.
        out: The new folder; None: the first free one of RUN/explanations/1, RUN/explanations/2, ...
        seed: Everything random is derived from it.
        progress: Where long work reports to.
        wishes: `rung` (the best one if not given), `target` (the name of a class; what is predicted if not given),
            `methods` (explainers and visualizations; what suits the rung if not given) and `sanity` (whether maps are
            compared with those of random weights).

    Raises:
        RunError: not a run, no fitted rung, or the folder exists.
        UnknownNameError: no such rung, class or method.
        UnsupportedError: a method that was asked for cannot be used with this rung.
        DataError, ImagesError: pictures that are not there, or are none.
    """
    opened = Run.open(Path(run))
    folder = Path(out) if out is not None else running.free_number(opened.folder / "explanations")
    refuse_existing(folder)
    question = inquiring.Question(
        rung=wishes.get("rung"),
        target=wishes.get("target"),
        methods=tuple(wishes.get("methods", ())),
        sanity=wishes.get("sanity", False),
        seed=seed,
    )
    wanted = [images] if isinstance(images, str | Path) else images
    inquiry, files = inquiring.inquire(opened, [str(image) for image in wanted], question, progress=progress)
    return Explanation(folder=folder, page=explaining.write(inquiry, files, folder), inquiry=inquiry)


def report(run: Path | str, *others: Path | str, out: Path | str | None = None) -> Path:
    """Make a run's report again, or one page on several runs, from what their folders hold; no data, no model is read.

    Numbers that a folder lacks, being older or unfinished, are computed from its predictions and written there.

    Args:
        run: A run folder.
        others: More of them, to be compared with it.
        out: The file to write; None: report.html in the run folder, for several runs the first free one of
            comparison-1.html, comparison-2.html, ... in the current folder. The same as JSON is written beside it.

    Raises:
        RunError: not a run folder, or a damaged one.
        ConfigError: `out` is the place of the JSON.
    """
    opened = [Run.open(Path(folder)) for folder in (run, *others)]
    for each in opened:
        evaluating.complete(each, lenient=True)
    path = Path(out) if out is not None else None
    return across.write(opened, path) if others else page.write(opened[0], path)


def list_entries(family: str | None = None) -> dict[str, dict[str, str]]:
    """List what there is, by family: {family: {name: one line about it}}; classifiers in the order of the ladder.

    Raises:
        UnknownNameError: no such family.
    """
    families = [family] if family else sorted(catalog.FAMILIES)
    ordered = {name: ladder_names() if name == "classifiers" else catalog.names(name) for name in families}
    return {name: {entry: describing.about(name, entry) for entry in ordered[name]} for name in families}


def describe(
    name: str,
    *,
    input_shape: tuple[int, int, int] | None = None,
    n_classes: int = 10,
    settings: Settings | None = None,
) -> Description:
    """Describe one entry of any family; a rung that is a network with its layers, if a shape is given.

    Args:
        name: As `list_entries` names it.
        input_shape: (c, h, w) of pictures, each at least 1; None: no layers.
        n_classes: At least 1; asked only with an input shape.
        settings: {name: {setting: value}} to build a classifier with, instead of its defaults.

    Raises:
        UnknownNameError: no family has it; names the nearest.
        ConfigError: settings of another entry or out of their range, or without a shape, or a shape that is none.
        UnsupportedError: layers of an entry that is no network; names those that are.
        ImagesError: the network does not take pictures of this shape.
    """
    found = describing.described(name)
    own = describing.own_settings(found, settings or {})
    if input_shape is None:
        describing.refuse_idle(own)
        return found
    return replace(found, layers=describing.layers(found, own, input_shape, n_classes))
