"""Pictures for the cells of the matrices: counted by hand, and against the rules of the game."""

from collections import Counter

import numpy as np
import pytest

from linnet.records.manifest import texts_of
from linnet.records.predictions import Predictions
from linnet.reports.dealing import MAX_MATRIX, N_PAIRS_WITHOUT_MATRIX, PER_CELL, cells_of, cells_with_pictures, deal


def said(labels, predicted, *, k=3, ids=None):
    """Predictions that say what they should, all equally sure."""
    probabilities = np.full((len(labels), k), 0.1 / (k - 1), dtype=np.float32)
    probabilities[np.arange(len(labels)), predicted] = 0.9
    return Predictions(
        ids=texts_of(ids or [f"p{i}" for i in range(len(labels))]),
        labels=np.array(labels, dtype=np.int64),
        probabilities=probabilities,
        class_names=tuple(f"c{i}" for i in range(k)),
    )


def rungs(n=2000, k=10, n_rungs=10):
    """Rungs of growing skill on the same pictures, of which some are hard for all."""
    generator = np.random.default_rng(0)
    labels, hard = generator.integers(0, k, n), generator.random(n)
    found = {}
    for rung in range(n_rungs):
        is_wrong = hard + 0.3 * generator.random(n) > 0.8 + 0.03 * rung
        found[f"r{rung}"] = said(labels, np.where(is_wrong, generator.integers(0, k, n), labels), k=k)
    return found


def held(predictions, chosen):
    """How many of the chosen pictures lie in each cell of a rung."""
    kept = set(chosen)
    here = [image in kept for image in predictions.ids.tolist()]
    return Counter(cells_of(predictions)[here].tolist())


def test_misses_come_before_hits_and_frequent_ones_before_rare_ones():
    found = said([0, 0, 0, 1, 1, 1, 2], [1, 1, 2, 1, 1, 1, 2])
    assert cells_with_pictures(found) == [1, 2, 4, 8]


def test_without_a_matrix_only_the_most_confused_pairs_have_pictures():
    k = MAX_MATRIX + 1
    labels = np.repeat(np.arange(k), 4)
    cells = cells_with_pictures(said(labels, (labels + np.arange(len(labels)) % 4) % k, k=k))
    assert len(cells) == N_PAIRS_WITHOUT_MATRIX
    assert all(cell // k != cell % k for cell in cells)


def test_with_room_for_all_every_cell_gets_all_it_has_up_to_its_limit():
    for found in (predictions := rungs()).values():
        got = held(found, deal(predictions, 2000))
        for cell, n in Counter(cells_of(found).tolist()).items():
            assert got[cell] >= min(n, PER_CELL)


def test_with_little_room_no_cell_goes_without_while_another_has_many():
    predictions = rungs()
    chosen = deal(predictions, 400)
    assert len(chosen) == len(set(chosen)) == 400
    for found in predictions.values():
        got = held(found, chosen)
        misses = [got[cell] for cell in cells_with_pictures(found) if cell // 10 != cell % 10]
        assert min(misses) >= 1


def test_pictures_are_shared_between_rungs():
    predictions = rungs()
    cells = sum(len(cells_with_pictures(found)) for found in predictions.values())
    chosen = deal(predictions, 300)
    filled = sum(len(held(found, chosen)) for found in predictions.values())
    assert filled > 0.9 * cells > 2 * len(chosen)  # far more cells than pictures


def test_within_a_cell_the_picture_that_most_rungs_get_wrong_comes_first():
    one = said([0, 0, 0], [1, 1, 1])
    other = said([0, 0, 0], [0, 2, 0])
    assert deal({"one": one, "other": other}, 1) == ["p1"]


def test_misses_are_dealt_before_hits():
    found = said([0] * 9 + [1], [0] * 9 + [2])
    assert deal({"one": found}, 1) == ["p9"]


def test_what_is_kept_anyway_counts_and_is_not_dealt_twice():
    found = said([0] * 6, [1] * 6)
    chosen = deal({"one": found}, 4, first=["p3", "p5", "p3", "of the training split"])
    assert chosen[:2] == ["p3", "p5"]
    assert len(chosen) == len(set(chosen)) == 4


def test_what_is_kept_anyway_may_be_more_than_there_is_room_for():
    assert deal({"one": said([0] * 4, [1] * 4)}, 1, first=["p1", "p2"]) == ["p1", "p2"]


def test_only_pictures_that_may_be_dealt_are():
    found = said([0] * 50, [1] * 50)
    assert set(deal({"one": found}, 50, among=["p7", "p9", "elsewhere"])) == {"p7", "p9"}


def test_the_order_of_the_pictures_does_not_matter_and_neighbors_are_not_favored():
    ids, order = [f"shot-{i:03d}" for i in range(200)], np.random.default_rng(1).permutation(200)
    chosen = deal({"one": said([0] * 200, [1] * 200, ids=ids)}, 24)
    assert chosen == deal({"one": said([0] * 200, [1] * 200, ids=[ids[i] for i in order])}, 24)
    assert max(chosen) > "shot-150"
    assert min(chosen) < "shot-050"


def test_rungs_may_have_seen_different_pictures():
    one, other = said([0], [1], ids=["only here"]), said([0], [2], ids=["only there"])
    assert set(deal({"one": one, "other": other}, 9)) == {"only here", "only there"}


@pytest.mark.parametrize("predictions", [{}, {"one": said([], [])}])
def test_nothing_gives_nothing(predictions):
    assert deal(predictions, 5) == []


def test_the_game_ends_when_every_cell_has_enough():
    assert len(deal({"one": said([0] * 500, [1] * 500)}, 500)) == PER_CELL
