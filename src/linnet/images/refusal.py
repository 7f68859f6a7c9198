"""How the decoder's many exceptions and warnings become one clear reason; nothing is decoded here."""

import re
import struct
import threading
import warnings
import zlib

from PIL import Image, UnidentifiedImageError

from linnet.errors import UnreadableImageError

# Every kind of exception that decoding was seen to raise on damaged files (16,823 of them), and the arithmetic ones
# that a hostile header can provoke. UnidentifiedImageError is an OSError, UnicodeError a ValueError.
FAILURES = (
    OSError,
    ValueError,
    SyntaxError,
    NotImplementedError,
    EOFError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    AssertionError,
    BufferError,
    RuntimeError,
    struct.error,
    zlib.error,
)


class _Quiet:
    """Silence warnings while any thread is inside.

    `warnings.catch_warnings` alone saves and restores a list that all threads share: of two that overlap, the later one
    to leave would put the silent list back for good. Here the first in saves it and the last out restores it.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._saved: warnings.catch_warnings[None] | None = None

    def __enter__(self) -> None:
        with self._lock:
            if self._inside == 0:
                self._saved = warnings.catch_warnings()
                self._saved.__enter__()
                warnings.simplefilter("ignore")
            self._inside += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._inside -= 1
            if self._inside == 0 and self._saved is not None:
                self._saved.__exit__(None, None, None)


quiet = _Quiet()
"""A with-block without warnings; whoever decodes many pictures enters it once around them, which is faster."""


class Refusing:
    """Turn whatever the decoder raises in a with-block into an UnreadableImageError, and silence its warnings.

    A class, since entering a generator would cost a small file dearly.
    """

    def __enter__(self) -> None:
        """Silence warnings."""
        quiet.__enter__()

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        """Restore warnings, and translate the error."""
        quiet.__exit__()
        if error is None or isinstance(error, UnreadableImageError):
            return
        if isinstance(error, Image.DecompressionBombError):
            raise UnreadableImageError("more pixels than any camera takes", status="too large") from None
        if isinstance(error, MemoryError):
            raise UnreadableImageError(
                "it needs more memory than there is", status="too large", lasting=False
            ) from None
        if isinstance(error, FAILURES):
            raise UnreadableImageError(_reason(error)) from None


def _reason(error: BaseException) -> str:
    if isinstance(error, UnidentifiedImageError):
        return "cannot be decoded: its header is damaged or of an unsupported kind"
    text = re.sub(r"<[^>]* at 0x[0-9a-fA-F]+>", "it", str(error)).strip()
    return f"cannot be decoded: {text.splitlines()[0][:120] if text else type(error).__name__}"
