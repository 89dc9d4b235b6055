"""Repeat for people what was given: short, on one line, in double quotes; find near names."""

import datetime
import difflib
import json
from collections.abc import Sequence

LONGEST = 60
"""Characters of what was given that are repeated."""

LONGEST_NAME = 300
"""Characters of a file's name, or of a path in a scenario, that are repeated."""


def short(text: str, longest: int = LONGEST) -> str:
    """Cut a text that is longer than so many characters, and say so by an ellipsis."""
    return text if len(text) <= longest else text[: longest - 1] + "…"


def quote(text: str) -> str:
    """Return a text that fits on one line, quoted if it would not."""
    plain = text and text.isprintable() and text == text.strip()
    return short(text if plain else json.dumps(text), LONGEST_NAME)


def reason(error: BaseException) -> str:
    """Say why a file cannot be read or written, on one short line without the file's name."""
    said = getattr(error, "strerror", None) or " ".join(str(error).split())
    return short(str(said), LONGEST_NAME)


def format_value(value: object) -> str:
    """Write a value as TOML would, short and on one line."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        quoted = json.dumps(value, ensure_ascii=False)
        text = quoted if quoted.isprintable() else json.dumps(value)
    elif isinstance(value, int) and value.bit_length() > 200:
        return "a number of more than 60 digits"
    elif isinstance(value, (datetime.date, datetime.time)):
        text = value.isoformat()
    elif isinstance(value, dict):
        return "a table"
    elif hasattr(type(value), "model_fields") or hasattr(value, "_fields"):
        return type(value).__name__
    elif isinstance(value, (list, tuple)):
        return "an empty list" if not value else f"a list of {len(value)}"
    else:
        text = repr(value)
        text = text if text.isprintable() else json.dumps(text)
    return short(text)


def alike(text: str) -> str:
    """Return a name as it is compared with others: in small letters, with underscores."""
    return text.lower().replace("-", "_").strip()


def nearest_name(given: str, names: Sequence[str], cutoff: float = 0.5) -> str | None:
    """Return the name most like a given one, if any is like it."""
    plain = {alike(name): name for name in names}
    found = difflib.get_close_matches(alike(given)[:200], plain, 1, cutoff)
    return plain[found[0]] if found else None
