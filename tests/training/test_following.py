import json
import os
import subprocess
import sys

import pytest

from linnet.errors import TrainingError
from linnet.training import following


def test_two_processes_of_torchrun_climb_as_one_and_both_end(tmp_path):
    words = ["train", "digits[3,8]", "--classifier", "mlp", "--set", "mlp.hidden=[16]", "--epochs", "3"]
    launch = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m", "linnet"]
    done = subprocess.run(
        [sys.executable, *launch, *words, "--precision", "float32", "--out", str(tmp_path / "run"), "--json"],
        env={**os.environ, "OMP_NUM_THREADS": "1"}, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (row,) = json.loads(done.stdout)["rows"]
    assert row["accuracy"] > 0.9
    assert len((tmp_path / "run" / "ledger.jsonl").read_text().splitlines()) == 1


def test_a_follower_that_loses_its_leader_ends_quietly(monkeypatch):
    def lost(team):
        raise RuntimeError("[pair.cc:561] Connection closed by peer [127.0.0.1]:7090")

    monkeypatch.setattr(following, "follow", lost)
    monkeypatch.setattr(following.signal, "signal", lambda *what: None)
    with pytest.raises(SystemExit) as ended:
        following.main(["1", "2", "4321"])
    assert ended.value.code == 3


def test_any_other_error_of_a_follower_is_shown(monkeypatch):
    def wrong(team):
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")

    monkeypatch.setattr(following, "follow", wrong)
    monkeypatch.setattr(following.signal, "signal", lambda *what: None)
    with pytest.raises(RuntimeError, match="shapes"):
        following.main(["1", "2", "4321"])


def test_a_follower_works_until_there_is_no_more_to_do(monkeypatch):
    from dataclasses import dataclass

    from linnet.errors import DivergedError
    from linnet.training.team import Team

    jobs, done = ["first", "second", None], []

    @dataclass(frozen=True)
    class Job:
        name: str
        device: str = "cpu"

    class Messages:
        def broadcast(self, thing):
            name = jobs.pop(0)
            return Job(name) if name else None

    def take_part(job, team):
        done.append((job.name, team.device))
        if job.name == "first":
            raise DivergedError("the leader says it")

    monkeypatch.setattr(Team, "fabric", lambda self: Messages())
    monkeypatch.setattr(following.engine, "take_part", take_part)
    following.follow(Team(device="cpu", n_local=2))
    assert done == [("first", "cpu"), ("second", "cpu")]


def test_nothing_is_said_at_the_end_to_processes_that_are_out_of_step(monkeypatch):
    said = []
    monkeypatch.setattr(following, "launched_team", said.append)
    monkeypatch.setattr(following, "is_in_step", lambda: False)
    following.dismiss()
    assert said == []


def test_what_one_process_alone_cannot_do_ends_it_with_a_sentence(monkeypatch, capsys):
    def short(team):
        raise TrainingError("Not even one picture at a time fits into memory.")

    monkeypatch.setattr(following, "follow", short)
    monkeypatch.setattr(following.signal, "signal", lambda *what: None)
    with pytest.raises(SystemExit) as ended:
        following.main(["1", "2", "4321"])
    assert ended.value.code == 4
    assert "process 1: Not even one picture" in capsys.readouterr().err
