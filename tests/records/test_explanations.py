import json

import pytest

from linnet.errors import RunError
from linnet.records.explanations import FORMAT, Explained, Explanations, RungExplanations

SOME = Explanations(
    shared=("owl/1.png", "鳥/一.png"),
    rungs=(
        RungExplanations(
            rung="cnn",
            explainer="grad-cam",
            reason="",
            explained=(Explained(id="owl/1.png", target="<gull>", picture="explanations/cnn/0.png"),),
        ),
        RungExplanations(rung="knn", explainer="", reason="It cannot be explained.", explained=()),
    ),
)


def test_explanations_come_back(tmp_path):
    SOME.write(tmp_path / "explanations.json")
    assert Explanations.read(tmp_path / "explanations.json") == SOME


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(RunError, match="is not there"):
        Explanations.read(tmp_path / "explanations.json")


def test_a_newer_format_is_refused(tmp_path):
    path = tmp_path / "explanations.json"
    SOME.write(path)
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | {"format": FORMAT + 1}), encoding="utf-8")
    with pytest.raises(RunError, match="install a newer one"):
        Explanations.read(path)


@pytest.mark.parametrize("text", ["[]", "{}", '{"format": 1, "shared": 3, "rungs": []}', '{"format": 1}', "no JSON"])
def test_a_damaged_file_is_refused(tmp_path, text):
    (tmp_path / "explanations.json").write_text(text)
    with pytest.raises(RunError, match="explanations"):
        Explanations.read(tmp_path / "explanations.json")
