"""What a report says of the data: counts, examples, what the files were like, duplicates and problems."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from linnet.records.data_facts import DataFacts
from linnet.records.manifest import SPLITS, Manifest
from linnet.reports.choices import MAX_CLASSES, MAX_PAIRS, SMALL, sample_ids
from linnet.reports.evidence import Evidence
from linnet.reports.tables import CountTable, count_tables, shown, single_values, title
from linnet.words import agree, count, percent

_GRAVEST_FIRST = ("unreadable", "conflicting", "too large", "duplicate", "ignored")
_SAID = ("channels", "height", "width")
"""Parts of the geometry that stand in the line of the stored size already."""
_SPLIT_WORDS = {"train": "training", "valid": "validation"}
MAX_PROBLEMS = 25


@dataclass(frozen=True, kw_only=True)
class Sample:
    """Name a picture of the data; `picture` is None where it was not kept."""

    id: str
    picture: str | None


@dataclass(frozen=True, kw_only=True)
class ClassPart:
    """Hold one class: its count per split, and examples from the training split."""

    name: str
    counts: tuple[int, ...]
    samples: tuple[Sample, ...]

    @property
    def total(self) -> int:
        """Pictures in all splits."""
        return sum(self.counts)


@dataclass(frozen=True, kw_only=True)
class ProblemFile:
    """Hold a file that was not simply used."""

    id: str
    status: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class DuplicatePair:
    """Hold two pictures that are the same, or nearly so."""

    first: Sample
    second: Sample
    kind: str


@dataclass(frozen=True, kw_only=True)
class Brightness:
    """Hold how many training pictures have which mean brightness, in equal steps from black to white."""

    counts: tuple[int, ...]

    @property
    def sentence(self) -> str:
        """Say where the middle half of the pictures lies, to the width of a step."""
        sums, steps = np.cumsum(self.counts), len(self.counts)
        low, high = (int(np.searchsorted(sums, share * sums[-1])) for share in (0.25, 0.75))
        return (
            f"The middle half of the training pictures is {percent(low / steps, 0)} to "
            f"{percent((high + 1) / steps, 0)} bright, from black to white, on the mean of its pixels."
        )


@dataclass(frozen=True, kw_only=True)
class DataPart:
    """Hold what is said of the data.

    Attributes:
        image_shape: (c, h, w) as stored; None where no record tells.
        counts: {status: n} over every file found.
        splits: Those that occur; `ClassPart.counts` has one number for each.
        classes: All of them, in order.
        n_sampled: So many of them, the first ones, have examples.
        imbalance: Training pictures of the biggest class over those of the smallest that has any; 1 is balanced.
        empty: Names of classes without a training picture.
        stored: How pictures are kept: shape, geometry, mean, standard deviation.
        brightness: None where it was not recorded.
        files: What was found in the files.
        duplicates: Counts of equal pictures.
        pairs: Examples of them.
        leaks: {"train-test": pictures of test with a copy in train, ...}, those above zero.
        group_leaks: {which splits share given groups: n pictures of the later one}, those above zero.
        messages: What was said while reading.
        problems: The first files that were not simply used, of `n_problems`.
    """

    image_shape: tuple[int, int, int] | None
    counts: dict[str, int]
    splits: tuple[str, ...]
    classes: tuple[ClassPart, ...]
    n_sampled: int
    imbalance: float
    empty: tuple[str, ...]
    stored: CountTable
    brightness: Brightness | None
    files: tuple[CountTable, ...]
    duplicates: CountTable
    pairs: tuple[DuplicatePair, ...]
    leaks: dict[str, int]
    group_leaks: dict[str, int]
    messages: tuple[str, ...]
    problems: tuple[ProblemFile, ...]
    n_problems: int

    @property
    def leaked(self) -> tuple[str, ...]:
        """Say of each two splits that share pictures how many of the later one have a copy in the earlier one."""
        said = []
        for where, n in self.leaks.items():
            source, _, target = (_SPLIT_WORDS.get(split, split) for split in where.partition("-"))
            found = f"{count(n, f'{target} picture')} {agree(n, 'has', 'have')}"
            said.append(f"{found} a copy or a near copy among the {source} pictures")
        return tuple(said)

    @property
    def n_pictures(self) -> int:
        """Pictures in all classes and splits."""
        return sum(part.total for part in self.classes)

    @property
    def biggest_class(self) -> int:
        """Pictures of the biggest class, at least 1."""
        return max((part.total for part in self.classes), default=0) or 1

    @property
    def has_samples(self) -> bool:
        """Whether any class has an example to show."""
        return any(part.samples for part in self.classes)

    @property
    def is_small(self) -> bool:
        """Whether pictures are so small that each pixel should be seen when they are scaled up."""
        return self.image_shape is not None and max(self.image_shape[1:]) <= SMALL

    @property
    def found(self) -> CountTable:
        """What became of every file."""
        return CountTable(title="Found", rows=tuple((title(status), n) for status, n in self.counts.items()))


def describe_data(evidence: Evidence) -> DataPart | None:
    """Say what the data is; None where no record tells."""
    facts, manifest = evidence.facts, evidence.manifest
    if facts is None and manifest is None:
        return None
    counts = facts.counts if facts else manifest.counts() if manifest else {}
    classes, splits = _classes(evidence)
    train = [part.counts[splits.index("train")] for part in classes] if "train" in splits else []
    filled = [n for n in train if n]
    problems = _problems(manifest) if manifest else ()
    duplicates = facts.duplicates if facts else {}
    return DataPart(
        image_shape=facts.image_shape if facts else None,
        counts=counts,
        splits=splits,
        classes=classes,
        n_sampled=min(len(classes), MAX_CLASSES),
        imbalance=max(filled) / min(filled) if filled else 1.0,
        empty=tuple(part.name for part, n in zip(classes, train, strict=True) if not n) if train else (),
        stored=_stored(facts),
        brightness=Brightness(counts=facts.brightness) if facts and sum(facts.brightness) else None,
        files=count_tables(facts.files) if facts else (),
        duplicates=CountTable(title="Equal pictures", rows=single_values(duplicates)),
        pairs=_pairs(evidence, duplicates.get("examples", ())),
        leaks=_above_zero(duplicates.get("leaks")),
        group_leaks=_above_zero(duplicates.get("group_leaks")),
        messages=facts.messages if facts else (),
        problems=problems,
        n_problems=sum(n for status, n in counts.items() if status != "used"),
    )


def _above_zero(counts: Mapping[str, int] | None) -> dict[str, int]:
    return {str(where): n for where, n in (counts or {}).items() if n}


def _classes(evidence: Evidence) -> tuple[tuple[ClassPart, ...], tuple[str, ...]]:
    manifest, names = evidence.manifest, evidence.class_names
    by_split = evidence.facts.class_counts if evidence.facts else manifest.class_counts(names) if manifest else {}
    splits = tuple(split for split in SPLITS if split in by_split)
    samples = sample_ids(manifest, names) if manifest else {}
    parts = (
        ClassPart(
            name=name,
            counts=tuple(by_split[split].get(name, 0) for split in splits),
            samples=tuple(
                Sample(id=image, picture=picture)
                for image in samples.get(name, ())
                if (picture := evidence.picture(image))
            ),
        )
        for name in names
    )
    return tuple(parts), splits


def _stored(facts: DataFacts | None) -> CountTable:
    if facts is None:
        return CountTable(title="As stored", rows=())
    channels, height, width = facts.image_shape
    colors = {1: "gray", 3: "color"}.get(channels, f"{channels} channels")
    rows = [("Pixels", f"{width} × {height}, {colors}")]
    rows += [(title(name), str(shown(value))) for name, value in facts.geometry.items() if name not in _SAID]
    for name, values in (("Mean", facts.mean), ("Standard deviation", facts.std)):
        rows += [(name, ", ".join(f"{value:.4f}" for value in values))] if values else []
    return CountTable(title="As stored", rows=tuple(rows))


def _pairs(evidence: Evidence, examples: Sequence[Sequence[str]]) -> tuple[DuplicatePair, ...]:
    return tuple(
        DuplicatePair(
            first=Sample(id=first, picture=evidence.picture(first)),
            second=Sample(id=second, picture=evidence.picture(second)),
            kind=", ".join(map(str, kind)),
        )
        for first, second, *kind in examples[:MAX_PAIRS]
    )


def _problems(manifest: Manifest) -> tuple[ProblemFile, ...]:
    """List files with a problem, the gravest status first; where there are too many, each status keeps its share."""
    groups = [np.flatnonzero(manifest.status == status)[:MAX_PROBLEMS] for status in _GRAVEST_FIRST]
    in_turn = sorted((turn, rank, int(i)) for rank, rows in enumerate(groups) for turn, i in enumerate(rows))
    chosen = sorted((rank, i) for _, rank, i in in_turn[:MAX_PROBLEMS])
    return tuple(
        ProblemFile(id=str(manifest.id[i]), status=str(manifest.status[i]), reason=str(manifest.reason[i]))
        for _, i in chosen
    )
