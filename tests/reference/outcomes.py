"""What a run came to, from its books alone (9); what does not exist is None."""

import math

import numpy as np

from sim.core.chance import AT_RENEWAL, Stream
from sim.core.units import Cause, Phase, Tactic


def days(by_hour):
    """Add up blocks of 24 hours from hour 0, the last one as far as it goes."""
    return np.array([by_hour[h : h + 24].sum(axis=0) for h in range(0, len(by_hour), 24)])


def top5(values):
    """Give the mean of the five largest."""
    return float(np.mean(np.sort(values)[::-1][:5]))


def first_hour(which):
    """Give the first hour at which something holds, or None."""
    return float(np.argmax(which)) if which.any() else None


def outcomes(model):
    """Give every outcome by name."""
    found = {
        **_crowd(model.books, model.organisers),
        **_attack(model.books),
        **_stores(model),
        **_mall(model.books),
        **_renewal(model),
        **_who_pays(model),
    }
    return {
        name: None if value is None or not math.isfinite(value) else float(value)
        for name, value in found.items()
    }


def _crowd(books, organisers):
    s = books.series
    online, phase = s["online"], s["phase"]
    peak, at = float(online.max()), int(online.argmax())
    was_online, spoke = peak > 0.0, np.isfinite(s["queue_wait"]).any()
    again = organisers.pause_again
    return {
        "peak_online": peak,
        "hour_peak_online": at if was_online else None,
        "n_sellers_at_peak": s["online_sellers"][at] if was_online else None,
        "share_sellers_at_peak": s["online_sellers"][at] / peak if was_online else None,
        "cum_attackers": s["new_attackers"].sum(),
        "hour_first_attack": first_hour(books.actions.sum(axis=(1, 2)) > 0),
        "hour_truce": first_hour(phase == Phase.TRUCE),
        "hours_attack": np.isin(phase, (Phase.ATTACK, Phase.ESCALATE, Phase.DIVERT)).sum(),
        "hours_truce": (phase == Phase.TRUCE).sum(),
        "hour_truce_again": again if again >= 0 else None,
        "hour_other_target": first_hour(phase == Phase.DIVERT),
        "hour_end": _end(books),
        "peak_queue": s["n_queue"].max(),
        "max_queue_wait": s["longest_wait"].max() if spoke else None,
        "cum_refused_speakers": s["new_refused"].sum(),
    }


def _end(books):
    """Give the midnight after the last day with a twentieth of the busiest day's actions."""
    by_day = days(books.actions.sum(axis=(1, 2)))
    if by_day.max() == 0.0:
        return None
    last = max(d for d, n in enumerate(by_day) if n >= 0.05 * by_day.max())
    whole_days = books.hours // 24
    return 24 * (last + 1) if last + 1 < whole_days else None


def _same_store(books):
    """Give the most purchases and bad reviews on one store in the 24 hours up to any hour."""
    both = books.actions[:, :, Tactic.PURCHASE] + books.actions[:, :, Tactic.BAD_REVIEW]
    return max(both[max(0, h - 23) : h + 1].sum(axis=0).max() for h in range(books.hours))


def _first_target(model):
    """Give the sales share of a first target, picked by lot, on the day after the first attack."""
    books = model.books
    first = first_hour(books.actions.sum(axis=(1, 2)) > 0)
    if first is None:
        return None
    midnight = 24 * (int(first) // 24 + 1)
    if midnight + 24 > books.hours:
        return None
    no_clicks = books.actions.sum(axis=2) - books.actions[:, :, Tactic.CLICK]
    night = no_clicks[int(first) : int(first) + 12].sum(axis=0)
    orders = books.orders[midnight : midnight + 24].sum(axis=0)
    twin = books.orders_twin[midnight : midnight + 24].sum(axis=0)
    targets = [k for k in range(len(model.stores)) if night[k] >= 100 and twin[k] > 0]
    if not targets:
        return None
    u = model.dice.u(Stream.NAMED_TARGET, 0, AT_RENEWAL)
    named = targets[int(u * len(targets))]
    return orders[named] / twin[named]


def _attack(books):
    by_tactic = books.actions.sum(axis=(0, 1))
    by_day = days(books.actions)
    attacked = (by_day.sum(axis=2) >= 100).any(axis=0)
    delisted = books.delisted.any(axis=0)
    no_clicks = by_day.sum(axis=2) - by_day[:, :, Tactic.CLICK]
    return {
        "cum_actions": by_tactic.sum(),
        "cum_purchases": by_tactic[Tactic.PURCHASE],
        "cum_bad_reviews": by_tactic[Tactic.BAD_REVIEW],
        "cum_refusals": by_tactic[Tactic.REFUSAL],
        "cum_clicks": by_tactic[Tactic.CLICK],
        "cum_blocked": books.series["new_blocked"].sum(),
        "n_stores_attacked": attacked.sum(),
        "n_stores_disrupted": (delisted | books.cod_off.any(axis=0)).sum(),
        "n_stores_delisted": delisted.sum(),
        "share_attacked_delisted": delisted[attacked].mean() if attacked.any() else None,
        "max_store_day_actions": no_clicks.max(),
        "max_same_store_actions": _same_store(books),
    }


def _stores(model):
    books, n = model.books, len(model.stores)
    loss = books.loss.sum(axis=(0, 2))
    loss = loss - books.ad_refund.sum(axis=0) - books.compensation.sum(axis=0)
    price = np.array([store.price for store in model.stores])
    lost = ((books.orders_twin - books.orders)[:, :n] * price).sum(axis=0)
    clicks = books.actions[:, :, Tactic.CLICK]
    ad_loss = clicks.sum(axis=0) * np.array([store.click_cost for store in model.stores])
    clicked = (days(clicks) >= 1000).any(axis=0)
    actions = days(books.actions.sum(axis=2) - clicks)
    orders, twin = days(books.orders[:, :n]), days(books.orders_twin[:, :n])
    hit = (actions >= 1000) & (twin > 0)
    return {
        "cum_store_loss": loss.sum(),
        "max_store_loss": max(0.0, loss.max()),
        "top5_store_loss": top5(loss),
        "cum_store_loss_closed": books.loss[:, :, Cause.CLOSED].sum(),
        "cum_store_loss_rating": books.loss[:, :, Cause.RATING].sum(),
        "cum_store_loss_handling": books.loss[:, :, Cause.HANDLING].sum(),
        "cum_store_loss_ads": books.loss[:, :, Cause.ADS].sum(),
        "cum_compensation": books.ad_refund.sum() + books.compensation.sum(),
        "cum_ad_refund": books.ad_refund.sum(),
        "top5_store_sales_lost": top5(lost),
        "cum_store_sales_lost": lost.sum(),
        "max_store_ad_loss": ad_loss.max(),
        "median_store_ad_loss": np.median(ad_loss[clicked]) if clicked.any() else None,
        "hit_day_sales_share": np.median(orders[hit] / twin[hit]) if hit.any() else None,
        "first_target_sales_share": _first_target(model),
    }


def _mall(books):
    s = books.series
    examined = s["new_honest"].sum()
    mall = (s["mall_sales_twin"] - s["mall_sales"]).sum()
    rivals = (s["rival_sales"] - s["rival_sales_twin"]).sum()
    return {
        "share_honest_hit": s["new_honest_hit"].sum() / examined if examined > 0.0 else None,
        "n_honest_accounts_hit": s["new_accounts_hit"].sum(),
        "n_sellers_punished": s["new_punished"].sum(),
        "n_honest_sellers_punished": s["new_punished_honest"].sum(),
        "n_sellers_called": s["new_calls"].sum(),
        "cum_failed_visits": s["new_failed_visits"].sum(),
        "cum_consumer_surplus_loss": s["surplus_loss"].sum(),
        "cum_mall_sales_loss": mall,
        "cum_rival_sales_gain": rivals,
        "cum_sales_lost_to_all": mall - rivals,
    }


def _renewal(model):
    run, twin = model.renewal["run"], model.renewal["twin"]
    return {
        "fee_revenue_next_year": run.fees,
        "fee_revenue_later": run.fees_later,
        "share_sellers_leaving": run.share_leaving,
        "share_sellers_multihoming": run.share_multihoming,
        "quiet_fee_revenue_next_year": twin.fees,
        "quiet_fee_revenue_later": twin.fees_later,
        "quiet_deposit_cost": twin.deposits,
        "quiet_rival_fees": twin.rival_fees,
        "quiet_switching_cost": twin.switching,
        "quiet_share_sellers_leaving": twin.share_leaving,
    }


def payments(model):
    """Give every payment: payer, payee, yuan; differences from the quiet twin."""
    books, s, n = model.books, model.books.series, len(model.stores)
    run, twin = model.renewal["run"], model.renewal["twin"]
    price = np.array([store.price for store in model.stores])
    lost = ((books.orders_twin - books.orders)[:, :n] * price).sum()
    commission = model.fees.terms.commission_share
    return [
        ("stores", "platform", -commission * lost),
        ("sellers", "platform", -commission * s["small_sales_lost"].sum()),
        ("stores", "platform", books.loss[:, :, Cause.ADS].sum()),
        ("platform", "stores", books.ad_refund.sum()),
        ("platform", "stores", books.compensation.sum()),
        ("sellers", "platform", run.fees - twin.fees),
        ("sellers", "platform", run.deposits - twin.deposits),
        ("platform", "sellers", run.subsidies - twin.subsidies),
        ("sellers", "rivals", run.rival_fees - twin.rival_fees),
        ("sellers", "platform", s["fines"].sum()),
    ]


def _who_pays(model):
    books, s, n = model.books, model.books.series, len(model.stores)
    run, twin = model.renewal["run"], model.renewal["twin"]
    commission = model.fees.terms.commission_share
    price = np.array([store.price for store in model.stores])
    stores_lost = ((books.orders_twin - books.orders)[:, :n] * price).sum()
    small_lost = s["small_sales_lost"].sum()
    margins = np.array([rival.margin for rival in model.rivals])
    won = (books.rival_orders - books.rival_orders_twin).sum(axis=0)
    lost = {  # to nobody
        "platform": s["response_cost"].sum(),
        "stores": books.loss[:, :, : Cause.ADS].sum() + commission * stores_lost,
        "sellers": s["seller_loss"].sum()
        + commission * small_lost
        + (run.switching - twin.switching),
        "shoppers": s["surplus_loss"].sum(),
        "rivals": -(won * margins).sum() * model.parameters.population.price_median,
    }
    for payer, payee, yuan in payments(model):
        lost[payer] = lost[payer] + yuan
        lost[payee] = lost[payee] - yuan
    return {
        "cum_seller_loss": lost["sellers"],
        "platform_loss": lost["platform"],
        "cum_rival_gain": -lost["rivals"],
        "total_social_loss": sum(lost.values()),
        "cum_response_cost": s["response_cost"].sum()
        + books.ad_refund.sum()
        + books.compensation.sum()
        + (run.subsidies - twin.subsidies),
    }
