"""Any plain values as small tables."""

import pytest

from linnet.reports.tables import MAX_ROWS, count_tables, shown, single_values, title


def test_single_values_stand_together_and_mappings_on_their_own():
    tables = count_tables({"n_files": 3, "formats": {"PNG": 2, "JPEG": 1}, "n_rotated": 0})
    assert [table.title for table in tables] == ["Files", "Formats"]
    assert tables[0].rows == (("Files", 3), ("Rotated", 0))
    assert tables[1].rows == (("PNG", 2), ("JPEG", 1))


def test_nothing_found_gives_no_table():
    assert count_tables({}) == ()
    assert count_tables({"formats": {}}) == ()


def test_too_many_rows_are_summed_and_the_biggest_stay():
    counts = {str(i): i for i in range(1, 31)}
    table = count_tables({"sizes": counts})[0]
    assert [n for _, n in table.rows] == list(range(30, 30 - MAX_ROWS, -1))
    assert table.n_more == 30 - MAX_ROWS
    assert table.more + sum(n for _, n in table.rows) == sum(counts.values())


def test_one_row_too_many_is_shown_rather_than_summed():
    table = count_tables({"sizes": {str(i): 1 for i in range(MAX_ROWS + 1)}})[0]
    assert (len(table.rows), table.n_more) == (MAX_ROWS + 1, 0)


def test_the_order_given_is_kept():
    assert count_tables({"height": {"min": 1, "median": 5.5, "max": 9}})[0].rows == (
        ("min", 1),
        ("median", "5.5"),
        ("max", 9),
    )


def test_a_ranking_of_sizes_says_width_before_height():
    table = count_tables({"common_sizes": [{"height": 32, "width": 48, "n": 7}]})[0]
    assert (table.title, table.rows) == ("Common sizes", (("48 × 32", 7),))


def test_a_ranking_of_anything_is_named_by_what_is_not_the_count():
    assert count_tables({"cameras": [{"maker": "A", "model": "B", "n": 2}]})[0].rows == (("A, B", 2),)


def test_counts_inside_counts_stand_in_one_line():
    assert count_tables({"extensions": {".png": {"seen": 3, "used": 2}}})[0].rows == ((".png", "3 seen, 2 used"),)


def test_bytes_are_shown_as_megabytes():
    assert single_values({"n_bytes": 4_530_112}) == (("Bytes", "4.5 MB"),)


def test_examples_are_no_value():
    assert single_values({"examples": [["a", "b", "exact"]], "exact_pairs": 1}) == (("Exact pairs", 1),)


@pytest.mark.parametrize(
    ("value", "said"),
    [(3, 3), (2.5, "2.5"), (True, "true"), ([1, 8, 8], "1 × 8 × 8"), ({"a": 0.5}, "a 0.5"), (None, "None")],
)
def test_values_of_any_kind_are_written(value, said):
    assert shown(value) == said


def test_keys_become_words():
    assert [title(key) for key in ("n_exact_pairs", "too large", "")] == ["Exact pairs", "Too large", ""]
