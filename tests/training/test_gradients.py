import pytest
import torch
from torch import nn

from linnet.errors import TrainingError
from linnet.training.engine import Session, train
from linnet.training.gradients import Shown, backpropagate
from linnet.training.recipe import Recipe
from linnet.training.starting import begin
from linnet.training.team import Team
from listening import Heard
from nets import Floats, far, network_of, same

pytestmark = pytest.mark.usefixtures("few_steps")


class Small(nn.Module):
    """A machine with memory for so many pictures at once; also counts them."""

    def __init__(self, room, error):
        super().__init__()
        self.room, self.error, self.most = room, error, 0

    def forward(self, x):
        if len(x) > self.room:
            raise self.error
        self.most = max(self.most, len(x))
        return x


SHORT = [
    torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"),
    RuntimeError("[enforce fail at alloc_cpu.cpp:114] DefaultCPUAllocator: can't allocate memory: you tried to"),
    MemoryError(),
]


def recipe_of(**changes):
    plain = {"batch_size": 40, "epochs": 3, "learning_rate": 0.05, "augment": "none", "precision": "float32"}
    return Recipe(**{**plain, **changes})


def shown(data, n=40):
    targets = nn.functional.one_hot(data.labels[:n], 3).float()
    return Shown(images=data.images[:n], targets=targets, labels=data.labels[:n], n_total=n, seed=0)


def gradients(network, data, *, n_parts=1, **changes):
    parts, _ = begin(network, data, None, recipe_of(**changes), seed=0, team=Team(device="cpu"))
    found = backpropagate(parts, network, shown(data), n_parts=n_parts)
    return found, [parameter.grad.clone() for parameter in network.parameters()]


@pytest.mark.parametrize("changes", [{}, {"balance": True}, {"penalty_l1": 0.01, "penalty_l2": 0.1}])
@pytest.mark.parametrize("n_parts", [2, 3, 40, 64])
def test_gradients_of_parts_add_up_to_those_of_the_whole(data, changes, n_parts):
    whole, expected = gradients(network_of(norm=False), data, **changes)
    found, together = gradients(network_of(norm=False), data, n_parts=n_parts, **changes)
    assert float(found.loss) == pytest.approx(float(whole.loss), rel=1e-5)
    assert found.n_right == whole.n_right
    for one, other in zip(together, expected, strict=True):
        assert torch.allclose(one, other, atol=1e-6)


def test_the_loss_is_what_torch_finds_with_penalties(data):
    network = network_of(norm=False)
    with torch.no_grad():
        loss = nn.functional.cross_entropy(network(data.images[:40]), data.labels[:40])
        weights = [parameter for parameter in network.parameters() if parameter.ndim > 1]
        loss += sum(0.01 * weight.abs().sum() + 0.05 * weight.square().sum() for weight in weights)
    found, _ = gradients(network, data, penalty_l1=0.01, penalty_l2=0.1)
    assert float(found.loss) == pytest.approx(float(loss), rel=1e-6)


@pytest.mark.parametrize("error", SHORT, ids=["gpu", "processor", "python"])
def test_a_batch_that_does_not_fit_is_computed_in_parts_with_the_same_result(data, error):
    plenty, small = network_of(norm=False), network_of(norm=False)
    narrow = Small(13, error)
    expected = train(plenty, data, None, recipe_of())
    found = train(nn.Sequential(narrow, small), data, None, recipe_of())
    assert 0 < narrow.most <= 13
    assert far(plenty, small) < 1e-5
    assert [row.step for row in found.epochs] == [row.step for row in expected.epochs]


def test_the_loss_of_balanced_batches_is_weighted_by_the_classes_of_all_pictures(data):
    few = data.subset(torch.cat([torch.nonzero(data.labels == k).flatten()[:n] for k, n in enumerate((6, 3, 1))]))
    network = nn.Sequential(Floats(), nn.Flatten(), nn.Linear(64, 3))
    with torch.no_grad():
        losses = nn.functional.cross_entropy(network(few.images), few.labels, reduction="none")
    weights = torch.tensor([10 / (3 * n) for n in (6, 3, 1)])[few.labels]
    asked = recipe_of(balance=True, batch_size=1, learning_rate=1e-12, momentum=0.0, epochs=1)
    history = train(network, few, None, asked)
    assert history.epochs[0].train_loss == pytest.approx(float((weights * losses).mean()), rel=1e-5)


class Once(nn.Module):
    """A machine whose memory is short once, behind the layers that have drawn random numbers by then."""

    def __init__(self):
        super().__init__()
        self.failed = False

    def forward(self, x):
        if not self.failed:
            self.failed = True
            raise SHORT[0]
        return x


def test_an_attempt_that_failed_leaves_no_trace_in_what_dropout_draws(data):
    def masked(ends, n_parts):
        network = nn.Sequential(Floats(), nn.Flatten(), nn.Dropout(0.5), ends, nn.Linear(64, 3))
        nn.init.constant_(network[-1].weight, 0.1)
        nn.init.zeros_(network[-1].bias)
        return gradients(network, data, n_parts=n_parts)[1]

    expected, found = masked(nn.Identity(), 2), masked(Once(), 1)
    assert all(torch.equal(one, other) for one, other in zip(expected, found, strict=True))


def test_that_memory_was_short_is_said_once(data):
    heard = Heard()
    network = nn.Sequential(Small(11, SHORT[0]), network_of())
    train(network, data, None, recipe_of(), session=Session(progress=heard))
    assert [text for text in heard.said if "Memory" in text] == [
        "Memory is short: each batch is computed in 4 parts from now on."
    ]


def test_no_room_for_one_picture_is_one_sentence(data):
    with pytest.raises(TrainingError, match="Not even one picture"):
        train(nn.Sequential(Small(0, SHORT[0]), network_of()), data, None, recipe_of())


def test_other_errors_are_not_taken_for_short_memory(data):
    with pytest.raises(RuntimeError, match="shapes"):
        train(
            nn.Sequential(Small(5, RuntimeError("shapes cannot be multiplied")), network_of()), data, None, recipe_of()
        )


def test_a_share_without_pictures_has_no_gradients_and_no_loss(data):
    network = nn.Sequential(Floats(), nn.Flatten(), nn.Linear(64, 3))
    parts, _ = begin(network, data, None, recipe_of(), seed=0, team=Team(device="cpu"))
    found = backpropagate(parts, network, shown(data, 0), n_parts=1)
    assert float(found.loss) == 0
    assert found.n_right == 0


def test_a_single_picture_learns_beside_itself(data):
    one, two = network_of(), network_of()
    train(one, data.subset([4]), None, recipe_of(batch_size=1))
    train(two, data.subset([4]), None, recipe_of(batch_size=1))
    assert same(one, two)
    assert far(one, network_of()) > 0
