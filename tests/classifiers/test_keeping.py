import pytest
import torch
from torch import nn

import netted
from linnet.classifiers.keeping import as_found


def network():
    made = netted.seeded(lambda: nn.Sequential(nn.Linear(3, 3), nn.ReLU(inplace=True), nn.Dropout(), nn.Linear(3, 2)))
    made.train()
    made[2].eval()
    made[0].bias.requires_grad_(False)
    made[3].weight.grad = torch.full((2, 3), 7.0)
    return made


def test_a_network_evaluates_and_asks_for_nothing_meanwhile():
    made = network()
    with as_found(made) as same:
        assert same is made
        assert not any(layer.training for layer in made.modules())
        assert not any(p.requires_grad for p in made.parameters())
        assert not made[1].inplace


def test_it_is_as_it_was_afterwards_also_where_something_went_wrong():
    made = network()
    gradient = made[3].weight.grad
    with pytest.raises(ZeroDivisionError), as_found(made):
        raise ZeroDivisionError
    assert [layer.training for layer in made] == [True, True, False, True]
    assert [p.requires_grad for p in made.parameters()] == [True, False, True, True]
    assert made[1].inplace
    assert made[3].weight.grad is gradient
    assert made[0].weight.grad is None


def test_gradients_that_were_made_meanwhile_are_not_added_to_those_that_were_there():
    made = network()
    with as_found(made):
        made[3].weight.requires_grad_(True)
        made(torch.ones(1, 3)).sum().backward()
    assert torch.equal(made[3].weight.grad, torch.full((2, 3), 7.0))


def test_it_may_be_asked_for_within_itself():
    made = network()
    with as_found(made):
        with as_found(made):
            pass
        assert not made[0].training
        assert not made[1].inplace
    assert made[0].training
    assert made[1].inplace
