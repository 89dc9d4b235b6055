"""What a narrow output gets: every text is written, and stays readable."""

import io
import string
import sys
import unicodedata

import pytest

from sim.io import output

NARROW = ["ascii", "latin-1", "cp1252", "cp437", "koi8-r", "utf-8"]


def outputs(monkeypatch, encoding):
    """Put outputs of one encoding in place of the process's, as strict as Python has them."""
    raw = io.BytesIO()
    for name in ("stdout", "stderr"):
        stream = io.TextIOWrapper(raw, encoding=encoding, newline="", write_through=True)
        monkeypatch.setattr(sys, name, stream)
    output.write_any_sign()
    return raw


def test_signs_of_typography_are_written_by_like_ones(monkeypatch):
    raw = outputs(monkeypatch, "ascii")
    print("2 × 3 – 4 … “so” ≥ 1 café ½ naïve Straße → 5 % 淘宝 \udcff")
    told = raw.getvalue().decode("ascii")
    assert (
        told == '2 x 3 - 4 ... "so" >= 1 cafe \\xbd naive Strasse -> 5 % \\u6dd8\\u5b9d \\udcff\n'
    )


def test_what_an_encoding_has_is_written_as_it_is(monkeypatch):
    raw = outputs(monkeypatch, "cp1252")
    print("× – é ≥")
    assert raw.getvalue().decode("cp1252") == "× – é >=\n"


@pytest.mark.parametrize("encoding", NARROW)
def test_signs_of_every_kind_can_be_written_to_every_output(monkeypatch, encoding):
    raw = outputs(monkeypatch, encoding)
    signs = "".join(map(chr, [*range(0x3000), *range(0x3000, sys.maxunicode + 1, 251)]))
    surrogates = "".join(map(chr, range(0xD800, 0xE000)))
    for stream in (sys.stdout, sys.stderr):
        print(signs + surrogates, file=stream)
    assert len(raw.getvalue().decode(encoding)) > 2 * len(signs)


def test_every_stand_in_is_plain_and_tells_of_no_control_sign():
    for sign in map(chr, range(128, 0x3000)):
        instead = output.plain(sign)
        assert instead
        assert instead.isascii()
        if unicodedata.category(sign)[0] in "LNPS":
            assert set(instead) <= set(string.printable) - set("\r\n\t\x0b\x0c")


def test_an_output_that_is_no_text_file_is_left_as_it_is(monkeypatch):
    mine = io.StringIO()
    monkeypatch.setattr(sys, "stdout", mine)
    monkeypatch.setattr(sys, "stderr", None)
    output.write_any_sign()
    print("2 × 3")
    assert mine.getvalue() == "2 × 3\n"
