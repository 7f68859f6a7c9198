import math
import os
import signal
import sys
import time
from dataclasses import replace

import pytest
import torch

import killing
import toys
from linnet.datasets.mapped import map_pixels
from linnet.errors import ConfigError, DivergedError, LostProcessError, RunError, TrainingError
from linnet.training import team as teams
from linnet.training.devices import Devices
from linnet.training.engine import Session, train
from linnet.training.recipe import Recipe
from linnet.training.team import Team, gathered, is_follower, is_in_step, n_launched
from nets import far, network_of

CPU = {n: Devices(kind="cpu", count=n) for n in (1, 2, 3)}


def recipe_of(**changes):
    # At least 120 steps: the other processes know no shorter trainings.
    plain = {"epochs": 20, "batch_size": 20, "learning_rate": 0.02, "augment": "none", "precision": "float32"}
    return Recipe(**{**plain, **changes})


@pytest.fixture
def started(monkeypatch):
    """Remember the processes that are started."""
    found, start = [], teams._start
    monkeypatch.setattr(teams, "_start", lambda *words: found.append(start(*words)) or found[-1])
    return found


HARD = {
    "optimizer": "adam", "learning_rate": 0.003, "weight_decay": 0.0, "balance": True, "penalty_l2": 0.01,
    "gradient_clip": 1.0, "label_smoothing": 0.1, "average": 0.9, "augment": "pad-crop(padding=1),flip",
}  # fmt: skip


@pytest.mark.parametrize("n", [2, 3])
def test_several_processes_learn_what_one_learns(n, tmp_path):
    # 82 pictures in batches of 20 leave two for the last one: of three processes one gets none.
    data, valid = toys.patterns(counts=(40, 30, 12)), toys.patterns(seed=1)
    (tmp_path / "pixels").write_bytes(data.pixels.numpy().tobytes())
    mapped = replace(data, pixels=map_pixels(tmp_path / "pixels", tuple(data.pixels.shape)))
    alone, shared = network_of(norm=False), network_of(norm=False)
    expected = train(alone, data, valid, recipe_of(epochs=24, **HARD), seed=3)
    around = Session(devices=CPU[n])
    found = train(shared, mapped if n == 2 else data, valid, recipe_of(epochs=24, **HARD), seed=3, session=around)
    assert far(alone, shared) < 1e-4
    for row, other in zip(found.epochs, expected.epochs, strict=True):
        assert row.train_loss == pytest.approx(other.train_loss, abs=1e-4)
        assert row.step == other.step


def test_twenty_one_pictures_on_two_processes_are_twenty_one(data):
    valid = toys.patterns(counts=(7, 7, 7), noise=200, seed=4)
    network = network_of()
    history = train(network, data, valid, recipe_of(keep="last"), session=Session(devices=CPU[2]))
    with torch.no_grad():
        right = int((network(valid.images).argmax(1) == valid.labels).sum())
        loss = torch.nn.functional.cross_entropy(network(valid.images), valid.labels)
    assert history.epochs[-1].valid_accuracy == right / 21
    assert history.epochs[-1].valid_loss == pytest.approx(float(loss), rel=1e-6)
    assert 0 < right < 21


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc, and Windows has no SIGKILL")
def test_killing_either_of_two_processes_at_any_step_costs_no_bit_and_leaves_nobody_behind(tmp_path):
    chance, folder, at = killing.chance(), tmp_path / "killed", 0
    whom = ["leader", "follower", "both"]
    chance.shuffle(whom)
    for who, seconds in zip(whom, (0.0, *chance.choices(killing.INTERVALS, k=2)), strict=True):
        victim, first = killing.begin(folder, seconds=seconds, n_processes=2)
        assert first == at
        for _ in range(chance.randint(2, 25)):
            assert victim.stdout.readline()
        time.sleep(chance.uniform(0, 0.01))
        (follower,) = killing.living(victim.pid) - {victim.pid}
        if who == "both":
            os.killpg(victim.pid, signal.SIGKILL)
        else:
            os.kill(victim.pid if who == "leader" else follower, signal.SIGKILL)
        assert killing.wait_for(lambda group=victim.pid: not killing.living(group))
        said = victim.communicate()[0]
        assert ("ended with code -9" in said) == (who == "follower")
        at = killing.steps_of(folder)
        assert 0 < at < killing.N_STEPS
    last, first = killing.begin(folder, seconds=math.inf, n_processes=2)
    assert first == at
    assert list(map(int, killing.finish(last).split())) == list(range(at + 1, killing.N_STEPS + 1))
    killing.finish(killing.begin(tmp_path / "straight", seconds=math.inf, n_processes=2)[0])
    assert killing.outcome(folder) == killing.outcome(tmp_path / "straight")


def test_another_number_of_processes_does_not_go_on_with_a_checkpoint(data, tmp_path):
    train(network_of(), data, None, recipe_of(), session=Session(checkpoints=tmp_path))
    with pytest.raises(RunError, match="number of processes"):
        train(network_of(), data, None, recipe_of(), session=Session(checkpoints=tmp_path, devices=CPU[2]))


def test_a_process_that_ends_is_one_sentence_and_the_others_are_gone(data, started):
    with pytest.raises(LostProcessError, match="ended with code 7"):
        train(network_of(fatal=True), data, None, recipe_of(), session=Session(devices=CPU[2]))
    assert [process.poll() for process in started] == [7]
    assert not torch.distributed.is_initialized()


def test_an_interruption_ends_all_processes(data, started):
    class Stops:
        def say(self, text):
            pass

        def task(self, text, total=None):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(network_of(), data, None, recipe_of(), session=Session(progress=Stops(), devices=CPU[2]))
    assert all(process.poll() is not None for process in started)


def test_a_process_that_cannot_start_is_one_sentence(monkeypatch, tmp_path):
    (tmp_path / "linnet.py").write_text("raise SystemExit(1)")
    monkeypatch.setattr(teams.sys, "path", [str(tmp_path), *sys.path])
    with pytest.raises(LostProcessError, match="could not be started"), gathered(CPU[2]):
        pass


def test_the_processes_of_a_machine_share_its_cores():
    before = torch.get_num_threads()
    torch.set_num_threads(4)
    try:
        with Team(device="cpu", n_local=2).own_cores():
            assert torch.get_num_threads() == 2
        with Team(device="cpu", n_local=9).own_cores():
            assert torch.get_num_threads() == 1
        assert torch.get_num_threads() == 4
    finally:
        torch.set_num_threads(before)


def test_torchrun_is_seen_in_the_environment(monkeypatch):
    for name in ("RANK", "WORLD_SIZE", "MASTER_ADDR"):
        monkeypatch.delenv(name, raising=False)
    assert n_launched() == 1
    assert not is_follower()
    for name, value in (("RANK", "1"), ("WORLD_SIZE", "4"), ("LOCAL_WORLD_SIZE", "2"), ("MASTER_ADDR", "here")):
        monkeypatch.setenv(name, value)
    assert n_launched() == 4
    assert is_follower()
    with gathered(Devices(kind="cpu")) as team:
        assert (team.n_local, team.n_hosts, team.size) == (2, 2, 4)


def test_devices_that_are_not_there_are_refused_before_anything_is_started(started, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ConfigError, match="there is none"), gathered(Devices(kind="cuda", count=2)):
        pass
    assert started == []


def test_a_refusal_that_all_processes_meet_is_said_once_and_without_a_traceback(data, tmp_path, capfd):
    train(network_of(), data, None, recipe_of(), session=Session(checkpoints=tmp_path))
    with pytest.raises(RunError):
        train(network_of(), data, None, recipe_of(), session=Session(checkpoints=tmp_path, devices=CPU[2]))
    assert "Traceback" not in capfd.readouterr().err


@pytest.fixture
def of_torchrun(monkeypatch):
    for name, value in (("RANK", "0"), ("WORLD_SIZE", "2"), ("LOCAL_WORLD_SIZE", "2"), ("MASTER_ADDR", "here")):
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(teams, "_OUT_OF_STEP", [])


@pytest.mark.parametrize("error", [DivergedError("no number"), RunError("another training")])
def test_after_an_error_that_all_meet_the_processes_of_torchrun_train_on(of_torchrun, error):
    with pytest.raises(type(error)), gathered(Devices(kind="cpu")):
        raise error
    assert is_in_step()
    with gathered(Devices(kind="cpu")) as team:
        assert team.size == 2


@pytest.mark.parametrize(
    "error", [TrainingError("no room"), LostProcessError("gone"), OSError("disk full"), KeyboardInterrupt()]
)
def test_after_an_error_of_one_process_alone_nothing_more_is_said_to_the_others(of_torchrun, error):
    with pytest.raises(type(error)), gathered(Devices(kind="cpu")):
        raise error
    assert not is_in_step()
    with pytest.raises(LostProcessError, match="still at a training that ended here"), gathered(Devices(kind="cpu")):
        pass
