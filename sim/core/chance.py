"""Every random number is a function of (seed, stream, hour, row or event, draw).

The generator is Philox4x32-10 (Salmon et al. 2011, "Parallel random numbers: as easy as
1, 2, 3"). One call gives four 32-bit words; a stream is one word of one block, so that the
decisions of one row in one hour share a call and nothing else.
"""

import math
from enum import IntEnum
from typing import Any

import numpy as np

from sim.core.compiled import kernel
from sim.core.quoting import format_value
from sim.core.units import F64, I64, U32, BesiegeError

U = np.uint64
_M0, _M1 = U(0xD2511F53), U(0xCD9E8D57)
_W0, _W1 = U(0x9E3779B9), U(0xBB67AE85)
_LOW, _SHIFT = U(0xFFFFFFFF), U(32)
_STEP = 2.0**-32

AT_CREATION = 0xFFFFFFFF
"""The hour of what is drawn once, before hour 0."""

AT_RENEWAL = 0xFFFFFFFE
"""The hour of what is drawn after the last hour."""


class Block(IntEnum):
    """Blocks of four streams that are drawn with one call of the generator.

    Those that only `column` and `uniform` draw from need no name. What a block's rows are, and
    what each of its words decides, `Stream` says.
    """

    PERSON = 0
    ACTION = 2
    STORE = 6
    VISIT = 9
    VISIT_FURTHER = 10
    POACHING = 12
    RENEWAL = 13
    CONSUMER = 20
    TIE = 21
    ACCOUNT = 22
    SELLER_FURTHER = 23
    ATTACKER = 25


class Stream(IntEnum):
    """The decisions that use chance: append only, never renumber (it would move results).

    A stream ``s`` is word ``s % 4`` of block ``s // 4``.
    """

    # block 0: a person in an hour (row: person)
    CROSSING = 0  # joins, stays or quits
    PRESENCE = 1  # is online
    ACTING = 2  # acts, if an attacker
    EVER_ACTED = 3  # has acted at least once, at the rate of one person
    # block 1: how often (row: person; draw: 0 and on, one a chunk)
    N_PURCHASES = 4
    N_BAD_REVIEWS = 5
    N_REFUSALS = 6
    N_CLICKS = 7
    # block 2: one action (row: person; draw: number of the action in the hour)
    TARGET = 8
    LOTTERY = 9
    FOLLOWS_CALL = 10
    THROTTLED = 11
    # block 3: the floor (row: person)
    N_REQUESTS = 12
    # block 4: one request (row: person; draw: number of the request in the hour)
    REQUEST_MOMENT = 16
    BALKING = 17  # does not queue where many wait
    # block 5: one speech (row: number of the speech in the hour)
    NOMINATION = 20
    MOTION = 21
    # block 6: a store in an hour (row: store)
    DELISTING = 24
    RELISTING = 25
    COD_SUSPENDING = 26
    COD_RESUMING = 27
    # block 7: what the platform finds (row: store; draw: number of the action in the hour)
    DETECT_REVIEW = 28
    DETECT_ORDER = 29
    DETECT_CLICK = 30
    # block 8: the mall in an hour (row: 0)
    N_VISITS = 32
    TALKS = 33
    CONTACT = 34
    # block 9: one visit (row: number of the visit in the hour)
    VISIT_NEST = 36
    VISIT_STORE = 37
    VISITOR_CLASS = 38
    VISITOR = 39
    # block 10: the same visit, further (row: number of the visit)
    VISIT_KEPT = 40
    VISIT_AGAIN = 41
    VISIT_SELLER = 42
    # block 11: the same visit, last (row: number of the visit)
    VISIT_BLOCKED = 44
    VISIT_HOT = 45
    # block 12: poaching (row: seller; hour: of the day's round)
    POACHED = 48
    POACHED_BY = 49
    # block 13: renewal (row: seller)
    RENEWAL = 52
    RENEWAL_RIVAL = 53
    # blocks 14 to 16: a seller at creation (row: seller)
    SELLER_TURNOVER = 56
    SELLER_MARGIN = 57
    SELLER_CATEGORY = 58
    SELLER_RATING = 59
    SELLER_SYMPATHY = 60
    SELLER_RISK = 61
    SELLER_THRESHOLD = 62
    SELLER_LEGITIMACY = 63
    # blocks 16 and 17: an onlooker at creation (row: onlooker)
    ONLOOKER_ROLE = 64
    ONLOOKER_CURIOSITY = 65
    ONLOOKER_SYMPATHY = 66
    ONLOOKER_RISK = 67
    ONLOOKER_THRESHOLD = 68
    # blocks 18 and 19: a store at creation (row: store)
    STORE_BRAND = 72
    STORE_PRICE = 73
    STORE_MARGIN = 74
    STORE_RATING = 75
    STORE_ADS = 76
    STORE_CLICK_COST = 77
    # block 20: a consumer at creation (row: consumer)
    CONSUMER_CATEGORY = 80
    CONSUMER_FAVOURITE = 81
    CONSUMER_COD = 82
    # block 21: the coordination graph (row: number of the edge or node; draw: attempt)
    EDGE_A = 84
    EDGE_B = 85
    EDGE_C = 86
    EDGE_D = 87
    # block 22: a seller's account in an hour (row: seller)
    SELLER_CHECKED = 88
    SELLER_SCORE = 89
    # block 23: a seller at creation, further (row: seller)
    SELLER_SENIORITY = 92
    SELLER_CALLED = 93
    SELLER_CALL_BACKFIRES = 94
    # block 24: a person when the channel is closed (row: person)
    CHANNEL_LOST = 96
    # block 25: a person at creation, as an attacker (row: person)
    GROUP = 100
    # block 26: a person at creation (row: seller), and block 27 (row: onlooker)
    SELLER_STAYING = 104
    ONLOOKER_STAYING = 108
    # block 28: a seller at creation, last (row: seller)
    SELLER_SHOP = 112
    # block 30: what an outcome picks out of a finished run (row: 0)
    NAMED_TARGET = 120


@kernel
def philox(
    c0: np.uint64,
    c1: np.uint64,
    c2: np.uint64,
    c3: np.uint64,
    k0: np.uint64,
    k1: np.uint64,
) -> tuple[np.uint64, np.uint64, np.uint64, np.uint64]:
    """Philox4x32-10: four words for a counter of four words and a key of two.

    Parameters
    ----------
    c0, c1, c2, c3
        The counter, each below 2**32.
    k0, k1
        The key, each below 2**32.

    Returns
    -------
    tuple of four uint64
        The words, each below 2**32.
    """
    for _ in range(10):
        p0 = _M0 * c0
        p1 = _M1 * c2
        c0, c1, c2, c3 = (p1 >> _SHIFT) ^ c1 ^ k0, p1 & _LOW, (p0 >> _SHIFT) ^ c3 ^ k1, p0 & _LOW
        k0 = (k0 + _W0) & _LOW
        k1 = (k1 + _W1) & _LOW
    return c0, c1, c2, c3


@kernel
def words(
    key: np.uint64, block: int, hour: int, row: int, draw: int
) -> tuple[np.uint64, np.uint64, np.uint64, np.uint64]:
    """Return the four words of a block: counter (row, draw, hour, block), key the seed's halves."""
    return philox(U(row), U(draw), U(hour), U(block), key & _LOW, key >> _SHIFT)


LANES = 256
"""Rows drawn at once where every row of a loop needs its block."""


@kernel
def words_in_lanes(
    key: np.uint64, block: int, hour: int, start: int, draw: int,
    filled: tuple[U32, U32, U32, U32],
) -> None:  # fmt: skip
    """Fill the four words of a block for the rows from ``start`` on, as `words` gives them.

    The rounds stand in the loop so that the compiler works on several rows at a time: a fifth
    of the cost of as many calls of `words`. The four arrays must be four: given one twice, the
    compiler goes row by row.
    """
    w0, w1, w2, w3 = filled
    for lane in range(w0.size):
        c0, c1, c2, c3 = U(start + lane), U(draw), U(hour), U(block)
        k0, k1 = key & _LOW, key >> _SHIFT
        for _ in range(10):
            p0 = _M0 * c0
            p1 = _M1 * c2
            c0, c1, c2, c3 = (
                (p1 >> _SHIFT) ^ c1 ^ k0, p1 & _LOW, (p0 >> _SHIFT) ^ c3 ^ k1, p0 & _LOW
            )  # fmt: skip
            k0 = (k0 + _W0) & _LOW
            k1 = (k1 + _W1) & _LOW
        w0[lane] = c0
        w1[lane] = c1
        w2[lane] = c2
        w3[lane] = c3


@kernel
def unit(word: np.uint64) -> float:
    """Turn a word into a number strictly between 0 and 1: (word + 1/2) / 2**32."""
    return (np.float64(word) + 0.5) * _STEP


@kernel
def uniform(key: np.uint64, stream: int, hour: int, row: int, draw: int) -> float:
    """Draw the number of one stream for one row, hour and draw, in (0, 1)."""
    w0, w1, w2, w3 = words(key, stream // 4, hour, row, draw)
    lane = stream % 4
    if lane == 0:
        return unit(w0)
    if lane == 1:
        return unit(w1)
    if lane == 2:
        return unit(w2)
    return unit(w3)


@kernel
def _fill(key: np.uint64, stream: int, hour: int, start: int, draw: int, out: F64) -> None:
    lanes = np.empty((4, LANES), np.uint32)
    lane = stream % 4
    for first in range(0, out.size, LANES):
        words_in_lanes(
            key,
            stream // 4,
            hour,
            start + first,
            draw,
            (lanes[0], lanes[1], lanes[2], lanes[3]),
        )
        for i in range(min(LANES, out.size - first)):
            out[first + i] = unit(lanes[lane, i])


def column(
    seed: int, stream: Stream, n: int, *, hour: int = AT_CREATION, start: int = 0, draw: int = 0
) -> F64:
    """Draw one number for each of ``n`` rows.

    Parameters
    ----------
    seed
        The run's seed, 0 to 2**64 - 1.
    stream
        The decision the numbers are for.
    n
        Number of rows; row ``i`` does not depend on it.
    hour
        The hour, or ``AT_CREATION``.
    start
        First row.
    draw
        Number of the draw.

    Returns
    -------
    ndarray of float64, shape (n,)
        Numbers strictly between 0 and 1.
    """
    out = np.empty(n)
    _fill(key_of(seed), int(stream), hour, start, draw, out)
    return out


LARGEST_SEED = 2**64 - 1


def check_seed(seed: Any) -> int:
    """Return a seed as an int.

    Raises
    ------
    BesiegeError
        If it is not a whole number of 0 to 2**64 - 1.
    """
    whole = isinstance(seed, int | np.integer) and not isinstance(seed, bool)
    if not whole or not 0 <= int(seed) <= LARGEST_SEED:
        raise BesiegeError(
            f"seed: given {format_value(seed)}, allowed a whole number from 0 to {LARGEST_SEED}"
        )
    return int(seed)


def key_of(seed: int) -> np.uint64:
    """Return the generator's key of a seed (0 to 2**64 - 1)."""
    return np.uint64(seed)


def by_lottery(numbers: U32) -> I64:
    """Return the rows in the order of their lottery numbers, equal numbers in the rows' order.

    One sort of number and row together: ten times as fast as a stable sort of rows by number.
    """
    rows = np.arange(numbers.size, dtype=np.uint64)
    together = np.sort(numbers.astype(np.uint64) << np.uint64(32) | rows)
    return (together & np.uint64(0xFFFFFFFF)).astype(np.int64)


CHUNK_MEAN = 256.0
"""A Poisson mean above this is drawn as a sum of equal chunks, so exp(-mean) stays a number."""


@kernel
def poisson(key: np.uint64, stream: int, hour: int, row: int, mean: float) -> int:
    """Draw a Poisson number by inversion: the smallest n whose cumulative mass exceeds u.

    A mean above 256 is split into ``ceil(mean / 256)`` equal chunks, chunk ``d`` with draw ``d``.
    """
    if mean <= 0.0:
        return 0
    n_chunks = max(1, int(np.ceil(mean / CHUNK_MEAN)))  # a tiny mean has no 256th part
    part = mean / n_chunks
    total = 0
    for d in range(n_chunks):
        u = uniform(key, stream, hour, row, d)
        mass = math.exp(-part)
        below = mass
        n = 0
        while u > below and mass > 0.0:
            n += 1
            mass *= part / n
            below += mass
        total += n
    return total
