import math

import pytest

from linnet.errors import ConfigError
from linnet.training.recipe import LEAST_STEPS, Recipe


@pytest.mark.parametrize(
    "wrong",
    [
        {"epochs": 0},
        {"batch_size": -1},
        {"learning_rate": 0.0},
        {"learning_rate": -0.1},
        {"learning_rate": math.inf},
        {"momentum": 1.0},
        {"warmup": -0.1},
        {"label_smoothing": 1.0},
        {"average": 1.5},
        {"weight_decay": -1e-4},
        {"gradient_clip": -1.0},
        {"patience": -1},
        {"time_budget": math.nan},
    ],
)
def test_a_setting_out_of_its_range_is_named_with_its_value(wrong):
    ((name, value),) = wrong.items()
    with pytest.raises(ConfigError, match=rf"net\.{name} should be .*{value}"):
        Recipe(**wrong).check_recipe("net")


def test_the_defaults_are_in_range():
    Recipe().check_recipe()


@pytest.mark.parametrize(("n", "steps"), [(1, 1), (128, 1), (129, 1), (130, 2), (50_000, 391)])
def test_the_last_batch_holds_what_is_left_but_never_a_single_picture(n, steps):
    assert Recipe(batch_size=128).steps_per_epoch(n) == steps


def test_small_sets_go_round_until_enough_steps_are_made():
    recipe = Recipe(epochs=2, batch_size=10)
    assert recipe.n_epochs(35) * recipe.steps_per_epoch(35) >= LEAST_STEPS
    assert (recipe.n_epochs(35) - 1) * recipe.steps_per_epoch(35) < LEAST_STEPS
    assert recipe.n_epochs(1_000_000) == 2


@pytest.mark.parametrize(("n", "size"), [(3, 8), (84, 8), (400, 40), (1280, 128), (50_000, 128)])
def test_small_sets_get_small_batches_unless_a_size_is_asked_for(n, size):
    assert Recipe().images_per_step(n) == size
    assert Recipe(batch_size=512).images_per_step(n) == 512
