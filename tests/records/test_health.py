import json
import math

import pytest

from linnet.errors import RunError
from linnet.records.health import Checkup, Health, LayerHealth

LAYERS = (
    LayerHealth(name="body.conv1", mean=0.1 + 0.2, std=1.5, gradient_norm=1e-30, update_ratio=0.001),
    LayerHealth(name="body.relu1", mean=0.3, std=0.25, dead_share=0.125),
    LayerHealth(name="body.frozen", mean=-1.0, std=0.0),
)
HEALTH = Health(checkups=(Checkup(epoch=1, layers=LAYERS), Checkup(epoch=20, layers=LAYERS[1:])))


def test_the_health_of_layers_comes_back_exactly(tmp_path):
    HEALTH.write(tmp_path / "health.csv")
    assert Health.read(tmp_path / "health.csv") == HEALTH


def test_there_is_a_row_for_each_checkup_and_layer_and_what_was_not_measured_is_empty(tmp_path):
    HEALTH.write(tmp_path / "health.csv")
    header, *rows = (tmp_path / "health.csv").read_text().splitlines()
    assert header == "epoch,layer,mean,std,dead_share,gradient_norm,update_ratio,drift"
    assert rows[1] == "1,body.relu1,0.3,0.25,0.125,,,"
    assert [row.split(",")[0] for row in rows] == ["1", "1", "1", "20", "20"]


def test_no_checkup_is_a_header_alone(tmp_path):
    Health().write(tmp_path / "health.csv")
    assert Health.read(tmp_path / "health.csv") == Health()


def test_numbers_that_are_none_come_back(tmp_path):
    odd = LayerHealth(name="a", mean=math.nan, std=math.inf, gradient_norm=math.inf)
    Health(checkups=(Checkup(epoch=1, layers=(odd,)),)).write(tmp_path / "health.csv")
    (found,) = Health.read(tmp_path / "health.csv").checkups[0].layers
    assert math.isnan(found.mean)
    assert found.std == found.gradient_norm == math.inf


def test_a_checkup_survives_json():
    for checkup in HEALTH.checkups:
        assert Checkup.from_plain(json.loads(json.dumps(checkup.to_plain()))) == checkup


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ("epoch,layer", "epoch,name", "should have the columns epoch, layer, mean"),
        ("1,body.relu1,0.3", "1,body.relu1,many", "should hold numbers"),
        ("1,body.relu1,0.3", "1,body.relu1,", "has no mean"),
        ("20,body.relu1", "x,body.relu1", "should hold numbers"),
        ("1,body.relu1,0.3", "1,0.3", "the file is damaged"),
    ],
)
def test_a_damaged_file_is_refused(tmp_path, before, after, says):
    path = tmp_path / "health.csv"
    HEALTH.write(path)
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after, 1))
    with pytest.raises(RunError, match=says):
        Health.read(path)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(RunError, match="is not there"):
        Health.read(tmp_path / "health.csv")
