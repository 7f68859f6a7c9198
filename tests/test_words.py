"""How numbers and names are said."""

import doctest

import pytest

from linnet import words


def test_the_examples_in_the_texts_are_true():
    assert doctest.testmod(words).failed == 0


@pytest.mark.parametrize(
    ("n", "noun", "said"),
    [(0, "picture", "0 pictures"), (1, "picture", "1 picture"), (1797, "class", "1,797 classes"), (5, "", "5")],
)
def test_counts_have_the_right_number_of_their_noun(n, noun, said):
    assert words.count(n, noun) == said


def test_phrases_and_verbs_agree_with_their_count():
    assert [words.count(n, "more class") for n in (1, 2)] == ["1 more class", "2 more classes"]
    assert [words.count(n, "test picture") for n in (0, 1)] == ["0 test pictures", "1 test picture"]
    assert [words.agree(n, "is", "are") for n in (0, 1, 2)] == ["are", "is", "are"]


def test_once_in_a_hundred_is_one_time():
    said = [words.times_in_100(share) for share in (0.0, 0.004, 0.0102, 0.5, 1.0)]
    assert said == ["0 times in 100", *("0.4 times in 100", "1 time in 100"), "50 times in 100", "100 times in 100"]


def test_how_often_is_said_in_words_where_there_is_one():
    assert [words.often(n) for n in (1, 2, 3, 1000)] == ["once", "twice", "3 times", "1,000 times"]


def test_lists_are_joined_as_people_do():
    assert [words.joined(texts) for texts in (["a"], ["a", "b"], ["a", "b", "c"])] == ["a", "a and b", "a, b and c"]


def test_a_name_that_runs_right_to_left_is_shut_off():
    assert words.named("cat") == "“cat”"
    assert words.named("חתול") == "“\u2068חתול\u2069”"


@pytest.mark.parametrize("decimals", [0, 1])
@pytest.mark.parametrize("fraction", [0.9951, 0.99999, 0.0004, 1e-5])
def test_what_is_not_certain_is_never_said_to_be(fraction, decimals):
    assert 0 < float(words.in_100(fraction, decimals)) < 100


@pytest.mark.parametrize("decimals", [0, 1, 3])
@pytest.mark.parametrize("fraction", [0.003, 0.997, 0.9996, 0.99999, 0.0004, 1e-5])
def test_no_share_is_rounded_to_all_or_nothing(fraction, decimals):
    assert words.percent(fraction, decimals) not in {"0%", "0.0%", "0.000%", "100%", "100.0%", "100.000%"}
    assert 0 < float(words.percent(fraction, decimals).removesuffix("%")) < 100
    assert 0 < float(words.in_1(fraction, decimals)) < 1


def test_what_no_count_could_show_says_only_that_it_is_not_all_or_nothing():
    assert (words.percent(1e-10), words.percent(1 - 1e-10)) == ("< 0.000001%", "> 99.999999%")
    assert (words.in_1(1e-10), words.in_1(1 - 1e-10)) == ("< 0.000001", "> 0.999999")


def test_certainty_is_said_plainly():
    assert (words.in_100(1.0, 1), words.in_100(0.0, 1)) == ("100", "0")
    assert (words.percent(1.0), words.percent(0.0), words.in_1(1.0), words.in_1(0.0)) == ("100%", "0%", "1", "0")
    assert (words.in_1(1 - 1e-16), words.in_1(-1e-17)) == ("1", "0")  # sums of floats
    assert (words.in_1(-0.25), words.in_1(-1.0), words.in_1(-0.0002)) == ("-0.250", "-1.000", "-0.0002")


def test_probabilities_do_not_round_to_certainty():
    assert [words.chance(p) for p in (0.0, 0.004, 0.5, 0.996, 1.0)] == ["0%", "< 1%", "50%", "> 99%", "100%"]


def test_p_values_have_the_digits_that_matter():
    assert [words.p_value(p) for p in (1.0, 0.31, 0.0312, 0.00001)] == [
        "p = 1.00",
        "p = 0.31",
        "p = 0.031",
        "p < 0.001",
    ]


def test_significant_digits_survive_odd_numbers():
    assert [words.significant(v) for v in (0.0, 1.0, 12345.6, float("inf"))] == ["0", "1.00", "12,346", "inf"]


def test_times_are_said_in_the_unit_that_fits():
    assert [words.seconds(v) for v in (0.006, 12.3, 60, 3600)] == ["6.0 ms", "12 s", "1 min 0 s", "1 h 0 min"]


def test_ratios_are_coarse():
    assert [words.ratio(v) for v in (1.52, 5.67, 39.7, 1234)] == ["1.5 times", "5.7 times", "40 times", "1,200 times"]


def test_settings_are_written_as_they_are_typed():
    assert [words.setting(v) for v in (True, 0.0001, 3, "l2", (64, 32))] == ["true", "0.0001", "3", "l2", "64,32"]


def test_views_are_said_in_words():
    assert words.several_views("none") == "at the picture"
    assert words.several_views("flips").endswith("its mirror image")
    assert "two copies" in words.several_views("shifts")
    assert words.several_views("flips-and-shifts").startswith(words.several_views("shifts"))


def test_data_are_named_without_folders_whatever_the_system():
    assert words.data_name("C:\\pictures\\birds\\") == "birds"
    assert words.data_name("/") == "/"
    assert words.data_name("/a/b.csv[c/d,e]") == "b.csv[c/d,e]"
    assert words.data_name("one / another") == "one / another"
