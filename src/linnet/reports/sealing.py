"""What a report says of the test split: how it was kept apart, and every time it was opened."""

from collections import Counter
from dataclasses import dataclass

from linnet.records.ledger import Opening
from linnet.reports.evidence import Evidence


@dataclass(frozen=True, kw_only=True)
class SealingPart:
    """Hold the ledger.

    Attributes:
        openings: Oldest first, of any labelled pictures that were scored.
        n_openings: So many of them are of this run's test split, one that was interrupted and finished later once.
        n_interrupted: How often one was interrupted before any number was shown, and gone on with.
        split_hash: Of that split; empty where it is not known and was never opened.
        n_test: Its pictures; 0 where not known.
        n_folds: 0 where one validation split chose the settings.
        n_rungs: Rungs whose settings were chosen.
    """

    openings: tuple[Opening, ...]
    n_openings: int
    n_interrupted: int
    split_hash: str
    n_test: int
    n_folds: int
    n_rungs: int


def describe_sealing(evidence: Evidence) -> SealingPart:
    """Read the ledger."""
    facts, openings = evidence.facts, evidence.openings
    split_hash = facts.split_hash if facts and facts.split_hash else openings[0].split_hash if openings else ""
    by_split = Counter((opening.split_hash, opening.continues) for opening in openings)
    known = sum(facts.class_counts.get("test", {}).values()) if facts else 0
    return SealingPart(
        openings=openings,
        n_openings=by_split[split_hash, False],
        n_interrupted=by_split[split_hash, True],
        split_hash=split_hash,
        n_test=known or next((opening.n for opening in openings if opening.split_hash == split_hash), 0),
        n_folds=evidence.experiment.protocol.folds,
        n_rungs=len(evidence.selections),
    )
