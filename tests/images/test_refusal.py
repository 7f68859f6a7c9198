import struct
import warnings
import zlib

import pytest
from PIL import Image

from linnet.errors import UnreadableImageError
from linnet.images.refusal import FAILURES, Refusing, quiet


@pytest.mark.parametrize(
    "error",
    [OSError("x"), ValueError("x"), SyntaxError("x"), NotImplementedError("x"), EOFError("x"), KeyError("x"),
     IndexError("x"), TypeError("x"), AttributeError("x"), OverflowError("x"), ZeroDivisionError("x"),
     struct.error("x"), zlib.error("x"), AssertionError("x"), RecursionError("x"), UnicodeError("x")],
    ids=lambda error: type(error).__name__,
)  # fmt: skip
def test_whatever_decoding_raises_becomes_one_kind_of_error(error):
    with pytest.raises(UnreadableImageError, match="cannot be decoded") as caught, Refusing():
        raise error
    assert caught.value.status == "unreadable"


@pytest.mark.parametrize("error", [MemoryError(), Image.DecompressionBombError("Image size exceeds limit")])
def test_what_is_too_big_is_too_large(error):
    with pytest.raises(UnreadableImageError) as caught, Refusing():
        raise error
    assert caught.value.status == "too large"
    assert caught.value.lasting is not isinstance(error, MemoryError)  # there may be more memory another time


def test_a_reason_that_is_known_already_stays():
    with pytest.raises(UnreadableImageError, match="known") as caught, Refusing():
        raise UnreadableImageError("known", status="ignored")
    assert caught.value.status == "ignored"


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_an_interruption_passes(error):
    with pytest.raises(error), Refusing():
        raise error


def test_reasons_are_one_line_without_addresses():
    with pytest.raises(UnreadableImageError) as caught, Refusing():
        raise OSError("cannot read <_io.BytesIO object at 0x7f1234567890>\nsecond line")
    assert caught.value.reason == "cannot be decoded: cannot read it"


def test_an_error_without_text_is_named():
    with pytest.raises(UnreadableImageError, match="EOFError"), Refusing():
        raise EOFError


def test_warnings_inside_are_silent_and_outside_are_not():
    with Refusing():
        warnings.warn("nobody hears this", stacklevel=1)
    with pytest.warns(UserWarning, match="heard"):
        warnings.warn("heard", stacklevel=1)


def test_the_last_one_out_restores_the_filters():
    before = list(warnings.filters)
    quiet.__enter__()
    quiet.__enter__()
    quiet.__exit__()
    assert warnings.filters != before
    quiet.__exit__()
    assert warnings.filters == before


def test_failures_are_named_one_by_one():
    assert Exception not in FAILURES
    assert BaseException not in FAILURES
