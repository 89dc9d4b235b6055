"""What the platform finds and what it costs: against the numbers themselves."""

import numpy as np
import pytest

from sim.core.chance import Stream, key_of, uniform, unit, words
from sim.rules import detection

KEY = key_of(12)


def test_false_actions_are_found_one_by_one_store_by_store():
    n, out = np.array([0.0, 3.0, 200.0]), np.full(3, 9.0)
    detection.find_false(KEY, int(Stream.DETECT_ORDER), 5, n, 0.4, out)
    numbers = [
        [uniform(KEY, int(Stream.DETECT_ORDER), 5, k, d) for d in range(int(n[k]))]
        for k in range(3)
    ]
    assert out.tolist() == [sum(u < 0.4 for u in row) for row in numbers]
    assert out[2] == pytest.approx(80, abs=25)
    for share, found in ((1.0, n.tolist()), (0.0, [0.0] * 3)):
        detection.find_false(KEY, int(Stream.DETECT_ORDER), 5, n, share, out)
        assert out.tolist() == found


def test_an_action_is_found_when_its_number_lies_below_the_share():
    assert [detection.is_found(u, 0.5) for u in (0.49, 0.5, 0.51)] == [True, False, False]


def test_sellers_looked_at_are_caught_by_what_they_did_and_punished_once():
    n = 400
    rng = np.random.default_rng(1)
    attacked, punished = rng.random(n) < 0.5, rng.random(n) < 0.3
    out = np.zeros(n, np.bool_)
    detection.check_sellers(KEY, 8, 0.6, 0.8, 0.1, attacked, punished, out)
    for i in range(n):
        w0, w1, *_ = (unit(w) for w in words(KEY, 22, 8, i, 0))
        caught = w0 < 0.6 and not punished[i] and w1 < (0.8 if attacked[i] else 0.1)
        assert out[i] == caught
    assert 0 < out[~attacked].sum() < out[attacked].sum()


def test_members_are_lost_each_by_its_own_number():
    inside, out = np.array([3, 9, 11, 30], np.int32), np.zeros(4, np.bool_)
    detection.lose_members(KEY, 4, 0.5, inside, out)
    numbers = [uniform(KEY, int(Stream.CHANNEL_LOST), 4, int(i), 0) for i in inside]
    assert out.tolist() == [u < 0.5 for u in numbers]
