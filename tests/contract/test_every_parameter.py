"""Every declared parameter moves some outcome: what nothing reads is found here."""

from functools import cache

import numpy as np
import pytest

from sim.outcomes.outcomes import measure
from sim.outcomes.record import BOOKED, SERIES
from sim.responses import measures
from sim.running.model import Siege
from sim.scenario.scenario import Scenario
from sim.scenario.schema import fields_of

# A small world in which everything happens: people gather, attack, rest, escalate, leave.
WORLD = {
    "scale": 0.01,
    "hours": 200,
    "population.n_consumers": 1_000_000,
    "population.n_stores": 60,
}
# Whole lists that stand for their parts; names and texts say nothing to the engine.
LEFT_OUT = ("name", "description", "response.name", "response.description", "graph.path")

TALKS = {
    "name": "talks at once",
    "measures": [
        {
            "kind": "open-talks",
            "contact_rate": 1.0,
            "answer": 0.55,
            "trigger": {"hours_after_first_attack": 1},
        }
    ],
}

STATEMENT = {
    "name": "a statement that is heard while people attack",
    "measures": [
        {"kind": "statement", "answer": 0.4, "trigger": {"hours_after_first_attack": 2}},
    ],
}

EAGER = {"attack.eagerness": 3.0}  # so that people act after a truce, too

# What must be so before a parameter can matter.
NEEDS = {
    "hours": {"hours": 48},
    "graph.within_share": {"graph.family": "communities"},
    "mobilisation.tie_joins": {
        "mobilisation.noise": 0.0,
        "mobilisation.weight_grievance": 0.0,
        "mobilisation.weight_attention": 0.0,
        "mobilisation.weight_social": 0.0,
        "mobilisation.weight_risk": 0.0,
        "population.onlooker_threshold_mean": 0.0,
        "population.onlooker_threshold_sd": 0.0,
    },
    "channel.contact_rate": {"response": "protect-and-talk"},
    # an answer that would be accepted ends the siege before any motion is put
    "channel.motion_talks": {"response": TALKS, "channel.answer_accepted": 0.9},
    "channel.motion_noise": {"channel.tally_kept": 0.0, "channel.motion_fervour": 0.0},
    "attention.reporters_bonus": {"population.reporter_share": 0.05},
    "channel.motion_unanswered": {"response": "silence"},
    "channel.dissolve_share": {"response": "silence"},
    "channel.tally_kept": {"channel.motion_noise": 10.0, "channel.motion_fervour": 0.0},
    "fees.old.n_premium": {"fees.old.premium": 9000.0},
    "channel.answer_heard": {"response": STATEMENT},
    "channel.divert_after": {"response": "silence", "channel.divert_after": 24.0},
    "attack.divert_share": {"response": "silence", "channel.divert_after": 24.0, **EAGER},
    "attack.await_pause": {"response": STATEMENT, "channel.answer_heard": 0.3, **EAGER},
    "mobilisation.weight_risk": {"mobilisation.risk_threshold": 0.0},
    "mobilisation.join_factor_dissolve": {"response": STATEMENT, "channel.answer_accepted": 0.3},
    "mobilisation.quit_factor_dissolve": {"response": STATEMENT, "channel.answer_accepted": 0.3},
    "stores.hold_hours": {"stores.stock_days": 1.0},
    "stores.delist_stockout": {"stores.stock_days": 1.0},
    "mobilisation.cause_full": {"mobilisation.cause_full": 0.9},
    "attack.escalation": {"response": "silence", **EAGER},
    "attack.escalation_refusals": {"response": "silence", **EAGER},
    "attention.statement": {"response": "talk"},
    "shopping.loyalty_rise": {"shopping.favourite_share": 0.5},
    "stores.relist_protected": {"response": "protect"},
    "fees.new.deposits[0].shop": {"fees": {"new": {"deposits": [{"amount": 50_000.0}]}}},
}


HOURS = {"open-talks": 200}  # an answer is long in coming


# What a closing loses to those before it needs one before it.
EARLIER = {"fades_share": {"kind": "close-channel", "trigger": {"hours_after_first_attack": 1}}}


def active(kind, name):
    """Return a response of one measure that acts from the first attack on.

    Its cost shows at the renewal alone, so the end comes soon.
    """
    return {
        "hours": HOURS.get(kind, 96),
        "response": {
            "name": kind,
            "measures": [
                {"kind": kind, "trigger": {"hours_after_first_attack": 2}},
                *([EARLIER[name]] if name in EARLIER else []),
            ],
        },
    }


LOOKS = 8
"""Hours between two looks at whether a run has parted from its base."""


def begun(changes):
    return Siege(Scenario.load("taobao-2011").replace({**WORLD, **dict(changes)}), seed=3)


@cache
def base_of(needs):
    """Return the run that others are held against: one a process, as long as any of them."""
    return begun(needs)


def run_to(siege, hour):
    most = min(hour, siege.scenario.hours)
    if siege.world.books.hours < most:
        siege.run_for(most - siege.world.books.hours)


def differ(one, other, names):
    series = ((one.series[name], other.series[name]) for name in names)
    return any(not np.array_equal(a, b, equal_nan=True) for a, b in series)


def parts_from(base, changes):
    """Return whether a run parts from its base in an hourly series or an outcome so far.

    Both run no further than the look that finds a difference. Outcomes are worked out only where
    something they are made of is different.
    """
    siege = begun(changes)
    hours = min(base.scenario.hours, siege.scenario.hours)
    for hour in [*range(LOOKS, hours, LOOKS), hours]:
        run_to(siege, hour)
        run_to(base, hour)
        mine, theirs = siege.record.until(hour), base.record.until(hour)
        if differ(mine, theirs, SERIES):
            return True
        if differ(mine, theirs, BOOKED) and measure(mine) != measure(theirs):
            return True
    for run in (siege, base):
        run_to(run, run.scenario.hours)
    return siege.outcomes != base.outcomes


def freeze(changes):
    return tuple((k, v) if not isinstance(v, dict) else (k, Frozen(v)) for k, v in changes.items())


class Frozen(dict):
    """A table that can be a key."""

    def __hash__(self):
        return hash(repr(self))


def values_to_try(field, default):
    if field.type == "switch":
        return [not default]
    if field.type == "choice":
        return [c for c in field.choices if c not in (default, "file", "given", "any")]
    low = field.low if field.low is not None else 0
    high = field.high if field.high is not None else 10 * (default or 1)
    start = default if default is not None else low
    tries = [start * 2, start / 2, (start + high) / 2, (start + low) / 2, low, high]
    if start == 0:
        tries = [high / 2, high / 10, high]
    kept = [t for t in tries if low <= t <= high and (t > low or not field.low_excluded)]
    if field.type == "whole number":
        kept = [int(t) for t in kept]
    return [t for t in kept if t != default]


def moves_something(path, field, default, needs):
    base = base_of(freeze(needs))
    return any(
        parts_from(base, freeze({**needs, path: value})) for value in values_to_try(field, default)
    )


PLAIN = [
    f
    for f in fields_of(Scenario.load("taobao-2011"))
    if f.type not in {"text", "list"}
    and f.path not in LEFT_OUT
    and not f.path.startswith("response.")
    and not f.path.startswith(("rivals[1]", "rivals[2]"))
    and f.path != "scale"
]


@pytest.mark.parametrize("field", PLAIN, ids=lambda f: f.path)
def test_a_parameter_that_is_changed_moves_some_outcome(field):
    needs = NEEDS.get(field.path, {})
    default = needs.get(field.path, field.default)
    path = field.path.replace("[", ".").replace("]", "")
    assert moves_something(path, field, default, needs)


OF_MEASURES = [
    f
    for f in fields_of(Scenario)
    if f.path.startswith("response.measures[")
    and f.type in {"number", "whole number"}
    and ".trigger." not in f.path
]


@pytest.mark.parametrize("field", OF_MEASURES, ids=lambda f: f.path)
def test_a_measures_parameter_that_is_changed_moves_some_outcome(field):
    kind, _, name = field.path.removeprefix("response.measures[").partition("].")
    assert kind in measures()
    assert moves_something(f"response.measures.0.{name}", field, field.default, active(kind, name))
