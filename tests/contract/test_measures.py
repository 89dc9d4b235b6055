"""Every measure: idle when it should be, bit for bit, and not a moment too early."""

from functools import cache

import pytest

from sim.model import Siege
from sim.responses import PlatformView, Trigger, measures
from sim.runs import result_of

SMALL = {"scale": 0.01, "hours": 110}


@cache
def run(measure=None):
    given = [] if measure is None else [dict(measure)]
    response = {"name": "under test", "measures": given}
    return result_of(Siege("taobao-2011", seed=1, response=response, **SMALL).run())


def of(kind, **trigger):
    changes = {"kind": kind, "trigger": Frozen(trigger or {"hour": 60})}
    return tuple(changes.items())


class Frozen(dict):
    """A table that can be a key."""

    def __hash__(self):
        return hash(repr(self))


def same(first, second):
    tables = ("hours", "stores", "sellers", "rivals")
    return first.outcomes == second.outcomes and all(
        getattr(first, t).equals(getattr(second, t)) for t in tables
    )


@pytest.mark.parametrize("kind", measures())
def test_a_measure_of_no_strength_changes_nothing_bit_for_bit(kind):
    assert same(run((*of(kind), ("strength", 0.0))), run())


@pytest.mark.parametrize("kind", measures())
def test_a_measure_that_is_never_due_changes_nothing_bit_for_bit(kind):
    assert same(run(of(kind, hour=9999)), run())
    assert same(run(of(kind, after_deadline=9000)), run())


@pytest.mark.parametrize("kind", measures())
def test_nothing_moves_before_the_hour_in_which_a_measure_begins(kind):
    acted, idle = run(of(kind, hour=70)).hours, run().hours
    assert acted[:70].equals(idle[:70])


@pytest.mark.parametrize("kind", measures())
def test_a_measure_may_cost_the_platform_something_every_hour(kind):
    dear = run((*of(kind, hour=70), ("cost_per_hour", 1000.0)))
    free = run((*of(kind, hour=70), ("cost_per_hour", 0.0)))
    extra = dear.outcomes["cum_response_cost"] - free.outcomes["cum_response_cost"]
    assert extra == pytest.approx(40_000)


def test_a_measure_ends_when_its_hours_are_over():
    short = run((*of("police-report", hour=60), ("lasts", 10))).hours
    long = run(of("police-report", hour=60)).hours
    assert short[:70].equals(long[:70])
    assert short.perceived_sanction[100] < 0.1 < long.perceived_sanction[100]


def seen(**changes):
    return PlatformView(
        **{"hour": 50, "online": 5000.0, "first_attack": 45, "ultimatum": 48, "deadline": 49}
        | changes
    )


@pytest.mark.parametrize(
    ("trigger", "met", "unmet"),
    [
        ({"hour": 50}, {}, {"hour": 49}),
        ({"hours_after_first_attack": 5}, {}, {"hour": 49}),
        ({"hours_after_first_attack": 0}, {"hour": 45}, {"first_attack": -1}),
        ({"online_above": 4999}, {}, {"online": 4999.0}),
        ({"after_ultimatum": 2}, {}, {"hour": 49}),
        ({"after_ultimatum": 0}, {}, {"ultimatum": -1}),
        ({"after_deadline": 1}, {}, {"deadline": -1}),
        ({"all": [{"hour": 50}, {"online_above": 100}]}, {}, {"online": 50.0}),
        ({"any": [{"hour": 99}, {"online_above": 100}]}, {}, {"online": 50.0}),
        ({"hour": 40, "online_above": 100}, {}, {"online": 50.0}),
    ],
)
def test_a_trigger_is_met_in_its_hour_and_not_before(trigger, met, unmet):
    assert Trigger.model_validate(trigger).is_met(seen(**met))
    assert not Trigger.model_validate(trigger).is_met(seen(**unmet))


def test_a_trigger_without_a_condition_is_never_met():
    assert not Trigger().is_met(seen())


def test_a_measure_that_has_begun_goes_on_when_the_crowd_goes_home():
    high = run(of("police-report", online_above=5000)).hours
    assert (high.online < 5000).tail(5).sum() >= 0
    assert high.perceived_sanction.diff().iloc[-1] >= 0
