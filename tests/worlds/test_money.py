"""Money and goods: who pays whom, and that nothing comes from nowhere or goes there."""

import numpy as np
import pytest

from sim.core.units import Cause, Tactic
from sim.outcomes.payments import Party, balance, payments_of
from tests.small_worlds import THROTTLE, begun, finished, finished_result

RESPONSES = {
    "silence": "silence",
    "protect": "protect",
    "throttle": THROTTLE,
    "as-happened": "as-happened",
    "protect-and-talk": "protect-and-talk",
}
CASES = [(name, 1) for name in RESPONSES] + [("silence", 2), ("as-happened", 2)]
cases = pytest.mark.parametrize(("response", "seed"), CASES)


def siege_of(response, seed):
    return finished(seed, response=RESPONSES[response])


@cases
def test_what_one_party_pays_another_gets_and_all_payments_cancel(response, seed):
    matrix = balance(siege_of(response, seed).record).matrix
    assert matrix.shape == (len(Party), len(Party))
    assert (matrix == -matrix.T).all()
    assert matrix.sum() == pytest.approx(0, abs=1e-6)
    assert (np.diag(matrix) == 0).all()
    assert np.abs(matrix).max() > 1000


@cases
def test_what_the_parties_lose_adds_up_to_what_is_lost_to_nobody(response, seed):
    siege = siege_of(response, seed)
    o, books = siege.outcomes, balance(siege.record)
    total = (
        o["cum_store_loss"] + o["cum_seller_loss"] + o["cum_consumer_surplus_loss"]
        + o["platform_loss"] - o["cum_rival_gain"]
    )  # fmt: skip
    assert o["total_social_loss"] == pytest.approx(total, rel=1e-9)
    assert sum(books.lost) == pytest.approx(total, rel=1e-9)
    assert abs(total) > 1e6


@cases
def test_the_accounts_of_each_party_are_those_of_the_outcomes(response, seed):
    siege = siege_of(response, seed)
    o, books = siege.outcomes, balance(siege.record)
    net = books.matrix.sum(axis=1)
    by_party = {
        Party.PLATFORM: "platform_loss",
        Party.STORES: "cum_store_loss",
        Party.SELLERS: "cum_seller_loss",
        Party.SHOPPERS: "cum_consumer_surplus_loss",
    }
    for party, name in by_party.items():
        assert books.lost[party] + net[party] == pytest.approx(o[name], rel=1e-9, abs=1e-3)
    assert books.lost[Party.RIVALS] + net[Party.RIVALS] == pytest.approx(
        -o["cum_rival_gain"], rel=1e-9
    )


@cases
def test_the_platform_pays_nothing_but_what_its_response_says(response, seed):
    siege = siege_of(response, seed)
    paid = {p.kind: p.amount for p in payments_of(siege.record)}
    kinds = {m.kind for m in siege.scenario.response.measures}
    assert (paid["refunds of clicks"] > 0) == ("refund-clicks" in kinds)
    assert (paid["subsidies"] > 0) == ("subsidise" in kinds)
    if not kinds:
        assert siege.outcomes["cum_response_cost"] == 0
        assert paid["use of deposits"] <= 0  # of those who leave


@cases
def test_the_platform_loses_its_share_of_every_sale_that_the_mall_lost(response, seed):
    siege = siege_of(response, seed)
    r, share = siege.record, siege.scenario.fees.terms.commission_share
    lost = ((r.orders_twin - r.orders) * r.price).sum(axis=0)
    paid = {p.kind: p for p in payments_of(r)}
    stores, sellers = paid["commission of big stores"], paid["commission of sellers"]
    assert stores.amount == pytest.approx(-share * lost[: r.first].sum())
    assert sellers.amount == pytest.approx(-share * lost[r.first :].sum())
    clicks = r.actions[:, :, Tactic.CLICK].sum(axis=0) @ r.click_cost
    assert paid["advertising"].amount < clicks  # less what honest clicks no longer cost
    run, twin = r.renewal.run, r.renewal.twin
    income = run.fees + run.deposits - run.subsidies - twin.fees - twin.deposits + twin.subsidies
    income += stores.amount + sellers.amount + paid["advertising"].amount
    spent = r.series["response_cost"].sum() + siege.outcomes["cum_compensation"]
    assert siege.outcomes["platform_loss"] == pytest.approx(spent - income)
    for payment in paid.values():
        assert payment.payer != payment.payee


HITS_HONEST = {"as-happened", "protect", "protect-and-talk", "throttle"}
"""Responses that stop or void honest orders by mistake."""


@cases
def test_every_order_that_was_wanted_is_accounted_for_in_every_hour(response, seed):
    r = siege_of(response, seed).record
    s = r.series
    sold = r.orders.sum(axis=1)
    gone = s["to_rivals"] + s["gave_up"] + s["empty_shelf"] + s["stopped"]
    assert sold + gone == pytest.approx(s["wanted"], abs=1e-6)
    assert s["new_orders"].tolist() == sold.tolist()
    won = r.rival_orders.sum(axis=1) - r.rival_orders_twin.sum(axis=1)
    assert won == pytest.approx(s["to_rivals"], abs=1e-6)
    assert s["to_rivals"].sum() > 0
    assert (s["stopped"].sum() > 0) == (response in HITS_HONEST)


@cases
def test_sales_are_orders_at_their_price_here_and_in_the_twin(response, seed):
    r, o = siege_of(response, seed).record, siege_of(response, seed).outcomes
    assert r.series["mall_sales"] == pytest.approx(r.orders @ r.price)
    assert r.series["mall_sales_twin"] == pytest.approx(r.orders_twin @ r.price)
    lost = o["cum_mall_sales_loss"]
    assert lost == pytest.approx(o["cum_rival_sales_gain"] + o["cum_sales_lost_to_all"])
    small = (r.orders_twin - r.orders)[:, r.first :].sum() * r.price[-1]
    assert lost == pytest.approx(o["cum_store_sales_lost"] + small)


@pytest.mark.parametrize("response", RESPONSES)
def test_goods_on_the_shelf_and_goods_that_are_out_add_up_hour_by_hour(response):
    siege = begun(3, response=RESPONSES[response], hours=130, shopping__hot_share=1.0)
    w, hold = siege.world, siege.scenario.stores.hold_hours
    stores, n = w.stores, w.stores.price.size
    least_room = np.inf
    for hour in range(130):
        siege.step()
        out = w.out[max(0, hour - hold + 1) : hour + 1].sum(axis=0)
        since_midnight = slice(hour // 24 * 24, hour + 1)
        sold = w.books.orders[since_midnight, :n].sum(axis=0)
        twin_sold = w.books.orders_twin[since_midnight, :n].sum(axis=0)
        assert stores.stock == pytest.approx(stores.opening_stock - out - sold, abs=1e-6)
        assert stores.stock_twin == pytest.approx(stores.opening_stock - twin_sold, abs=1e-6)
        assert stores.stock.min() >= 0
        assert stores.stock_twin.min() >= 0
        assert (stores.stock <= stores.opening_stock + out).all()
        assert out.min() >= 0
        least_room = min(least_room, (stores.stock / stores.opening_stock).min())
    assert least_room < 0.5


@cases
def test_no_budget_is_overspent_and_no_click_is_refunded_twice(response, seed):
    siege = siege_of(response, seed)
    r, stores = siege.record, siege.world.stores
    clicks = r.actions[:, :, Tactic.CLICK] * stores.click_cost
    for day in range(0, r.hours, 24):
        spent = (clicks + r.ad_honest)[day : day + 24].sum(axis=0)
        assert (spent <= stores.ad_budget + 1e-6).all()
    assert (r.ad_refund.sum(axis=0) <= clicks.sum(axis=0) + r.ad_honest.sum(axis=0) + 1e-6).all()
    assert stores.ad_left.min() >= -1e-9


@cases
def test_reviews_and_handling_are_undone_at_most_once(response, seed):
    siege = siege_of(response, seed)
    r, p = siege.record, siege.scenario.stores
    written = r.actions[:, :, Tactic.BAD_REVIEW].sum(axis=0)
    standing = siege.world.stores.n_bad
    assert standing.min() >= 0
    assert (standing <= written).all()
    handling = r.loss[:, :, Cause.HANDLING].sum(axis=0)
    most = (
        r.actions[:, :, Tactic.PURCHASE].sum(axis=0) * p.handling_purchase
        + r.actions[:, :, Tactic.REFUSAL].sum(axis=0) * p.handling_refusal
    )
    assert handling.min() >= 0
    assert (handling <= most + 1e-6).all()
    if response == "silence":
        assert handling == pytest.approx(most)


@cases
def test_every_share_lies_between_nought_and_one(response, seed):
    siege = siege_of(response, seed)
    for name in ("share_focal", "attention", "legitimacy", "perceived_sanction"):
        assert siege.hours[name].dropna().between(0, 1).all()
    for name, value in siege.outcomes.items():
        if name.startswith("share_") or name.endswith("_share"):
            # a store that is spared may sell more than its twin
            assert value is None or 0 <= value <= (1 if name != "hit_day_sales_share" else 2)
    w = siege.world
    columns = (w.sellers.legitimacy, w.sellers.legitimacy_twin, w.crowd.hardship[: w.n_sellers],
               w.crowd.risk, w.crowd.curiosity, w.consumers.loyalty, w.stores.margin)  # fmt: skip
    for column in columns:
        assert column.min() >= 0
        assert column.max() <= 1
    ratings = siege.stores.rating
    assert ratings.min() >= 1
    assert ratings.max() <= 5


@cases
def test_hourly_counts_are_never_below_nought(response, seed):
    siege = siege_of(response, seed)
    signed = {"store_loss"}
    for name in set(siege.hours.columns) - signed:
        assert siege.hours[name].dropna().ge(0).all(), name
    for name, values in siege.record.series.items():
        if name not in {*signed, "surplus_loss", "seller_loss", "small_sales_lost"}:
            assert np.nanmin(values) >= 0, name
    assert (siege.hours.online <= siege.hours.n_sellers_in + siege.hours.n_onlookers_in).all()
    assert (siege.hours.n_attackers <= siege.hours.online).all()


def test_in_a_calm_world_every_account_is_empty_to_the_last_fen():
    books = balance(finished(1, "calm").record)
    assert books.lost == (0.0, 0.0, 0.0, 0.0, 0.0)
    assert (books.matrix == 0).all()
    assert books.social == 0


def test_a_record_before_the_renewal_has_an_account_without_next_year():
    r = finished().record
    kinds = {p.kind for p in payments_of(r)} - {p.kind for p in payments_of(r.until(100))}
    assert kinds == {"fees next year", "use of deposits", "subsidies", "rivals' fees"}
    short = balance(r.until(100))
    assert sum(short.lost) == pytest.approx(short.social)


def test_a_rise_that_hurts_nobody_brings_no_siege_and_costs_nobody():
    siege = finished(fees__new__standard=6000, fees__new__premium=6000, fees__new__refunds=[],
                     fees__new__deposits=[{"turnover_from": 0, "amount": 10_000}],
                     response="silence", hours=72)  # fmt: skip
    assert siege.sellers.hardship.max() == 0
    assert siege.outcomes["cum_actions"] == 0
    assert siege.outcomes["total_social_loss"] == pytest.approx(0, abs=1e-6)


def test_a_result_holds_the_accounts_of_its_run_and_draws_it():
    result = finished_result()
    assert result.accounts == balance(finished().record)
    assert result.accounts.platform == result.outcomes["platform_loss"]
    assert any("online" in text.get_text() for text in result.plot().texts)
