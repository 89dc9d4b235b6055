"""The engine and the second one written from docs/odd.md agree, hour by hour.

States and counts are equal, other numbers to a billionth. What differed on the way is listed in
docs/verification.md.
"""

from contextlib import suppress

import numpy as np
import pytest

from sim.core.units import BesiegeError, Phase
from sim.running.model import Siege
from sim.scenario.scenario import Scenario
from tests.reference.comparing import first_difference, met_with
from tests.reference.model import Reference

# Some five hundred people and a thousand shoppers, among whom everything happens that can.
TINY = {
    "scale": 0.5,
    "population.n_sellers": 101,
    "population.n_onlookers": 601,
    "population.n_consumers": 2001,
    "population.n_stores": 14,  # six categories have none
    "population.onlooker_threshold_mean": 1.0,
    "population.seller_threshold_mean": 1.2,
    "population.sympathiser_share": 0.3,
    "population.reporter_share": 0.02,
    "population.ad_budget_mean": 200.0,
    "attention.attack_scale": 5.0,
    "mobilisation.efficacy_half": 20.0,
    "channel.quorum": 6.0,
    "channel.queue_places": 5,
    "channel.balking": 0.5,  # so that some are turned away as well
    "channel.request_rate": 0.2,
    "channel.slot_seconds": 300.0,
    "attack.discipline": 0.5,
    "attack.refusal_rate": 0.3,
    "stores.hit_actions": 10.0,
    "stores.stock_days": 1.0,
    "stores.delist_rate": 0.3,
    "stores.delist_half": 40.0,
    "stores.cod_half": 2.0,
    "shopping.favourite_share": 0.3,
    "shopping.stores_share": 0.2,
}
AFTER = {"hours_after_first_attack": 6}


def response(*measures):
    """Return the change to a response of measures, each a kind, a trigger and its fields."""
    return {
        "response": {
            "name": "tested",
            "measures": [{"kind": kind, "trigger": when, **more} for kind, when, more in measures],
        }
    }


EVERYTHING = response(
    ("restore-ratings", AFTER, {"delay": 0, "strength": 0.6}),
    ("restore-ratings", {"hour": 90}, {"delay": 9, "lasts": 40, "cost_per_hour": 70.0}),
    ("void-orders", AFTER, {"delay": 3, "false_positive_share": 0.1}),
    ("refund-clicks", {"hours_after_first_attack": 30}, {"delay": 2}),
    ("throttle", {"online_above": 20}, {"lasts": 50, "false_positive_share": 0.1}),
    ("compensate-stores", AFTER, {}),
    ("police-report", {"hour": 70}, {"lasts": 60}),
    ("punish-sellers", AFTER, {"checked_per_day": 2.0, "resentment": 0.3}),
    ("close-channel", {"hours_after_first_attack": 50}, {"lost_share": 0.2}),
    ("arrest", {"hours_after_first_attack": 60}, {"half_life": 30.0, "strength": 0.7}),
    ("contact-merchants", {"hour": 20}, {"calls_per_day": 40.0, "lasts": 60}),
    ("regulator", {"after_ultimatum": 5}, {"answer": 0.1}),
    ("statement", {"all": [AFTER, {"any": [{"hour": 75}, {"online_above": 40}]}]}, {}),
    ("open-talks", {"after_deadline": 0}, {"answer": 0.35}),
    ("subsidise", {"hour": 300}, {"strength": 0.5}),
    ("roll-back", {"hour": 310}, {"share": 0.4}),
)
"""Nearly every measure, in force together, with delays, ends and triggers of all kinds."""

RESPONSES = {
    name: {"response": name}
    for name in (
        "as-happened silence protect deter talk concede postpone-and-subsidise protect-and-talk"
    ).split()
} | {
    "everything": EVERYTHING,
    "compensate": response(
        ("compensate-stores", AFTER, {"share": 0.8}), ("refund-clicks", AFTER, {})
    ),
    "close-channel": response(
        ("close-channel", {"hours_after_first_attack": 20}, {"strength": 0.8, "away_hours": 15}),
        ("close-channel", {"hours_after_first_attack": 40}, {"fades_share": 0.5}),
    ),
    "postpone": response(("postpone", AFTER, {"left_out_share": 0.3, "strength": 0.8})),
    "punish": response(("punish-sellers", AFTER, {"checked_per_day": 10.0})),
    "call": response(
        ("contact-merchants", {"hour": 20}, {"calls_per_day": 70.0, "backfire_share": 0.3})
    ),
    "grandfather": response(("grandfather", AFTER, {"answer": 0.2}), ("halve-deposit", AFTER, {})),
    "committee calls": {**response(("open-talks", AFTER, {})), "channel.contact_rate": 0.05},
}
FEES = {name: {"fees": name} for name in "old-fees phased sales-share as-revised-2011".split()} | {
    "notice and tiers": {
        "fees.new.notice_months": 6.0,
        "fees.new.grandfathered_share": 0.3,
        "fees.new.premium_deposit": 2.0,
        "fees.new.deposits": [
            {"amount": 20_000.0},
            {"amount": 90_000.0, "turnover_from": 800_000.0},
            {"amount": 50_000.0, "shop": "franchise", "turnover_from": 300_000.0},
            {"amount": 70_000.0, "shop": "flagship-tm"},
        ],
        "fees.new.tiers": [{"turnover_from": 500_000.0, "factor": 1.5}],
    }
}
NETWORKS = {
    family: {"graph.family": family, **EVERYTHING}
    for family in "scale_free communities random ring complete none".split()
}
HARD_STEP = {
    "mobilisation.noise": 0.0,
    "population.seller_threshold_mean": 0.0,
    "population.seller_threshold_sd": 0.0,
    "population.onlooker_threshold_mean": 0.0,
    "population.onlooker_threshold_sd": 0.0,
    "mobilisation.weight_grievance": 0.0,
    "mobilisation.weight_social": 0.0,
    "mobilisation.weight_attention": 0.0,
}
EDGES = {
    "many for each": {  # Poisson numbers in chunks; five hundred places in the queue
        "scale": 0.01,
        "hours": 96,
        "population.n_sellers": 3000,
        "population.n_onlookers": 20_000,
        "population.n_consumers": 50_000,
        "population.ad_budget_mean": 20_000.0,
        "channel.quorum": 300.0,
        "channel.queue_places": 500,
        "channel.slot_seconds": 60.0,
        "attack.click_rate": 4.0,
        "mobilisation.efficacy_half": 2000.0,
    },
    "a weight that is no whole number": {"scale": 0.3, **EVERYTHING},
    "nobody speaks": {"channel.request_rate": 0.0},
    "nothing announced": {"announced": None},
    "announced after the end": {"announced": 400},
    "announced in the last hour": {"announced": 335},
    "no rivals": {"rivals": []},
    "rivals without attraction": {"rivals": [{"name": "x", "yearly_fee": 9.0, "attraction": 0.0}]},
    "rivals that court hard": {
        "rivals": [
            {"name": "x", "yearly_fee": 100.0, "attraction": 0.0, "effort": 50.0},
            {"name": "y", "yearly_fee": 3000.0, "attraction": 2.5, "promise_after": 0},
            {"name": "z", "yearly_fee": 0.0, "attraction": 0.3, "promise_after": 10},
        ],
        "poaching.move_rate_per_day": 0.5,
    },
    "no sellers": {"population.n_sellers": 0},
    "no onlookers": {
        "population.n_onlookers": 0,
        "population.n_sellers": 601,
        "channel.quorum": 2.0,
    },
    "no consumers": {"population.n_consumers": 0},
    "one store": {"population.n_stores": 1},
    "all to their favourites": {"shopping.favourite_share": 1.0, "shopping.stores_share": 0.0},
    "none to their favourites": {"shopping.favourite_share": 0.0, "shopping.stores_share": 1.0},
    "empty shelves": {"stores.stock_days": 0.3, "attack.purchase_rate": 3.0},
    "a step, ties join": HARD_STEP,
    "a step, ties stay out": {**HARD_STEP, "mobilisation.tie_joins": False},
    "an assembly at midnight": {
        "channel.assembly_hour": 0,
        "channel.truce_hour": 0,
        "channel.truce_days": 1,
    },
    "an assembly before the truce it called": {
        "channel.truce_hour": 23,
        "channel.attack_before_truce": 1,
        "channel.motion_unanswered": 0.8,
        "response": "silence",
    },
    "an end before the truce it called": {
        "channel.truce_hour": 23,
        "channel.attack_before_truce": 1,
        "channel.dissolve_share": 1.0,
        "response": "silence",
    },
}


MECHANISMS = {
    "a muster with a small quorum": {
        "channel.muster_after": 0,
        "channel.muster_hours": 3,
        "channel.quorum": 2.0,
        "mobilisation.muster_factor": 40.0,
        "mobilisation.weight_call": 2.0,
        "mobilisation.call_memory": 6.0,
    },
    "a call a day ahead, none in time": {
        "channel.muster_hours": 24,
        "channel.assembly_hour": 9,
        "channel.quorum": 1e5,
    },
    "a muster before anything is announced": {
        "announced": 40,
        "channel.muster_after": 0,
        "channel.muster_hours": 12,
        "mobilisation.muster_factor": 100.0,
        "mobilisation.join_rate": 0.3,
    },
    "all balk at two places": {
        "channel.balking": 1.0,
        "channel.queue_places": 2,
        "channel.request_rate": 1.0,
    },
    "nobody balks": {"channel.balking": 0.0},
    "all alike in staying": {"mobilisation.staying_shape": 0.0, "mobilisation.quit_rate": 0.2},
    "a few stay": {"mobilisation.staying_shape": 0.3, "mobilisation.quit_rate": 0.2},
    "nearly alike": {"mobilisation.staying_shape": 100.0, "mobilisation.quit_rate": 0.2},
    "a word awaited for long": {
        **EVERYTHING,
        "channel.await_hours": 90.0,
        "channel.answer_heard": 0.05,
        "channel.answer_accepted": 1.0,
        "attack.await_pause": 0.7,
    },
    "everything answered is awaited": {
        "response": "as-happened",
        "channel.answer_heard": 0.0,
        "channel.await_hours": 30.0,
        "attack.await_pause": 1.0,
    },
    "another target": {
        "response": "silence",
        "channel.divert_after": 20.0,
        "channel.truce_days": 1,
        "channel.attack_before_truce": 1.0,
        "attack.divert_share": 0.6,
    },
    "another target, and a word awaited": {
        **EVERYTHING,
        "channel.divert_after": 1.0,
        "channel.await_hours": 20.0,
        "channel.answer_heard": 0.05,
        "attack.await_pause": 0.3,
    },
    "hot goods run out": {
        "shopping.hot_share": 0.2,
        "stores.stock_days": 0.5,
        "attack.purchase_rate": 3.0,
    },
    "all goods are hot": {"shopping.hot_share": 1.0, "stores.stock_days": 1.0},
    "many targets": {
        "channel.first_targets": 30,  # more than there are stores
        "channel.targets": 8,
        "attack.discipline": 0.9,
    },
    "one target": {"channel.first_targets": 1, "channel.targets": 1},
    "others' turnout discourages": {"mobilisation.turnout_effect": -0.8},
    "others' turnout does nothing": {"mobilisation.turnout_effect": 0.0},
    "deterred beyond a threshold": {
        "response": "deter",
        "mobilisation.risk_threshold": 0.1,
        "mobilisation.weight_risk": 3.0,
    },
    "any sanction deters": {
        "response": "deter",
        "mobilisation.risk_threshold": 0.0,
        "mobilisation.weight_risk": 3.0,
    },
    "news ages in a day": {"attention.novelty": 24.0, "response": "silence"},
    "no news ages": {"attention.novelty": 0.0, "response": "silence"},
    "flat by day": {"mobilisation.presence_knee": 0.3},
    "never flat": {"mobilisation.presence_knee": 1.0},
    "everybody sees a cause": {"mobilisation.cause_full": 0.0},
}
"""Worlds in which a mechanism matters, and ones in which it is off."""


def both(changes, seed):
    """Return the two engines at hour 0 of one tiny world."""
    scenario = Scenario.load("taobao-2011").replace({**TINY, **changes})
    return Siege(scenario, seed=seed), Reference(scenario, seed)


@pytest.mark.parametrize("name", ["as-happened", "everything"])
def test_two_engines_agree_in_every_hour_of_a_fortnight_and_at_renewal(name):
    siege, reference = both(RESPONSES[name], seed=1)
    assert first_difference(siege, reference) == []
    assert not reference.running
    missing = [what for what, much in met_with(reference).items() if not much]
    assert missing == []


def test_a_phase_that_begins_calls_off_the_truce_that_was_due():
    overtaken = EDGES["an assembly before the truce it called"]
    siege, _reference = both({**overtaken, "hours": 110}, seed=1)
    phase = siege.run().hours.phase
    assert [phase[h] for h in (92, 93, 95, 109)] == [Phase.ATTACK, *[Phase.ESCALATE] * 3]


def shaken(changes, seed):
    """Move every number of the model's own tables by up to a factor of e, where it is allowed."""
    rng = np.random.default_rng(seed)
    scenario = Scenario.load("taobao-2011").replace({**TINY, **changes})
    for table in "attention mobilisation channel attack stores shopping beliefs poaching".split():
        for name, value in getattr(scenario, table)._asdict().items():
            if isinstance(value, float):
                moved = {f"{table}.{name}": value * float(np.exp(rng.uniform(-1.0, 1.0)))}
                with suppress(BesiegeError):
                    scenario = scenario.replace(moved)
    return scenario


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, 21))
def test_two_engines_agree_with_every_parameter_moved_at_random(seed):
    scenario = shaken(EVERYTHING, seed)
    assert first_difference(Siege(scenario, seed=seed), Reference(scenario, seed)) == []


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, 21))
@pytest.mark.parametrize("changes", [*RESPONSES.values()], ids=[*RESPONSES])
def test_two_engines_agree_over_twenty_seeds_of_every_response(changes, seed):
    assert first_difference(*both(changes, seed)) == []


OTHERS = {**FEES, **NETWORKS, **EDGES, **MECHANISMS}


MET = {
    "a muster with a small quorum": lambda o, s: o.called >= 0 and s["n_attackers"].any(),
    "all balk at two places": lambda o, s: not s["new_refused"].any() and s["n_queue"].max() == 2,
    "a word awaited for long": lambda o, s: o.awaited >= 0 and o.pause_again >= 0,
    "another target": lambda o, s: (s["phase"] == Phase.DIVERT).any() and o.stalled >= 0,
    "hot goods run out": lambda o, s: s["empty_shelf"].any(),
    "many targets": lambda o, s: len(o.targets) == 8,
}


@pytest.mark.parametrize("name", MET)
def test_two_engines_agree_where_a_mechanism_comes_to_bear(name):
    siege, reference = both({**MECHANISMS[name], "hours": 200}, seed=1)
    assert first_difference(siege, reference) == []
    assert MET[name](reference.organisers, reference.books.series)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("changes", [*OTHERS.values()], ids=[*OTHERS])
def test_two_engines_agree_over_fees_networks_and_at_the_edges(changes, seed):
    assert first_difference(*both(changes, seed)) == []
