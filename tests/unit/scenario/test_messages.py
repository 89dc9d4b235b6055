"""What messages are made of: values shortened, names guessed, numbers as they were meant."""

import pytest

from sim.scenario.messages import meant_number


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("10%", 0.1), ("2.5 %", 0.025), ("12,5%", 0.125), ("1,000,000", 1e6), ("1.000.000", 1e6),
        ("1 000", 1000), ("1\u202f000", 1000), ("1'000", 1000), ("1,234.5", 1234.5), ("1.234,5", 1234.5),
        ("30,5", 30.5), ("-0,5", -0.5), ("1,000", 1000), ("10", None), ("1.5", None), ("ten", None),
        ("", None), ("%", None), ("1,2,3", None), ("1e3%", None), ("10%%", None), ("1,00,000", None),
    ],
)  # fmt: skip
def test_the_number_that_a_person_meant_is_recognised(text, meant):
    assert meant_number(text) == (None if meant is None else pytest.approx(meant))
