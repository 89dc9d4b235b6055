"""What the platform finds, whom it calls, whom rivals court: against the numbers themselves."""

import numpy as np
import pytest

from sim.core.chance import AT_CREATION, Stream, key_of, uniform, unit, words
from sim.rules import beliefs, detection, persuasion, poaching
from sim.rules.beliefs import BeliefParameters, Events
from sim.rules.poaching import PoachingParameters

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


def test_a_call_takes_a_share_of_distrust_or_of_trust():
    assert persuasion.after_a_call(0.4, 0.5, False) == pytest.approx(0.7)
    assert persuasion.after_a_call(0.4, 0.5, True) == pytest.approx(0.2)


def test_sellers_are_called_in_the_order_of_their_lottery_numbers_each_once():
    legitimacy = np.full(200, 0.5, np.float32)
    persuasion.call(KEY, 0.2, 0.6, 0.5, 0.3, legitimacy)
    for i, view in enumerate(legitimacy.tolist()):
        _w0, lot, fate, _w3 = (unit(w) for w in words(KEY, 23, AT_CREATION, i, 0))
        moved = 0.25 if fate < 0.3 else 0.75
        assert view == (moved if 0.2 <= lot < 0.6 else 0.5)
    assert len(set(legitimacy.tolist())) == 3


PLAIN = PoachingParameters(
    move_rate_per_day=0.5, switching_cost=100.0, move_noise=10.0, gain_share=0.25, keep_share=0.5,
    grievance_yuan=40.0, promise_bonus=7.0,
)  # fmt: skip


def test_a_second_shop_is_weighed_by_its_profit_and_what_was_done_to_one():
    assert poaching.rival_profit(0.1, 4000.0, 60.0, False, PLAIN) == pytest.approx(40.0)
    assert poaching.rival_profit(0.1, 4000.0, 60.0, True, PLAIN) == pytest.approx(47.0)
    assert poaching.move_chance(70.0, 0.5, 10.0, 1.0, PLAIN) == pytest.approx(0.25)  # just as dear
    assert poaching.move_chance(70.0, 0.5, 10.0, 0.5, PLAIN) == pytest.approx(0.125)
    assert poaching.move_chance(1e6, 0.0, 0.0, 90.0, PLAIN) == 1.0
    assert poaching.move_chance(-1e6, 1.0, 0.0, 90.0, PLAIN) == 0.0


def test_at_renewal_staying_keeping_both_and_leaving_are_worth_what_they_bring():
    values = poaching.renewal_values(100.0, 5.0, 30.0, 8.0, 0.5, PLAIN)
    assert values == pytest.approx((100 - 30 - 25, 125 - 30 - 8 - 25, 50 - 8))


def test_rivals_court_in_proportion_to_their_attraction():
    attraction = np.array([1.0, 0.0, 3.0])
    found = [poaching.courted_by(u, attraction) for u in (0.0, 0.249, 0.25, 0.6, 0.999, 1.0)]
    assert found == [0, 0, 2, 2, 2, 2]


def test_legitimacy_falls_by_silence_and_punishment_and_rises_by_answers_and_innocents():
    p = BeliefParameters(
        unanswered=0.1, backlash=0.2, answered=0.3, sanction_speed=0.25, neighbours=0.4
    )
    assert beliefs.next_legitimacy(0.5, 0.0, Events(1.0, 0.0, 0.0, 0.0), p) == pytest.approx(0.45)
    assert beliefs.next_legitimacy(0.5, 0.0, Events(0.0, 0.5, 0.0, 0.0), p) == pytest.approx(0.45)
    assert beliefs.next_legitimacy(0.6, 0.0, Events(0.0, 0.0, 0.5, 0.0), p) == pytest.approx(0.66)
    assert beliefs.next_legitimacy(0.6, 0.5, Events(0.0, 0.0, 0.0, 0.5), p) == pytest.approx(0.7)
    assert beliefs.next_legitimacy(0.5, 9.0, Events(0.0, 0.0, 0.0, 1.0), p) == 1.0
    assert beliefs.next_sanction(0.2, 1.0, p) == pytest.approx(0.4)
    assert beliefs.mixed_view(0.5, 1.0, p) == pytest.approx(0.7)
