import os
from types import SimpleNamespace

import pytest

from linnet.datasets.base import Item, Source
from linnet.datasets.sources.files import SourceReader, printable, seal

OLD = SimpleNamespace(st_size=1, st_mtime_ns=10**18, st_ctime_ns=10**18, st_ino=5)


def changed(**facts):
    return SimpleNamespace(**{**vars(OLD), **facts})


def test_equal_files_have_equal_seals():
    assert seal([("a", OLD)], "x") == seal([("a", changed())], "x")


@pytest.mark.parametrize("facts", [{"st_size": 2}, {"st_mtime_ns": 7}, {"st_ctime_ns": 8}, {"st_ino": 6}])
def test_every_fact_of_a_file_is_sealed(facts):
    assert seal([("a", OLD)]) != seal([("a", changed(**facts))])


def test_paths_order_and_settings_are_sealed():
    assert (
        len({seal([("a", OLD), ("b", OLD)]), seal([("b", OLD), ("a", OLD)]), seal([("a", OLD)]), seal([("a", OLD)], 1)})
        == 4
    )


@pytest.mark.parametrize("when", ["st_mtime_ns", "st_ctime_ns"])
def test_a_file_changed_just_now_is_never_sealed_the_same_way_twice(when):
    import time

    fresh = changed(**{when: time.time_ns() - 10**9})
    assert seal([("a", fresh)]) != seal([("a", fresh)])


def test_a_clock_that_runs_ahead_does_not_spoil_the_seal():
    ahead = changed(st_mtime_ns=4 * 10**18)
    assert seal([("a", ahead)]) == seal([("a", ahead)])


def test_names_of_any_bytes_become_printable():
    assert printable("plain é") == "plain é"
    if os.name == "posix":
        assert printable(os.fsdecode(b"caf\xe9")) == r"caf\xe9"


class Memory(Source):
    name = "memory"
    class_names = ("a",)

    def fingerprint(self):
        return "fixed"

    def items(self):
        return [Item(id="a/x", label="a")]

    def read(self, item, *, limit):
        return f"{item.id} {limit}".encode()


def test_any_source_can_be_read_by_id():
    assert SourceReader(Memory()).read("a/x", limit=3) == b"a/x 3"
