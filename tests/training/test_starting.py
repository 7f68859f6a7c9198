import pytest
import torch
from torch import nn

import toys
from linnet.errors import ConfigError, UnknownNameError
from linnet.training.losses.focal import Focal
from linnet.training.precision import Precision, choose_precision
from linnet.training.recipe import Recipe
from linnet.training.starting import begin, check_names
from linnet.training.team import Team


def network_of():
    return nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(144, 3))


def started(**changes):
    data = toys.patterns()
    return begin(network_of(), data, None, Recipe(**{"augment": "none", **changes}), seed=0, team=Team(device="cpu"))


STARTS = ["linear_initialization", "convolution_initialization"]


@pytest.mark.parametrize("setting", ["optimizer", "schedule", "loss", "augment", *STARTS])
def test_a_name_that_means_nothing_is_refused_with_the_known_ones(setting):
    with pytest.raises(UnknownNameError, match="Known:"):
        check_names(Recipe(**{setting: "nonsense"}))


def test_a_misspelt_name_gets_a_guess():
    with pytest.raises(UnknownNameError, match="did you mean 'cosine'"):
        check_names(Recipe(schedule="cosin"))


@pytest.mark.parametrize(
    "wrong",
    [
        {"precision": "half"},
        {"keep": "worst"},
        {"schedule": "multi-step"},
        {"schedule": "step(gamma=2)"},
        {"optimizer": "lbfgs"},
        {"optimizer": "lbfgs", "weight_decay": 0.0, "gradient_clip": 1.0},
        {"augment": "pad-crop(padding=-1)"},
    ],
)
def test_settings_out_of_their_range_are_refused(wrong):
    with pytest.raises(ConfigError):
        check_names(Recipe(**wrong))


def test_every_group_remembers_the_rate_that_the_schedule_multiplies():
    _, state = started(learning_rate=0.3, optimizer="muon")
    assert {group["initial_lr"] for group in state.optimizer.param_groups} == {0.3}


def test_small_sets_get_enough_rounds_and_the_warm_up_leaves_a_step():
    parts, state = started(epochs=1, batch_size=10, warmup=0.999)
    assert parts.n_epochs == 10  # 120 steps of 10 out of 120 pictures
    assert state.schedule.warmup_steps < state.schedule.n_steps == 10 * 12


def test_nothing_is_averaged_or_augmented_unless_asked():
    parts, state = started()
    assert state.average is None
    assert parts.augmentation is None
    parts, state = started(average=0.9, augment="flip")
    assert state.average is not None
    assert parts.augmentation is not None


def test_balancing_weighs_classes():
    assert started()[0].class_weights is None
    assert torch.allclose(started(balance=True)[0].class_weights, torch.ones(3))


def test_pictures_lie_pixel_by_pixel_where_that_is_faster():
    parts, state = started()
    assert state.network[0].weight.is_contiguous(memory_format=torch.channels_last) is parts.precision.channels_last


def test_milestones_reach_the_schedule():
    _, state = started(schedule="multi-step", milestones=(2, 3), batch_size=30, epochs=50)
    assert [state.schedule.factor(step) for step in (0, 4, 8, 12)] == pytest.approx([1.0, 1.0, 0.1, 0.01])


def test_the_loss_has_the_settings_that_stand_in_its_brackets():
    parts, _ = started(loss="focal(gamma=3)")
    assert parts.loss == Focal(gamma=3.0)


def test_how_it_is_computed_is_what_was_chosen():
    for asked in ("auto", "float32"):
        parts, _ = started(precision=asked)
        wanted = choose_precision(asked, device=parts.computing.device)
        found = (parts.computing.products, parts.computing.channels_last, parts.computing.reason)
        assert found == (wanted.products, wanted.channels_last, wanted.reason)
        assert parts.computing.n_processes == 1


def test_a_precision_that_was_chosen_elsewhere_is_taken_as_it_is():
    chosen = Precision(products="bfloat16", channels_last=False, reason="the leader's machine")
    asked = Recipe(augment="none", precision="float32")
    parts, _ = begin(network_of(), toys.patterns(), None, asked, seed=0, team=Team(device="cpu"), precision=chosen)
    assert parts.computing.products == "bfloat16"
    assert parts.computing.reason == "the leader's machine"
