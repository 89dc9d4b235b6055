"""Every measure: idle it is not there, it acts from its trigger on, it has its price."""

import numpy as np
import pytest

from sim.core.units import Phase
from sim.responses import PlatformView, Trigger, measures
from sim.running.run import result_of
from sim.scenario.toml import library_names
from tests.small_worlds import (
    arrays_of,
    begun,
    finished,
    first_difference,
    one_measure,
    small_scenario,
)

KINDS = sorted(measures())
HOURS = 72
HOUR = 60  # of a trigger, with the attack under way

# Measures that act by chance act surely here, so that a run shows them.
SURELY = {"open-talks": {"contact_rate": 1.0}}


def silent():
    return finished(hours=HOURS, response="silence")


def with_measure(kind, **fields):
    given = {**SURELY.get(kind, {}), **fields}
    return finished(hours=HOURS, response=one_measure(kind, **given))


def assert_same_run(one, other):
    assert first_difference(one.record, other.record) == []
    assert one.outcomes == other.outcomes
    first, second = result_of(one), result_of(other)
    for table in ("hours", "stores", "rivals", "sellers"):
        assert getattr(first, table).equals(getattr(second, table)), table


@pytest.mark.parametrize("kind", KINDS)
def test_a_measure_of_strength_zero_is_as_if_it_were_not_there(kind):
    assert_same_run(with_measure(kind, strength=0.0, trigger={"hour": 0}), silent())


NEVER = {
    "no condition": {},
    "an hour after the end": {"hour": 9999},
    "a crowd that never comes": {"online_above": 1e8},
    "one condition of two": {"all": [{"hour": 0}, {"hour": 9999}]},
    "long after the attack": {"hours_after_first_attack": 9999},
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_measure_that_never_begins_changes_nothing_at_all(kind):
    trigger = list(NEVER.values())[KINDS.index(kind) % len(NEVER)]
    assert_same_run(with_measure(kind, trigger=trigger, cost_per_hour=1e6), silent())


@pytest.mark.parametrize("trigger", NEVER.values(), ids=NEVER)
def test_a_trigger_that_is_never_met_never_costs_a_yuan(trigger):
    siege = with_measure("police-report", trigger=trigger, cost_per_hour=1e6)
    assert siege.platform.measures_begun == []
    assert siege.outcomes["cum_response_cost"] == 0
    assert_same_run(siege, silent())


@pytest.mark.parametrize("kind", KINDS)
def test_a_measure_acts_from_its_hour_on_and_not_before(kind):
    siege = with_measure(kind, trigger={"hour": HOUR})
    assert siege.platform.measures_begun == [(kind, HOUR)]
    assert first_difference(siege.record, silent().record, HOUR) == []
    assert first_difference(siege.record, silent().record) != [] or (
        siege.outcomes != silent().outcomes
    )


@pytest.mark.parametrize("kind", KINDS)
def test_a_measure_at_half_strength_differs_from_full_and_from_none(kind):
    half = with_measure(kind, trigger={"hour": HOUR}, strength=0.5)
    full = with_measure(kind, trigger={"hour": HOUR})
    assert first_difference(half.record, full.record, HOUR) == []
    for other in (full, silent()):
        assert first_difference(half.record, other.record) or half.outcomes != other.outcomes


@pytest.mark.parametrize("kind", KINDS)
def test_a_measure_declares_a_cost_and_the_platform_pays_it(kind):
    extra = measures()[kind].model_fields["cost_per_hour"].json_schema_extra
    assert extra["unit"] == "yuan/h"
    dear = with_measure(kind, trigger={"hour": HOUR}, strength=0.5, cost_per_hour=1000.0)
    free = with_measure(kind, trigger={"hour": HOUR}, strength=0.5, cost_per_hour=0.0)
    more = dear.record.series["response_cost"] - free.record.series["response_cost"]
    assert more.tolist() == pytest.approx([0.0] * HOUR + [500.0] * (HOURS - HOUR))
    differing = first_difference(dear.record, free.record)
    assert differing == ["series response_cost"]
    for name in ("cum_response_cost", "platform_loss", "total_social_loss"):
        added = dear.outcomes[name] - free.outcomes[name]
        assert added == pytest.approx(500.0 * (HOURS - HOUR), abs=0.01)


@pytest.mark.parametrize("kind", KINDS)
def test_a_measure_without_an_announcement_meets_nobody_and_breaks_nothing(kind):
    siege = finished(announced=None, hours=36, response=one_measure(kind, trigger={"hour": 10}))
    assert siege.outcomes["cum_actions"] == 0
    assert siege.hours.online.max() == 0
    assert (siege.record.actions == 0).all()


RESPONSES = sorted(library_names("responses"))


@pytest.mark.parametrize("name", RESPONSES)
def test_two_responses_are_equal_up_to_the_hour_in_which_the_first_measure_acts(name):
    siege, quiet = finished(hours=190, response=name), finished(hours=190, response="silence")
    begins = siege.platform.measures_begun
    assert [kind for kind, _hour in begins] == [m.kind for m in siege.scenario.response.measures]
    first = min((hour for _kind, hour in begins), default=None)
    assert first_difference(siege.record, quiet.record, first) == []
    if begins:
        assert first_difference(siege.record, quiet.record) != []


def first_hour(condition):
    return int(np.flatnonzero(condition)[0])


STORY = 150  # hours, until some time after the deadline


def story():
    """Return the hours of a silent siege at which triggers look."""
    siege = finished(hours=STORY, response="silence")
    phase, attack = siege.hours.phase, first_hour(siege.record.actions.sum(axis=(1, 2)) > 0)
    truce = first_hour(phase == Phase.TRUCE)
    deadline = (truce // 24 + siege.scenario.channel.truce_days) * 24
    assert phase[deadline] == Phase.ESCALATE
    crowd = first_hour(siege.hours.online > 20_000)
    return {"attack": attack, "truce": truce, "deadline": deadline, "crowd": crowd}


TRIGGERS = {
    "an hour": ({"hour": 50}, lambda s: 50),
    "hour zero": ({"hour": 0}, lambda s: 0),
    "the first attack": ({"hours_after_first_attack": 0}, lambda s: s["attack"]),
    "hours after it": ({"hours_after_first_attack": 7}, lambda s: s["attack"] + 7),
    "a crowd": ({"online_above": 20_000}, lambda s: s["crowd"]),
    "an ultimatum": ({"after_ultimatum": 0}, lambda s: s["truce"]),
    "hours after an ultimatum": ({"after_ultimatum": 5}, lambda s: s["truce"] + 5),
    "a deadline": ({"after_deadline": 0}, lambda s: s["deadline"]),
    "hours after a deadline": ({"after_deadline": 3}, lambda s: s["deadline"] + 3),
    "two fields together": (
        {"hour": 60, "hours_after_first_attack": 1},
        lambda s: max(60, s["attack"] + 1),
    ),
    "all of two": (
        {"all": [{"hour": 20}, {"hours_after_first_attack": 2}]},
        lambda s: s["attack"] + 2,
    ),
    "any of two": (
        {"any": [{"hour": 130}, {"after_ultimatum": 1}]},
        lambda s: min(130, s["truce"] + 1),
    ),
    "any within all": (
        {"all": [{"any": [{"hour": 30}, {"hour": 40}]}, {"hour": 35}]},
        lambda s: 35,
    ),
}


@pytest.mark.parametrize(("trigger", "expected"), TRIGGERS.values(), ids=TRIGGERS)
def test_a_trigger_fires_at_its_hour_and_no_other(trigger, expected):
    # A measure that changes nothing but the account, so the story stays that of silence.
    response = one_measure("throttle", trigger=trigger, cost_per_hour=1.0,
                           false_positive_share=0.0)  # fmt: skip
    siege = finished(hours=STORY, response=response)
    quiet = finished(hours=STORY, response="silence")
    assert first_difference(siege.record, quiet.record) == ["series response_cost"]
    assert siege.platform.measures_begun == [("throttle", expected(story()))]
    assert first_hour(siege.record.series["response_cost"] > 0) == expected(story())


@pytest.mark.parametrize(
    "trigger",
    [
        {"hour": 50},
        {"hours_after_first_attack": 2},
        {"online_above": 20_000},
        {"after_ultimatum": 0},
    ],
    ids=str,
)
def test_a_measure_that_has_begun_stays_in_force(trigger):
    response = one_measure("throttle", trigger=trigger, cost_per_hour=1.0, cost_per_mistake=0.0)
    siege = finished(hours=STORY, response=response)
    ((_kind, began),) = siege.platform.measures_begun
    cost = siege.record.series["response_cost"].tolist()
    assert cost == [0.0] * began + [1.0] * (STORY - began)


def test_a_measure_ends_when_its_hours_are_over():
    fields = {"trigger": {"hour": 50}, "cost_per_hour": 1.0}
    short, long = (
        with_measure("police-report", lasts=10, **fields),
        with_measure("police-report", **fields),
    )
    assert first_difference(short.record, long.record, 60) == []
    assert short.record.series["response_cost"].tolist() == [0.0] * 50 + [1.0] * 10 + [0.0] * (
        HOURS - 60
    )
    fear = short.hours.perceived_sanction
    assert fear.diff()[60:].max() < 0 < long.hours.perceived_sanction.diff()[60:].min()


def test_a_measure_taken_twice_begins_twice():
    measures_taken = [
        {"kind": "throttle", "trigger": {"hour": hour}, "lasts": 5, "cost_per_hour": 1.0}
        for hour in (20, 30)
    ]
    siege = finished(hours=HOURS, response={"name": "twice", "measures": measures_taken})
    assert siege.platform.measures_begun == [("throttle", 20), ("throttle", 30)]
    assert np.flatnonzero(siege.record.series["response_cost"]).tolist() == [
        *range(20, 25), *range(30, 35),
    ]  # fmt: skip


VIEW = PlatformView(hour=10, online=100.0, first_attack=5, ultimatum=-1, deadline=12)
LOOKS = [
    ({}, False),
    ({"hour": 10}, True),
    ({"hour": 11}, False),
    ({"online_above": 99}, True),
    ({"online_above": 100}, False),
    ({"hours_after_first_attack": 5}, True),
    ({"hours_after_first_attack": 6}, False),
    ({"after_ultimatum": 0}, False),
    ({"after_deadline": 0}, False),
    ({"hour": 10, "online_above": 100}, False),
    ({"all": ({"hour": 1}, {"hour": 2})}, True),
    ({"all": ({"hour": 1}, {"hour": 20})}, False),
    ({"any": ({"hour": 1}, {"hour": 20})}, True),
    ({"any": ({"hour": 19}, {"hour": 20})}, False),
    ({"hour": 20, "any": ({"hour": 1},)}, False),
    ({"any": ({},)}, False),
]


@pytest.mark.parametrize(("given", "expected"), LOOKS, ids=str)
def test_a_trigger_looks_at_every_condition_that_is_given(given, expected):
    assert Trigger.model_validate(given).is_met(VIEW) is expected


def test_measures_of_one_response_act_together_and_in_any_order():
    both = [
        {
            "kind": "throttle",
            "trigger": {"hour": 50},
            "cost_per_hour": 10.0,
            "cost_per_mistake": 0.0,
        },
        {"kind": "police-report", "trigger": {"hour": 60}, "cost_per_hour": 5.0},
    ]
    one = finished(hours=HOURS, response={"name": "both", "measures": both})
    other = finished(hours=HOURS, response={"name": "both", "measures": both[::-1]})
    assert_same_run(one, other)
    assert one.record.series["response_cost"].sum() == 10 * (HOURS - 50) + 5 * (HOURS - 60)


def test_the_delay_of_one_measure_does_not_put_off_another():
    soon = {"kind": "restore-ratings", "trigger": {"hour": 46}, "delay": 2}
    late = {"kind": "refund-clicks", "trigger": {"hour": 46}, "delay": 40}
    alone = begun(hours=60, response={"name": "a", "measures": [soon]}).run()
    both = begun(hours=60, response={"name": "b", "measures": [soon, late]}).run()
    assert alone.world.stores.n_bad.sum() < alone.record.actions[:, :, 1].sum()
    assert both.world.stores.n_bad.tolist() == alone.world.stores.n_bad.tolist()


@pytest.mark.parametrize(
    ("kind", "series"),
    [
        ("restore-ratings", "stores n_bad"),
        ("void-orders", "loss"),
        ("refund-clicks", "ad_refund"),
        ("throttle", "series new_throttled"),
        ("police-report", "series perceived_sanction"),
        ("statement", "series attention"),
        ("open-talks", "series legitimacy"),
        ("regulator", "series legitimacy"),
        ("postpone", "series legitimacy"),
        ("halve-deposit", "series legitimacy"),
        ("subsidise", "series legitimacy"),
    ],
)
def test_a_measure_moves_what_it_is_meant_to_move(kind, series):
    siege, quiet = with_measure(kind, trigger={"hour": HOUR}), silent()
    if series == "stores n_bad":
        assert siege.world.stores.n_bad.sum() < quiet.world.stores.n_bad.sum()
        return
    now, before = arrays_of(siege.record)[series], arrays_of(quiet.record)[series]
    assert not np.array_equal(now[HOUR : HOUR + 8], before[HOUR : HOUR + 8])


def test_a_purchase_limit_holds_for_false_and_honest_orders_from_the_same_hour():
    siege = with_measure(
        "throttle", trigger={"hour": HOUR}, separation=10.0, false_positive_share=0.5
    )
    false_ones = first_hour(siege.record.series["new_throttled"] > 0)
    honest_ones = first_hour(siege.record.series["stopped"] > 0)
    assert false_ones == honest_ones


def test_every_measure_can_be_named_in_a_scenario():
    for kind in KINDS:
        scenario = small_scenario(response=one_measure(kind, trigger={"hour": 1}))
        assert scenario.response.measures[0].kind == kind
