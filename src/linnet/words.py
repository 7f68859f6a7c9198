"""How numbers and names are said to people, in one way everywhere; nothing here knows a run."""

import math
import unicodedata
from collections.abc import Sequence
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any

_PLURALS = {"picture in it": "pictures in it", "leaf": "leaves"}
_MOST_DECIMALS = 6


def count(n: int, noun: str = "") -> str:
    """Write a whole number with its noun.

    Example:
        >>> count(1797), count(1, "picture"), count(2, "class")
        ('1,797', '1 picture', '2 classes')
    """
    if not noun:
        return f"{n:,}"
    return f"{n:,} {agree(n, noun, _PLURALS.get(noun, noun + ('es' if noun.endswith('ss') else 's')))}"


def agree(n: int, one: str, many: str) -> str:
    """Choose the word that goes with a count: one thing "is" or "has", several "are" or "have", and none, too."""
    return one if n == 1 else many


def often(n: int) -> str:
    """Write how often: "once", "twice", "12 times"."""
    return {1: "once", 2: "twice"}.get(n, f"{n:,} times")


def joined(texts: Sequence[str]) -> str:
    """Join with commas and a last "and"."""
    return " and ".join([", ".join(texts[:-1]), texts[-1]] if len(texts) > 1 else list(texts))


def named(name: str) -> str:
    """Put a class name in quotes, shut off from the direction of the text around it where it runs right to left."""
    if any(unicodedata.bidirectional(letter) in {"R", "AL", "AN"} for letter in name):
        name = f"\u2068{name}\u2069"
    return f"“{name}”"


def in_100(fraction: float, decimals: int = 0) -> str:
    """Write a fraction as so many in 100; never as 100 or 0 where it is not.

    Example:
        >>> in_100(0.914), in_100(0.914, 1), in_100(0.9996), in_100(1.0)
        ('91', '91.4', '99.96', '100')
    """
    return _unrounded(100 * fraction, 100, decimals)


def times_in_100(fraction: float, decimals: int = 0) -> str:
    """Write how often in 100 times something is so.

    Example:
        >>> times_in_100(0.914), times_in_100(0.01), times_in_100(0.0104, 1)
        ('91 times in 100', '1 time in 100', '1.0 times in 100')
    """
    said = in_100(fraction, decimals)
    return f"{said} {'time' if said == '1' else 'times'} in 100"


def percent(fraction: float, decimals: int = 1) -> str:
    """Write a fraction in percent; never as 100% or 0% where it is not.

    Example:
        >>> percent(0.914), percent(0.003, 0), percent(0.9996), percent(1.0)
        ('91.4%', '0.3%', '99.96%', '100%')
    """
    return f"{in_100(fraction, decimals)}%"


def in_1(fraction: float, decimals: int = 3) -> str:
    """Write a fraction, or another measure that ends at 1, as it is; never as 1 or 0 where it is not.

    Example:
        >>> in_1(0.9142), in_1(0.9996), in_1(0.0004), in_1(1.0)
        ('0.914', '0.9996', '0.0004', '1')
    """
    return _unrounded(fraction, 1, decimals)


def _unrounded(value: float, whole: int, decimals: int) -> str:
    """Write a number with as many more decimals as keep it from reading as 0 or `whole` where it is neither."""
    if min(abs(value), abs(value - whole)) < 1e-12 * whole:  # so much a sum of floats may be off
        return str(round(value))
    text = f"{value:.{decimals}f}"
    if float(text) not in {0.0, float(whole)}:
        return text
    if decimals < _MOST_DECIMALS:
        return _unrounded(value, whole, decimals + 1)
    step = 10.0**-decimals
    return f"> {whole - step:.{decimals}f}" if value > step else f"< {step:.{decimals}f}"


def chance(probability: float) -> str:
    """Write a probability in percent; what is nearly certain or impossible is not said to be so.

    Example:
        >>> chance(0.854), chance(0.9996), chance(1e-9), chance(1.0)
        ('85%', '> 99%', '< 1%', '100%')
    """
    if 0 < probability < 0.005:
        return "< 1%"
    return "> 99%" if 0.995 <= probability < 1 else percent(probability, 0)


def p_value(p: float) -> str:
    """Write the p-value of a test, with two digits that say something."""
    if p < 0.001:
        return "p < 0.001"
    return f"p = {p:.3f}" if p < 0.1 else f"p = {p:.2f}"


def significant(value: float, digits: int = 3) -> str:
    """Write a number with so many significant digits, without exponents where it is near 1.

    Example:
        >>> significant(0.012345), significant(1234.5), significant(0), significant(2e-7)
        ('0.0123', '1,234', '0', '2e-07')
    """
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    if abs(value) < 1e-4:
        return f"{value:.{digits}g}"
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(value))))
    return f"{value:,.{decimals}f}"


def tiny(value: float) -> str:
    """Write a cost with two significant digits; what is below a thousandth says only that.

    Example:
        >>> tiny(0.0123), tiny(0.0002), tiny(0), tiny(123.4)
        ('0.012', '< 0.001', '0', '123')
    """
    return "< 0.001" if 0 < value < 0.001 else significant(value, 2)


def seconds(value: float) -> str:
    """Write a time that people can grasp: milliseconds, seconds, minutes or hours.

    Example:
        >>> seconds(0.0123), seconds(1.25), seconds(75), seconds(7300)
        ('12 ms', '1.2 s', '1 min 15 s', '2 h 2 min')
    """
    if value < 1:
        return f"{significant(1000 * value, 2)} ms"
    if value < 60:
        return f"{significant(value, 2)} s"
    minutes, rest = divmod(round(value), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    minutes = round(value / 60)
    return f"{minutes // 60} h {minutes % 60} min"


def ratio(value: float) -> str:
    """Write how many times, coarsely: "1.5 times", "40 times", "1,200 times"."""
    rounded = float(f"{value:.2g}")
    return f"{rounded:,.0f} times" if rounded >= 10 else f"{rounded:g} times"


def setting(value: Any) -> str:
    """Write a setting's value as a user would type it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:.6g}"
    return ",".join(setting(part) for part in value) if isinstance(value, list | tuple) else str(value)


def several_views(views: str) -> str:
    """Say what a network looks at besides the picture itself, for the values of the setting `views`.

    Example:
        >>> several_views("flips")
        'at the picture and its mirror image'
    """
    shifts = "at the picture and at two copies of it, shifted a little up and left, and down and right"
    looks = {
        "flips": "at the picture and its mirror image",
        "shifts": shifts,
        "flips-and-shifts": f"{shifts}, and at the mirror images of all three",
    }
    return looks.get(views, "at the picture")


def data_name(source: str) -> str:
    """Name data as people would: of a whole path its last part, whatever system it comes from.

    Example:
        >>> data_name("/home/ann/birds.zip[robin,wren]"), data_name("digits")
        ('birds.zip[robin,wren]', 'digits')
    """
    path, bracket, classes = source.partition("[")
    is_whole = PurePosixPath(path).is_absolute() or PureWindowsPath(path).is_absolute()
    name = PureWindowsPath(path).name if is_whole else path  # it takes either kind of slash
    return f"{name or path}{bracket}{classes}"
