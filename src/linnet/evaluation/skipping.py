"""Which errors leave out a rung, or a point of its learning curve, and which ones stop the climb."""

from linnet.errors import LinnetError, LostProcessError, RunError
from linnet.training.memory import is_memory_short

STOPPING = (RunError, LostProcessError)
"""What says nothing about a rung: a record or a checkpoint that is damaged or of another training, a lost process."""

NO_MEMORY = "it needs more memory than this machine has free"


def reason_to_skip(error: Exception) -> str | None:
    """Return why a rung is left out after an error, or None where the climb stops, so that the run can go on.

    What comes of the data, the settings or the size of the machine would come again. What is `STOPPING` can be mended,
    and the run resumed.

    Args:
        error: What a rung raised.
    """
    if isinstance(error, STOPPING):
        return None
    if is_memory_short(error):
        return NO_MEMORY
    return str(error) if isinstance(error, LinnetError) else None
