import json

import pytest

from linnet.errors import RunError
from linnet.records.data_facts import FORMAT, DataFacts


@pytest.fixture
def facts():
    return DataFacts(
        name="birds[owl,tit]",
        class_names=("owl", "tit"),
        image_shape=(3, 32, 32),
        geometry={"size": 32, "fit": "crop"},
        counts={"used": 10, "ignored": 1},
        class_counts={"train": {"owl": 6, "tit": 0}, "test": {"owl": 2, "tit": 2}},
        files={"formats": {"PNG": 10}},
        mean=(0.1, 1 / 3, 0.5),
        std=(0.2, 0.2, 0.25),
        brightness=(1, 4, 0, 1),
        messages=("The class tit has no training picture.",),
        split_hash="ab" * 32,
    )


def test_facts_come_back(tmp_path, facts):
    facts.write(tmp_path / "data.json")
    assert DataFacts.read(tmp_path / "data.json") == facts


def test_what_is_not_known_has_an_empty_default(tmp_path):
    few = DataFacts(name="x", class_names=("a",), image_shape=(1, 8, 8), geometry={}, counts={}, class_counts={})
    few.write(tmp_path / "data.json")
    back = DataFacts.read(tmp_path / "data.json")
    assert back == few
    assert (back.mean, back.brightness, back.messages, back.duplicates, back.split_hash) == ((), (), (), {}, "")


def test_facts_of_the_first_format_have_no_brightness(tmp_path, facts):
    facts.write(tmp_path / "data.json")
    older = {**json.loads((tmp_path / "data.json").read_text()), "format": 1}
    del older["brightness"]
    (tmp_path / "data.json").write_text(json.dumps(older))
    assert DataFacts.read(tmp_path / "data.json").brightness == ()


@pytest.mark.parametrize("plain", [[], 3, {}, {"format": 1}, {"format": "1"}, {"format": 1, "name": "x", "wings": 2}])
def test_what_describes_no_data_is_refused(tmp_path, plain):
    (tmp_path / "data.json").write_text(json.dumps(plain))
    with pytest.raises(RunError, match="does not describe a data set"):
        DataFacts.read(tmp_path / "data.json")


def test_a_newer_format_is_refused(tmp_path, facts):
    facts.write(tmp_path / "data.json")
    newer = {**json.loads((tmp_path / "data.json").read_text()), "format": FORMAT + 1}
    (tmp_path / "data.json").write_text(json.dumps(newer))
    with pytest.raises(RunError, match="newer Linnet"):
        DataFacts.read(tmp_path / "data.json")
