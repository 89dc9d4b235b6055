"""Worlds at the edge of what a scenario allows run to their end, without a number that is none."""

import warnings

import numpy as np
import pytest

from sim.model import Siege
from sim.runs import result_of
from sim.scenario import Scenario

EDGES = {
    "no sellers": {"population.n_sellers": 0},
    "no onlookers": {"population.n_onlookers": 0},
    "nobody at all": {"population.n_sellers": 0, "population.n_onlookers": 0},
    "no consumers": {"population.n_consumers": 0},
    "one store": {"population.n_stores": 1},
    "no rivals": {"rivals": []},
    "rivals that attract nobody": {"rivals.0.attraction": 0.0, "rivals.1.attraction": 0.0, "rivals.2.attraction": 0.0},
    "no edges": {"graph.family": "none"},
    "everybody joined": {"graph.family": "complete"},
    "one hour": {"hours": 1},
    "three weeks": {"hours": 504},
    "no noise": {"mobilisation.noise": 0.0},
    "no announcement but a response": {"announced": None},
    "announced after the end": {"announced": 9000},
    "only big stores": {"shopping.stores_share": 1.0, "shopping.favourite_share": 1.0},
    "no big store bought from": {"shopping.stores_share": 0.0, "shopping.favourite_share": 0.0},
    "no visits": {"shopping.visits_per_day": 0.0},
    "one place in the queue": {"channel.queue_places": 1},
    "everybody speaks": {"channel.request_rate": 5.0},
    "nothing is tied up": {"fees.terms.capital_rate_per_year": 0.0},
    "wild attackers": {"attack.purchase_rate": 20.0, "attack.review_rate": 20.0, "attack.click_rate": 20.0},
    "tiny motions' noise": {"channel.motion_noise": 1e-3},
}  # fmt: skip


@pytest.mark.parametrize("changes", EDGES.values(), ids=EDGES)
def test_a_world_at_the_edge_runs_to_its_end(changes):
    given = {"scale": 0.005, "hours": 120, "population.n_consumers": 2_000_000, **changes}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        siege = Siege(Scenario.load("taobao-2011").but(given), seed=1).run()
        result = result_of(siege)
    assert all(v is None or np.isfinite(v) for v in result.outcomes.values())
    whole = result.hours.drop(columns=["queue_wait", "share_focal", "legitimacy"])
    assert np.isfinite(whole.to_numpy(float)).all()
    assert (whole.drop(columns="store_loss").to_numpy(float) >= 0).all()
    assert siege.world.stores.stock.min() >= 0


def test_without_an_announcement_nobody_joins_whatever_the_platform_does():
    siege = Siege("taobao-2011", seed=1, scale=0.005, announced=None).run()
    assert siege.hours.online.max() == 0
    assert siege.outcomes["cum_actions"] == 0


def test_a_longer_run_begins_as_the_shorter_one():
    short = Siege("taobao-2011", seed=1, scale=0.005, hours=60).run().hours
    long = Siege("taobao-2011", seed=1, scale=0.005, hours=90).run().hours
    assert long[:60].equals(short)
