import io
import re

import pytest
from rich.console import Console

from linnet.cli import show_layers

ROW = {
    "name": "head[0]",
    "kind": "Conv2d",
    "output_shape": [4, 3, 3],
    "parameters": 1_304,
    "flops": 5_400,
    "output_bytes": 144,
    "receptive_field": [5, 7],
    "stride": [2, 1],
}
LAST = ROW | {"name": "", "kind": "Net", "output_shape": [], "parameters": 0, "flops": 0, "output_bytes": 0}
FOUND = {
    "picture_shape": [3, 18, 18],
    "input_shape": [3, 9, 9],
    "n_classes": 1_000,
    "rows": [ROW, LAST | {"receptive_field": None, "stride": None}],
    "parameters": 1_304,
    "buffers": 12,
    "n_bytes": 5 * 2**20 + 2**19,
    "flops": 5_400,
    "activation_bytes": 2_048,
}


def shown(found=FOUND, width=150):
    file = io.StringIO()
    show_layers.layers(Console(file=file, width=width), "tiny", found)
    return file.getvalue()


def cells(text, layer):
    line = next(line for line in text.splitlines() if layer in line)
    return re.split(" {2,}", line.strip())


def test_each_layer_has_its_row_with_brackets_as_they_are():
    row = cells(shown(), "head[0]")
    assert row == ["head[0]", "Conv2d", "4x3x3", "1,304", "5.40 k", "144 B", "5x7", "2x1"]


def test_what_is_not_known_is_a_dash_and_what_is_nothing_is_blank():
    assert cells(shown(), "Net") == ["(the network itself)", "Net", "-", "0 B", "-", "-"]


def test_totals_and_size_on_disk_are_said():
    assert "1,304 parameters and 12 other saved numbers, 5.50 MiB on disk; 5.40 k floating-point operations" in shown()
    assert "2.00 KiB of outputs per picture" in shown()


def test_shrinking_is_said_only_where_it_happens():
    assert "averaged down to 3x9x9 first (--set tiny.max_side=PIXELS)" in shown()
    assert "averaged down" not in shown(FOUND | {"picture_shape": [3, 9, 9]})


def test_a_plain_terminal_of_80_columns_shows_every_cell():
    wide = FOUND | {"rows": [ROW | {"name": "stage1.block2.shortcut", "output_shape": [128, 16, 16]}]}
    text = shown(wide, width=80)
    for cell in ("stage1.", "Conv2d", "128x16x16", "1,304", "5.40 k", "144 B", "5x7", "2x1"):
        assert cell in text
    assert "…" not in text


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"), (999, "999"), (1_000, "1.00 k"), (9_994, "9.99 k"), (9_995, "10.0 k"), (99_949, "99.9 k"),
        (99_950, "100 k"), (999_499, "999 k"), (999_500, "1.00 M"), (81_600_000, "81.6 M"), (3 * 10**12, "3.00 T"),
    ],
)  # fmt: skip
def test_numbers_have_three_digits(number, text):
    assert show_layers.scaled(number) == text


@pytest.mark.parametrize(("number", "text"), [(1_023, "1023 B"), (1_024, "1.00 KiB"), (3 * 2**30, "3.00 GiB")])
def test_sizes_count_in_powers_of_1024(number, text):
    assert show_layers.in_bytes(number) == text
