"""docs/odd.md keeps up with the code, and its prose speaks of all that the code declares."""

import re

import pytest

from docs.make_odd import ODD, SECTIONS, parameters, prose, render
from sim.core.chance import Stream, key_of, philox, poisson, uniform, words
from sim.outcomes.outcomes import OUTCOMES
from sim.outcomes.record import BOOKED, SERIES
from sim.responses import measures
from sim.running.loop import STAGES

TEXT = ODD.read_text(encoding="utf-8")
PROSE = prose(TEXT)
WORDS = set(re.findall(r"[A-Za-z_0-9]+", PROSE))


def test_the_tables_of_the_page_are_those_of_the_code():
    assert render(TEXT) == TEXT, "out of date: run `uv run python docs/make_odd.py`"


def test_a_page_without_one_of_the_sections_is_refused():
    with pytest.raises(ValueError, match="once each"):
        render(TEXT.replace("<!-- generated: streams -->", ""))


def test_the_tables_lack_nothing_that_the_code_declares():
    assert {name: re.findall(r"^\| \d+ \| `(\w+)`", SECTIONS[name](), re.MULTILINE)
            for name in ("stages", "streams")} == {
        "stages": [stage.name for stage in STAGES],
        "streams": [s.name for s in Stream],
    }  # fmt: skip


def test_the_prose_speaks_of_every_stage_in_its_own_section():
    headed = re.findall(r"`(\w+)`", "".join(re.findall(r"^(?:###|\*\*Stage).*\(.*", PROSE, re.M)))
    assert [s.name for s in STAGES if s.name not in headed] == []


# Streams named as one of a row, or by what all four of a block have in common.
IN_A_ROW = {"N_BAD_REVIEWS", "N_REFUSALS", "EDGE_B", "EDGE_C"}


def test_the_prose_speaks_of_every_stream_of_random_numbers():
    assert {s.name for s in Stream} - WORDS <= IN_A_ROW


def test_the_prose_speaks_of_every_series_outcome_and_measure():
    assert {*SERIES, *BOOKED, *OUTCOMES} - WORDS == set()
    assert [kind for kind in measures() if not re.search(rf"\| {kind} \| \w.+ \|", PROSE)] == []


def test_the_prose_uses_every_parameter_that_the_engine_reads():
    names = set(re.findall(r"^\| `[^`]*?(\w+)` ", parameters(), re.MULTILINE))
    assert names - WORDS == set()


def test_the_numbers_given_as_a_check_are_the_generators():
    zero = key_of(0)
    assert "6627e8d5 e169c58d bc57ac4c 9b00dbd8" in PROSE
    assert (
        " ".join(f"{w:08x}" for w in philox(*[zero] * 6)) == "6627e8d5 e169c58d bc57ac4c 9b00dbd8"
    )


M = 0xFFFFFFFF


def by_the_page(seed, block, hour, row, draw):
    """Work out the four words from section 7.1 alone, in whole numbers of any length."""
    c0, c1, c2, c3 = row, draw, hour, block
    k0, k1 = seed & M, seed >> 32
    for _ in range(10):
        p0, p1 = 0xD2511F53 * c0, 0xCD9E8D57 * c2
        c0, c1, c2, c3 = (p1 >> 32) ^ c1 ^ k0, p1 & M, (p0 >> 32) ^ c3 ^ k1, p0 & M
        k0, k1 = (k0 + 0x9E3779B9) & M, (k1 + 0xBB67AE85) & M
    return c0, c1, c2, c3


@pytest.mark.parametrize("seed", [0, 7, 2**32 + 3, 2**64 - 1])
def test_words_and_numbers_are_as_the_page_says(seed):
    key = key_of(seed)
    for at in [(0, 0, 0, 0), (9, 335, 99_999, 0), (21, M, 12, 5), (13, M - 1, 3, 0)]:
        expected = by_the_page(seed, *at)
        assert tuple(int(w) for w in words(key, *at)) == expected
        for lane, word in enumerate(expected):
            assert uniform(key, 4 * at[0] + lane, *at[1:]) == (word + 0.5) * 2.0**-32


@pytest.mark.parametrize("mean", [0.0, 0.02, 7.5, 256.0, 256.5, 900.0])
def test_a_poisson_number_is_as_the_page_says(mean):
    from math import ceil, exp

    for row in range(20):
        total, chunks = 0, ceil(mean / 256)
        for d in range(chunks):
            part = mean / chunks
            u = (by_the_page(5, 1, 44, row, d)[2] + 0.5) * 2.0**-32
            mass = below = exp(-part)
            n = 0
            while u > below and mass > 0:
                n += 1
                mass *= part / n
                below += mass
            total += n
        assert poisson(key_of(5), int(Stream.N_REFUSALS), 44, row, mean) == total
