"""Everything that a training needs to go on, in one file that a power cut leaves old or new; nothing is unpickled."""

import json
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from linnet.errors import RunError
from linnet.records.files import write_bytes

FORMAT = 1
_KEY = "linnet"


@dataclass(frozen=True, eq=False, kw_only=True)
class Checkpoint:
    """Hold a training as it stood between two steps.

    Attributes:
        tensors: By name, on the CPU.
        plain: JSON values: position, history, what was asked.
    """

    tensors: dict[str, Tensor]
    plain: dict[str, Any]

    def write(self, path: Path) -> None:
        """Write one safetensors file, atomically; the plain values are in its header."""
        tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in self.tensors.items()}
        header = json.dumps({"format": FORMAT, "checksum": _checksum(tensors), **self.plain}, allow_nan=True)
        write_bytes(path, save(tensors, metadata={_KEY: header}))

    @classmethod
    def read(cls, path: Path) -> "Checkpoint":
        """Read what `write` wrote, onto the CPU wherever it was made.

        Raises:
            RunError: missing, damaged, or of a newer format.
        """
        try:
            data = path.read_bytes()
            tensors = load(data)
            (length,) = struct.unpack("<Q", data[:8])
            plain = json.loads(json.loads(data[8 : 8 + length])["__metadata__"][_KEY])
        except (OSError, SafetensorError, ValueError, KeyError, TypeError, struct.error) as error:
            raise RunError(
                f"The checkpoint {path} cannot be read ({error}); delete it to start this rung again."
            ) from None
        found = plain.pop("format", None)
        if not isinstance(found, int) or found > FORMAT:
            raise RunError(f"{path} has format {found}, this Linnet reads up to {FORMAT}; install a newer one.")
        if plain.pop("checksum", None) != _checksum(tensors):
            raise RunError(
                f"The checkpoint {path} is damaged (its numbers are not those that were written); delete it to start "
                "this rung again."
            )
        return cls(tensors=tensors, plain=plain)


def _checksum(tensors: Mapping[str, Tensor]) -> int:
    """Return the CRC-32 of all numbers, in the order of their names: a bit that has turned over changes it."""
    found = 0
    for name in sorted(tensors):
        found = zlib.crc32(tensors[name].reshape(-1).view(torch.uint8).numpy().data, found)
    return found


def prefixed(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Put a prefix and a dot before every name."""
    return {f"{prefix}.{name}": tensor for name, tensor in tensors.items()}


def without_prefix(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the tensors with this prefix, under their own names again."""
    start = f"{prefix}."
    return {name.removeprefix(start): tensor for name, tensor in tensors.items() if name.startswith(start)}


def optimizer_state(optimizer: torch.optim.Optimizer) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Take an optimizer apart into tensors by name and plain values.

    Returns:
        Tensors under "PARAMETER.KEY", and {"state": ..., "groups": ...} of JSON values.
    """
    whole = optimizer.state_dict()
    tensors: dict[str, Tensor] = {}
    plain: dict[str, dict[str, Any]] = {}
    for parameter, values in whole["state"].items():
        for key, value in values.items():
            if isinstance(value, Tensor):
                tensors[f"{parameter}.{key}"] = value
            elif isinstance(value, list) and value and all(isinstance(item, Tensor) for item in value):
                tensors |= {f"{parameter}.{key}.{i:04d}": item for i, item in enumerate(value)}
            elif not isinstance(value, list) or not value:  # L-BFGS has a list of scratch space, which it makes anew
                plain.setdefault(str(parameter), {})[key] = value
    return tensors, {"state": plain, "groups": whole["param_groups"]}


def restore_optimizer(
    optimizer: torch.optim.Optimizer, tensors: Mapping[str, Tensor], plain: Mapping[str, Any]
) -> None:
    """Put together what `optimizer_state` took apart.

    Raises:
        RunError: it belongs to other parameters.
    """
    state: dict[int, dict[str, Any]] = {int(parameter): dict(values) for parameter, values in plain["state"].items()}
    for name, tensor in sorted(tensors.items()):
        parameter, key, *position = name.split(".")
        values = state.setdefault(int(parameter), {})
        if position:
            values.setdefault(key, []).append(tensor)
        else:
            values[key] = tensor
    # JSON has no tuples; Adam's betas were one.
    groups = [
        {key: tuple(value) if isinstance(value, list) and key != "params" else value for key, value in group.items()}
        for group in plain["groups"]
    ]
    try:
        optimizer.load_state_dict({"state": state, "param_groups": groups})
    except ValueError as error:
        raise RunError(f"The checkpoint belongs to another network or optimizer ({error}).") from None
    kept: Mapping[Any, dict[str, Any]] = optimizer.state
    for parameter, values in kept.items():
        values.update({key: _laid_out_like(parameter, value) for key, value in values.items()})


def _laid_out_like(parameter: Tensor, value: Any) -> Any:
    """Lay what is kept beside a parameter out in memory as the parameter is.

    A file knows one layout only, and optimizers that make a step in one pass over memory take it for granted that
    parameter, gradient and memory have the same: with channels last, they would pair numbers of different weights.
    """
    if not isinstance(value, Tensor) or value.shape != parameter.shape or value.stride() == parameter.stride():
        return value
    return torch.empty_like(parameter, dtype=value.dtype, device=value.device).copy_(value)
