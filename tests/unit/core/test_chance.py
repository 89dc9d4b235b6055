"""The keyed generator: published known answers and soundness at our use."""

import numpy as np
import pytest
from scipy import stats

from sim.core.chance import Stream, U, by_lottery, column, key_of, philox, poisson, uniform

# Known-answer vectors of Philox4x32-10, Random123 (Salmon et al. 2011).
KNOWN = [
    ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    (
        (0xFFFFFFFF,) * 4,
        (0xFFFFFFFF,) * 2,
        (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD),
    ),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]


@pytest.mark.parametrize(("counter", "key", "expected"), KNOWN)
def test_philox_gives_its_published_known_answers(counter, key, expected):
    got = philox(*(U(c) for c in counter), *(U(k) for k in key))
    assert tuple(int(w) for w in got) == expected


def test_a_larger_population_begins_with_the_smaller_one():
    small = column(7, Stream.SELLER_TURNOVER, 100)
    large = column(7, Stream.SELLER_TURNOVER, 1000)
    assert np.array_equal(small, large[:100])


N = 100_000
AT = {"hour": 5, "start": 0, "draw": 0}
NEIGHBOURS = {
    "the next row": (1, Stream.CROSSING, AT | {"start": 1}),
    "a row far away": (1, Stream.CROSSING, AT | {"start": 2**31}),
    "the next hour": (1, Stream.CROSSING, AT | {"hour": 6}),
    "the same hour of the next day": (1, Stream.CROSSING, AT | {"hour": 29}),
    "the next event": (1, Stream.CROSSING, AT | {"draw": 1}),
    "the next stream": (1, Stream.PRESENCE, AT),
    "the same word of the next block": (1, Stream.N_PURCHASES, AT),
    "the next seed": (2, Stream.CROSSING, AT),
    "a seed that differs in its upper half": (1 + 2**32, Stream.CROSSING, AT),
}


def assert_uniform(numbers):
    assert 0 < numbers.min() < 1e-3
    assert 1 - 1e-3 < numbers.max() < 1
    assert stats.kstest(numbers, "uniform").pvalue > 1e-4


def assert_apart(one, other):
    """Hold two columns to no correlation, and pairs of them to an even spread in the square."""
    assert abs(np.corrcoef(one, other)[0, 1]) < 4 / np.sqrt(one.size)
    counts, _x, _y = np.histogram2d(one, other, 16, [(0, 1), (0, 1)])
    assert stats.chisquare(counts.ravel()).pvalue > 1e-4


@pytest.mark.parametrize("other", NEIGHBOURS.values(), ids=NEIGHBOURS)
def test_numbers_are_uniform_and_tell_nothing_of_their_neighbours(other):
    seed, stream, place = other
    base, near = column(1, Stream.CROSSING, N, **AT), column(seed, stream, N, **place)
    assert_uniform(near)
    assert_apart(base, near)


def along(axis, n=20_000):
    """Return the numbers of one stream along one of the places that key them."""
    key, at = key_of(7), {"stream": int(Stream.MOTION), "hour": 3, "row": 11, "draw": 0}
    return np.array([uniform(key, *(at | {axis: i}).values()) for i in range(n)])


@pytest.mark.parametrize("axis", ["hour", "row", "draw"])
def test_one_rows_numbers_over_hours_events_and_rows_are_a_series_without_memory(axis):
    numbers = along(axis)
    assert_uniform(numbers)
    for lag in (1, 2, 24, 60):
        assert_apart(numbers[:-lag], numbers[lag:])


@pytest.mark.parametrize("stream", list(Stream), ids=lambda s: s.name)
def test_every_streams_numbers_are_uniform_and_its_own(stream):
    numbers = column(3, stream, 20_000, hour=40)
    assert_uniform(numbers)
    last = column(3, list(Stream)[list(Stream).index(stream) - 1], 20_000, hour=40)
    assert_apart(numbers, last)


@pytest.mark.parametrize("mean", [0.3, 5.0, 400.0])
def test_poisson_numbers_have_the_mean_and_variance_asked_for(mean):
    n = 4000
    draws = np.array([poisson(key_of(3), int(Stream.N_CLICKS), 1, row, mean) for row in range(n)])
    assert abs(draws.mean() - mean) < 4 * np.sqrt(mean / n)
    assert 0.9 < draws.var() / mean < 1.1


@pytest.mark.parametrize("mean", [5e-324, 1e-320, 1e-300, 1e-17])
def test_a_mean_too_small_for_a_number_draws_nobody_compiled_or_not(mean):
    for draw in (poisson, poisson.py_func):
        assert draw(key_of(3), int(Stream.N_CLICKS), 1, 2, mean) == 0


@pytest.mark.parametrize("mean", [0.7, 20.0, 300.0])
def test_poisson_numbers_follow_their_law(mean):
    n = 20_000
    draws = np.array([poisson(key_of(3), int(Stream.N_VISITS), 1, row, mean) for row in range(n)])
    edges = np.unique(stats.poisson(mean).ppf(np.linspace(0.05, 0.95, 10)))
    law = np.diff(stats.poisson(mean).cdf(edges), prepend=0.0, append=1.0)
    seen = np.bincount(np.searchsorted(edges, draws), minlength=law.size)
    assert stats.chisquare(seen, law * n).pvalue > 1e-4


def test_no_stream_number_is_used_twice():
    assert len({int(s) for s in Stream}) == len(Stream.__members__)


def test_a_lottery_orders_by_number_and_equal_numbers_by_row():
    drawn = np.array([7, 2**32 - 1, 0, 7, 3, 0], np.uint32)
    assert by_lottery(drawn).tolist() == [2, 5, 4, 0, 3, 1]
    many = np.random.default_rng(1).integers(0, 5000, 20_000, dtype=np.uint32)
    assert np.array_equal(by_lottery(many), np.argsort(many, kind="stable"))
    assert by_lottery(drawn[:0]).size == 0
