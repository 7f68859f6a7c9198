"""Event files as TensorBoard's own reader sees them; skipped where it is not installed."""

import sys

import numpy as np
import pytest
import torch
from torch import nn

from linnet.errors import MissingExtraError
from linnet.training.events import Events, filter_pictures, require_tensorboard
from linnet.training.watching import Audience, Samples
from listening import OF_EVERY_TRAINING, Heard
from nets import Floats, recipe_of, train

pytestmark = pytest.mark.usefixtures("few_steps")

try:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
except ImportError:
    EventAccumulator = None

reads_events = pytest.mark.skipif(EventAccumulator is None, reason="TensorBoard is not installed")


def network_of(channels=1):
    with torch.random.fork_rng():
        torch.manual_seed(1)
        parts = [nn.Conv2d(channels, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.Flatten(), nn.Dropout(0.2)]
        return nn.Sequential(Floats(), *parts, nn.Linear(288, 3))


def read(folder):
    found = EventAccumulator(str(folder), size_guidance={"images": 0, "scalars": 0, "histograms": 0})
    found.Reload()
    return found


def trained(folder, data, *, network=None, valid=None, heard=None, **changes):
    network, heard = network or network_of(), heard or Heard(OF_EVERY_TRAINING)
    audience = Audience(progress=heard, watcher=Events(folder, progress=heard))
    return train(network, data, valid, recipe_of(**changes), progress=audience), network


@reads_events
def test_curves_are_those_of_the_history_at_the_steps_of_training(data, tmp_path):
    history, _ = trained(tmp_path, data, valid=data.subset(range(30)))
    events = read(tmp_path)
    columns = {
        "loss/train": "train_loss",
        "loss/valid": "valid_loss",
        "accuracy/train": "train_accuracy",
        "accuracy/valid": "valid_accuracy",
        "learning_rate": "learning_rate",
        "images_per_second": "images_per_second",
    }
    for tag, column in columns.items():
        points = events.Scalars(tag)
        assert [point.step for point in points] == [5, 10, 15]
        assert [point.value for point in points] == pytest.approx([getattr(row, column) for row in history.epochs])


@reads_events
def test_without_validation_pictures_there_are_no_such_curves(data, tmp_path):
    trained(tmp_path, data)
    tags = read(tmp_path).Tags()["scalars"]
    assert "loss/train" in tags
    assert "loss/valid" not in tags


@reads_events
def test_the_health_of_layers_is_there_after_the_first_round_and_the_last(data, tmp_path):
    history, _ = trained(tmp_path, data)
    events = read(tmp_path)
    tags = ((0, "gradient_norm/1"), (0, "update_ratio/1"), (1, "drift/2"), (2, "dead_share/3"), (3, "gradient_norm/6"))
    for layer, tag in tags:
        points = events.Scalars(tag)
        assert [point.step for point in points] == [5, 15]
        expected = [getattr(checkup.layers[layer], tag.split("/")[0]) for checkup in history.health.checkups]
        assert [point.value for point in points] == pytest.approx(expected, rel=1e-6)
    assert "dead_share/1" not in events.Tags()["scalars"]


def decoded(image):
    from io import BytesIO

    from PIL import Image

    return np.asarray(Image.open(BytesIO(image.encoded_image_string)))


@reads_events
def test_pictures_are_shown_as_they_are_and_as_they_are_augmented(data, tmp_path):
    trained(tmp_path, data, augment="flip(p=1.0)", epochs=1)
    events = read(tmp_path)
    plain, flipped = (decoded(events.Images(f"pictures/{name}")[0]) for name in ("samples", "augmented"))
    # Four by four pictures of 8 pixels, 8 times as large, with gaps of 2.
    assert plain.shape == flipped.shape == (4 * 66 + 2, 4 * 66 + 2, 3)
    assert np.array_equal(plain[2:66, 2:66], flipped[2:66, 2:66][:, ::-1])
    assert not np.array_equal(plain, flipped)


@reads_events
def test_without_augmentation_there_are_no_augmented_pictures(data, tmp_path):
    trained(tmp_path, data, epochs=1)
    assert read(tmp_path).Tags()["images"] == ["pictures/samples", "filters"]


@reads_events
def test_filters_are_shown_after_the_first_round_and_the_last(data, tmp_path):
    _, network = trained(tmp_path, data)
    shown = read(tmp_path).Images("filters")
    assert [image.step for image in shown] == [5, 15]
    last = decoded(shown[1])
    # Three by three places for 8 filters of 3 pixels, 22 times as large.
    assert last.shape == (3 * 68 + 2, 3 * 68 + 2, 3)
    expected = filter_pictures(network[1].weight)[0, 0].numpy()
    assert np.array_equal(last[2:68:22, 2:68:22, 0], expected)


@reads_events
def test_a_network_without_convolutions_has_no_filters(data, tmp_path):
    trained(tmp_path, data, network=nn.Sequential(Floats(), nn.Flatten(), nn.Linear(64, 3)), epochs=1)
    assert "filters" not in read(tmp_path).Tags()["images"]


@reads_events
def test_weights_have_a_histogram_each_round(data, tmp_path):
    _, network = trained(tmp_path, data)
    events = read(tmp_path)
    assert set(events.Tags()["histograms"]) == {"weights/1.weight", "weights/6.weight"}
    last = events.Histograms("weights/6.weight")[-1]
    assert last.step == 15
    assert last.histogram_value.num == 288 * 3
    assert last.histogram_value.max == pytest.approx(float(network[6].weight.detach().max()))


@reads_events
def test_large_layers_are_sampled_and_what_is_no_number_is_left_out(tmp_path):
    from linnet.training.events import _spread

    assert 5000 < len(_spread(torch.randn(1_000_001))) <= 10_000
    assert _spread(torch.tensor([1.0, torch.nan, torch.inf, 2.0])).tolist() == [1.0, 2.0]


@reads_events
def test_the_graph_names_the_layers(data, tmp_path):
    trained(tmp_path, data, epochs=1)
    graph = read(tmp_path).Graph()
    names = " ".join(node.name for node in graph.node)
    assert "Conv2d[1]" in names
    assert "Linear[6]" in names


class Unfollowable(nn.Module):
    """Learns well, and refuses to be traced."""

    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(64, 3)

    def forward(self, images):
        if torch.jit.is_tracing():
            raise RuntimeError("this one goes its own ways\nand more of it")
        return self.linear(images.flatten(1).float() / 255)


@reads_events
def test_a_network_that_cannot_be_followed_is_said_once_and_trains_on(data, tmp_path, capsys):
    heard = Heard(OF_EVERY_TRAINING)
    history, _ = trained(tmp_path, data, network=Unfollowable(), heard=heard)
    (said,) = heard.said
    assert "no graph" in said
    assert "this one goes its own ways" in said
    assert "and more" not in said
    assert len(history.epochs) == 3
    assert len(read(tmp_path).Scalars("loss/train")) == 3
    assert capsys.readouterr().out == ""


@reads_events
def test_events_change_no_bit_of_what_is_learned(data, tmp_path):
    alone = network_of()
    train(alone, data, data.subset(range(30)), recipe_of(augment="pad-crop(padding=1)"))
    before = torch.get_rng_state()
    _, watched = trained(tmp_path, data, valid=data.subset(range(30)), augment="pad-crop(padding=1)")
    assert torch.equal(torch.get_rng_state(), before)
    for one, other in zip(alone.state_dict().values(), watched.state_dict().values(), strict=True):
        assert torch.equal(one, other)


class StopsAt(Heard):
    """Interrupt training before some step."""

    def __init__(self, step):
        super().__init__()
        self.left = step

    def task(self, text, total=None):
        from contextlib import contextmanager

        @contextmanager
        def opened():
            yield self

        return opened()

    def advance(self, n=1, note=""):
        self.left -= n
        if self.left < 0:
            raise KeyboardInterrupt


@reads_events
@pytest.mark.parametrize("stop", [3, 5, 7, 12])
def test_no_step_appears_twice_after_an_interruption(data, tmp_path, stop):
    asked = recipe_of(augment="flip")
    for steps in (stop, 100):
        progress = StopsAt(steps)
        audience = Audience(progress=progress, watcher=Events(tmp_path / "events"))
        try:
            train(network_of(), data, None, asked, progress=audience, checkpoints=tmp_path / "checkpoint")
        except KeyboardInterrupt:
            assert steps == stop
    assert len(list((tmp_path / "events").iterdir())) == 2
    events = read(tmp_path / "events")
    assert [point.step for point in events.Scalars("loss/train")] == [5, 10, 15]
    assert [point.step for point in events.Scalars("dead_share/3")] == [5, 15]
    assert [image.step for image in events.Images("pictures/samples")] == [0]
    assert [image.step for image in events.Images("filters")] == [5, 15]
    assert events.Tags()["graph"]


@reads_events
def test_rounds_without_a_checkpoint_are_not_shown_twice(data, tmp_path):
    for epochs in (1, 3):  # the second training knows nothing of the first, and begins anew in its folder
        trained(tmp_path, data, epochs=epochs)
    assert [point.step for point in read(tmp_path).Scalars("loss/train")] == [5, 10, 15]


@reads_events
def test_what_was_written_after_the_last_checkpoint_is_dropped_by_readers(data, tmp_path):
    samples = Samples(images=data.images[:1], augmented=None)
    network, row = network_of(), trained(tmp_path / "other", data)[0].epochs[1]
    for _ in range(2):  # the round that ends with step 10 was told, and then came the power cut
        events = Events(tmp_path / "events")
        events.begun(network, samples, n_steps=5)
        events.judged(row, network)
        events.ended()
    assert [point.step for point in read(tmp_path / "events").Scalars("loss/train")] == [10]


@reads_events
def test_nothing_is_written_before_training_begins(tmp_path):
    events = Events(tmp_path / "events")
    events.ended()
    assert not (tmp_path / "events").exists()


def test_without_tensorboard_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    for ask in (require_tensorboard, lambda: Events(tmp_path / "events")):
        with pytest.raises(MissingExtraError, match=r"needs TensorBoard.*linnet\[tensorboard\]"):
            ask()
    assert not (tmp_path / "events").exists()


def test_filters_reach_from_black_to_white_each_for_itself():
    weight = torch.tensor([[[[-2.0, 0.0], [2.0, 1.0]]], [[[0.1, 0.1], [0.1, 0.2]]], [[[0.5, 0.5], [0.5, 0.5]]]])
    shown = filter_pictures(weight)
    assert shown[0, 0].tolist() == [[0, 128], [255, 191]]
    assert shown[1, 0].tolist() == [[0, 0], [0, 255]]
    assert shown[2, 0].tolist() == [[0, 0], [0, 0]]


@pytest.mark.parametrize(("n", "inputs", "shape"), [(80, 3, (64, 3)), (5, 1, (5, 1)), (5, 16, (5, 1))])
def test_three_inputs_become_colors_and_at_most_64_filters_are_shown(n, inputs, shape):
    weight = torch.randn(n, inputs, 3, 3)
    shown = filter_pictures(weight)
    assert shown.shape == (*shape, 3, 3)
    assert shown.dtype == torch.uint8
