import json
import os
from dataclasses import replace

import pytest

from linnet.errors import RunError
from linnet.records import ledger
from linnet.records.ledger import Opening, append, read


def opening(command="climb", rungs=("knn", "majority")):
    return Opening(when="2026-11-05T10:00:00+00:00", command=command, rungs=rungs, n=360, split_hash="ab" * 32)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "ledger.jsonl"


def test_openings_are_read_oldest_first(path):
    append(path, opening("climb"))
    append(path, opening("evaluate", rungs=("鳥",)))
    assert read(path) == (opening("climb"), opening("evaluate", rungs=("鳥",)))
    assert len(path.read_text(encoding="utf-8").splitlines()) == 2


def test_what_finishes_an_opening_says_so_and_all_others_are_written_as_ever(path):
    append(path, opening("climb"))
    append(path, replace(opening("resume"), continues=True))
    assert [found.continues for found in read(path)] == [False, True]
    first, second = path.read_text(encoding="utf-8").splitlines()
    assert "continues" not in first
    assert json.loads(second)["continues"] is True


def test_without_a_file_nothing_has_been_opened(path):
    assert read(path) == ()


def test_a_line_is_on_disk_before_the_split_is_read(path, monkeypatch):
    synced = []
    real = os.fsync
    monkeypatch.setattr(ledger.os, "fsync", lambda handle: (synced.append(path.stat().st_size), real(handle)))
    append(path, opening())
    assert synced == [path.stat().st_size]
    assert synced[0] > 0


def test_a_separator_inside_a_name_does_not_end_the_line(path):
    append(path, opening("eval\u2028uate\x85"))
    assert read(path) == (opening("eval\u2028uate\x85"),)


def test_a_line_cut_off_by_a_power_cut_does_not_count_and_does_not_spoil_the_next(path):
    append(path, opening("climb"))
    whole = path.read_bytes()
    path.write_bytes(whole + whole[:30])
    assert read(path) == (opening("climb"),)
    append(path, opening("evaluate"))
    assert read(path) == (opening("climb"), opening("evaluate"))


@pytest.mark.parametrize("line", ["nonsense", "{}", '{"when": 1, "rungs": ["knn"]}', "[1]", "", '{"rungs": 3}'])
def test_a_line_that_is_no_opening_is_refused_with_its_number(path, line):
    append(path, opening())
    with path.open("a") as file:
        file.write(line + "\n")
    with pytest.raises(RunError, match="line 2, is no opening"):
        read(path)


def test_bytes_that_are_no_text_are_refused(path):
    path.write_bytes(b"\xff\xfe\n")
    with pytest.raises(RunError, match="UTF-8"):
        read(path)
