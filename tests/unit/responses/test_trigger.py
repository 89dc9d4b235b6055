"""When a measure begins: conditions, alone and together."""

import pytest

from sim.core.units import BesiegeError
from sim.responses import PlatformView, Trigger


def seen(hour=50, online=0.0, first_attack=-1, ultimatum=-1, deadline=-1):
    return PlatformView(hour, online, first_attack, ultimatum, deadline)


@pytest.mark.parametrize(
    ("trigger", "view", "met"),
    [
        (Trigger(), seen(), False),
        (Trigger(hour=50), seen(49), False),
        (Trigger(hour=50), seen(50), True),
        (Trigger(hour=50), seen(51), True),
        (Trigger(online_above=100), seen(online=100), False),
        (Trigger(online_above=100), seen(online=101), True),
        (Trigger(hours_after_first_attack=0), seen(first_attack=-1), False),
        (Trigger(hours_after_first_attack=0), seen(first_attack=50), True),
        (Trigger(hours_after_first_attack=5), seen(first_attack=46), False),
        (Trigger(hours_after_first_attack=5), seen(first_attack=45), True),
        (Trigger(after_ultimatum=0), seen(ultimatum=-1), False),
        (Trigger(after_ultimatum=1), seen(ultimatum=49), True),
        (Trigger(after_deadline=0), seen(deadline=51), False),
        (Trigger(after_deadline=0), seen(deadline=50), True),
        (Trigger(hour=40, online_above=100), seen(online=5), False),
        (Trigger(all=(Trigger(hour=40), Trigger(hour=60))), seen(), False),
        (Trigger(any=(Trigger(hour=40), Trigger(hour=60))), seen(), True),
        (Trigger(hour=60, any=(Trigger(hour=40),)), seen(), False),
        (Trigger(any=(Trigger(),)), seen(), False),
    ],
)
def test_a_trigger_is_met_when_every_condition_given_holds(trigger, view, met):
    assert trigger.is_met(view) is met


def test_a_trigger_put_off_is_met_so_much_later_in_all_its_parts():
    trigger = Trigger(hour=45, any=(Trigger(after_ultimatum=2), Trigger(hour=10)))
    later = trigger.later(24)
    assert later == Trigger(hour=69, any=(Trigger(after_ultimatum=26), Trigger(hour=34)))
    assert trigger.later(-30).hour == 15
    assert trigger.later(-100).hour == 0


def test_what_watches_how_many_are_online_has_no_hour_to_move():
    with pytest.raises(BesiegeError, match="given a trigger with online_above, allowed"):
        Trigger(any=(Trigger(online_above=5),)).later(1)


@pytest.mark.parametrize(
    ("trigger", "only"),
    [
        (Trigger(hour=5), ("hour", 5)),
        (Trigger(after_deadline=0), ("after_deadline", 0)),
        (Trigger(hour=5, online_above=1), None),
        (Trigger(hour=5, after_deadline=0), None),
        (Trigger(any=(Trigger(hour=5),)), None),
        (Trigger(), None),
    ],
)
def test_the_one_condition_of_a_trigger_is_told_where_there_is_one(trigger, only):
    assert trigger.only() == only


def test_a_trigger_says_for_people_when_it_is_met():
    assert Trigger().describe() == "never"
    assert Trigger(hour=45).describe() == "from 11 October 21:00"
    told = Trigger(online_above=3000, any=(Trigger(after_ultimatum=0), Trigger(after_deadline=2)))
    assert told.describe() == (
        "when more than 3,000 people are online and "
        "(at an ultimatum or 2 h after the deadline of an ultimatum)"
    )
