import json


def test_counts_are_shown_per_class_and_split(command):
    code, out, _ = command("inspect", "digits[3,8]")
    assert code == 0
    assert "1 x 8 x 8" in out
    assert "train" in out
    assert "357 used, 1440 ignored" in out


def test_json_has_the_facts(command):
    code, out, _ = command("inspect", "digits[3,8]", "--json")
    facts = json.loads(out)
    assert code == 0
    assert facts["class_names"] == ["3", "8"]
    assert sum(facts["class_counts"]["train"].values()) > 200


def test_the_manifest_is_written_where_told(command, tmp_path):
    assert command("inspect", "digits[3,8]", "--folds", "3", "--out", tmp_path / "facts")[0] == 0
    assert (tmp_path / "facts" / "manifest.csv").read_text(encoding="utf-8").startswith("id,label,split,fold")
