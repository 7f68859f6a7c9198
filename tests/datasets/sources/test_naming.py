import random

import pytest

from linnet.datasets.sources.naming import (
    has_picture_suffix,
    listed,
    litter_reason,
    may_be_picture,
    natural_key,
    split_of,
    suffix_of,
)


def in_order(names):
    return sorted(names, key=natural_key)


def test_numbers_are_compared_as_numbers():
    assert in_order(["10", "9", "2", "1"]) == ["1", "2", "9", "10"]
    assert in_order(["img12", "img2", "img100"]) == ["img2", "img12", "img100"]


def test_case_counts_only_between_names_that_are_otherwise_equal():
    assert in_order(["b", "B", "a", "C"]) == ["a", "B", "b", "C"]


def test_the_order_does_not_depend_on_where_it_began():
    names = ["a1", "a01", "A1", "a", "a1b", "a10", "", "1", "01", "é", "É", "1a", "a-1", "²"]
    expected = in_order(names)
    for seed in range(20):
        shuffled = names.copy()
        random.Random(seed).shuffle(shuffled)
        assert in_order(shuffled) == expected


def test_different_names_never_have_the_same_key():
    assert len({natural_key(name) for name in ("1", "01", "a", "A", "a1", "a01")}) == 6


@pytest.mark.parametrize(
    ("word", "split"),
    [("train", "train"), ("Training", "train"), ("VAL", "valid"), ("valid", "valid"), ("Validation", "valid"),
     ("test", "test"), (" testing ", "test"), ("tests", ""), ("cats", "")],
)  # fmt: skip
def test_split_words_are_understood_without_case(word, split):
    assert split_of(word) == split


@pytest.mark.parametrize("name", ["Thumbs.db", "desktop.ini", "__MACOSX", ".DS_Store", "._x.jpg", ".ipynb_checkpoints"])
def test_litter_has_a_reason(name):
    assert litter_reason(name)


def test_ordinary_names_are_no_litter():
    assert not any(litter_reason(name) for name in ("cat.jpg", "thumbs", "a.b", "_x"))


@pytest.mark.parametrize(
    ("path", "suffix"),
    [("a/b.JPG", ".jpg"), ("a.b/c", ""), (".hidden", ""), ("a/..", ""), ("x.tar.gz", ".gz"), ("x.", ".")],
)
def test_a_suffix_is_the_last_part_in_small_letters(path, suffix):
    assert suffix_of(path) == suffix


def test_picture_suffixes_pay_no_regard_to_case():
    assert has_picture_suffix("x/y.WebP")
    assert not has_picture_suffix("x.png/notes.txt")


def test_a_file_without_extension_may_be_a_picture():
    assert may_be_picture("IMG_0001")
    assert not may_be_picture("readme.md")


def test_long_lists_are_cut_and_counted():
    assert listed(["a"]) == "a"
    assert listed([str(i) for i in range(8)], 3) == "0, 1, 2 and 5 more"
