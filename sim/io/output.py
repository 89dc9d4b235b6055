"""What a narrow output gets instead of signs that it cannot write."""

import codecs
import sys
import unicodedata
from io import TextIOWrapper

_PLAIN = {
    "–": "-", "—": "-", "\u2212": "-", "\u2010": "-", "\u2011": "-", "×": "x", "·": ".", "•": "*",
    "“": '"', "”": '"', "„": '"', "\u2018": "'", "\u2019": "'", "…": "...", "≤": "<=", "≥": ">=",
    "≈": "~", "±": "+/-", "→": "->", "←": "<-", "ß": "ss", "ø": "o", "Ø": "O", "æ": "ae", "Æ": "AE",
    "€": "EUR", "¥": "CNY ", "━": "-", "─": "-", "│": "|", "╸": "-", "╺": "-",
}  # fmt: skip


def write_any_sign() -> None:
    """Make standard output and error write every text, whatever their encoding.

    A sign that the encoding lacks is written by a like one (``x`` for a times sign), a letter
    without its accent, anything else by its number, as Python escapes it.
    """
    codecs.register_error("besiege", _replace)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="besiege")


def _replace(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(plain, error.object[error.start : error.end])), error.end


def plain(sign: str) -> str:
    """Return what stands for one sign where only ASCII can be written."""
    like = _PLAIN.get(sign) or unicodedata.normalize("NFKD", sign)
    bare = "".join(s for s in like if not unicodedata.combining(s))
    return bare if bare and bare.isascii() else sign.encode("ascii", "backslashreplace").decode()
