"""Texts that people give to things: a name on one line, a description on several."""

import unicodedata
from typing import Annotated

from pydantic import AfterValidator

from sim.core.quoting import format_value
from sim.core.units import BesiegeError

_OVER_LINES = "\t\n\r"
"""What a text of several lines may hold besides signs that can be seen."""
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Signs that turn the reading order of what stands around them."""


def control_character(text: str, allowed: str = "") -> str | None:
    """Return the first sign of a text that commands a terminal or the layout, if there is one."""
    if text.isascii() and text.isprintable():
        return None
    return next((sign for sign in text if sign not in allowed and _commands(sign)), None)


def _commands(sign: str) -> bool:
    return sign in _TURNING or unicodedata.category(sign) in {"Cc", "Zl", "Zp"}


def check_name(name: str) -> str:
    """Return a name as it is.

    Raises
    ------
    BesiegeError
        If it holds a control character: a line break, an escape sign, a turn of the reading order.
    """
    return _checked(name, "", "a name on one line, without control characters")


def check_description(text: str) -> str:
    """Return a description as it is.

    Raises
    ------
    BesiegeError
        If it holds a control character other than a line break or a tab.
    """
    return _checked(text, _OVER_LINES, "a text without control characters")


def _checked(text: str, allowed: str, told: str) -> str:
    sign = control_character(text, allowed)
    if sign is not None:
        raise BesiegeError(
            f"given {format_value(text)} with the sign U+{ord(sign):04X}, allowed {told}"
        )
    return text


Name = Annotated[str, AfterValidator(check_name)]
"""A name that a person gives: it stands on one line of pictures, tables and messages."""
Description = Annotated[str, AfterValidator(check_description)]
"""What a person says of a thing, in one line or several."""
