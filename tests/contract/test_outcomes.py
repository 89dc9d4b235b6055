"""Every outcome: its fixed name, its unit, when it is null, and what it is of a shorter run."""

import dataclasses
import json
import math

import numpy as np
import pytest

from sim.core.units import Phase, Tactic
from sim.outcomes.money import NO_RENEWAL_OF_SELLERS
from sim.outcomes.outcomes import OUTCOMES, measure
from sim.outcomes.record import SERIES
from sim.running.run import result_of
from sim.running.tables import describe_columns
from tests.small_worlds import begun, finished, finished_result, one_measure

# docs/odd.md, section 9, as it stands there
NAMES = """
peak_online hour_peak_online n_sellers_at_peak share_sellers_at_peak cum_attackers
hour_first_attack hour_truce hour_truce_again hour_other_target hours_attack hours_truce hour_end
cum_actions cum_purchases cum_bad_reviews cum_refusals cum_clicks
n_stores_attacked n_stores_disrupted n_stores_delisted share_attacked_delisted
max_store_day_actions max_same_store_actions first_target_sales_share max_store_loss top5_store_loss cum_store_loss cum_store_loss_closed
cum_store_loss_rating cum_store_loss_handling cum_store_loss_ads cum_compensation
top5_store_sales_lost cum_store_sales_lost
max_store_ad_loss median_store_ad_loss cum_ad_refund hit_day_sales_share
peak_queue max_queue_wait cum_refused_speakers
share_honest_hit n_honest_accounts_hit cum_seller_loss cum_rival_gain cum_blocked
cum_failed_visits cum_consumer_surplus_loss
cum_mall_sales_loss cum_rival_sales_gain cum_sales_lost_to_all
cum_response_cost fee_revenue_next_year platform_loss
share_sellers_leaving share_sellers_multihoming total_social_loss
""".split()

HOURLY = """
online n_sellers_in n_onlookers_in n_attackers new_purchases new_bad_reviews new_refusals
new_clicks n_delisted n_cod_off share_focal n_queue queue_wait attention legitimacy
perceived_sanction new_orders new_failed_visits mall_sales rival_sales store_loss phase
""".split()

UNITS = {
    "hours", "hour", "people", "share", "actions", "stores", "yuan", "visits",
}  # fmt: skip

# Worlds in which different things do not exist.
WORLDS = {
    "as happened": {},
    "silence": {"response": "silence", "channel__divert_after": 24.0},
    "no announcement": {"announced": None, "response": "silence", "hours": 48},
    "no announcement, all measures": {"announced": None, "hours": 190},
    "nobody": {"population__n_sellers": 0, "population__n_onlookers": 0, "hours": 72},
    "a floor that nobody asks for": {"channel__request_rate": 0.0, "hours": 100},
    "no assembly decides": {"channel__quorum": 1e6, "hours": 72},
    "gentle": {"attack__purchase_rate": 0.002, "attack__review_rate": 0.0, "hours": 72,
               "attack__refusal_rate": 0.0, "attack__click_rate": 0.0},
    "stopped on the first night": {"hours": 30},
    "one hour": {"hours": 1},
    "protect": {"response": "protect", "hours": 100},
}  # fmt: skip
worlds = pytest.mark.parametrize("world", WORLDS.values(), ids=WORLDS)


@pytest.mark.parametrize("name", NAMES)
def test_an_outcome_of_the_model_exists_under_exactly_its_name(name):
    assert name in OUTCOMES
    assert name in finished().outcomes


@pytest.mark.parametrize("name", HOURLY)
def test_an_hourly_series_of_the_model_exists_under_exactly_its_name(name):
    assert name in SERIES
    assert name in finished().hours.columns
    assert len(finished().hours) == 336


@pytest.mark.parametrize("outcome", OUTCOMES.values(), ids=OUTCOMES)
def test_an_outcome_declares_unit_label_and_when_it_is_null(outcome):
    assert outcome.unit in UNITS
    assert len(outcome.label.split()) >= 2
    assert outcome.null.strip()
    described = describe_columns()["outcomes"][outcome.name]
    assert described == {
        "unit": outcome.unit, "meaning": outcome.label, "null": outcome.null,
        "aggregation": outcome.aggregation,
    }  # fmt: skip


def stretch(record, first, last):
    """Return the record of some hours alone, as if the run had been nothing else."""
    whole = record.until(last)
    by_hour = {
        f.name: getattr(whole, f.name)[first:]
        for f in dataclasses.fields(whole)
        if isinstance(getattr(whole, f.name), np.ndarray)
        and len(getattr(whole, f.name)) == last
        and getattr(whole, f.name).ndim > 1
    }
    series = {name: values[first:] for name, values in whole.series.items()}
    return dataclasses.replace(whole, hours=last - first, series=series, **by_hour)


STRETCHES = [(0, 48), (48, 96), (96, 240), (240, 336)]  # whole days
# A sum of sums is one; the largest store of all hours is not the largest of a stretch.
BY_STORE = {"max_store_loss", "max_store_ad_loss", "max_same_store_actions"}


@pytest.mark.parametrize("outcome", OUTCOMES.values(), ids=OUTCOMES)
def test_an_outcome_of_a_run_comes_of_those_of_its_stretches_as_it_declares(outcome):
    record = finished().record.until(336)
    parts = [measure(stretch(record, *hours))[outcome.name] for hours in STRETCHES]
    whole = finished().outcomes[outcome.name]
    if outcome.aggregation == "sum" and not outcome.needs_renewal:
        assert sum(parts) == pytest.approx(whole, rel=1e-9, abs=1e-3)
    elif outcome.aggregation == "max" and outcome.name not in BY_STORE:
        assert max(p for p in parts if p is not None) == whole
    elif outcome.aggregation == "count" and outcome.unit == "hours":
        assert sum(parts) == whole
    elif outcome.aggregation == "count" and whole is not None:
        assert whole == pytest.approx(round(whole), abs=1e-6)  # a sum of shares of a day
    elif outcome.aggregation == "ratio" and whole is not None:
        assert 0 <= whole <= 1.5
        assert outcome.unit == "share"
    elif outcome.aggregation == "hour":
        assert outcome.unit == "hour"
        assert whole is None or whole == int(whole)
    else:
        assert outcome.aggregation in {"sum", "max", "median", "mean of five", "count", "ratio"}


@worlds
def test_an_outcome_is_a_finite_number_or_null_where_it_says_so(world):
    for name, value in finished(**world).outcomes.items():
        assert value is None or (type(value) is float and math.isfinite(value)), name
        if value is None:
            assert OUTCOMES[name].null != "never", name


def causes_of_null(siege):
    """Say, for every declared cause, whether it holds in a run, from the series alone."""
    hours, record = siege.hours, siege.record
    daily = {}
    for t, name in enumerate(("purchases", "reviews", "refusals", "clicks")):
        by_day = record.actions[:, :, t]
        days = range(0, record.hours, 24)
        daily[name] = [by_day[d : d + 24].sum(axis=0) for d in days]
    no_clicks = [
        a + b + c
        for a, b, c in zip(daily["purchases"], daily["reviews"], daily["refusals"], strict=True)
    ]
    all_four = [a + b for a, b in zip(no_clicks, daily["clicks"], strict=True)]
    top = hours.online.max()
    by_day = [day.sum() for day in all_four]
    busy = [d for d, n in enumerate(by_day) if n >= 0.05 * max(by_day) > 0]
    acts = np.flatnonzero(record.actions.sum(axis=(1, 2)))
    first = int(acts[0]) if acts.size else 0
    night = record.actions[first : first + 12, :, : Tactic.CLICK].sum(axis=(0, 2))
    return {
        "nobody was ever online": top == 0,
        "there was no attack": record.actions.sum() == 0,
        "there was no truce": not (hours.phase == Phase.TRUCE).any(),
        "no truce was prolonged or called again": record.pause_again < 0,
        "there was no such call": not (hours["phase"] == Phase.DIVERT).any(),
        "nobody acted, or no whole day had passed since the last such day":
            not busy or record.hours < 24 * (busy[-1] + 2),
        "nobody was a target of the first 12 hours, or the run ended within that day":
            not (night >= 100).any() or record.hours < 24 * (first // 24 + 2),
        "no store was attacked": not any((day >= 100).any() for day in all_four),
        "nobody spoke": hours.queue_wait.isna().all(),
        "no measure examined anything": record.series["new_honest"].sum() == 0,
        "the run ended before the renewal": record.renewal is None,
        NO_RENEWAL_OF_SELLERS: record.renewal is None or not len(siege.sellers),
        "never": False,
        "no store had such a day": None,  # of clicks, or of the others: looked at apart
    } | {
        "clicks": not any((day >= 1000).any() for day in daily["clicks"]),
        "others": not any((day >= 1000).any() for day in no_clicks),
    }  # fmt: skip


@worlds
def test_an_outcome_is_null_exactly_when_its_declared_cause_holds(world):
    siege = finished(**world)
    causes = causes_of_null(siege)
    apart = {"median_store_ad_loss": "clicks", "hit_day_sales_share": "others"}
    wrong = [
        f"{name} is {value}: {outcome.null}"
        for name, outcome in OUTCOMES.items()
        for value in [siege.outcomes[name]]
        if (value is None) != causes[apart.get(name, outcome.null)]
    ]
    assert wrong == []


def test_each_declared_cause_of_null_holds_in_some_world_and_not_in_another():
    seen = {}
    for world in WORLDS.values():
        for cause, holds in causes_of_null(finished(**world)).items():
            seen.setdefault(cause, set()).add(holds)
    for name in ("never", "no store had such a day", "the run ended before the renewal"):
        del seen[name]
    assert {
        cause for cause, values in seen.items() if {bool(v) for v in values} != {True, False}
    } == set()


CALM_NULLS = {
    "hour_peak_online", "n_sellers_at_peak", "share_sellers_at_peak", "hour_first_attack",
    "hour_truce", "hour_truce_again", "hour_other_target", "hour_end", "share_attacked_delisted", "median_store_ad_loss",
    "hit_day_sales_share", "first_target_sales_share", "max_queue_wait", "share_honest_hit",
}  # fmt: skip


def test_in_a_calm_world_what_did_not_happen_is_null_and_never_zero():
    calm = finished(1, "calm").outcomes
    assert {name for name, value in calm.items() if value is None} == CALM_NULLS


def test_in_a_calm_world_nobody_acts_and_nobody_pays():
    calm = finished(1, "calm").outcomes
    leaving = {"share_sellers_leaving", "quiet_share_sellers_leaving"}  # may be nobody
    own = {"fee_revenue_next_year", "share_sellers_multihoming"} | leaving
    own |= {"fee_revenue_later"} | {name for name in OUTCOMES if name.startswith("quiet_")}
    shelves = finished(1, "calm").record.series["empty_shelf"].sum()
    assert calm["cum_failed_visits"] == shelves  # that honest buyers alone have emptied
    own |= {"cum_failed_visits"} if shelves else set()
    assert {n for n, v in calm.items() if v == 0} - leaving == set(OUTCOMES) - CALM_NULLS - own
    assert calm["fee_revenue_next_year"] > 0


def test_json_writes_null_for_what_does_not_exist():
    text = json.dumps(finished_result(1, "calm").to_dict(), allow_nan=False)
    outcomes = json.loads(text)["outcomes"]
    assert {name for name, entry in outcomes.items() if entry["value"] is None} == CALM_NULLS
    assert outcomes["cum_actions"] == {"value": 0.0, "unit": "actions"}
    assert '"hour_first_attack": {"value": null, "unit": "hour"}' in text


CUTS = [(1, "as-happened"), (24, "as-happened"), (47, "protect"), (96, "protect"), (144, "as-happened"),
        (200, "as-happened"), (336, "as-happened")]  # fmt: skip


@pytest.mark.parametrize(("hours", "response"), CUTS)
def test_a_record_cut_at_an_hour_has_the_outcomes_of_a_run_of_that_length(hours, response):
    whole = finished(hours=336, response=response).record
    short = finished(response=response, hours=hours)
    cut = measure(whole.until(hours))
    for name, outcome in OUTCOMES.items():
        if not outcome.needs_renewal:
            assert cut[name] == short.outcomes[name], name
        elif hours < 336:
            assert cut[name] is None
    if hours == 336:
        assert cut == short.outcomes


def test_a_record_cut_before_its_first_hour_has_outcomes_too():
    nothing = measure(finished().record.until(0))
    assert nothing["cum_actions"] == 0
    assert nothing["hour_first_attack"] is None
    assert all(v is None or v == 0 for v in nothing.values())


def test_a_record_cut_beyond_its_end_is_the_whole_record():
    record = finished().record
    assert measure(record.until(10_000)) == measure(record)


def test_a_siege_that_goes_on_gives_outcomes_of_what_is_done_so_far():
    siege = begun()
    assert siege.outcomes["cum_actions"] == 0
    siege.run_for(100)
    so_far = siege.outcomes
    assert len(siege.hours) == 100
    for name, outcome in OUTCOMES.items():
        assert (so_far[name] is None) or not outcome.needs_renewal
    assert so_far == measure(finished().record.until(100))
    assert result_of(siege).hours.shape[0] == 100


def test_sums_of_the_hourly_series_are_the_totals_of_the_run():
    siege = finished()
    totals = {
        "cum_purchases": "new_purchases", "cum_bad_reviews": "new_bad_reviews",
        "cum_refusals": "new_refusals", "cum_clicks": "new_clicks",
        "cum_failed_visits": "new_failed_visits", "cum_store_loss": "store_loss",
    }  # fmt: skip
    for outcome, series in totals.items():
        total = siege.hours[series].sum()
        assert total > 0
        assert siege.outcomes[outcome] == pytest.approx(total, rel=1e-9)
    four = ("cum_purchases", "cum_bad_reviews", "cum_refusals", "cum_clicks")
    assert siege.outcomes["cum_actions"] == sum(siege.outcomes[name] for name in four)
    causes = ("closed", "rating", "handling", "ads")
    by_cause = sum(siege.outcomes[f"cum_store_loss_{cause}"] for cause in causes)
    net = by_cause - siege.outcomes["cum_compensation"]
    assert siege.outcomes["cum_store_loss"] == pytest.approx(net, rel=1e-9)


def test_outcomes_over_stores_agree_with_the_stores_table():
    result = finished_result()
    stores, outcomes = result.stores, result.outcomes
    assert outcomes["cum_store_loss"] == pytest.approx(stores.loss.sum())
    assert outcomes["max_store_loss"] == pytest.approx(stores.loss.max())
    assert outcomes["top5_store_loss"] == pytest.approx(stores.loss.nlargest(5).mean())
    assert outcomes["cum_store_sales_lost"] == pytest.approx(stores.sales_lost.sum())
    assert outcomes["max_store_day_actions"] == stores.max_day_actions.max()
    assert outcomes["n_stores_delisted"] == (stores.hours_delisted > 0).sum()
    disrupted = (stores.hours_delisted > 0) | (stores.hours_cod_off > 0)
    assert outcomes["n_stores_disrupted"] == disrupted.sum()
    leaving = (result.sellers.choice == "LEAVE").mean()
    assert outcomes["share_sellers_leaving"] == pytest.approx(leaving)
    assert 0 < leaving < 1


def test_compensation_includes_refunds_of_clicks_and_nothing_is_paid_in_silence():
    paid = finished(response=one_measure("refund-clicks", trigger={"hour": 46})).outcomes
    assert paid["cum_compensation"] >= paid["cum_ad_refund"] > 0
    quiet = finished(response="silence").outcomes
    assert quiet["cum_compensation"] == quiet["cum_ad_refund"] == 0
