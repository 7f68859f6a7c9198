"""Say what machine and which versions numbers were made with."""

import importlib.metadata
import os
import platform
from pathlib import Path

_LIBRARIES = ("torch", "torchvision", "numpy", "scipy", "scikit-learn", "numba", "Pillow")


def describe_machine() -> dict[str, str]:
    """Return versions, processor, cores and threads, as they go into experiment.toml."""
    import torch

    versions = {name: importlib.metadata.version(name) for name in ("linnet", *_LIBRARIES)}
    return {
        **versions,
        "python": platform.python_version(),
        "platform": platform.platform(terse=True),
        "processor": processor_name(),
        "cores": str(os.cpu_count()),
        "threads": str(torch.get_num_threads()),
    }


def processor_name() -> str:
    """Return what the processor calls itself, with the matrix units that it has."""
    text = ""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        lines = cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines()
        facts = dict(line.split(":", 1) for line in lines if ":" in line)
        facts = {key.strip(): value.strip() for key, value in facts.items()}
        units = [name for name in ("amx_bf16", "amx_int8", "avx512_vnni") if name in facts.get("flags", "").split()]
        text = " ".join([facts.get("model name", ""), *([f"({', '.join(units)})"] if units else [])]).strip()
    return text or platform.processor() or platform.machine()
