import json

import pytest


@pytest.mark.parametrize("name", ["majority", "two-layer", "digits"])
def test_an_entry_is_described(command, name):
    code, out, _ = command("describe", name)
    assert code == 0
    assert name in out


def test_json_has_settings_with_their_types_and_defaults(command, tmp_path):
    code, out, _ = command("describe", "knn", "--json", "--out", tmp_path / "knn.json")
    assert code == 0
    assert json.loads(out)["settings"]["k"] == ["int", 5]
    assert json.loads((tmp_path / "knn.json").read_text(encoding="utf-8")) == json.loads(out)
