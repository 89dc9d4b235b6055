"""The floor, the motions and the call, against answers worked out by hand."""

import numpy as np
import pytest
from scipy.special import softmax

from sim.core.chance import Stream, key_of, uniform
from sim.core.state import Stores
from sim.core.units import Motion
from sim.rules import channel
from sim.rules.channel import ChannelParameters, Queue, Requests, Speeches, Standing
from tests.columns import columns

P = ChannelParameters()
HALF_ANSWERED = Standing(0.5, 0.0)
GRID = (np.arange(4000) + 0.5) / 4000


@pytest.mark.parametrize(
    ("utility", "answer", "days"), [(-1.0, 0.5, 0.0), (-2.2, 1.0, 3.0), (0.3, 0.0, 8.0), (-3.0, 0.2, 1.0)]
)  # fmt: skip
def test_a_speaker_asks_for_each_motion_as_often_as_the_logit_says(utility, answer, days):
    p = P._replace(motion_noise=0.7, motion_fervour=1.5, motion_talks=2.0, motion_unanswered=0.3)
    fervour = utility + 1.5
    worth = np.array([fervour, 2.0 * answer, fervour + 0.3 * days - 1.0, answer - fervour])
    asked = [channel.motion(u, utility, answer, days, p) for u in GRID]
    shares = np.bincount(asked, minlength=len(Motion)) / GRID.size
    assert shares == pytest.approx(softmax(worth / 0.7), abs=1 / 2000)
    assert asked == sorted(asked)  # attack, pause, escalate, dissolve, in the order of the number


def test_a_nomination_goes_to_a_store_in_proportion_to_its_weight():
    weights = np.array([0.0, 2.0, 0.0, 1.0, 1.0, 0.0])
    picked = np.bincount([channel.pick(weights, u) for u in GRID], minlength=6) / GRID.size
    assert picked == pytest.approx(weights / 4.0, abs=1 / 2000)
    assert channel.pick(weights, 0.4999) == 1
    assert channel.pick(weights, 0.5) == 3  # a number at the edge belongs to the next
    assert channel.pick(weights, 1.0) == 4  # and none to a store without weight
    assert channel.pick(np.zeros(3), 0.5) == -1
    assert channel.pick(np.array([0.5]), 0.3) == 0


def test_nominations_follow_support_and_visibility_to_a_power_and_pass_over_closed_stores():
    stores = shops(support=[3.0, 5.0, 0.0], visibility=[1.0, 1.0, 2.0], listed=[True, False, True])
    assert channel.nomination_weights(stores, 1.5).tolist() == [8.0, 0.0, 2.0**1.5]


def shops(**given):
    return columns(Stores, len(given["support"]), **given)


def test_the_open_stores_with_the_most_support_are_called_for_and_none_without_any():
    support, visibility = [1.0, 4.0, 9.0, 3.0], [1.5, 0.0, 9.0, 1.0]
    listed = [True, True, False, True]
    stores = shops(support=support, visibility=visibility, listed=listed)
    assert channel.most_called(stores, 1, False).tolist() == [1]  # the first of equals
    assert channel.most_called(stores, 2, False).tolist() == [1, 3]
    assert channel.most_called(stores, 9, False).tolist() == [1, 3, 0]
    assert channel.most_called(stores, 9, True).tolist() == [0, 3]  # by the list, who is on it
    stores.listed[:] = False
    assert channel.most_called(stores, 2, False).size == 0


def test_who_would_ask_balks_in_proportion_to_the_places_taken():
    p = P._replace(queue_places=10, balking=0.8)
    for waiting in (0, 5, 10):
        share = np.mean([channel.balks(u, waiting, p) for u in GRID])
        assert share == pytest.approx(0.8 * waiting / 10, abs=1 / 2000)
    assert not channel.balks(0.0, 10, p._replace(balking=0.0))
    assert channel.balks(1 - 2**-33, 10, p._replace(balking=1.0))


def served(
    asks, *, ends=100.0, slot=10.0, places=2, waiting=(), free_from=0.0, balking=0.0, patience=0.5
):
    """Serve some requests; members are numbered as they ask, those who wait come first."""
    everybody = [*waiting, *asks]
    member, asked = np.zeros(places, np.int32), np.zeros(places)
    member[: len(waiting)], asked[: len(waiting)] = np.arange(len(waiting)), waiting
    ask_member = np.arange(len(waiting), len(everybody), dtype=np.int32)
    queue, out = Queue(member, asked, np.array([free_from])), columns(Speeches, 50)
    p = P._replace(slot_seconds=slot, queue_places=places, balking=balking)
    asking = Requests(ask_member, np.array(asks, float), np.full(len(asks), patience))
    n, refused, left, longest = channel.serve(ends, asking, queue, len(waiting), p, out)
    spoke = list(zip(out.speaker[:n].tolist(), out.wait[:n].tolist(), strict=True))
    return spoke, refused, member[:left].tolist(), asked[:left].tolist(), longest, queue.clock[0]


def test_who_finds_the_floor_free_speaks_at_once_and_the_next_waits_for_the_slot():
    spoke, refused, left, _asked, longest, clock = served([5.0, 7.0, 30.0])
    assert spoke == [(0, 0.0), (1, 8.0), (2, 0.0)]
    assert (refused, left, longest, clock) == (0, [], 1, 40.0)


def test_who_asks_as_the_slot_ends_finds_the_floor_free_or_comes_after_who_waits():
    assert served([5.0, 15.0])[0] == [(0, 0.0), (1, 0.0)]
    assert served([5.0, 6.0, 15.0])[0] == [(0, 0.0), (1, 9.0), (2, 10.0)]


def test_who_finds_all_places_taken_is_turned_away_and_a_place_is_free_once_one_speaks():
    spoke, refused, _left, _asked, longest, _clock = served([1.0, 2.0, 3.0, 4.0, 11.0, 12.0])
    assert [who for who, _ in spoke] == [0, 1, 2, 4]
    assert (refused, longest) == (2, 2)


def test_who_balks_is_neither_served_nor_refused_and_takes_no_place():
    spoke, refused, left, _asked, longest, _clock = served(
        [1.0, 2.0, 3.0, 4.0], ends=10.0, places=4, balking=1.0, patience=0.4
    )
    # one speaks, two wait (0 and 1 of 4 places taken), the last meets 2 of 4
    assert [who for who, _ in spoke] == [0]
    assert (refused, left, longest) == (0, [1, 2], 2)


def test_at_the_end_of_the_hour_who_waits_keeps_the_order_and_the_moment_of_asking():
    spoke, refused, left, asked, longest, clock = served(
        [95.0, 96.0, 99.0], places=3, waiting=[70.0, 80.0], free_from=90.0
    )
    assert spoke == [(0, 20.0)]
    assert (refused, left, asked) == (1, [1, 2, 3], [80.0, 95.0, 96.0])
    assert (longest, clock) == (3, 100.0)


def test_a_request_or_a_slot_at_the_very_end_belongs_to_the_next_hour():
    assert served([100.0])[0] == []
    spoke, _refused, left, *_ = served([], waiting=[50.0], free_from=100.0)
    assert (spoke, left) == ([], [0])


def test_who_goes_offline_leaves_the_queue_and_the_others_move_up():
    member, asked = np.array([4, 2, 7, 1], np.int32), np.array([1.0, 2.0, 3.0, 4.0])
    online = np.zeros(8, np.bool_)
    online[[2, 1, 7]] = True
    member[2] = 3
    assert channel.drop_absent(online, Queue(member, asked, np.zeros(1)), 3) == 1
    assert (member[0], asked[0]) == (2, 2.0)


def test_requests_are_drawn_for_members_online_each_at_its_own_moment_of_the_hour():
    key, inside = key_of(3), np.array([1, 4, 6], np.int32)
    online = np.array([True] * 4 + [False] + [True] * 3)
    asks = columns(Requests, 400)
    n = channel.draw_requests(key, 7, inside, online, 40.0, asks)
    member, moment, patience = asks
    assert set(member[:n].tolist()) == {1, 6}
    for i in (1, 6):
        times = moment[:n][member[:n] == i]
        numbers = [uniform(key, int(Stream.REQUEST_MOMENT), 7, i, d) for d in range(times.size)]
        assert times.tolist() == [(7 + u) * 3600.0 for u in numbers]
        numbers = [uniform(key, int(Stream.BALKING), 7, i, d) for d in range(times.size)]
        assert patience[:n][member[:n] == i].tolist() == numbers
        assert 20 < times.size < 65
    for room in (5, 0):
        short = columns(Requests, room)
        assert channel.draw_requests(key, 7, inside, online, 40.0, short) == n
        assert short.member.tolist() == member[:room].tolist()


def test_each_speech_adds_one_nomination_and_one_motion():
    stores, tally = (
        shops(support=[0.0] * 3, visibility=[1.0] * 3, listed=[False, True, False]),
        np.zeros(len(Motion)),
    )
    utility = np.array([5.0, -9.0])
    speaker = np.array([0, 1, 1], np.int32)
    channel.hear(key_of(1), 3, speaker, utility, HALF_ANSWERED, stores, P, tally)
    assert stores.support.tolist() == [0.0, 3.0, 0.0]
    assert tally[Motion.DISSOLVE] == 2.0
    assert tally.sum() == 3.0
    stores.listed[:] = False
    channel.hear(key_of(1), 3, speaker, utility, HALF_ANSWERED, stores, P, tally)
    assert stores.support.tolist() == [0.0, 3.0, 0.0]
    assert tally.sum() == 6.0


def test_a_speech_is_drawn_by_its_number_in_the_hour_and_no_other():
    key, hour, n = key_of(4), 7, 40
    speaker, utility, weights = np.arange(n, dtype=np.int32), np.full(n, -1.0), np.ones(9)
    stores, tally = (
        shops(support=[0.0] * 9, visibility=[1.0] * 9, listed=[True] * 9),
        np.zeros(len(Motion)),
    )
    channel.hear(key, hour, speaker, utility, HALF_ANSWERED, stores, P, tally)
    named = [channel.pick(weights, uniform(key, Stream.NOMINATION, hour, r, 0)) for r in range(n)]
    assert stores.support.tolist() == np.bincount(named, minlength=9).tolist()
    asked = [
        channel.motion(uniform(key, Stream.MOTION, hour, r, 0), -1.0, 0.5, 0.0, P) for r in range(n)
    ]
    assert tally.tolist() == np.bincount(asked, minlength=len(Motion)).tolist()
    assert (tally > 0).sum() == 2


@pytest.mark.parametrize(("utility", "asks"), [(4.0, Motion.ATTACK), (-9.0, Motion.DISSOLVE)])
def test_a_speaker_almost_without_doubt_asks_for_what_it_wants_most(utility, asks):
    p = P._replace(motion_noise=1e-3)
    assert {channel.motion(u, utility, 0.5, 0.0, p) for u in (0.001, 0.5, 0.999)} == {asks}
