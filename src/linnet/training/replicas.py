"""How lightning-fabric is told which processes there are, and to leave the network as it is; it starts none."""

from datetime import timedelta
from typing import Any

import torch
from lightning_fabric import Fabric
from lightning_fabric.plugins.environments.cluster_environment import ClusterEnvironment
from lightning_fabric.plugins.environments.torchelastic import TorchElasticEnvironment
from lightning_fabric.strategies.ddp import DDPStrategy
from torch import Tensor, nn

PATIENCE = timedelta(days=14)
"""How long a process waits for the others: the first one may be busy with other rungs between two trainings."""


class LocalProcesses(ClusterEnvironment):
    """Describe some processes of one machine that are there already, without a word in the environment.

    Args:
        rank: Of this process, 0 .. count-1.
        count: How many there are.
        port: Where the first one listens.
    """

    def __init__(self, *, rank: int, count: int, port: int) -> None:
        self._rank, self._count, self._port = rank, count, port

    @property
    def creates_processes_externally(self) -> bool:
        """Whether somebody else starts them: yes."""
        return True

    @property
    def main_address(self) -> str:
        """Where the first process is."""
        return "127.0.0.1"

    @property
    def main_port(self) -> int:
        """Where it listens."""
        return self._port

    @staticmethod
    def detect() -> bool:
        """Whether the environment describes such processes: it never does."""
        return False

    def world_size(self) -> int:
        """Count all processes."""
        return self._count

    def set_world_size(self, size: int) -> None:
        """Ignore what is known already."""

    def global_rank(self) -> int:
        """Return the number of this process."""
        return self._rank

    def set_global_rank(self, rank: int) -> None:
        """Ignore what is known already."""

    def local_rank(self) -> int:
        """Return the number of this process on its machine."""
        return self._rank

    def node_rank(self) -> int:
        """Return the number of this machine."""
        return 0


class Replicas(DDPStrategy):
    """Keep one network per process without wrapping it: the loop adds the gradients up itself, in one fixed order.

    The usual wrapper sorts gradients into buckets anew after its first step, so that sums of three and more processes
    would be rounded differently after a resume than without it.
    """

    def setup_module(self, module: nn.Module) -> Any:
        """Return the network as it is."""
        return module

    def all_reduce(self, tensor: Tensor, group: Any = None, reduce_op: Any = "mean") -> Tensor:
        """Return the sum over all processes, in place; the inherited way would first wait for all of them once more.

        Args:
            tensor: Of the same shape in each process.
            group: Of no interest; there is only one.
            reduce_op: "sum"; nothing else is asked for here.
        """
        torch.distributed.all_reduce(tensor)
        return tensor


def connect(
    device: str, precision: str, *, n_local: int = 1, n_hosts: int = 1, environment: ClusterEnvironment | None = None
) -> Fabric:
    """Make the fabric of this process; among several, wait for the others when the first is made.

    Args:
        device: "cpu", "cuda" or "mps".
        precision: As lightning-fabric names it.
        n_local: Processes on this machine.
        n_hosts: Machines.
        environment: Which processes there are; None where this is the only one.
    """
    kinds: dict[str, Any] = {"accelerator": device, "precision": precision}
    if environment is None:
        return Fabric(devices=1, **kinds)
    # Messages go between processors even where tensors go between GPUs: who waits for one keeps no GPU busy.
    backend = "cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo"
    strategy = Replicas(cluster_environment=environment, process_group_backend=backend, timeout=PATIENCE)
    fabric = Fabric(devices=n_local, num_nodes=n_hosts, strategy=strategy, **kinds)
    fabric.launch()
    return fabric


__all__ = ["LocalProcesses", "Replicas", "TorchElasticEnvironment", "connect"]
