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


@pytest.mark.parametrize("name", ["learning_rate", "train_loss", "train_accuracy", "images_per_second", "seconds"])
def test_a_row_that_lacks_what_every_epoch_has_is_refused(tmp_path, name):
    History(epochs=(epoch(1), epoch(2, **{name: None}))).write(tmp_path / "history.csv")
    with pytest.raises(RunError, match=r"history\.csv, row 3, is not a whole row of epoch 2; the file is damaged\.$"):
        History.read(tmp_path / "history.csv")


@pytest.mark.parametrize("numbers", [(2,), (0, 1), (1, 3), (1, 1), (2, 1)])
def test_epochs_out_of_order_are_refused(tmp_path, numbers):
    History(epochs=tuple(epoch(number + 10) for number in numbers)).write(tmp_path / "history.csv")
    path = tmp_path / "history.csv"
    lines = [line.split(",") for line in path.read_text().splitlines()]
    rows = [[str(number), *line[1:]] for number, line in zip(numbers, lines[1:], strict=True)]
    path.write_text("\n".join(",".join(line) for line in [lines[0], *rows]) + "\n")
    with pytest.raises(RunError, match="is not a whole row of epoch"):
        History.read(path)
