"""Outcomes that observe a run as a report of 2011 did, and the hour at which a siege ends."""

import numpy as np
import pytest

from sim.core.chance import AT_RENEWAL, Stream, key_of, uniform
from sim.core.units import Phase, Tactic
from sim.outcomes.outcomes import OUTCOMES
from sim.outcomes.record import empty


def record_of(hours, stores=3, seed=1):
    """Return the record of a run in which nothing happened: ten honest orders a store and hour."""
    r = empty(hours, np.ones(stores + 1), np.ones(stores), np.ones(stores), 0.0, np.ones(1), 1.0, seed)  # fmt: skip
    r.hours = hours
    r.orders[:], r.orders_twin[:] = 10.0, 10.0
    return r


def value(name, record):
    return OUTCOMES[name].value(record)


def acted(hours, **by_hour):
    """Return a record with purchases at the first store, as many as given by hour (h45=100)."""
    r = record_of(hours)
    for hour, n in by_hour.items():
        r.actions[int(hour[1:]), 0, Tactic.PURCHASE] = n
    return r


@pytest.mark.parametrize(
    ("hours", "by_hour", "ended"),
    [
        (96, {}, None),  # nobody acted
        (96, {"h45": 100}, 48),
        (96, {"h45": 100, "h50": 5}, 72),  # 5 % counts
        (96, {"h45": 100, "h50": 4.9}, 48),
        (96, {"h45": 100, "h80": 5}, None),  # the last day: still on
        (72, {"h45": 100}, 48),
        (71, {"h45": 100}, None),  # no whole day since
        (95, {"h45": 100, "h50": 100}, None),
        (96, {"h45": 100, "h20": 1}, 48),
        (24, {"h3": 1}, None),
        (48, {"h3": 1}, 24),
        (120, {"h3": 10, "h30": 0.1, "h60": 10}, 72),  # a quiet day between
    ],
)
def test_a_siege_ends_at_the_midnight_after_the_last_day_that_counts(hours, by_hour, ended):
    assert value("hour_end", acted(hours, **by_hour)) == ended


def test_those_who_only_stay_online_do_not_keep_a_siege_going():
    r = acted(96, h45=100)
    r.series["online"][:] = 10_000.0
    assert value("hour_end", r) == 48
    assert value("hour_end", record_of(96)) is None


def test_activities_are_suspended_again_when_a_truce_is_prolonged_or_called_again():
    r = record_of(6)
    assert value("hour_truce_again", r) is None
    r.pause_again = 4
    assert value("hour_truce_again", r) == 4.0


def test_another_target_is_called_in_the_first_hour_of_that_phase():
    r = record_of(6)
    assert value("hour_other_target", r) is None
    r.series["phase"][3:] = Phase.DIVERT
    assert value("hour_other_target", r) == 3.0


def test_actions_on_the_same_store_are_counted_over_any_24_hours():
    r = record_of(72)
    r.actions[20, 0, Tactic.PURCHASE] = 60.0
    r.actions[30, 0, Tactic.BAD_REVIEW] = 50.0
    r.actions[43, 1, Tactic.PURCHASE] = 100.0  # another store
    assert value("max_same_store_actions", r) == 110
    assert value("max_store_day_actions", r) == 100
    r.actions[30, 0, Tactic.BAD_REVIEW], r.actions[44, 0, Tactic.BAD_REVIEW] = 0.0, 50.0
    assert value("max_same_store_actions", r) == 100  # 24 hours later is another day's
    r.actions[:, :, [Tactic.CLICK, Tactic.REFUSAL]] = 1e6
    assert value("max_same_store_actions", r) == 100
    assert value("max_same_store_actions", record_of(5)) == 0


def hit(hours=96, seed=1, first=45, **by_store):
    """Return a record in which stores suffer so many purchases in one hour (s1=[50, 200])."""
    r = record_of(hours, seed=seed)
    r.actions[first, 2, Tactic.CLICK] = 1.0  # the attack begins; a click makes no target
    for store, (hour, n) in by_store.items():
        r.actions[hour, int(store[1:]), Tactic.PURCHASE] = n
    r.orders[48:72, 0], r.orders[48:72, 1] = 1.0, 4.0
    return r


def test_the_named_store_is_one_of_the_first_nights_targets_on_the_day_after():
    name = "first_target_sales_share"
    assert value(name, hit(s0=[46, 100])) == pytest.approx(0.1)
    assert value(name, hit(s1=[56, 100])) == pytest.approx(0.4)
    assert value(name, hit(s1=[57, 100])) is None  # not in the first twelve hours
    assert value(name, hit(s1=[50, 99])) is None  # not a target
    assert value(name, hit()) is None
    assert value(name, record_of(96)) is None
    assert value(name, hit(hours=71, s0=[46, 100])) is None  # the day is not over
    assert value(name, hit(hours=72, s0=[46, 100])) == pytest.approx(0.1)
    late = hit(first=50, s0=[52, 100])
    late.orders[72:96, 0] = 7.0
    assert value(name, late) == pytest.approx(0.7)  # the day after the first attack, whenever
    unsold = hit(s0=[46, 100], s1=[46, 100])
    unsold.orders_twin[48:72, 0] = 0.0
    assert value(name, unsold) == pytest.approx(0.4)  # one that sells nothing cannot lose


def test_which_target_was_named_is_drawn_with_the_runs_own_number():
    seen = {}
    for seed in range(40):
        both = hit(seed=seed, s0=[46, 100], s1=[46, 5000])
        u = uniform(key_of(seed), Stream.NAMED_TARGET, AT_RENEWAL, 0, 0)
        seen[seed] = value("first_target_sales_share", both)
        assert seen[seed] == pytest.approx(0.1 if u < 0.5 else 0.4)
        assert value("first_target_sales_share", both.until(72)) == seen[seed]
    assert 10 <= sum(v < 0.2 for v in seen.values()) <= 30
