import numpy as np

from linnet.datasets.splitting.repair import Balance, Entries, repair


def entries_of(table, pinned=None):
    """Make entries of a (sides, classes) table of counts."""
    table = np.array(table)
    side, label = np.nonzero(table)
    pinned = np.zeros(len(table), np.bool_) if pinned is None else np.array(pinned)
    return Entries(side=side, label=label, count=table[side, label], pinned=pinned)


def filled_by(part, table, n_parts):
    return np.array([np.array(table)[part == p].sum(0) for p in range(n_parts)])


def test_a_class_missing_in_a_part_gets_a_side_there():
    table = [[2], [2], [2], [2]]
    part = np.zeros(4, np.int64)
    assert repair(part, entries_of(table), np.array([0.5, 0.5])) == []
    assert filled_by(part, table, 2).min() >= 2


def test_nothing_moves_where_all_is_within_one_side():
    part = np.array([0, 0, 0, 1])
    repair(part, entries_of([[3], [3], [3], [3]]), np.array([0.6, 0.4]))
    assert part.tolist() == [0, 0, 0, 1]


def test_sides_of_two_classes_are_moved_until_both_are_everywhere():
    table = [[1, 1], [1, 1], [1, 0], [0, 1]]
    part = np.zeros(4, np.int64)
    assert repair(part, entries_of(table), np.array([0.5, 0.5])) == []
    assert filled_by(part, table, 2).min() >= 1


def test_pinned_sides_stay():
    part = np.zeros(3, np.int64)
    repair(part, entries_of([[5], [1], [1]], pinned=[True, False, False]), np.array([0.5, 0.5]))
    assert part[0] == 0
    assert part[1:].max() == 1


def test_what_cannot_be_mended_is_returned():
    part = np.zeros(2, np.int64)
    assert repair(part, entries_of([[1, 1], [1, 0]], pinned=[True, True]), np.array([0.5, 0.5])) == [0]


def test_a_class_with_too_few_sides_is_not_reported():
    assert repair(np.zeros(1, np.int64), entries_of([[4]]), np.array([0.5, 0.5])) == []


def test_the_balance_follows_the_moves():
    table = [[1, 2], [3, 0], [0, 4]]
    part = np.array([0, 1, 1])
    balance = Balance(part, entries_of(table), np.array([0.5, 0.5]))
    for side, target in ((0, 1), (2, 0), (1, 0), (0, 0)):
        balance.move(side, target)
        np.testing.assert_array_equal(balance.filled, filled_by(part, table, 2))


def test_a_gain_is_what_the_move_saves_and_leaves_everything_in_place():
    table = [[2, 0], [2, 0], [2, 1], [2, 1]]
    part = np.zeros(4, np.int64)
    balance = Balance(part, entries_of(table), np.array([0.5, 0.5]))
    before, everything = balance.costs(np.arange(2)).sum(), balance.filled.copy()
    saved = balance.gain(2, 1)
    np.testing.assert_array_equal(balance.filled, everything)
    balance.move(2, 1)
    assert np.isclose(before - balance.costs(np.arange(2)).sum(), saved)
