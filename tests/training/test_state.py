import pytest
import torch
from torch import nn

from linnet.errors import RunError
from linnet.training.averaging import WeightAverage
from linnet.training.checkpoints import Checkpoint
from linnet.training.optimizers import create_optimizer
from linnet.training.recipe import Recipe
from linnet.training.schedules import create_schedule
from linnet.training.state import State, identity_of


def state_of(*, average=True, seed=0, recipe=None, width=4, n_processes=1, hidden=nn.Identity, names="ab", data="abc"):
    torch_state = torch.get_rng_state()
    torch.manual_seed(seed)
    network = nn.Sequential(nn.Linear(3, width), nn.BatchNorm1d(width), hidden(), nn.Linear(width, 2))
    torch.set_rng_state(torch_state)
    return State(
        network=network,
        optimizer=create_optimizer("adam", network, learning_rate=0.01),
        schedule=create_schedule("plateau", n_steps=10, steps_per_epoch=2, patience=0),
        average=WeightAverage(network, 0.9) if average else None,
        identity=identity_of(
            recipe or Recipe(), network, seed=3, class_names=names, data=data, n_processes=n_processes
        ),
    )


def make_step(state):
    x = torch.linspace(-1, 1, 12).view(4, 3) * (state.position.step + 1)
    state.optimizer.zero_grad()
    state.network(x).square().mean().backward()
    state.optimizer.step()
    state.average.update()
    state.position.step += 1


def go_back(state, folder):
    path = folder / "last.safetensors"
    state.restore(Checkpoint.read(path), path)


def test_everything_comes_back(tmp_path):
    state = state_of()
    for _ in range(3):
        make_step(state)
    state.best = {"0.weight": torch.ones(4, 3)}
    state.schedule.observe(0.5)
    state.schedule.observe(0.6)
    state.position.rows.append({"epoch": 1, "valid_loss": None})
    state.save(tmp_path / "last.safetensors")
    other = state_of(seed=9)
    go_back(other, tmp_path)
    assert other.position == state.position
    assert other.schedule.factor(1) == state.schedule.factor(1) != 1
    assert torch.equal(other.best["0.weight"], state.best["0.weight"])
    make_step(state)
    make_step(other)
    for a, b in zip(state.network.state_dict().values(), other.network.state_dict().values(), strict=True):
        assert torch.equal(a, b)
    for a, b in zip(state.average.state_dict().values(), other.average.state_dict().values(), strict=True):
        assert torch.equal(a, b)


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (
            lambda: state_of(width=5),
            r"architecture is another; the layer 0 was Linear\(in_features=3, out_features=4, bias=True\), weight 4x3, "
            r"bias 4 and is Linear\(in_features=3, out_features=5, bias=True\), weight 5x3, bias 5; resume with",
        ),
        (lambda: state_of(hidden=nn.ReLU), r"the layer 2 was Identity\(\) and is ReLU\(\); resume with"),
        (lambda: state_of(names="ac"), "its classes are others; number 2 was 'b' and is 'c'; resume with"),
        (lambda: state_of(names="abc"), "its classes are others; number 3 was not there and is 'c'; resume with"),
        (lambda: state_of(data="abd"), "it learned from other pictures or labels; resume with"),
        (lambda: state_of(recipe=Recipe(momentum=0.5)), "momentum"),
        (lambda: state_of(n_processes=2), "number of processes"),
    ],
)
def test_another_training_is_refused_by_name(tmp_path, other, said):
    state_of().save(tmp_path / "last.safetensors")
    with pytest.raises(RunError, match=said):
        go_back(other(), tmp_path)


def test_a_refused_checkpoint_changes_nothing(tmp_path):
    state_of().save(tmp_path / "last.safetensors")
    other = state_of(seed=4, recipe=Recipe(epochs=7))
    before = other.network[0].weight.detach().clone()
    with pytest.raises(RunError, match="epochs"):
        go_back(other, tmp_path)
    assert torch.equal(other.network[0].weight, before)
