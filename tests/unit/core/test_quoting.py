"""What was given, repeated for people: short, on one line, with the nearest name."""

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.core.quoting import (  # fmt: skip
    LONGEST,
    LONGEST_NAME,
    format_value,
    nearest_name,
    quote,
    short,
)
from sim.setup.fees import Concession

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=4,
)


@given(ANYTHING)
def test_any_value_is_written_short_and_on_one_line(value):
    text = format_value(value)
    assert 0 < len(text) <= LONGEST
    assert text.isprintable()


@given(st.text())
def test_any_text_is_repeated_short_and_on_one_line(text):
    assert len(format_value(text)) <= LONGEST
    said = quote(text)
    assert 0 < len(said) <= LONGEST_NAME
    assert said.isprintable()


def test_a_cut_is_told_by_an_ellipsis_and_what_fits_is_not_cut():
    assert short("x" * LONGEST) == "x" * LONGEST
    assert short("x" * (LONGEST + 1)) == "x" * (LONGEST - 1) + "…"
    assert short("abcdef", 4) == "abc…"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "none"), (True, "true"), (0.5, "0.5"), (12, "12"), ("protekt", '"protekt"'),
        ("卖家", '"卖家"'), ("a\nb", '"a\\nb"'), ({}, "a table"), ([], "an empty list"),
        ((1, 2), "a list of 2"), (10**80, "a number of more than 60 digits"),
        (datetime.date(2011, 10, 11), "2011-10-11"), (Concession(), "Concession"),
    ],
)  # fmt: skip
def test_a_value_is_written_as_toml_would(value, text):
    assert format_value(value) == text


@pytest.mark.parametrize(
    ("given", "nearest"),
    [("protekt", "protect"), ("PROTECT", "protect"), ("as happened", "as-happened"),
     ("as_happened", "as-happened"), ("xyzzy", None), ("", None), ("p" * 100_000, None)],
)  # fmt: skip
def test_the_nearest_name_is_found_whatever_its_case_and_its_dashes(given, nearest):
    assert nearest_name(given, ["protect", "as-happened", "silence"]) == nearest


def test_where_there_are_no_names_none_is_near():
    assert nearest_name("protect", []) is None
