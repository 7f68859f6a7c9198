"""Numbers become levels, levels become tiles, tiles become sheets: each against a case that is solved by hand."""

import numpy as np
import pytest

from linnet.visualizations import sheets
from linnet.visualizations.sheets import GAP_LEVEL


def flat(height, width, level):
    return np.full((height, width, 3), level, dtype=np.uint8)


def test_zero_is_mid_gray_and_both_ends_are_as_far_from_it():
    found = sheets.signed_levels(np.array([[-2.0, -1.0, 0.0], [1.0, 2.0, 9.0]]), end=2.0)
    assert found.tolist() == [[1, 64, 128], [192, 255, 255]]
    assert found.dtype == np.uint8


def test_amounts_go_from_black_to_white():
    assert sheets.amount_levels(np.array([-1.0, 0.0, 0.5, 1.0, 3.0]), end=1.0).tolist() == [0, 0, 128, 255, 255]


def test_all_zeros_are_gray_or_black_and_never_a_division_by_zero():
    zeros = np.zeros((2, 2))
    assert np.all(sheets.levels(zeros, end=sheets.scale_end(zeros), signed=True) == 128)
    assert np.all(sheets.levels(zeros, end=sheets.scale_end(zeros), signed=False) == 0)
    assert sheets.scale_end(np.zeros(0)) == 0


def test_a_scale_ends_at_the_largest_of_few_and_below_single_ones_of_many():
    assert sheets.scale_end(np.array([-3.0, 1.0, 2.0])) == 3.0
    many = np.ones(1000)
    many[0] = -50.0
    assert sheets.scale_end(many) == 1.0
    alone = np.zeros(1000)
    alone[7] = -4.0
    assert sheets.scale_end(alone) == 4.0


def test_tiles_have_three_colors_whatever_came():
    gray = np.arange(8, dtype=np.uint8).reshape(2, 2, 2)
    assert np.array_equal(sheets.tiles_of(gray), sheets.tiles_of(gray[:, None]))
    assert np.array_equal(sheets.tiles_of(gray)[1, :, :, 2], gray[1])
    color = np.arange(12, dtype=np.uint8).reshape(1, 3, 2, 2)
    assert sheets.tiles_of(color)[0, 1, 0].tolist() == [2, 6, 10]


def test_a_tile_grows_by_whole_factors_with_hard_edges():
    tile = np.zeros((2, 3, 3), dtype=np.uint8)
    tile[1, 2] = 200
    grown = sheets.sized(tile, 10)  # 3 columns fit three times into 10 pixels
    assert grown.shape == (6, 9, 3)
    assert np.all(grown[3:, 6:] == 200)
    assert int(grown.sum()) == 9 * 3 * 200


def test_a_large_tile_shrinks_by_averaging_whole_blocks():
    tile = np.zeros((4, 6, 3), dtype=np.uint8)
    tile[:2, :2] = 100
    tile[0, 0] = 200
    small = sheets.sized(tile, 3)
    assert small[:, :, 0].tolist() == [[125, 0, 0], [0, 0, 0]]


def test_sides_that_do_not_divide_lose_no_row():
    tile = flat(5, 5, 40)
    tile[4] = 90
    assert sheets.sized(tile, 3)[:, 0, 0].tolist() == [40, 40, 90]


@pytest.mark.parametrize(
    ("n_tiles", "height", "width", "expected"),
    [(1, 8, 8, 1), (2, 8, 8, 2), (10, 8, 8, 5), (64, 8, 8, 8), (8, 3, 3, 4), (6, 8, 8, 3), (12, 1, 100, 1)],
)
def test_a_grid_is_wider_than_high_and_full_if_it_can_be(n_tiles, height, width, expected):
    assert sheets.columns_for(n_tiles, height, width) == expected


def test_tiles_stand_row_by_row_with_gaps_between_and_none_around():
    tiles = [flat(2, 3, 10 * at) for at in range(1, 6)]
    sheet = sheets.grid(tiles, n_columns=3, gap=1)
    assert sheet.shape == (5, 11, 3)
    assert sheet[:, :, 0].tolist()[0] == [10] * 3 + [GAP_LEVEL] + [20] * 3 + [GAP_LEVEL] + [30] * 3
    assert np.all(sheet[2] == GAP_LEVEL)
    assert sheet[4, :, 0].tolist() == [40] * 3 + [GAP_LEVEL] + [50] * 3 + [GAP_LEVEL] * 4


def test_columns_and_rows_are_as_large_as_what_is_in_them():
    sheet = sheets.grid([flat(1, 1, 0), flat(1, 5, 1), flat(3, 3, 2), flat(3, 5, 3)], n_columns=2, gap=1)
    assert sheet.shape == (1 + 1 + 3, 3 + 1 + 5, 3)
    assert sheet[0, :3, 0].tolist() == [GAP_LEVEL, 0, GAP_LEVEL]


def test_fewer_tiles_than_columns_make_a_sheet_as_wide_as_they_are():
    assert sheets.grid([flat(2, 2, 0), flat(2, 2, 0)], n_columns=8, gap=2).shape == (2, 6, 3)


def test_a_frame_is_drawn_inside_its_box_and_leaves_the_rest():
    picture = flat(20, 20, 77)
    drawn = sheets.framed(picture, (4, 5, 10, 12))
    assert np.all(drawn[4, 5:17] == 0)
    assert np.all(drawn[5, 6:16] == sheets.FRAME)
    assert np.all(drawn[7:11, 8:14] == 77)
    outside = drawn.copy()
    outside[4:14, 5:17] = 77
    assert np.all(outside == 77)
    assert np.all(picture == 77)


def test_a_frame_that_reaches_over_the_edge_ends_there():
    drawn = sheets.framed(flat(8, 8, 9), (-5, -5, 30, 30))
    assert np.all(drawn[0] == 0)
    assert np.all(drawn[:, 7] == 0)
    assert np.array_equal(sheets.framed(flat(8, 8, 9), (20, 20, 3, 3)), flat(8, 8, 9))


def test_what_is_cut_out_is_as_large_as_the_box_and_gray_beyond_the_edge():
    picture = np.arange(16, dtype=np.uint8).reshape(4, 4, 1).repeat(3, axis=2)
    assert sheets.cut_out(picture, (1, 2, 2, 2))[:, :, 0].tolist() == [[6, 7], [10, 11]]
    over = sheets.cut_out(picture, (-1, 3, 2, 2))[:, :, 0]
    assert over.tolist() == [[GAP_LEVEL, GAP_LEVEL], [3, GAP_LEVEL]]


def test_bars_are_as_long_as_their_numbers():
    drawn = sheets.bars(np.array([1.0, 0.5, 0.0]), end=1.0, signed=False, height=21, width=4)[:, :, 0]
    assert drawn.shape == (21, 11)
    assert [int((drawn[:, column] == sheets.BAR).sum()) for column in (0, 4, 8)] == [20, 10, 0]
    assert np.all(drawn[20] == sheets.ZERO_LINE)


def test_bars_below_zero_hang_from_the_line():
    drawn = sheets.bars(np.array([1.0, -1.0]), end=1.0, signed=True, height=21, width=3)[:, :, 0]
    assert np.all(drawn[10] == sheets.ZERO_LINE)
    assert np.all(drawn[:10, 0] == sheets.BAR)
    assert np.all(drawn[11:, 0] == sheets.GROUND)
    assert np.all(drawn[11:, 3] == sheets.BAR)
    assert np.all(sheets.bars(np.zeros(2), end=0.0, signed=True)[:, :, 0] != sheets.BAR)


def test_a_long_vector_stands_in_cells_row_by_row():
    cells = sheets.strip(np.arange(50, 60, dtype=np.uint8))[:, :, 0]
    assert cells.tolist() == [[50, 51, 52, 53, 54, 55, 56], [57, 58, 59, *[GAP_LEVEL] * 4]]
