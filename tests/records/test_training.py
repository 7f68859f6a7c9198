import json

import pytest

from linnet.errors import RunError
from linnet.records.training import Computing, Training


@pytest.fixture
def training():
    return Training(
        recipe={"augment": "pad-crop(padding=2)", "batch_size": 500, "learning_rate": 0.12, "milestones": [3, 5]},
        n_images=50_000,
        n_epochs=8,
        computing=Computing(
            products="bfloat16", channels_last=True, reason="this processor has ...", device="cpu", n_processes=2
        ),
    )


def test_a_training_comes_back_from_its_file(tmp_path, training):
    training.write(tmp_path / "training.json")
    assert Training.read(tmp_path / "training.json") == training


def test_how_it_is_computed_is_said_in_a_sentence(training):
    said = training.computing.sentence()
    assert said == "Networks are trained with bfloat16 products on cpu, in 2 processes: this processor has ...."
    alone = Computing(products="float32", channels_last=True, reason="asked for", device="cuda", n_processes=1)
    assert alone.sentence() == "Networks are trained with float32 products on cuda: asked for."


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda plain: plain.pop("format"), "does not"),
        (lambda plain: plain.update(format=2), "format 2, this Linnet reads up to 1"),
        (lambda plain: plain.pop("recipe"), "recipe"),
        (lambda plain: plain.pop("computing"), "computing is None"),
        (lambda plain: plain.update(n_epochs="8"), "n_epochs should be a valid integer; it is '8'"),
        (lambda plain: plain.update(n_epoch=8), "did you mean 'n_epochs'"),
        (lambda plain: plain["computing"].update(channels_last="yes"), "channels_last should be a valid boolean"),
        (lambda plain: plain["computing"].pop("device"), "device"),
        (lambda plain: plain.update(recipe=[1]), "recipe should be a valid dictionary"),
    ],
)
def test_damage_is_refused_in_one_sentence(tmp_path, training, change, says):
    path = tmp_path / "training.json"
    training.write(path)
    plain = json.loads(path.read_text(encoding="utf-8"))
    change(plain)
    path.write_text(json.dumps(plain), encoding="utf-8")
    with pytest.raises(RunError, match=says):
        Training.read(path)


@pytest.mark.parametrize("text", ["[]", "3", "", '{"format": true}'])
def test_a_file_that_is_something_else_is_refused(tmp_path, text):
    path = tmp_path / "training.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(RunError, match=r"training\.json"):
        Training.read(path)


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(RunError, match="is not there"):
        Training.read(tmp_path / "training.json")
