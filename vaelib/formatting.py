"""How numbers, intervals, counts and lists are shown, in plain text."""

import math
import re
from collections.abc import Sequence

_MINUS = "\N{MINUS SIGN}"


def number(value: float, digits: int = 3) -> str:
    """Show significant digits, with a true minus sign and no exponent."""
    if math.isinf(value):
        return "\N{INFINITY}" if value > 0 else f"{_MINUS}\N{INFINITY}"
    if value == 0:
        return "0"
    return true_minus(f"{value:.{min(places_of(value, digits), 8)}f}")


def places_of(value: float, digits: int) -> int:
    """Return the decimal places that a number but 0 has with so many significant digits."""
    exponent = int(f"{value:.{digits - 1}e}".partition("e")[2])  # of the number once rounded
    return max(0, digits - 1 - exponent)


def fixed(value: float, places: int) -> str:
    """Show a number of decimal places, with a true minus sign."""
    return true_minus(f"{value:.{places}f}")


def interval(low: float, high: float, digits: int = 3) -> str:
    """Show an interval; empty where there is none (NaN), or none with a bound."""
    if math.isnan(low) or (math.isinf(low) and math.isinf(high)):
        return ""
    return f"{number(low, digits)} to {number(high, digits)}"


def nats(value: float, signed: bool = False, places: int = 1) -> str:
    """Show a number of nats, to a tenth by default; `signed`, also a plus sign."""
    return true_minus(f"{value:+,.{places}f}" if signed else f"{value:,.{places}f}")


def ratio(value: float) -> str:
    """Show a ratio with two significant digits and no exponent."""
    if math.isnan(value):
        return "an unknown number of"
    if value > 1e6:
        return "more than a million"
    if value < 1e-6:
        return "less than a millionth"
    import numpy as np  # not for a study, which is checked without it

    return np.format_float_positional(value, precision=2, fractional=False, trim="-")


def percent(share: float) -> str:
    """Show a share in percent."""
    return f"{100 * share:.0f} %"


def change(logarithm: float) -> str:
    """Show the logarithm of a ratio as a change in percent, signed."""
    share = 100 * math.expm1(logarithm)
    return true_minus(f"{share:+,.{max(0, 1 - int(abs(share) >= 10))}f} %")


def duration(seconds: float) -> str:
    """Show a time in the unit that suits it."""
    for unit, length, least in (("hour", 3600, 1.5), ("minute", 60, 1)):
        if seconds >= least * length:
            many = seconds / length
            return f"{many:.1f} {unit}s" if unit == "hour" else count(round(many), unit)
    return count(max(1, round(seconds)), "second")


def count(many: int, noun: str) -> str:
    """Show a number of things, such as ``3 seeds``."""
    return f"{many:,} {noun}" if many == 1 else f"{many:,} {noun}s"


def listed(names: Sequence[str]) -> str:
    """Join names to ``a, b and c``."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def true_minus(text: str) -> str:
    """Replace hyphens of a number by minus signs."""
    return text.replace("-", _MINUS)


def file_name(name: str) -> str:
    """Return a name in characters that every file system takes: others become hyphens."""
    return re.sub(r"[^\w.-]+", "-", name)
