"""Worlds at their edges: nobody, nothing, everything; without a crash, a NaN or a warning."""

import json
import warnings

import networkx as nx
import numpy as np
import pytest

from sim.core.units import BesiegeError
from sim.outcomes.outcomes import OUTCOMES
from sim.running.model import Siege
from sim.running.run import result_of
from sim.running.tables import describe_columns
from tests.invariants import check_columns, check_money, check_result, check_series
from tests.small_worlds import SMALL, begun, small_scenario

WORLDS = {
    "no sellers": {"population__n_sellers": 0},
    "no onlookers": {"population__n_onlookers": 0},
    "nobody at all": {"population__n_sellers": 0, "population__n_onlookers": 0},
    "one seller and one onlooker": {"population__n_sellers": 100, "population__n_onlookers": 100},
    "no shoppers": {"population__n_consumers": 0},
    "one shopper": {"population__n_consumers": 100},
    "one store": {"population__n_stores": 1},
    "three stores": {"population__n_stores": 3},
    "thousands of stores": {"population__n_stores": 5000, "hours": 72},
    "no rivals": {"rivals": []},
    "rivals that attract nobody": {
        "rivals": [{"name": "Nobody", "yearly_fee": 0.0, "attraction": 0.0}]
    },
    "no edges": {"graph__family": "none"},
    "no neighbours": {"graph__mean_degree": 0},
    "everybody knows everybody": {"graph__family": "complete"},
    "one hour": {"hours": 1},
    "two hours": {"hours": 2},
    "longer than the default": {"hours": 400},
    "no announcement but all measures": {"announced": None, "hours": 190},
    "an announcement after the end": {"announced": 5000, "hours": 72},
    "an announcement at once": {"announced": 0, "hours": 72},
    "nobody ever buys anything": {"shopping__visits_per_day": 0},
    "everybody attacks all the time": {
        "mobilisation__join_rate": 1.0, "mobilisation__quit_rate": 0.0, "attack__eagerness": 5.0,
        "attack__purchase_rate": 20.0, "attack__click_rate": 20.0, "hours": 50,
        "population__n_onlookers": 30_000, "population__n_sellers": 5_000,
    },
    "no noise at all": {"mobilisation__noise": 0.0, "hours": 72},
    "a mall without advertising": {"population__ad_budget_mean": 0.0},
    "shelves that are nearly bare": {"stores__stock_days": 0.1},
    "stores that never close": {
        "stores__delist_rate": 0.0, "stores__delist_stockout": 0.0, "stores__precaution": 0.0,
        "stores__precaution_category": 0.0, "stores__cod_rate": 0.0,
    },
    "stores that close at once": {"stores__delist_rate": 10.0, "stores__delist_half": 0.001},
    "shoppers of one store only": {"shopping__favourite_share": 1.0},
    "only big stores": {"shopping__stores_share": 1.0, "shopping__favourite_share": 1.0},
    "no big store bought from": {"shopping__stores_share": 0.0, "shopping__favourite_share": 0.0},
    "one place in the queue": {"channel__queue_places": 1},
    "everybody speaks": {"channel__request_rate": 5.0},
    "speakers without a doubt": {"channel__motion_noise": 1e-3},
    "nothing is tied up": {"fees__terms__capital_rate_per_year": 0.0},
    "the smallest scale": {"scale": 0.001},
}  # fmt: skip
worlds = pytest.mark.parametrize("world", WORLDS.values(), ids=WORLDS)


def extreme(world):
    """Run a world to its end, with every warning an error."""
    given = {"hours": 84, **world}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        siege = begun(1, **given).run()
        return siege, result_of(siege)


@worlds
def test_a_world_at_its_edge_runs_through_and_gives_sane_numbers(world):
    siege, result = extreme(world)
    hours = siege.scenario.hours
    assert len(result.hours) == hours
    for name, value in result.outcomes.items():
        assert value is None or np.isfinite(value), name
        if value is None:
            assert OUTCOMES[name].null != "never", name
    described = describe_columns()
    for table in ("hours", "stores", "rivals", "sellers"):
        rows = getattr(result, table)
        for column in rows.columns[rows.isna().any()]:
            assert described[table][column]["null"] != "never", (table, column)
        numbers = rows.select_dtypes("number").to_numpy(np.float64)
        assert not np.isinf(numbers).any()
    signed = {"store_loss"}
    for name in set(siege.hours.columns) - signed:
        assert siege.hours[name].dropna().ge(0).all(), name
    everybody = len(siege.sellers) + len(siege.onlookers)
    most = everybody / siege.scenario.scale
    assert (siege.hours.n_sellers_in + siege.hours.n_onlookers_in).max() <= most + 1e-6
    assert siege.world.stores.stock.min() >= 0
    json.dumps(result.to_dict(), allow_nan=False)
    assert siege.outcomes["cum_actions"] == siege.record.actions.sum()


LOOKED_AT = ("no sellers", "nobody at all", "no shoppers", "one store", "no rivals", "no edges",
             "everybody knows everybody", "one hour")  # fmt: skip


@pytest.mark.parametrize("name", LOOKED_AT)
def test_the_agents_and_networks_of_a_world_at_its_edge_can_be_looked_at(name):
    siege = begun(1, **{"hours": 50, **WORLDS[name]}).run()
    assert siege.graph.number_of_nodes() == len(siege.sellers) + len(siege.onlookers)
    assert set(siege.networks()) == {"coordination", "attacks", "moves", "favourites"}
    for table in (siege.sellers, siege.onlookers, siege.consumers, siege.stores):
        assert len(list(table.select(at_most=3))) == min(3, len(table))
        if len(table):
            assert table[0].state()


def test_nobody_attacks_where_nobody_hears_of_the_rise():
    for world in ({"announced": None}, {"announced": 5000}, {"population__n_sellers": 0,
                  "population__n_onlookers": 0}):  # fmt: skip
        siege, _result = extreme({**world, "hours": 72})
        assert siege.outcomes["cum_actions"] == 0
        assert siege.outcomes["cum_store_loss"] == 0
        assert siege.hours.online.max() == 0


def test_without_sellers_the_mean_of_their_views_is_null_and_not_a_number():
    siege, result = extreme({"population__n_sellers": 0})
    assert siege.hours.legitimacy.isna().all()
    assert len(result.sellers) == 0
    assert siege.outcomes["fee_revenue_next_year"] == 0
    for name in ("leaving", "multihoming"):
        assert siege.outcomes[f"share_sellers_{name}"] is None
    assert siege.outcomes["quiet_share_sellers_leaving"] is None
    assert not any("renewal" in line for line in result.story())


def test_without_shoppers_nothing_is_sold_and_nobody_fails():
    siege, _result = extreme({"population__n_consumers": 0})
    assert siege.hours.new_orders.sum() == 0
    assert siege.hours.new_failed_visits.sum() == 0
    assert siege.outcomes["cum_consumer_surplus_loss"] == 0


def test_with_one_store_all_actions_meet_that_store():
    siege, result = extreme({"population__n_stores": 1})
    assert result.stores.shape[0] == 1
    total = result.stores[["purchases", "bad_reviews", "refusals", "clicks"]].to_numpy().sum()
    assert total == siege.outcomes["cum_actions"] > 0
    assert siege.outcomes["top5_store_loss"] == siege.outcomes["max_store_loss"]


def test_a_horizon_beyond_the_default_begins_as_the_default_does():
    long, short = (begun(1, hours=hours, scale=0.005).run() for hours in (360, 336))
    assert long.hours[:336].equals(short.hours)


def test_in_a_mall_without_rivals_nobody_wins_its_sales_or_its_sellers():
    siege, _result = extreme({"rivals": []})
    assert siege.outcomes["cum_actions"] > 0
    assert siege.hours.rival_sales.sum() == 0
    for name in ("cum_rival_sales_gain", "cum_rival_gain", "share_sellers_leaving",
                 "share_sellers_multihoming"):  # fmt: skip
        assert siege.outcomes[name] == 0
    assert siege.outcomes["cum_sales_lost_to_all"] == siege.outcomes["cum_mall_sales_loss"]


EMPTY = {"population__n_sellers": 0, "population__n_onlookers": 0, "population__n_consumers": 0,
         "population__n_stores": 1, "graph__family": "none", "rivals": [], "announced": 0}  # fmt: skip


@pytest.mark.parametrize("hours", [1, 25])
def test_a_world_of_one_store_and_nobody_at_all_costs_nobody_anything(hours):
    siege, result = extreme({**EMPTY, "hours": hours})
    check_series(siege)
    check_money(siege)
    check_result(siege)
    for name in ("cum_actions", "total_social_loss", "cum_mall_sales_loss", "platform_loss"):
        assert siege.outcomes[name] == 0
    assert result.stores.orders.tolist() == [0]


@pytest.mark.slow
@pytest.mark.parametrize("response", ["silence", "protect-and-talk"])
def test_a_year_runs_through_and_its_fortnight_is_the_usual_one(response):
    small = {"scale": 0.002, "population__n_consumers": 200_000, "population__n_stores": 20}
    year, _result = extreme({**small, "hours": 8760, "response": response})
    check_columns(year.world)
    check_series(year)
    check_money(year)
    check_result(year)
    fortnight, _result = extreme({**small, "hours": 336, "response": response})
    assert year.hours[:336].equals(fortnight.hours)
    assert year.outcomes["cum_actions"] > 0


@pytest.mark.parametrize("nodes", [0, 1, 3494, 3496])
def test_a_network_of_another_size_than_the_crowd_is_refused(nodes):
    with pytest.raises(BesiegeError, match="allowed exactly 3495"):
        Siege(small_scenario(), seed=1, network=nx.empty_graph(nodes))


def test_a_network_without_edges_is_the_family_none():
    ours = Siege(small_scenario(hours=60), seed=1, network=nx.empty_graph(3495)).run()
    none = begun(1, hours=60, graph__family="none").run()
    assert ours.hours.equals(none.hours)
    assert SMALL["scale"] == 0.01
