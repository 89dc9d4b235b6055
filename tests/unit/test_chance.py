"""The keyed generator: published known answers and soundness at our use."""

import numpy as np
import pytest
from scipy import stats

from sim.chance import Stream, U, column, key_of, philox, poisson

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


@pytest.mark.parametrize("other", ["row", "hour", "stream", "seed"])
def test_numbers_are_uniform_and_uncorrelated_with_their_neighbours(other):
    n = 20_000
    base = column(1, Stream.CROSSING, n, hour=5)
    assert stats.kstest(base, "uniform").pvalue > 1e-4
    near = {
        "row": lambda: column(1, Stream.CROSSING, n, hour=5, start=1),
        "hour": lambda: column(1, Stream.CROSSING, n, hour=6),
        "stream": lambda: column(1, Stream.PRESENCE, n, hour=5),
        "seed": lambda: column(2, Stream.CROSSING, n, hour=5),
    }[other]()
    assert abs(np.corrcoef(base, near)[0, 1]) < 4 / np.sqrt(n)


@pytest.mark.parametrize("mean", [0.3, 5.0, 400.0])
def test_poisson_numbers_have_the_mean_and_variance_asked_for(mean):
    n = 4000
    draws = np.array([poisson(key_of(3), int(Stream.N_CLICKS), 1, row, mean) for row in range(n)])
    assert abs(draws.mean() - mean) < 4 * np.sqrt(mean / n)
    assert 0.9 < draws.var() / mean < 1.1


def test_no_stream_number_is_used_twice():
    assert len({int(s) for s in Stream}) == len(Stream.__members__)
