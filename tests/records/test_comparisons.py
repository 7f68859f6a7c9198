import json

import pytest

from linnet.errors import RunError
from linnet.records.comparisons import Comparison, Comparisons


@pytest.fixture
def comparisons():
    pair = Comparison(
        first="cnn",
        second="knn",
        n_only_first=30,
        n_only_second=10,
        difference=0.05,
        low=0.02,
        high=0.08,
        p_value=0.004,
    )
    return Comparisons(n=400, confidence=0.95, n_draws=1000, pairs=(pair,))


def test_comparisons_come_back(tmp_path, comparisons):
    comparisons.write(tmp_path / "comparisons.json")
    assert Comparisons.read(tmp_path / "comparisons.json") == comparisons


def test_a_run_of_one_rung_has_no_pairs(tmp_path):
    alone = Comparisons(n=400, confidence=0.95, n_draws=1000, pairs=())
    alone.write(tmp_path / "comparisons.json")
    assert Comparisons.read(tmp_path / "comparisons.json") == alone


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda plain: plain.update(format=2), "install a newer one"),
        (lambda plain: plain.pop("pairs"), "pairs"),
        (lambda plain: plain["pairs"][0].update(p_value=None), r"pairs\.0\.p_value"),
        (lambda plain: plain["pairs"][0].update(n_only_first=0.5), r"pairs\.0\.n_only_first"),
    ],
)
def test_damaged_or_newer_ones_are_refused(tmp_path, comparisons, change, says):
    path = tmp_path / "comparisons.json"
    comparisons.write(path)
    plain = json.loads(path.read_text())
    change(plain)
    path.write_text(json.dumps(plain))
    with pytest.raises(RunError, match=says):
        Comparisons.read(path)


def test_missing_ones_are_refused(tmp_path):
    with pytest.raises(RunError, match="incomplete"):
        Comparisons.read(tmp_path / "comparisons.json")
