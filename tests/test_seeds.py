import random

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from linnet.seeds import derive, numpy_generator, torch_generator


def test_a_derived_seed_is_the_same_on_every_machine():
    assert derive(0, "fold", 3) == 7058516603505518322
    assert derive(-5, "x") == 9017006215850531353


def test_other_names_and_other_seeds_give_other_streams():
    seeds = {derive(seed, name, i) for seed in range(5) for name in ("split", "fit") for i in range(20)}
    assert len(seeds) == 200


@given(st.integers(), st.lists(st.text()))
def test_a_derived_seed_fits_into_every_generator(seed, names):
    assert 0 <= derive(seed, *names) < 2**63


def test_names_are_not_run_together():
    assert derive(0, "ab", "c") != derive(0, "a", "bc")


def test_generators_repeat():
    assert np.array_equal(numpy_generator(1, "a").random(5), numpy_generator(1, "a").random(5))
    assert torch.equal(
        torch.rand(5, generator=torch_generator(1, "a")), torch.rand(5, generator=torch_generator(1, "a"))
    )
    assert not np.array_equal(numpy_generator(1, "a").random(5), numpy_generator(1, "b").random(5))


def test_global_random_states_stay_as_they_are():
    before = torch.get_rng_state(), np.random.get_state()[1].tolist(), random.getstate()
    numpy_generator(3).random(10)
    torch.rand(10, generator=torch_generator(3))
    assert torch.equal(torch.get_rng_state(), before[0])
    assert np.random.get_state()[1].tolist() == before[1]
    assert random.getstate() == before[2]
