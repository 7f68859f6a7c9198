import pytest

from linnet.cli.options import (
    NETWORK_DEFAULTS,
    Assignments,
    DataFlags,
    NetworkFlags,
    ProtocolFlags,
    comma_separated,
    seconds,
)
from linnet.errors import ConfigError, UnknownNameError
from linnet.records.experiment import Protocol


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", 0),
        ("45", 45),
        ("0.5", 0.5),
        ("90s", 90),
        ("90.5s", 90.5),
        ("10m", 600),
        ("1h30m", 5400),
        ("1.5h", 5400),
        ("2h", 7200),
    ],
)
def test_lengths_of_time(text, expected):
    assert seconds(text) == expected


@pytest.mark.parametrize("text", ["soon", "10x", "m", "-5", "1m1h", ".s", "1.s", "1e3s"])
def test_what_is_no_length_of_time_is_refused(text):
    with pytest.raises(ConfigError, match="such as 90s, 10m or 1h30m"):
        seconds(text)


def test_commas_and_repeated_flags_mean_the_same():
    assert comma_separated(("knn,majority", "two-layer")) == ("knn", "majority", "two-layer")
    assert comma_separated(("knn , majority,",)) == ("knn", "majority")


def test_what_to_leave_out_is_given_with_commas_or_by_a_repeated_flag():
    wanted = ("duplicates", "conflicting")
    assert DataFlags(drop=("duplicates,conflicting",)).spec("digits", {}).drop == wanted
    assert DataFlags(drop=wanted).spec("digits", {}).drop == wanted
    with pytest.raises(ConfigError, match=r"data\.drop should be 'duplicates' or 'conflicting'"):
        DataFlags(drop=("duplicates,cats",)).spec("digits", {})


def test_assignments_are_sorted_by_what_they_change():
    found = Assignments.read(("knn.k=1", "data.size=64", "protocol.folds=5", "knn.metric=l2"))
    assert found.rungs == {"knn": {"k": 1, "metric": "l2"}}
    assert found.data == {"size": 64}
    assert found.protocol == {"folds": 5}


def test_an_assignment_overrules_its_flag():
    assert DataFlags(size=32).spec("digits", {"size": 64}).size == 64
    assert ProtocolFlags(folds=3).protocol({"valid_fraction": 0.3}).valid_fraction == 0.3


def test_a_misspelt_setting_of_the_experiment_is_refused_with_the_nearest():
    with pytest.raises(UnknownNameError, match="did you mean 'valid_fraction'"):
        ProtocolFlags().protocol({"valid_fracton": 0.3})


def test_a_setting_of_the_wrong_type_is_refused():
    with pytest.raises(ConfigError, match=r"data\.size should be .*integer"):
        DataFlags().spec("digits", {"size": "big"})


def test_calibration_can_be_left_out_and_a_learning_curve_asked_for():
    assert ProtocolFlags().protocol({}) == Protocol(calibrate=True, learning_curve=False)
    asked = ProtocolFlags(calibrate=False, learning_curve=True)
    assert asked.protocol({}) == Protocol(calibrate=False, learning_curve=True)
    assert asked.protocol({"calibrate": True}).calibrate


def test_budget_becomes_seconds():
    assert ProtocolFlags(budget="2m").protocol({}).budget == 120


def test_flags_for_networks_are_short_for_settings_of_all_networks():
    asked = NetworkFlags(epochs=3, time_budget="2m", device="cpu")
    assert asked.settings({"knn": {"k": 1}}) == {
        "knn": {"k": 1},
        "networks": {"epochs": 3, "time_budget": 120.0, "device": "cpu"},
    }
    assert asked.settings({"networks": {"epochs": 9}})["networks"]["epochs"] == 9
    assert NETWORK_DEFAULTS.settings({"knn": {"k": 1}}) == {"knn": {"k": 1}}
    with pytest.raises(ConfigError, match="--time-budget wants"):
        NetworkFlags(time_budget="soon").settings({})
