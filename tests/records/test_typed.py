import json
from dataclasses import asdict, dataclass
from typing import ClassVar

import pytest

from linnet.errors import RunError
from linnet.records.typed import Stored, read_typed, write_typed


@dataclass(frozen=True, kw_only=True)
class Nest:
    """Hold a part."""

    n_eggs: int
    height: float | None = None


@dataclass(frozen=True, kw_only=True)
class Bird:
    """Hold a whole."""

    name: str
    nests: tuple[Nest, ...]
    songs: dict[str, float]


LINNET = Bird(name="Hänfling \udcff", nests=(Nest(n_eggs=5, height=1.5), Nest(n_eggs=0)), songs={"twitter": 0.25})


def write(path, value=LINNET, version=1):
    write_typed(path, asdict(value), version=version)
    return path


def read(path, version=1):
    return read_typed(Bird, path, version=version, kind="a bird")


def test_nested_records_come_back_also_with_names_that_are_no_unicode(tmp_path):
    assert read(write(tmp_path / "bird.json")) == LINNET


def test_the_format_comes_first_and_older_ones_can_be_read(tmp_path):
    path = write(tmp_path / "bird.json", version=3)
    assert next(iter(json.loads(path.read_text(encoding="utf-8", errors="surrogateescape")))) == "format"
    assert read(path, version=4) == LINNET


def test_a_newer_format_is_refused(tmp_path):
    with pytest.raises(RunError, match="has format 2, this Linnet reads up to 1; install a newer one"):
        read(write(tmp_path / "bird.json", version=2))


def test_a_missing_file_and_one_that_is_no_json_are_refused(tmp_path):
    with pytest.raises(RunError, match="incomplete"):
        read(tmp_path / "bird.json")
    (tmp_path / "bird.json").write_text('{"format": 1, "na')
    with pytest.raises(RunError, match="should hold JSON"):
        read(tmp_path / "bird.json")


@pytest.mark.parametrize(
    ("change", "where"),
    [
        (lambda plain: plain.pop("format"), "should hold a bird and does not"),
        (lambda plain: plain.update(format="1"), "should hold a bird and does not"),
        (lambda plain: plain.pop("songs"), r"songs: Field required"),
        (lambda plain: plain.update(name=3), r"name: Input should be a valid string"),
        (lambda plain: plain["nests"][1].update(n_eggs="many"), r"nests\.1\.n_eggs"),
        (lambda plain: plain["songs"].update(twitter=None), r"songs\.twitter"),
    ],
)
def test_what_is_damaged_is_refused_and_the_place_is_named(tmp_path, change, where):
    plain = {"format": 1, **asdict(LINNET), "name": "linnet"}
    change(plain)
    (tmp_path / "bird.json").write_text(json.dumps(plain))
    with pytest.raises(RunError, match=where):
        read(tmp_path / "bird.json")


@pytest.mark.parametrize("plain", [[], 3, None, "bird"])
def test_json_of_another_shape_is_refused(tmp_path, plain):
    (tmp_path / "bird.json").write_text(json.dumps(plain))
    with pytest.raises(RunError, match="should hold a bird and does not; the run folder is damaged"):
        read(tmp_path / "bird.json")


@dataclass(frozen=True, kw_only=True)
class Song(Stored):
    """Hold what has a file of its own."""

    version: ClassVar[int] = 2
    kind: ClassVar[str] = "a song"

    notes: tuple[int, ...]


def test_a_stored_record_knows_its_format_and_what_it_is(tmp_path):
    path = tmp_path / "song.json"
    Song(notes=(1, 2)).write(path)
    assert json.loads(path.read_text(encoding="utf-8")) == {"format": 2, "notes": [1, 2]}
    assert Song.read(path) == Song(notes=(1, 2))
    path.write_text('{"format": 3, "notes": []}', encoding="utf-8")
    with pytest.raises(RunError, match="has format 3, this Linnet reads up to 2"):
        Song.read(path)
    path.write_text('{"format": 2, "notes": ["c"]}', encoding="utf-8")
    with pytest.raises(RunError, match="should hold a song and does not"):
        Song.read(path)
