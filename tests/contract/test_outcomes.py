"""Every outcome of model.md section 5: its name, unit, null rule, and how it is cut short."""

import json
import math

import pytest

from sim import tables
from sim.model import Siege
from sim.outcomes import OUTCOMES, measure
from sim.record import SERIES
from sim.runs import result_of

NAMES = (
    "peak_online hour_peak_online n_sellers_at_peak share_sellers_at_peak cum_attackers "
    "hour_first_attack hour_truce hours_attack hours_truce hour_end cum_actions cum_purchases "
    "cum_bad_reviews cum_refusals cum_clicks n_stores_attacked n_stores_disrupted "
    "n_stores_delisted share_attacked_delisted max_store_day_actions max_store_loss "
    "top5_store_loss cum_store_loss cum_store_loss_closed cum_store_loss_rating "
    "cum_store_loss_handling cum_store_loss_ads cum_compensation top5_store_sales_lost "
    "cum_store_sales_lost max_store_ad_loss median_store_ad_loss cum_ad_refund "
    "hit_day_sales_share peak_queue max_queue_wait cum_refused_speakers share_honest_hit "
    "n_honest_accounts_hit cum_seller_loss cum_rival_gain cum_blocked cum_failed_visits "
    "cum_consumer_surplus_loss cum_mall_sales_loss cum_rival_sales_gain cum_sales_lost_to_all "
    "cum_response_cost fee_revenue_next_year platform_loss share_sellers_leaving "
    "share_sellers_multihoming total_social_loss"
).split()


@pytest.fixture(scope="module")
def besieged():
    return Siege("taobao-2011", seed=1, scale=0.01).run()


@pytest.fixture(scope="module")
def calm():
    return Siege("calm", seed=1, scale=0.01, hours=72).run()


def test_every_outcome_of_the_design_exists_under_its_name():
    assert set(NAMES) <= set(OUTCOMES)


@pytest.mark.parametrize("outcome", OUTCOMES.values(), ids=lambda o: o.name)
def test_an_outcome_has_a_unit_a_meaning_and_says_when_it_is_null(outcome, besieged, calm):
    assert outcome.unit
    assert outcome.label
    for siege in (besieged, calm):
        value = siege.outcomes[outcome.name]
        assert value is None or math.isfinite(value)
        if outcome.null == "never":
            assert value is not None


def test_where_nobody_attacks_there_is_no_first_attack_and_no_loss(calm):
    o = calm.outcomes
    absent = (
        "hour_first_attack hour_truce hour_end hour_peak_online n_sellers_at_peak "
        "share_attacked_delisted median_store_ad_loss hit_day_sales_share max_queue_wait "
        "share_honest_hit"
    )
    assert [o[name] for name in absent.split()] == [None] * 10
    assert o["cum_store_loss"] == o["max_store_loss"] == o["cum_consumer_surplus_loss"] == 0.0
    assert o["total_social_loss"] == o["platform_loss"] == o["cum_seller_loss"] == 0.0
    assert '"hour_first_attack": {"value": null' in json.dumps(result_of(calm).to_dict())


@pytest.mark.parametrize("hours", [30, 72, 144])
def test_a_record_cut_short_gives_the_outcomes_of_a_run_stopped_there(besieged, hours):
    stopped = measure(Siege("taobao-2011", seed=1, scale=0.01, hours=hours).run().record)
    cut = measure(besieged.record.until(hours))
    for name, outcome in OUTCOMES.items():
        assert cut[name] == (None if outcome.needs_renewal else stopped[name]), name


def test_every_column_of_every_table_has_unit_and_meaning(besieged):
    described, result = tables.describe_columns(), result_of(besieged)
    for name in ("hours", "stores", "rivals", "sellers"):
        assert list(getattr(result, name).columns) == list(described[name])
    assert set(described["hours"]) == {"hour", *SERIES}
    for columns in described.values():
        assert all(c["unit"] and c["meaning"] and c["null"] for c in columns.values())


def test_tables_agree_with_the_outcomes(besieged):
    result = result_of(besieged)
    o, stores = result.outcomes, result.stores
    assert stores.loss.sum() == pytest.approx(o["cum_store_loss"], rel=1e-9)
    assert stores.clicks.sum() == o["cum_clicks"]
    assert (stores.hours_delisted > 0).sum() == o["n_stores_delisted"]
    assert result.hours.online.max() == o["peak_online"]
    leaving = (result.sellers.choice == "LEAVE").mean()
    assert leaving == pytest.approx(o["share_sellers_leaving"])
