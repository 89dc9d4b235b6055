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
    "channel.request_rate": 0.2,
    "channel.slot_seconds": 300.0,
    "attack.discipline": 0.5,
    "stores.hit_actions": 10.0,
    "stores.stock_days": 1.0,
    "stores.delist_rate": 0.3,
    "stores.delist_half": 40.0,
    "stores.cod_half": 8.0,
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


OTHERS = {**FEES, **NETWORKS, **EDGES}


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("changes", [*OTHERS.values()], ids=[*OTHERS])
def test_two_engines_agree_over_fees_networks_and_at_the_edges(changes, seed):
    assert first_difference(*both(changes, seed)) == []
