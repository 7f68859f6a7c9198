from dataclasses import dataclass, field
from functools import partial
from typing import ClassVar

import pytest

from linnet import catalog
from linnet.errors import ConfigError, UnknownNameError
from linnet.records.calls import (
    create,
    key_and_value,
    missing_settings,
    name_and_arguments,
    plain_value,
    refuse_twice,
    setting_types,
    split_calls,
    written,
)
from linnet.records.decode import show_value

FORM = "A thing is written like a(b=1)"


@dataclass
class Entry:
    about: ClassVar[str] = "it"

    first: int
    second: tuple[int, ...] = ()
    third: list[int] = field(default_factory=list)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a", ["a"]),
        (" a , b ", ["a", "b"]),
        ("a(b=1,c=2),d", ["a(b=1,c=2)", "d"]),
        ("a(b(c,d),e),f(g)", ["a(b(c,d),e)", "f(g)"]),
        ("a() ,b", ["a()", "b"]),
    ],
)
def test_commas_in_brackets_do_not_part(text, parts):
    assert split_calls(text, form=FORM) == parts


@pytest.mark.parametrize("text", ["", ",", "a,", "a,,b", "a(", "a)", "a)b(", "a(b))", "a()()", "a()b"])
def test_what_cannot_be_read_is_refused_with_all_of_it(text):
    with pytest.raises(ConfigError, match=r"^A thing is written like a\(b=1\) with matching brackets; it is 'whole'"):
        split_calls(text, form=FORM, whole="whole")


@pytest.mark.parametrize(
    ("call", "parted"),
    [
        ("a", ("a", [])),
        ("a()", ("a", [])),
        ("a ( b = 1 )", ("a", ["b = 1"])),
        ("a(b(c,d),e=1)", ("a", ["b(c,d)", "e=1"])),
    ],
)
def test_a_call_is_a_name_and_arguments(call, parted):
    assert name_and_arguments(call, form=FORM) == parted


@pytest.mark.parametrize(
    ("argument", "parted"),
    [("p=1", ("p", "1")), ("1", ("", "1")), ("of=a(b=1)", ("of", "a(b=1)")), ("a(b=1)", ("", "a(b=1)"))],
)
def test_an_argument_may_have_a_key(argument, parted):
    assert key_and_value(argument) == parted


def test_settings_have_types_and_class_variables_are_none():
    assert setting_types(Entry) == {"first": int, "second": tuple[int, ...], "third": list[int]}
    assert setting_types(int) == {}


def test_a_value_is_read_by_its_type():
    types = setting_types(Entry)
    assert plain_value("entry", "first", "3", types) == 3
    assert plain_value("entry", "second", "3", types) == (3,)
    with pytest.raises(ConfigError, match=r"^entry\.first should be a valid integer; it is 'x'"):
        plain_value("entry", "first", "x", types)
    with pytest.raises(UnknownNameError, match="no setting of entry named 'frist'; did you mean 'first'"):
        plain_value("entry", "frist", "3", types)


def test_a_setting_given_twice_is_refused():
    refuse_twice("entry", ["first", "second"], text="...")
    with pytest.raises(ConfigError, match=r"^'a\(b\)' gives entry\.first twice"):
        refuse_twice("entry", ["first", "second", "first"], text="a(b)")


def test_only_settings_without_a_default_are_missed():
    assert missing_settings(Entry, []) == ["first"]
    assert missing_settings(Entry, ["first"]) == []
    assert missing_settings(int, []) == []


@pytest.mark.parametrize(
    ("family", "name"),
    [(each, name) for each in ("explainers", "visualizations", "losses") for name in catalog.names(each)],
)
def test_every_setting_can_be_given_in_brackets_and_is_written_so(family, name):
    find = partial(catalog.find, family)
    plain = create(name, find, form=FORM)
    assert written(plain) == name
    settings = {setting: getattr(plain, setting) for setting in plain.setting_names()}
    values = ",".join(f"{setting}={show_value(value)}" for setting, value in settings.items())
    assert create(f"{name}({values})" if values else name, find, form=FORM) == plain
    for setting, value in settings.items():
        if type(value) is int:
            call = f"{name}({setting}={value + 1})"
            assert written(create(call, find, form=FORM)) == call


def test_a_list_stands_in_square_brackets():
    assert split_calls("patches(filters=[1, 2]),nearest", form=FORM) == ["patches(filters=[1, 2])", "nearest"]
    patches = create("patches(filters=[1,2],rows=3)", partial(catalog.find, "visualizations"), form=FORM)
    assert (patches.filters, patches.rows) == ((1, 2), 3)
    assert written(patches) == "patches(filters=[1, 2],rows=3)"
