"""Paired worlds: what must hold exactly, and the story in kind."""

import copy
import pickle

import networkx as nx
import numpy as np
import pytest

from sim.core.units import BesiegeError, Phase
from sim.running.model import Siege
from sim.scenario.scenario import Scenario

SCALE = 0.01


def run(hours=336, **given):
    siege = Siege(
        given.pop("scenario", "taobao-2011"), seed=given.pop("seed", 1), scale=SCALE, **given
    )
    siege.run_for(hours)
    return siege


def test_nobody_protests_and_no_store_loses_a_yuan_when_all_is_calm():
    calm = run(scenario="calm")
    assert calm.hours.online.max() == 0
    assert (calm.record.loss == 0.0).all()
    assert calm.hours.new_orders.sum() > 0


def test_the_same_seed_gives_the_same_hours_and_another_seed_others():
    assert run(80).hours.equals(run(80).hours)
    assert not run(80).hours.equals(run(80, seed=2).hours)


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda s: pickle.loads(pickle.dumps(s))])
def test_a_copied_siege_continues_as_the_first(copied):
    first = run(60)
    second = copied(first)
    first.run_for(20)
    second.run_for(20)
    assert first.hours.equals(second.hours)


def test_the_siege_breaks_out_on_the_second_evening_and_rests_in_a_truce():
    siege = run(200)
    assert siege.outcomes["hour_first_attack"] == 45
    assert siege.hours.online.max() > 20_000
    assert (siege.hours.phase == Phase.TRUCE).any()
    assert siege.hours.n_onlookers_in.max() > 20 * siege.hours.n_sellers_in.max()


@pytest.mark.parametrize("change", [{"strength": 0.0}, {"trigger": {"hour": 9999}}])
def test_a_measure_without_strength_or_never_due_changes_nothing(change):
    measure = {"kind": "police-report", "trigger": {"hour": 50}, **change}
    idle = run(100, response={"name": "idle", "measures": [measure]})
    assert idle.hours.equals(run(100, response="silence").hours)


def test_with_one_store_closed_no_other_store_sells_less_in_any_hour():
    scenario = Scenario.load("calm").replace(scale=0.05)
    open_, shut = Siege(scenario, seed=3), Siege(scenario, seed=3)
    shut.stores[7].close()
    for siege in (open_, shut):
        siege.run_for(120)
    others = np.arange(500) != 7
    assert shut.record.orders[:, 7].sum() == 0
    kept = np.append(shut.stores.stock[others] > 0, np.ones(20, np.bool_))
    gained = (shut.record.orders - open_.record.orders)[:, np.arange(520) != 7][:, kept]
    assert gained.min() >= 0
    assert gained.sum() > 0


def test_a_graph_of_the_wrong_size_is_refused_with_a_word():
    with pytest.raises(BesiegeError, match="allowed exactly 3495"):
        Siege("taobao-2011", seed=1, network=nx.path_graph(10), scale=SCALE)


def test_fees_that_do_not_rise_bring_no_siege():
    old = Scenario.load("taobao-2011").fees.old.model_dump()
    same = run(scenario=Scenario.load("taobao-2011").replace({"fees.new": old}), response="silence")
    assert same.hours.online.max() == 0
    assert same.outcomes["cum_actions"] == 0
    assert same.outcomes["cum_store_loss"] == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"population.ad_budget_mean": 0.0},
        {"stores.ad_use": 1.0},
        {"population.click_cost_mean": 90.0},
    ],
)
def test_a_calm_world_is_calm_whatever_its_advertising(changes):
    calm = run(72, scenario=Scenario.load("calm").replace(changes))
    assert (calm.record.loss == 0.0).all()
    assert calm.outcomes["cum_consumer_surplus_loss"] == 0.0


def test_a_truce_hour_after_the_assembly_does_not_put_the_truce_off():
    usual, late = (run(150, **{"channel.truce_hour": h}) for h in (9, 22))
    assert usual.outcomes["hour_truce"] == 105
    assert late.outcomes["hour_truce"] == 118


def test_measures_of_different_delay_keep_their_own():
    def undoing(reviews, clicks):
        trigger = {"hour": 46}
        return {
            "name": "both",
            "measures": [
                {"kind": "restore-ratings", "delay": reviews, "trigger": trigger},
                {"kind": "refund-clicks", "delay": clicks, "trigger": trigger},
            ],
        }

    quick, slow = run(60, response=undoing(0, 12)), run(60, response=undoing(12, 12))
    assert quick.outcomes["cum_ad_refund"] > 0
    assert not np.array_equal(quick.stores.n_bad, slow.stores.n_bad)


def test_fees_that_nobody_announces_are_not_charged():
    calm, same = (
        run(scenario=Scenario.load("calm").replace(changes))
        for changes in ({}, {"fees.new": Scenario.load("calm").fees.old.model_dump()})
    )
    assert calm.outcomes["fee_revenue_next_year"] == same.outcomes["fee_revenue_next_year"]
    assert calm.outcomes["share_sellers_leaving"] == same.outcomes["share_sellers_leaving"]
    assert calm.outcomes["total_social_loss"] == 0.0
