import json

import pytest

from linnet import catalog
from linnet.cli.describe import shape_of
from linnet.errors import ConfigError


@pytest.mark.parametrize(
    ("family", "name"), [(each, name) for each in catalog.FAMILIES for name in catalog.names(each)]
)
def test_every_entry_of_every_family_is_described(command, family, name):
    code, out, _ = command("describe", name)
    assert code == 0
    assert out.startswith(f"{name} ({family}): ")
    assert ("--set" in out) == (family == "classifiers" and "Settings" in out)


def test_json_has_settings_with_their_types_and_defaults(command, tmp_path):
    code, out, _ = command("describe", "knn", "--json", "--out", tmp_path / "knn.json")
    assert code == 0
    assert json.loads(out)["settings"]["k"] == ["int", 5]
    assert json.loads((tmp_path / "knn.json").read_text(encoding="utf-8")) == json.loads(out)


def test_a_setting_without_default_must_be_given(command):
    _, out, _ = command("describe", "sometimes")
    assert out.count("must be given") == 2
    assert "--set" not in out


def test_only_rungs_have_candidates(command):
    assert "Chosen on validation data" not in command("describe", "focal")[1]
    assert "gamma" in command("describe", "focal")[1]


def test_the_layers_of_a_network_are_shown_with_totals(command):
    code, out, _ = command("describe", "mlp", "--input", "3x32x32", "--classes", "2", "--set", "mlp.hidden=[512]")
    assert code == 0
    assert "3x32x32 and 2 classes" in out
    # 3072 * 512 without biases, which the norm's 2 * 512 replace, and 512 * 2 + 2.
    assert "In all: 1,574,914 parameters" in out
    assert "MiB on disk" in out


@pytest.mark.parametrize(
    ("settings", "parameters"),
    [
        (["mlp.hidden=512", "mlp.activation=tanh", "mlp.batch_norm=false"], "1,574,402"),
        (["mlp.hidden=1024,512,128", "mlp.batch_norm=false"], "3,737,474"),
    ],
)
def test_the_textbook_networks_are_a_few_settings_away(command, settings, parameters):
    words = [word for setting in settings for word in ("--set", setting)]
    code, out, _ = command("describe", "mlp", "--input", "3x32x32", "--classes", "2", *words)
    assert code == 0
    assert f"In all: {parameters} parameters" in out


def test_json_has_the_layers(command, tmp_path):
    code, out, _ = command("describe", "cnn", "--input", "3x32x32", "--json", "--out", tmp_path / "cnn.json")
    layers = json.loads(out)["layers"]
    assert code == 0
    assert layers["parameters"] == 5_852_170
    assert layers["rows"][0]["receptive_field"] == [3, 3]
    assert json.loads((tmp_path / "cnn.json").read_text(encoding="utf-8"))["layers"] == layers


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["knn", "--input", "3x32x32"], "knn is no network and has no layers; those that have: mlp, fast-cnn, cnn"),
        (["flip", "--input", "3x32x32"], "flip is no network"),
        (["mlp", "--input", "3x32"], "such as 3x32x32; it got '3x32'"),
        (["knn", "--set", "knn.k=7"], "without --input, such as --input 3x32x32, there are none; leave out k"),
        (["mlp", "--set", "knn.k=1"], "Only settings of mlp can be set"),
        (["mlp", "--set", "mlp.epochs=0"], "mlp.epochs should be at least 1"),
        (["focal", "--set", "focal.gamma=1"], "Settings can be set for classifiers only"),
        (["mlp", "--input", "3x8x8", "--classes", "0"], "at least 1 class"),
    ],
)
def test_what_cannot_be_described_is_one_sentence(command, words, sentence):
    code, out, err = command("describe", *words)
    assert (code, out) == (1, "")
    assert sentence in err
    assert len(err.strip().splitlines()) == 1


def test_a_number_of_classes_is_for_layers(command):
    code, _, err = command("describe", "mlp", "--classes", "3")
    assert code == 2
    assert "--classes is for the layers of a network" in err
    assert "3x32x32 and 10 classes" in command("describe", "mlp", "--input", "3x32x32")[1]


@pytest.mark.parametrize(
    ("text", "shape"), [("3x32x32", (3, 32, 32)), (" 1 X 28 × 030", (1, 28, 30)), ("4x1x999999", (4, 1, 999999))]
)
def test_a_shape_is_read(text, shape):
    assert shape_of(text) == shape


@pytest.mark.parametrize(
    "text", ["3", "3x32", "3x32x32x1", "0x32x32", "3x-1x2", "3x3.5x4", "axbxc", "3x1000000x2", "x"]
)
def test_what_is_no_shape_is_refused(text):
    with pytest.raises(ConfigError, match="--input wants channels, height and width"):
        shape_of(text)
