"""What holds in every world, whatever its scenario: each check raises with what is broken."""

import json
import warnings

import numpy as np

from sim.core.units import Phase, Stance
from sim.outcomes.outcomes import OUTCOMES
from sim.outcomes.payments import balance
from sim.running.model import Siege
from sim.running.run import result_of
from sim.running.tables import describe_columns

SIGNED = {"store_loss", "surplus_loss", "seller_loss", "small_sales_lost"}
"""Series that are differences from the quiet twin; all others count something."""

INSIDE = [Stance.MEMBER, Stance.ATTACKING, Stance.PAUSED]
DESCRIBED = describe_columns()


def check_columns(world):
    """Hold the columns to what they are, in any hour."""
    crowd, stores, people = world.crowd, world.stores, world.consumers
    for name in ("stock", "stock_twin", "ad_left", "ad_left_twin", "n_honest", "n_bad", "support",
                 "quiet", "quiet_cod", "actions_today"):  # fmt: skip
        assert np.isfinite(getattr(stores, name)).all(), name
        assert getattr(stores, name).min() >= -1e-6, name
    shares = {
        "legitimacy": world.sellers.legitimacy, "twin": world.sellers.legitimacy_twin,
        "loyalty": people.loyalty, "hardship": crowd.hardship[: world.n_sellers],
        "sanction": np.array([world.platform.sanction]),
        "public": np.array([world.platform.legitimacy_public]),
        "attention": np.array([world.media.attention]),
        "answer": np.array([world.platform.answer]),
    }  # fmt: skip
    for name, values in shares.items():
        assert ((values >= 0) & (values <= 1)).all(), name  # NaN is neither
    inside = np.flatnonzero(np.isin(crowd.stance, INSIDE))
    assert sorted(world.inside.tolist()) == inside.tolist()
    assert not crowd.online[~np.isin(crowd.stance, INSIDE)].any()
    for role in range(world.census.shape[1]):
        of_role = crowd.role[inside] == role
        assert world.census[0, role] == of_role.sum()
        assert world.census[1, role] == crowd.online[inside][of_role].sum()
    assert np.isfinite(crowd.utility).all()
    g = world.graph
    if not g.complete:
        near = np.isin(crowd.stance, INSIDE)[g.neighbours].astype(int)
        counted = [near[a:b].sum() for a, b in zip(g.offsets, g.offsets[1:], strict=False)]
        assert crowd.neighbours_in.tolist() == counted
    assert 0 <= world.floor.n <= world.scenario.channel.queue_places
    assert world.organisers.phase in set(Phase)


def check_series(siege):
    """Hold every hourly number to its sign, its unit, and its place in the account of visits."""
    record, s = siege.record, siege.record.series
    for name, values in s.items():
        null = DESCRIBED["hours"].get(name, {"null": "never"})["null"]
        assert null != "never" or np.isfinite(values).all(), name
        assert not np.isinf(values).any(), name
        assert name in SIGNED or not (values < -1e-6).any(), name
        if DESCRIBED["hours"].get(name, {}).get("unit") in {"share", "0-1"}:
            assert not (values > 1).any(), name
    everybody = (len(siege.sellers) + len(siege.onlookers)) * siege.world.weight
    members = s["n_sellers_in"] + s["n_onlookers_in"]
    assert (members <= everybody * (1 + 1e-9)).all()
    assert (s["online"] <= members * (1 + 1e-9)).all()
    assert (s["n_attackers"] <= s["online"] * (1 + 1e-9)).all()
    for name in ("actions", "orders", "orders_twin", "rival_orders", "rival_orders_twin",
                 "ad_honest", "ad_refund", "compensation"):  # fmt: skip
        values = getattr(record, name)
        assert np.isfinite(values).all(), name
        assert values.min(initial=0.0) >= -1e-6, name
    assert np.isfinite(record.loss).all()
    sold = record.orders.sum(axis=1)
    gone = s["to_rivals"] + s["gave_up"] + s["empty_shelf"] + s["stopped"]
    np.testing.assert_allclose(sold + gone, s["wanted"], rtol=1e-9, atol=1e-6)


def check_money(siege):
    """Hold payments to cancelling, and losses to adding up to what is lost to nobody."""
    books, o = balance(siege.record), siege.outcomes
    assert (books.matrix == -books.matrix.T).all()
    paid = sum(abs(p.amount) for p in books.payments)
    assert abs(books.matrix.sum()) <= 1e-9 * paid
    turned = paid + sum(abs(part) for part in books.lost)
    parts = (
        o["cum_store_loss"] + o["cum_seller_loss"] + o["cum_consumer_surplus_loss"]
        + o["platform_loss"] - o["cum_rival_gain"]
    )  # fmt: skip
    assert abs(o["total_social_loss"] - parts) <= 1e-9 * turned + 1e-6
    assert abs(sum(books.lost) - parts) <= 1e-9 * turned + 1e-6


def check_result(siege):
    """Hold outcomes and tables to being finite, or null where they say so."""
    result = result_of(siege)
    assert len(result.hours) == siege.scenario.hours
    for name, value in result.outcomes.items():
        outcome = OUTCOMES[name]
        assert value is None or np.isfinite(value), name
        assert value is not None or outcome.null != "never", name
        counted = outcome.unit in {"hours", "hour", "people", "actions", "stores", "visits"}
        assert value is None or not counted or value >= 0, name
        if outcome.unit == "share" and name != "hit_day_sales_share":
            assert value is None or 0 <= value <= 1, name
    for table in ("hours", "stores", "rivals", "sellers"):
        rows = getattr(result, table)
        for column in rows.columns[rows.isna().any()]:
            assert DESCRIBED[table][column]["null"] != "never", (table, column)
        assert not np.isinf(rows.select_dtypes("number").to_numpy(np.float64)).any(), table
    rated = result.stores[["rating_before", "rating_after"]].to_numpy()
    assert ((rated >= 1) & (rated <= 5)).all()
    json.dumps(result.to_dict(), allow_nan=False)
    assert result.outcomes["cum_actions"] == siege.record.actions.sum()


def check_run(scenario, seed):
    """Run a world, every warning an error, hold it to all of this, and return its siege."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        siege = Siege(scenario, seed=seed)
        check_columns(siege.world)
        while siege.running:
            siege.step()
            check_columns(siege.world)
        check_series(siege)
        check_money(siege)
        check_result(siege)
    return siege
