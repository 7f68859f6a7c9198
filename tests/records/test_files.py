import os
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linnet.errors import RunError
from linnet.records import files
from linnet.records.files import (
    read_csv,
    read_json,
    read_text,
    replacing,
    write_bytes,
    write_csv,
    write_json,
    write_text,
)

# Every text that Python can hold, also the lone surrogates that stand for file names that are no Unicode.
ANY_TEXT = st.text(st.characters())


def test_a_file_is_replaced_whole(tmp_path):
    path = tmp_path / "deep" / "file.bin"
    write_bytes(path, b"old")
    write_bytes(path, b"new")
    assert path.read_bytes() == b"new"
    assert [p.name for p in path.parent.iterdir()] == ["file.bin"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, OSError])
def test_an_error_while_writing_leaves_the_old_file_and_no_litter(tmp_path, error):
    path = tmp_path / "file.bin"
    write_bytes(path, b"old")

    def write_half():
        with replacing(path) as file:
            file.write(b"half")
            raise error

    with pytest.raises(error):
        write_half()
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["file.bin"]


def test_the_bytes_are_on_disk_before_the_rename(tmp_path, monkeypatch):
    path, seen = tmp_path / "file.bin", []
    real = os.fsync
    monkeypatch.setattr(files.os, "fsync", lambda handle: (seen.append(path.exists()), real(handle)))
    write_bytes(path, b"data")
    assert seen == [False]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such permission bits")
def test_others_may_read_what_was_written(tmp_path):
    write_bytes(tmp_path / "file", b"")
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o644


@given(text=ANY_TEXT)
def test_any_text_comes_back(tmp_path_factory, text):
    path = tmp_path_factory.getbasetemp() / "text"
    write_text(path, text)
    assert read_text(path) == text


def test_text_keeps_its_line_feeds_on_every_system(tmp_path):
    write_text(tmp_path / "text", "a\nb\r\n")
    assert (tmp_path / "text").read_bytes() == b"a\nb\r\n"


def test_json_keeps_order_and_scripts(tmp_path):
    value = {"b": [1, 2.5, None, True], "a": "Blässhuhn 鳥"}
    write_json(tmp_path / "x.json", value)
    assert read_json(tmp_path / "x.json") == value
    text = (tmp_path / "x.json").read_text(encoding="utf-8")
    assert text.index('"b"') < text.index('"a"')
    assert "Blässhuhn 鳥" in text


def test_json_refuses_numbers_that_are_none(tmp_path):
    with pytest.raises(ValueError, match="JSON"):
        write_json(tmp_path / "x.json", float("nan"))
    assert list(tmp_path.iterdir()) == []


@given(rows=st.lists(st.lists(ANY_TEXT, min_size=2, max_size=2), max_size=5))
def test_any_table_comes_back(tmp_path_factory, rows):
    path = tmp_path_factory.getbasetemp() / "table.csv"
    write_csv(path, ["one", "two, or more"], rows)
    assert read_csv(path) == (["one", "two, or more"], rows)


def test_csv_is_what_other_programs_expect(tmp_path):
    write_csv(tmp_path / "x.csv", ["id", "label"], [["a,b", 'say "cheep"'], [1, 2.5], ["two\rlines", "plain"]])
    assert (tmp_path / "x.csv").read_bytes() == b'id,label\n"a,b","say ""cheep"""\n1,2.5\n"two\rlines",plain\n'


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("missing", None, "incomplete"),
        ("empty", b"", "with a header"),
        ("short", b"a,b\n1,2\n3\n", "row 3, has 1 fields where the header has 2"),
        ("binary", b"a,b\n\xff\xfe,1\n", "UTF-8"),
    ],
)
def test_a_damaged_table_is_refused_in_one_sentence(tmp_path, name, content, says):
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(RunError, match=says):
        read_csv(path)


@pytest.mark.parametrize("content", [None, b"", b"{", b"\xff", b'{"a": 1'])
def test_damaged_json_is_refused(tmp_path, content):
    if content is not None:
        (tmp_path / "x.json").write_bytes(content)
    with pytest.raises(RunError, match=r"x\.json"):
        read_json(tmp_path / "x.json")


def test_a_folder_in_place_of_a_file_is_refused(tmp_path):
    with pytest.raises(RunError, match="cannot be read"):
        read_json(tmp_path)
