import json

import pytest

from linnet.errors import RunError
from linnet.records.inquiry import FORMAT, Answer, Drawing, Inquiry

MAP = Drawing(
    method="grad-cam", title="grad-cam", caption="Stronger.", file="1-grad-cam.png", target="<gull>",
    legend=(("rgb(1, 2, 3)", "for <gull>"),), sanity="It hangs on it.",
)  # fmt: skip
SOME = Inquiry(
    run="birds-1",
    rung="cnn",
    seed=3,
    answers=(
        Answer(
            name="鳥/一.png", file="1.png", label="", predicted="<gull>", probabilities={"<gull>": 0.75, "鴉": 0.25},
            target="<gull>", drawings=(MAP,),
        ),
    ),
    drawings=(Drawing(method="filters", title="Filters", caption="", file="rung-filters-1.svg"),),
    left_out=("nearest is left out.",),
)  # fmt: skip


def test_an_inquiry_comes_back(tmp_path):
    SOME.write(tmp_path / "explanations.json")
    assert Inquiry.read(tmp_path / "explanations.json") == SOME


def test_the_file_has_its_format_and_probabilities_by_name(tmp_path):
    SOME.write(tmp_path / "explanations.json")
    plain = json.loads((tmp_path / "explanations.json").read_text(encoding="utf-8"))
    assert plain["format"] == FORMAT
    assert plain["answers"][0]["probabilities"] == {"<gull>": 0.75, "鴉": 0.25}


def test_a_newer_format_is_refused(tmp_path):
    path = tmp_path / "explanations.json"
    SOME.write(path)
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | {"format": FORMAT + 1}), encoding="utf-8")
    with pytest.raises(RunError, match="install a newer one"):
        Inquiry.read(path)


@pytest.mark.parametrize("text", ["{}", '{"format": 1}', "[]"])
def test_a_damaged_file_is_refused(tmp_path, text):
    (tmp_path / "x.json").write_text(text)
    with pytest.raises(RunError, match="should hold what a rung said"):
        Inquiry.read(tmp_path / "x.json")
