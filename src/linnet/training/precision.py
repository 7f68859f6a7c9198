"""Which numbers and which memory layout a training uses: decided by asking the machine, with the reason in words."""

from dataclasses import dataclass
from functools import cache
from typing import Literal

import torch

from linnet.errors import ConfigError

Asked = Literal["auto", "float32", "bfloat16"]


@dataclass(frozen=True, kw_only=True)
class Precision:
    """Say how products are computed; weights and their moves are float32 always.

    Attributes:
        products: "float32", or "bfloat16" for autocast of products and convolutions.
        channels_last: Whether pictures lie in memory pixel by pixel instead of channel by channel.
        reason: Why, as a clause for the run's records.
    """

    products: Literal["float32", "bfloat16"]
    channels_last: bool
    reason: str

    @property
    def fabric(self) -> Literal["bf16-mixed", "32-true"]:
        """What lightning-fabric calls it."""
        return "bf16-mixed" if self.products == "bfloat16" else "32-true"


@cache
def has_matrix_units() -> bool:
    """Ask whether this processor multiplies bfloat16 in matrix units (AMX), several times as fast as float32."""
    return _can("amx_bf16")


@cache
def has_quick_bfloat16() -> bool:
    """Ask whether this processor multiplies bfloat16 faster than float32: by matrix units, or two numbers at a time."""
    return has_matrix_units() or _can("avx512_bf16")


def choose_precision(asked: Asked, *, device: str = "cpu") -> Precision:
    """Decide for a device.

    Args:
        asked: "auto" asks the machine; the others are taken as they are.
        device: "cpu", "cuda" or "mps".

    Raises:
        ConfigError: another word, or another kind of device.
    """
    if asked not in ("auto", "float32", "bfloat16"):
        raise ConfigError(f"precision should be auto, float32 or bfloat16; it is {asked!r}.")
    if device not in ("cpu", "cuda", "mps"):
        raise ConfigError(f"device should be cpu, cuda or mps; it is {device!r}.")
    if asked != "auto":
        return Precision(products=asked, channels_last=device != "mps", reason="asked for")
    if device == "cuda":
        able = torch.cuda.is_bf16_supported(including_emulation=False)
        reason = "this GPU has matrix units for it" if able else "this GPU has no matrix units for bfloat16"
        return Precision(products="bfloat16" if able else "float32", channels_last=True, reason=reason)
    if device == "cpu" and has_quick_bfloat16():
        pairs = "this processor multiplies bfloat16 faster than float32 (AVX-512 BF16)"
        reason = "this processor has matrix units for it (AMX)" if has_matrix_units() else pairs
        return Precision(products="bfloat16", channels_last=True, reason=reason)
    reason = f"this {'processor' if device == 'cpu' else 'GPU'} is not known to multiply bfloat16 faster"
    return Precision(products="float32", channels_last=device != "mps", reason=reason)


def _can(capability: str) -> bool:
    """Ask torch for an instruction set of the processor, and whether the library that would use it is there."""
    return bool(torch.cpu.get_capabilities().get(capability, False)) and bool(torch.backends.mkldnn.enabled)
