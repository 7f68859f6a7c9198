import pytest

from linnet.errors import RunError
from linnet.records.history import Epoch, History


def epoch(number, **changes):
    values = {
        "epoch": number,
        "step": 10 * number,
        "learning_rate": 0.1,
        "train_loss": 1 / number,
        "train_accuracy": 0.5,
        "valid_loss": 0.7,
        "valid_accuracy": 0.6,
        "images_per_second": 812.5,
        "seconds": 3.25 * number,
    }
    return Epoch(**{**values, **changes})


def test_a_history_comes_back_exactly(tmp_path):
    history = History(epochs=(epoch(1), epoch(2), epoch(3, train_loss=0.1 + 0.2)))
    history.write(tmp_path / "history.csv")
    assert History.read(tmp_path / "history.csv") == history


def test_what_was_not_measured_is_an_empty_field(tmp_path):
    history = History(epochs=(epoch(1, valid_loss=None, valid_accuracy=None),))
    history.write(tmp_path / "history.csv")
    assert (tmp_path / "history.csv").read_text().splitlines()[1] == "1,10,0.1,1.0,0.5,,,812.5,3.25"
    assert History.read(tmp_path / "history.csv") == history


def test_a_training_of_no_epochs_is_a_header(tmp_path):
    History(epochs=()).write(tmp_path / "history.csv")
    assert History.read(tmp_path / "history.csv").epochs == ()


@pytest.mark.parametrize(("text", "said"), [("a,b\n1,2\n", "columns"), ("", "header")])
def test_another_file_is_refused(tmp_path, text, said):
    (tmp_path / "history.csv").write_text(text)
    with pytest.raises(RunError, match=said):
        History.read(tmp_path / "history.csv")


def test_a_damaged_number_is_refused(tmp_path):
    History(epochs=(epoch(1),)).write(tmp_path / "history.csv")
    path = tmp_path / "history.csv"
    path.write_text(path.read_text().replace("812.5", "many"))
    with pytest.raises(RunError, match="numbers"):
        History.read(path)
