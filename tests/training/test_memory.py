import platform
import subprocess
import sys

import pytest
import torch

from linnet.training.memory import is_memory_short, keep_big_blocks

COUNT_FAULTS = """
import resource, sys, torch
from linnet.training.memory import is_memory_short, keep_big_blocks
if sys.argv[1] == "keep":
    assert keep_big_blocks()
for i in range(60):
    if i == 10:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    torch.ones(12 << 20)  # 48 MiB, made and freed: above what the C library learns to keep by itself
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def is_glibc():
    return sys.platform == "linux" and platform.libc_ver()[0] == "glibc"


def test_it_says_whether_this_library_could_be_told():
    assert keep_big_blocks() is is_glibc()


@pytest.mark.skipif(not is_glibc(), reason="only the GNU C library hands blocks back in this way")
def test_blocks_are_not_faulted_in_again():
    def faults(word):
        done = subprocess.run([sys.executable, "-c", COUNT_FAULTS, word], capture_output=True, text=True, check=True)
        return int(done.stdout)

    assert faults("keep") < 0.1 * faults("give")


@pytest.mark.skipif(is_glibc(), reason="here the library can be told")
def test_elsewhere_nothing_is_changed():
    assert not keep_big_blocks()


def test_short_memory_is_told_from_other_errors():
    for error in (
        torch.OutOfMemoryError("CUDA out of memory"),
        MemoryError(),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 1 bytes"),
    ):
        assert is_memory_short(error)
    for error in (RuntimeError("shapes cannot be multiplied"), ValueError("out of memory")):
        assert not is_memory_short(error)
