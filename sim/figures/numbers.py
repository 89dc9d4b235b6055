"""How numbers are written for people."""

import math


def count(number: float) -> str:
    """Write a number to three digits, with separators: ``47,400``."""
    digits = 3 - len(str(int(abs(number))))
    return f"{round(number, min(digits, 0)):z,.0f}"


def quantity(number: float) -> str:
    """Write a number of any size to two digits at least: ``47,400``, ``0.24``."""
    return count(number) if abs(number) >= 10 else f"{number:z.2g}"


def percent(share: float) -> str:
    """Write a share as a percentage: ``41 %``, ``1.0 %``."""
    if 0.0 < share < 0.001:
        return "less than 0.1 %"
    return f"{share:.0%}".replace("%", " %") if share >= 0.1 else f"{100 * share:.1f} %"


def million(yuan: float) -> str:
    """Write an amount without its sign: ``0.35 million yuan``."""
    m = abs(yuan) / 1e6
    digits = 0 if m >= 10 else 1 if m >= 1 else 2
    return "less than 0.01 million yuan" if m < 0.005 else f"{m:,.{digits}f} million yuan"


def lost_or_gained(yuan: float) -> str:
    """Say a loss's sign in words; a negative loss is a gain."""
    if abs(yuan) < 0.5:
        return "neither lost nor gained"
    return f"{'lost' if yuan > 0 else 'gained'} {million(yuan)}"


def in_millions(yuan: float, digits: int = 0) -> str:
    """Write an amount in million yuan with its sign, without the unit; a dash for NaN."""
    value = yuan / 1e6
    if math.isnan(value):
        return "–"
    if digits == 0:
        digits = 0 if abs(value) >= 100 else 1
    return f"{value:z,.{digits}f}".replace("-", "\N{MINUS SIGN}")
