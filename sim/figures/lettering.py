"""Names that people gave, as a picture can show them: short, and in signs that a font has."""

import logging
import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache

import matplotlib as mpl
from matplotlib.font_manager import FontProperties, findfont, fontManager, get_font

ROOM = 48
"""Columns of a name for which a picture has room; a Chinese sign takes two."""
MISSING = "\N{WHITE SQUARE}"
"""Stands for a sign that no font has."""
FALLBACKS = (
    "DejaVu Sans", "Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei", "Droid Sans Fallback", "PingFang SC", "Hiragino Sans GB", "Heiti SC",
    "Microsoft YaHei", "SimHei", "Malgun Gothic", "Arial Unicode MS", "Noto Sans Arabic",
    "Noto Sans Hebrew", "Noto Sans Devanagari", "Noto Sans Thai", "Nirmala UI", "Noto Emoji",
    "Segoe UI Symbol",
)  # fmt: skip
"""Fonts that are asked, where they are installed, for signs that the usual one lacks."""


def lettered(name: str, room: int = ROOM) -> str:
    """Return a name as a picture shows it.

    Parameters
    ----------
    name
        As it was given.
    room
        Columns for which there is room; what is longer ends in an ellipsis.

    Returns
    -------
    str
        With `MISSING` for each sign that no font has: matplotlib would warn of it, and draw a box.
        Signs that cannot be seen are left out if no font has them.
    """
    ample = name[: 8 * room].replace("\n", " ")  # what joins and combines takes no room
    return "".join(_as_far_as_there_is_room(readable(ample), room))


def readable(text: str) -> str:
    """Return a text in signs that can be drawn: see `lettered`."""
    if text.isascii() and text.replace("\n", "").isprintable():
        return text
    fonts = families()
    return "".join(sign if sign == "\n" else _drawn(sign, fonts) for sign in text)


def families() -> list[str]:
    """Return the fonts of a picture: the user's choice, then what is installed of `FALLBACKS`."""
    own, installed = mpl.rcParams["font.family"], set(fontManager.get_font_names())
    return list(dict.fromkeys([*own, *(name for name in FALLBACKS if name in installed)]))


def _drawn(sign: str, fonts: Sequence[str]) -> str:
    kind = unicodedata.category(sign)
    if kind in {"Zs", "Zl", "Zp", "Cc"}:
        return " "
    if any(ord(sign) in _signs_of(family) for family in fonts):
        return sign
    # Joiners, tags and selectors of a variant change a sign that stands beside them.
    if kind == "Cf" or "VARIATION SELECTOR" in unicodedata.name(sign, ""):
        return ""
    _tell_once(sign)
    return MISSING


@cache
def _signs_of(family: str) -> frozenset[int]:
    """Return the signs of a font that it has in bold as well, as some names are written."""
    of_weights = (
        get_font(findfont(FontProperties(family=family, weight=weight))).get_charmap()
        for weight in ("normal", "bold")
    )
    return frozenset.intersection(*map(frozenset, of_weights))


_told: set[bool] = set()


def _tell_once(sign: str) -> None:
    """Say once in a process that a name is not drawn as it was given."""
    if not _told:
        _told.add(True)
        logging.getLogger("sim").warning(
            f"Pictures: no font on this machine has the sign {sign} (U+{ord(sign):04X}) of a name, so {MISSING} "
            "stands for it and its like; a font such as Noto Sans CJK would show it"
        )


def _as_far_as_there_is_room(name: str, room: int) -> Iterator[str]:
    if width_of(name) <= room:
        yield name
        return
    left = room - 1
    for sign in name:
        left -= _columns(sign)
        if left < 0:
            break
        yield sign
    yield "…"


def width_of(name: str) -> int:
    """Return the columns that a name takes; a Chinese sign takes two."""
    return sum(map(_columns, name))


def _columns(sign: str) -> int:
    if unicodedata.combining(sign):
        return 0
    return 2 if unicodedata.east_asian_width(sign) in "WF" else 1
