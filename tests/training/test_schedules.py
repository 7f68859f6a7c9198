"""Every schedule against torch's over every step, warm-ups, plateaus, and what is refused."""

import json
import math

import pytest
import torch
from torch.optim import lr_scheduler

from linnet.errors import ConfigError, UnknownNameError
from linnet.training.schedules import SCHEDULES, create_schedule

EPOCHS, PER_EPOCH = 12, 7
N_STEPS = EPOCHS * PER_EPOCH


def made(name, *, n_steps=N_STEPS, warmup_steps=0, **settings):
    settings = {"milestones": (3, 8)} | settings if name == "multi-step" else settings
    return create_schedule(name, n_steps=n_steps, steps_per_epoch=PER_EPOCH, warmup_steps=warmup_steps, **settings)


def torchs(scheduler_of, n_steps=N_STEPS):
    """The rates of torch's scheduler over all steps, at a base rate of 1."""
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    scheduler = scheduler_of(optimizer)
    rates = []
    for step in range(n_steps):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if step + 1 < n_steps:  # one-cycle refuses to ready a step after the last
            scheduler.step()
    return rates


def ours(schedule, n_steps=N_STEPS):
    return [schedule.factor(step) for step in range(n_steps)]


@pytest.mark.parametrize(
    ("name", "settings", "theirs"),
    [
        ("constant", {}, lambda o: lr_scheduler.ConstantLR(o, factor=1.0)),
        ("step", {"every": 5, "gamma": 0.3}, lambda o: lr_scheduler.StepLR(o, 5 * PER_EPOCH, gamma=0.3)),
        ("multi-step", {}, lambda o: lr_scheduler.MultiStepLR(o, [3 * PER_EPOCH, 8 * PER_EPOCH])),
        ("cosine", {}, lambda o: lr_scheduler.CosineAnnealingLR(o, N_STEPS)),
        ("cosine", {"floor": 0.05}, lambda o: lr_scheduler.CosineAnnealingLR(o, N_STEPS, eta_min=0.05)),
        ("linear", {}, lambda o: lr_scheduler.LinearLR(o, 1.0, 0.0, N_STEPS)),
        ("linear", {"floor": 0.2}, lambda o: lr_scheduler.LinearLR(o, 1.0, 0.2, N_STEPS)),
        ("one-cycle", {}, lambda o: lr_scheduler.OneCycleLR(o, 1.0, N_STEPS)),
        ("one-cycle", {"rise": 0.45}, lambda o: lr_scheduler.OneCycleLR(o, 1.0, N_STEPS, pct_start=0.45)),
    ],
)
def test_every_step_is_torchs(name, settings, theirs):
    assert ours(made(name, **settings)) == pytest.approx(torchs(theirs), abs=1e-9)


def test_exponential_is_torchs_stepped_once_an_epoch():
    rates = torchs(lambda o: lr_scheduler.ExponentialLR(o, 0.8), EPOCHS)
    expected = [rate for rate in rates for _ in range(PER_EPOCH)]
    assert ours(made("exponential", gamma=0.8)) == pytest.approx(expected)


@pytest.mark.parametrize("warmup", [1, 5, 20])
@pytest.mark.filterwarnings("ignore:The epoch parameter in")
def test_a_warm_up_and_a_cosine_after_it_are_torchs(warmup):
    expected = torchs(
        lambda o: lr_scheduler.SequentialLR(
            o,
            [
                lr_scheduler.LinearLR(o, 1 / (warmup + 1), 1.0, warmup),
                lr_scheduler.CosineAnnealingLR(o, N_STEPS - warmup),
            ],
            [warmup],
        )
    )
    assert ours(made("cosine", warmup_steps=warmup)) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("name", SCHEDULES)
@pytest.mark.parametrize("warmup", [1, 3, 10])
def test_every_warm_up_rises_in_a_line_to_where_its_schedule_starts(name, warmup):
    schedule = made(name, warmup_steps=warmup)
    top = schedule.factor(warmup)
    for step in range(warmup):
        assert schedule.factor(step) == pytest.approx(top * (step + 1) / (warmup + 1))


@pytest.mark.parametrize("name", SCHEDULES)
def test_no_schedule_leaves_zero_to_one_even_after_the_end(name):
    for n_steps in (1, 2, 3, N_STEPS):
        factors = ours(made(name, n_steps=n_steps), n_steps + 5)
        assert all(0 <= factor <= 1 + 1e-12 for factor in factors)
        assert factors[n_steps:] == [factors[n_steps]] * 5


def test_milestones_count_from_the_start_of_training_also_after_a_warm_up():
    schedule = made("multi-step", warmup_steps=PER_EPOCH)
    assert schedule.factor(3 * PER_EPOCH - 1) == 1
    assert schedule.factor(3 * PER_EPOCH) == pytest.approx(0.1)


@pytest.mark.parametrize(("patience", "threshold", "gamma"), [(0, 0.0, 0.5), (1, 1e-4, 0.1), (3, 0.05, 0.3)])
def test_a_plateau_is_torchs_over_bumpy_losses(patience, threshold, gamma):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    theirs = lr_scheduler.ReduceLROnPlateau(optimizer, factor=gamma, patience=patience, threshold=threshold, eps=0.0)
    schedule = made("plateau", gamma=gamma, patience=patience, threshold=threshold)
    generator = torch.Generator().manual_seed(0)
    losses = torch.rand(60, generator=generator).add(torch.linspace(2, 0, 60)).tolist()
    losses[20] = math.nan
    for epoch, loss in enumerate(losses):
        assert schedule.factor(epoch) == pytest.approx(optimizer.param_groups[0]["lr"])
        schedule.observe(loss)
        theirs.step(loss)
    assert schedule.factor(0) < 1


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_restored_state_goes_on_as_if_never_stopped(name):
    settings = {"patience": 1} if name == "plateau" else {}
    losses = [1.0, 0.9, 0.95, 0.93, 0.92, 0.99, 0.5, 0.6]
    whole, first, second = (made(name, **settings) for _ in range(3))
    for loss in losses:
        whole.observe(loss)
    for loss in losses[:5]:
        first.observe(loss)
    second.load_state_dict(json.loads(json.dumps(first.state_dict(), allow_nan=False)))
    for loss in losses[5:]:
        second.observe(loss)
    assert second.state_dict() == whole.state_dict()
    assert ours(second) == ours(whole)


def test_a_fresh_plateau_is_plain_json_too():
    json.dumps(made("plateau").state_dict(), allow_nan=False)


def test_unknown_names_get_a_suggestion():
    with pytest.raises(UnknownNameError, match="did you mean 'cosine'"):
        made("cosin")
    with pytest.raises(UnknownNameError, match="did you mean 'gamma'"):
        made("step", gama=0.3)
    assert type(made("one_cycle")) is type(made("one-cycle"))


@pytest.mark.parametrize(
    ("name", "settings", "message"),
    [
        ("constant", {"n_steps": 0}, "n_steps should be at least 1; it is 0"),
        ("constant", {"warmup_steps": -1}, "warmup_steps should be at least 0"),
        ("constant", {"n_steps": 5, "warmup_steps": 5}, "below 5 steps; it is 5"),
        ("step", {"every": -1}, "every should be at least 1 epoch, or 0: a third of all; it is -1"),
        ("step", {"gamma": -0.1}, "gamma should be above 0"),
        ("multi-step", {"milestones": (3, 0)}, "milestones"),
        ("exponential", {"gamma": float("nan")}, "gamma"),
        ("cosine", {"floor": -0.5}, "floor should be from 0 to 1; it is -0.5"),
        ("linear", {"floor": 1.5}, "floor"),
        ("one-cycle", {"rise": 2.0}, "rise should be a share"),
        ("one-cycle", {"start": 0.0}, "start"),
        ("plateau", {"patience": -1}, "patience"),
        ("plateau", {"threshold": 1.0}, "threshold"),
    ],
)
def test_numbers_out_of_range_are_refused(name, settings, message):
    with pytest.raises(ConfigError, match=message):
        made(name, **settings)


def test_milestones_must_be_given():
    with pytest.raises(ConfigError, match="wants milestones"):
        create_schedule("multi-step", n_steps=5, steps_per_epoch=1)


def test_settings_stand_in_brackets_behind_the_name():
    assert made("step(every=2, gamma=0.5)") == made("step", every=2, gamma=0.5)
    assert made("one_cycle(rise=0.5)") == made("one-cycle", rise=0.5)
    assert made("plateau()") == made("plateau")


@pytest.mark.parametrize(
    ("text", "error", "said"),
    [
        ("step(evry=2)", UnknownNameError, "setting of step named 'evry'; did you mean 'every'"),
        ("constant(gamma=2)", UnknownNameError, "setting of constant named 'gamma'"),
        ("step(n_steps=2)", UnknownNameError, "setting of step named 'n_steps'"),
        ("step(2)", ConfigError, "step wants its settings as name=value; it got '2'"),
        ("step(every=2,every=3)", ConfigError, "gives step.every twice"),
        ("step(every=often)", ConfigError, r"step\.every"),
        ("step(every=2", ConfigError, r"A schedule is written like step\(every=5\)"),
        ("step,cosine", ConfigError, "A training has one schedule; it is 'step,cosine'"),
        ("stp(every=2)", UnknownNameError, "no schedule named 'stp'; did you mean 'step'"),
    ],
)
def test_brackets_that_mean_nothing_are_refused(text, error, said):
    with pytest.raises(error, match=said):
        made(text)


@pytest.mark.parametrize(("n_epochs", "falls"), [(9, [3, 6]), (10, [4, 8]), (2, [1]), (1, [])])
def test_steps_are_a_third_of_the_training_unless_said_otherwise(n_epochs, falls):
    schedule = create_schedule("step", n_steps=4 * n_epochs, steps_per_epoch=4)
    factors = [schedule.factor(4 * epoch) for epoch in range(n_epochs)]
    assert [at for at in range(1, n_epochs) if factors[at] < factors[at - 1]] == falls
