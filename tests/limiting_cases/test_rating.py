"""One store's rating: bad reviews in, bad reviews out."""

from fractions import Fraction

import pytest

from sim import limiting_cases
from sim.core.units import BesiegeError


def test_a_fifth_of_bad_reviews_takes_the_rating_from_4_8_to_4_04_and_back():
    assert limiting_cases.rating(1000, 4.8, 250) == (4.04, 4.8)


@pytest.mark.parametrize(("below", "n"), [(4.5, 86), (4.0, 267)])
def test_as_many_bad_reviews_as_said_take_a_store_below_a_level(below, n):
    assert limiting_cases.bad_reviews_to_fall_below(1000, 4.8, below) == n
    assert (
        limiting_cases.rating(1000, 4.8, n).after
        < below
        <= limiting_cases.rating(1000, 4.8, n - 1).after
    )


@pytest.mark.parametrize("history", [1, 7, 999, 123_456])
@pytest.mark.parametrize(("mean", "below"), [(5.0, 3.0), (4.7, 4.2), (4.5, 4.5), (3.0, 4.0)])
def test_the_fewest_bad_reviews_are_those_of_exact_arithmetic(history, mean, below):
    total, level = Fraction(str(mean)) * history, Fraction(str(below))
    fewest = max(0, (total - level * history) / (level - 1))
    expected = 0 if mean < below else int(fewest // 1) + 1
    assert limiting_cases.bad_reviews_to_fall_below(history, mean, below) == expected


@pytest.mark.parametrize("n_bad", [0, 1, 999, 100_000])
def test_full_restoration_gives_the_first_rating_to_the_last_digit(n_bad):
    after, restored = limiting_cases.rating(333, 4.7, n_bad)
    assert restored == 4.7
    assert after == pytest.approx((333 * 4.7 + n_bad) / (333 + n_bad), rel=1e-15)


def test_arguments_out_of_range_are_refused_in_one_line():
    with pytest.raises(BesiegeError, match=r"^mean: given 6, allowed 1 to 5$"):
        limiting_cases.rating(10, 6, 1)
    with pytest.raises(BesiegeError, match=r"^below: given 1, allowed above 1 to 5$"):
        limiting_cases.bad_reviews_to_fall_below(10, 4, 1)
