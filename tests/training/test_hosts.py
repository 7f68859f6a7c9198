"""Several machines train one network: two agents of torchrun, in networks of their own where that can be had."""

import json
import os
import socket
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

import pytest

WORDS = ("train", "digits[3,8]", "--classifier", "mlp", "--set", "mlp.hidden=[16]", "--epochs", "3")


@dataclass(frozen=True)
class Host:
    """What stands before a command to run it on this host, how others reach it, and what its card is called."""

    address: str
    before: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)


def do(*words):
    subprocess.run(words, check=True, capture_output=True, text=True, timeout=30)


@contextmanager
def two_networks():
    """Connect two network namespaces of this machine by a cable; nothing else is reached from them.

    Raises:
        OSError: no `ip` here that makes them.
        CalledProcessError: it may not.
    """
    names = [f"linnet-{os.getpid()}-{number}" for number in (1, 2)]
    cards = [f"ln{os.getpid() % 100_000}-{number}" for number in (1, 2)]
    addresses = ["10.231.77.1", "10.231.77.2"]
    with ExitStack() as stack:
        for name in names:
            do("ip", "netns", "add", name)
            stack.callback(do, "ip", "netns", "del", name)
        do("ip", "link", "add", cards[0], "netns", names[0], "type", "veth", "peer", cards[1], "netns", names[1])
        for name, card, address in zip(names, cards, addresses, strict=True):
            do("ip", "-n", name, "addr", "add", f"{address}/24", "dev", card)
            do("ip", "-n", name, "link", "set", card, "up")
            do("ip", "-n", name, "link", "set", "lo", "up")
        yield [
            Host(address, ("ip", "netns", "exec", name), {"GLOO_SOCKET_IFNAME": card})
            for name, card, address in zip(names, cards, addresses, strict=True)
        ]


@pytest.fixture
def hosts():
    """Return two hosts: networks of their own where this machine lets us make some, itself twice elsewhere."""
    with ExitStack() as stack:
        try:
            found = stack.enter_context(two_networks())
        except (OSError, subprocess.CalledProcessError):
            found = [Host("127.0.0.1"), Host("127.0.0.1")]
        yield found


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def launched(host, meeting, folder, *, first):
    """Start the command of the docs on one host; namespaces have no names of hosts, so each is told who is first."""
    words = [
        *host.before, sys.executable, "-m", "torch.distributed.run", "--nnodes", "2", "--nproc-per-node", "1",
        "--rdzv-backend", "c10d", "--rdzv-endpoint", meeting, "--rdzv-conf", f"is_host={int(first)}",
        "--rdzv-id", "test", "--local-addr", host.address, "-m", "linnet", *WORDS, "--precision", "float32",
        "--out", str(folder), "--json",
    ]  # fmt: skip
    return subprocess.Popen(
        words,
        env={**os.environ, "OMP_NUM_THREADS": "1", **host.environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_two_hosts_train_one_network_and_one_of_them_reports(hosts, tmp_path):
    meeting = f"{hosts[0].address}:{free_port()}"
    agents = [launched(host, meeting, tmp_path / "run", first=host is hosts[0]) for host in hosts]
    try:
        ended = [agent.communicate(timeout=300) for agent in agents]
    finally:
        for agent in agents:
            agent.kill()
    assert [agent.returncode for agent in agents] == [0, 0], [said for _, said in ended]
    (report,) = [json.loads(out) for out, _ in ended if out.strip()]
    assert report["rows"][0]["accuracy"] > 0.9
    assert len((tmp_path / "run" / "ledger.jsonl").read_text().splitlines()) == 1
    made = json.loads((tmp_path / "run" / "rungs" / "mlp" / "training.json").read_text())
    assert made["computing"]["n_processes"] == 2
