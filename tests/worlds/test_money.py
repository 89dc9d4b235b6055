"""Each yuan that one loses is booked at another or lost to nobody; orders and goods are kept."""

from functools import cache

import numpy as np
import pytest

from sim.model import Siege
from sim.money import Party, balance
from sim.outcomes import measure
from sim.units import Cause

RESPONSES = ("silence", "protect", "as-happened", "protect-and-talk")
THROTTLE = {
    "name": "throttle",
    "measures": [{"kind": "throttle", "trigger": {"hours_after_first_attack": 3}}],
}


@cache
def run(response, seed=1):
    given = THROTTLE if response == "throttle" else response
    return Siege("taobao-2011", seed=seed, scale=0.01, response=given).run()


@pytest.fixture(params=[*RESPONSES, "throttle"])
def siege(request):
    return run(request.param)


def test_what_one_pays_another_gets(siege):
    books = balance(siege.record)
    assert np.array_equal(books.matrix, -books.matrix.T)
    assert abs(books.matrix.sum()) < 1e-6
    assert any(abs(p.amount) > 0 for p in books.payments)


def test_losses_add_up_to_the_social_loss_and_to_what_is_lost_to_nobody(siege):
    books, o = balance(siege.record), measure(siege.record)
    parts = (
        o["cum_store_loss"] + o["cum_seller_loss"] + o["cum_consumer_surplus_loss"]
        + o["platform_loss"] - o["cum_rival_gain"]
    )  # fmt: skip
    assert o["total_social_loss"] == pytest.approx(parts, rel=1e-12)
    assert sum(books.lost) == pytest.approx(parts, rel=1e-9)
    assert books.stores == pytest.approx(o["cum_store_loss"], rel=1e-9)
    assert books.shoppers == pytest.approx(o["cum_consumer_surplus_loss"], rel=1e-12)


def test_a_stores_loss_is_its_causes_less_what_the_platform_paid(siege):
    o = measure(siege.record)
    causes = (f"cum_store_loss_{c}" for c in ("closed", "rating", "handling", "ads"))
    whole = sum(o[c] for c in causes) - o["cum_compensation"]
    assert o["cum_store_loss"] == pytest.approx(whole, rel=1e-9)
    assert siege.record.loss[:, :, Cause.HANDLING].sum() >= 0


def test_every_visit_that_wants_to_buy_is_sold_to_or_accounted_for(siege):
    s, r = siege.record.series, siege.record
    ends = s["to_rivals"] + s["gave_up"] + s["empty_shelf"] + s["stopped"]
    assert np.allclose(s["wanted"], s["new_orders"] + ends, rtol=0, atol=1e-6)
    assert np.allclose(s["new_orders"], r.orders.sum(axis=1), rtol=0, atol=1e-6)


def test_goods_and_shares_stay_within_their_bounds(siege):
    x, s = siege.world.stores, siege.record.series
    assert x.stock.min() >= 0
    assert (x.stock <= x.opening_stock + 1e-9).all()
    assert x.ad_left.min() >= 0
    assert x.n_bad.min() >= 0
    for name in ("attention", "legitimacy", "perceived_sanction"):
        assert 0 <= s[name].min()
        assert s[name].max() <= 1
    assert np.nanmax(s["share_focal"]) <= 1
    assert all(values.min() >= 0 for name, values in s.items() if name.startswith(("n_", "new_")))


def test_a_throttle_stops_false_orders_and_some_honest_ones():
    free, held = run("silence"), run("throttle")
    assert held.record.series["new_throttled"].sum() > 0
    assert held.outcomes["n_honest_accounts_hit"] > 0
    assert free.outcomes["n_honest_accounts_hit"] == 0
    assert free.outcomes["share_honest_hit"] is None


def test_parties_are_named_once():
    assert len({p.name for p in Party}) == len(Party) == 5
