"""Which errors skip a rung; what a climb makes of that is tried in test_climbing.py."""

import pytest
import torch

from linnet.errors import DivergedError, LostProcessError, RunError, SealedError, TrainingError, UnsupportedError
from linnet.evaluation.skipping import NO_MEMORY, reason_to_skip


@pytest.mark.parametrize("kind", [DivergedError, TrainingError, UnsupportedError])
def test_what_would_come_again_is_a_reason_to_skip(kind):
    assert reason_to_skip(kind("why")) == "why"


@pytest.mark.parametrize("kind", [RunError, SealedError, LostProcessError, ValueError, RuntimeError])
def test_what_can_be_mended_or_is_a_fault_of_the_program_is_none(kind):
    assert reason_to_skip(kind("why")) is None


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        torch.OutOfMemoryError("CUDA out of memory."),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 256000000000 bytes."),
    ],
)
def test_no_memory_is_said_in_words(error):
    assert reason_to_skip(error) == NO_MEMORY
