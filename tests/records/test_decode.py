from dataclasses import dataclass
from typing import Literal, Union

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linnet.errors import ConfigError, UnknownNameError
from linnet.records.decode import check_keys, coerce, make, parse_assignments, parse_value, show_value

SCALARS = st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | st.text(st.characters())


def test_known_keys_pass():
    check_keys("setting of knn", {"k": 1}, ["k", "metric"])


def test_an_unknown_key_is_refused_with_the_nearest_one():
    with pytest.raises(UnknownNameError, match=r"no setting of knn named 'metrik'; did you mean 'metric'\?"):
        check_keys("setting of knn", {"k": 1, "metrik": "l1"}, ["k", "metric"])


@pytest.mark.parametrize(
    ("wanted", "value", "result"),
    [
        (int, 3, 3),
        (float, 3, 3.0),
        (float, 0.5, 0.5),
        (bool, True, True),
        (str, "l2", "l2"),
        (Literal["l1", "l2"], "l1", "l1"),
        (tuple[int, ...], [64, 32], (64, 32)),
        (tuple[Literal["a", "b"], ...], ["b"], ("b",)),
        (tuple[int, ...], 64, (64,)),
        (tuple[float, ...], 1, (1.0,)),
        (tuple[Literal["a", "b"], ...], "b", ("b",)),
        (tuple[int, ...] | None, 64, (64,)),
        (Union[None, tuple[int, ...]], 64, (64,)),  # noqa: UP007 - the older way of writing it has another origin
        (tuple[int, ...] | None, None, None),
        (int | tuple[int, ...], 64, 64),
        (str, ["pad-crop", "flip"], "pad-crop,flip"),
        (int | None, None, None),
        (dict[str, int], {"a": 1}, {"a": 1}),
    ],
)
def test_a_value_of_the_right_type_is_taken(wanted, value, result):
    taken = coerce(wanted, value, "here")
    assert taken == result
    assert type(taken) is type(result)


@pytest.mark.parametrize(
    ("wanted", "value"),
    [
        (int, "3"),
        (int, 3.0),
        (int, True),
        (float, "0.5"),
        (float, True),
        (bool, 1),
        (bool, "true"),
        (str, 3),
        (Literal["l1", "l2"], "l3"),
        (tuple[int, ...], "64"),
        (tuple[int, ...], 64.0),
        (tuple[int, ...], True),
        (tuple[int, ...], {"a": 1}),
        (tuple[int, ...] | None, "64"),
        (str, [1, 2]),
        (str, ["flip", 2]),
        (tuple[int, ...], ["64"]),
        (dict[str, int], [1]),
    ],
)
def test_a_value_of_another_type_is_refused(wanted, value):
    with pytest.raises(ConfigError, match=r"^knn\.k should be .*; it is "):
        coerce(wanted, value, "knn.k")


def test_a_refusal_shows_the_value_as_it_came():
    with pytest.raises(ConfigError, match=r"^mlp\.hidden should be a valid integer; it is 'many'\.$"):
        coerce(tuple[int, ...], "many", "mlp.hidden")


def test_a_refusal_names_the_choices_as_they_are_written():
    with pytest.raises(ConfigError, match=r"knn\.metric should be 'L1' or 'L2'; it is 'l1'"):
        coerce(Literal["L1", "L2"], "l1", "knn.metric")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3", 3),
        ("-1", -1),
        ("0.5", 0.5),
        ("1e-3", 1e-3),
        ("true", True),
        ("l2", "l2"),
        ('"3"', "3"),
        ("64,32", [64, 32]),
        ("[64, 32]", [64, 32]),
        ("l1,l2", ["l1", "l2"]),
        ("l1, 2", ["l1", 2]),
        ("pad-crop,flip", ["pad-crop", "flip"]),
        ("mix(a=1,b=2)", "mix(a=1,b=2)"),
        ("pad-crop(padding=2),flip", "pad-crop(padding=2),flip"),
        ("5 apples", "5 apples"),
        ("", ""),
    ],
)
def test_a_flag_is_read_as_toml_or_as_a_word(text, value):
    parsed = parse_value(text)
    assert parsed == value
    assert type(parsed) is type(value)


@given(st.text())
def test_any_flag_can_be_read(text):
    parse_value(text)


@given(SCALARS | st.lists(SCALARS, max_size=4))
def test_a_value_that_is_shown_is_read_back(value):
    back = parse_value(show_value(value))
    assert back == value
    assert type(back) is type(value)


def test_assignments_are_gathered_by_rung():
    found = parse_assignments(["knn.k=1", "softmax_regression.l2 = 0.1", "knn.metric=l2", "a.b=x=y"])
    assert found == {"knn": {"k": 1, "metric": "l2"}, "softmax-regression": {"l2": 0.1}, "a": {"b": "x=y"}}


@pytest.mark.parametrize("text", ["knn", "knn.k", "k=1", "knn.k=", ".k=1", "knn.=1", "=", "knn.k= "])
def test_an_assignment_of_another_form_is_refused(text):
    with pytest.raises(ConfigError, match=r"--set wants RUNG\.SETTING=VALUE"):
        parse_assignments([text])


def test_a_setting_given_twice_is_refused():
    with pytest.raises(ConfigError, match=r"knn\.k twice"):
        parse_assignments(["knn.k=1", "knn.k=2"])


@dataclass(kw_only=True)
class Sieve:
    holes: int = 3
    sizes: tuple[int, ...] = ()

    def __post_init__(self):
        if self.holes == 0:
            raise ConfigError("A sieve wants holes.")
        if self.holes < 0:
            raise ValueError("negative")


def test_an_entry_is_made_from_settings_of_the_right_types():
    assert make(Sieve, "sieve", {"sizes": [1, 2]}) == Sieve(sizes=(1, 2))
    assert make(Sieve, "sieve", {"sizes": 4}) == Sieve(sizes=(4,))


@pytest.mark.parametrize(
    ("settings", "error", "words"),
    [
        ({"hole": 1}, UnknownNameError, "no setting of sieve named 'hole'; did you mean 'holes'"),
        ({"holes": "many"}, ConfigError, "sieve.holes should be"),
        ({"holes": 0}, ConfigError, "A sieve wants holes"),
        ({"holes": -1}, ConfigError, r"sieve cannot be made with {'holes': -1} \(negative\)"),
    ],
)
def test_an_entry_that_cannot_be_made_says_why(settings, error, words):
    with pytest.raises(error, match=words):
        make(Sieve, "sieve", settings)
