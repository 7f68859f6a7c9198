"""On what a training runs: which kind of device, and how many; whether they are there is asked of the machine."""

from dataclasses import dataclass
from typing import Literal, get_args

import torch

from linnet.errors import ConfigError

Kind = Literal["auto", "cpu", "cuda", "mps"]


@dataclass(frozen=True, kw_only=True)
class Devices:
    """Say on what a training runs.

    Args:
        kind: "auto" takes a GPU where there is one; "cpu", "cuda" (a GPU) or "mps" (Apple's).
        count: Processes that share every batch, at least 1: one for each GPU, or so many on the processor.
    """

    kind: Kind = "auto"
    count: int = 1

    def chosen(self) -> Literal["cpu", "cuda", "mps"]:
        """Return the kind of device, "auto" settled.

        Raises:
            ConfigError: a kind that is none, or devices that this machine does not have.
        """
        if self.kind not in get_args(Kind):
            raise ConfigError(f"--device should be auto, cpu, cuda or mps; it is {self.kind!r}.")
        if self.count < 1:
            raise ConfigError(f"--devices should be at least 1; it is {self.count}.")
        n_gpus = torch.cuda.device_count() if torch.cuda.is_available() else 0
        if self.kind == "auto" and n_gpus == 0:
            return "cpu"
        if self.kind in ("auto", "cuda"):
            if n_gpus < self.count:
                raise ConfigError(_no_gpu(self.count, n_gpus))
            return "cuda"
        if self.kind == "mps" and (self.count > 1 or not torch.backends.mps.is_available()):
            raise ConfigError(
                "--device mps wants a Mac with a GPU that torch can use, and --devices 1; use --device cpu."
            )
        return "mps" if self.kind == "mps" else "cpu"


ALONE = Devices()
"""One process, on a GPU where there is one."""


def _no_gpu(wanted: int, there: int) -> str:
    asked = "a GPU" if wanted == 1 else f"{wanted} GPUs"
    found = "none" if there == 0 else f"only {there}"
    built = f"made for CUDA {torch.version.cuda}" if torch.version.cuda else "made without CUDA"
    return (
        f"Training wants {asked} that torch can use, and there is {found} (torch {torch.__version__}, {built}); "
        "check the driver with nvidia-smi, or use --device cpu."
    )
