import itertools
import shlex
from dataclasses import replace

import pytest

from linnet.errors import ConfigError, RunError, UnknownNameError
from linnet.records.decode import parse_assignments
from linnet.records.experiment import DataSpec, Experiment, Protocol, decode


@pytest.fixture
def experiment():
    return Experiment(
        command="climb",
        data=DataSpec(source="birds and planes.zip[owl,tit]", size=32, fit="pad", drop=("duplicates",)),
        protocol=Protocol(folds=5, balance=True, budget=60, test_fraction=0.3),
        rungs=("majority", "two-layer"),
        seed=7,
        settings={"two-layer": {"hidden": 64, "balance": True, "note": "a,b"}},
        machine={"python": "3.12.1", "threads": "2"},
    )


def test_an_experiment_comes_back_from_its_file(tmp_path, experiment):
    experiment.write(tmp_path / "experiment.toml")
    assert Experiment.read(tmp_path / "experiment.toml") == experiment


def test_the_file_says_every_default(tmp_path):
    Experiment(command="climb", data=DataSpec(source="digits")).write(tmp_path / "e.toml")
    text = (tmp_path / "e.toml").read_text()
    for line in ("format = 1", "seed = 0", "folds = 0", "valid_fraction = 0.15", 'fit = "crop"', "balance = false"):
        assert line in text.splitlines()


def test_a_source_with_an_odd_name_comes_back(tmp_path):
    odd = Experiment(command="climb", data=DataSpec(source="vögel \udcff \"'\n\\"))
    odd.write(tmp_path / "e.toml")
    assert Experiment.read(tmp_path / "e.toml") == odd


@pytest.mark.parametrize(
    ("change", "error", "says"),
    [
        (("seed = 7", "sed = 7"), UnknownNameError, "key of an experiment named 'sed'; did you mean 'seed'"),
        (("folds = 5", "fold = 5"), UnknownNameError, r"key of \[protocol\] named 'fold'; did you mean 'folds'"),
        (("folds = 5", 'folds = "5"'), ConfigError, r"protocol\.folds should be a valid integer; it is '5'"),
        (("folds = 5", "folds = 1"), ConfigError, "at least 2"),
        (('command = "climb"', 'command = "fly"'), ConfigError, "command should be 'climb' or 'train'"),
        (('command = "climb"', ""), ConfigError, "incomplete"),
        (('fit = "pad"', 'fit = "bend"'), ConfigError, r"data\.fit"),
        (("format = 1", "format = 2"), RunError, "format 2, this Linnet reads up to 1"),
        (("format = 1", ""), RunError, "format None"),
        (("format = 1", "format"), RunError, "should be TOML"),
    ],
)
def test_a_changed_file_is_refused_where_it_means_nothing(tmp_path, experiment, change, error, says):
    path = tmp_path / "e.toml"
    experiment.write(path)
    text = path.read_text()
    assert change[0] in text
    path.write_text(text.replace(*change, 1))
    with pytest.raises(error, match=says):
        Experiment.read(path)


def test_a_value_in_place_of_a_section_is_refused(tmp_path):
    (tmp_path / "e.toml").write_text('format = 1\ncommand = "climb"\ndata = 3\n')
    with pytest.raises(ConfigError, match="data should be a section of keys; it is 3"):
        Experiment.read(tmp_path / "e.toml")


def test_a_folder_without_the_file_is_no_run(tmp_path):
    with pytest.raises(RunError, match=r"should be a run folder, and has no experiment\.toml"):
        Experiment.read(tmp_path / "experiment.toml")


@pytest.mark.parametrize(
    ("section", "values", "says"),
    [
        (DataSpec, {"source": "x", "size": -1}, r"data\.size"),
        (DataSpec, {"source": "x", "size": 5000}, r"data\.size"),
        (Protocol, {"folds": -2}, r"protocol\.folds"),
        (Protocol, {"valid_fraction": 0.0}, r"protocol\.valid_fraction should lie between 0 and 1"),
        (Protocol, {"test_fraction": 1.0}, r"protocol\.test_fraction should lie between 0 and 1"),
        (Protocol, {"valid_fraction": 0.5, "test_fraction": 0.5}, "something to learn from"),
        (Protocol, {"budget": -1.0}, r"protocol\.budget"),
        (Protocol, {"budget": float("nan")}, r"protocol\.budget"),
        (Protocol, {"budget": float("inf")}, r"protocol\.budget"),
    ],
)
def test_a_value_out_of_its_range_is_refused(section, values, says):
    with pytest.raises(ConfigError, match=says):
        section(**values)


def test_decoding_keeps_defaults_and_reads_lists_as_tuples():
    assert decode(DataSpec, {"source": "x", "drop": ["conflicting"]}, "data") == DataSpec(
        source="x", drop=("conflicting",)
    )


def test_the_command_line_asks_for_the_same_again(experiment):
    words = shlex.split(experiment.command_line())
    assert words[:3] == ["linnet", "climb", "birds and planes.zip[owl,tit]"]
    flags = dict(itertools.pairwise(words))
    assert (flags["--rungs"], flags["--seed"], flags["--folds"]) == ("majority,two-layer", "7", "5")
    assert (flags["--size"], flags["--fit"], flags["--drop"]) == ("32", "pad", "duplicates")
    assert "--balance" in words
    assert flags["--budget"] == "60s"
    settings = parse_assignments(words[i + 1] for i, word in enumerate(words) if word == "--set")
    assert settings == {"protocol": {"test_fraction": 0.3}, **experiment.settings}


def test_events_for_tensorboard_are_asked_for_again(tmp_path, experiment):
    wanted = replace(experiment, tensorboard=True)
    wanted.write(tmp_path / "e.toml")
    assert Experiment.read(tmp_path / "e.toml").tensorboard
    assert "--tensorboard" in wanted.command_line().split()
    assert "--tensorboard" not in experiment.command_line()


def test_a_file_from_before_there_were_events_is_read(tmp_path, experiment):
    experiment.write(tmp_path / "e.toml")
    text = (tmp_path / "e.toml").read_text()
    assert "tensorboard = false\n" in text
    (tmp_path / "e.toml").write_text(text.replace("tensorboard = false\n", ""))
    assert Experiment.read(tmp_path / "e.toml") == experiment


def test_a_plain_experiment_has_a_plain_command_line():
    plain = Experiment(command="train", data=DataSpec(source="digits"), rungs=("knn",))
    assert plain.command_line() == "linnet train digits --classifier knn --seed 0"


def test_with_views_each_rung_may_have_a_second_row_with_the_same_settings():
    settings = {"cnn": {"epochs": 3}}
    plain = Experiment(command="climb", data=DataSpec(source="digits"), rungs=("knn", "cnn"), settings=settings)
    views = replace(plain, protocol=Protocol(views=True))
    assert (plain.rows, views.rows) == (("knn", "cnn"), ("knn", "knn+views", "cnn", "cnn+views"))
    assert views.fixed("cnn") == views.fixed("cnn+views") == {"epochs": 3}
    assert views.fixed("knn+views") == {}
    assert "--views" in views.command_line().split()
    assert "--views" not in plain.command_line().split()


def test_an_experiment_from_before_views_is_read(tmp_path, experiment):
    path = tmp_path / "e.toml"
    experiment.write(path)
    path.write_text(path.read_text().replace("views = false\n", ""))
    assert Experiment.read(path) == experiment


def test_calibration_is_on_and_learning_curves_are_off_unless_asked_otherwise(tmp_path, experiment):
    assert (experiment.protocol.calibrate, experiment.protocol.learning_curve) == (True, False)
    other = replace(experiment, protocol=Protocol(calibrate=False, learning_curve=True))
    assert {"--no-calibrate", "--learning-curve"} <= set(other.command_line().split())
    assert not {"--no-calibrate", "--learning-curve"} & set(experiment.command_line().split())
    path = tmp_path / "e.toml"
    other.write(path)
    assert Experiment.read(path) == other
    text = path.read_text()
    path.write_text(text.replace("calibrate = false\n", "").replace("learning_curve = true\n", ""))
    assert Experiment.read(path).protocol == Protocol()
