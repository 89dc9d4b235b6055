"""Every measured quantity once: its name, unit, meaning, when it is null, and how to work it out.

Names are those of docs/odd.md, section 9. All are full-size equivalents. A null is ``None`` here,
null in JSON and NULL in Parquet.
"""

import math
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

import numpy as np

from sim.core.quoting import format_value
from sim.core.units import F64, BesiegeError, Bool, Cause, Phase, Tactic
from sim.outcomes.payments import Accounts, balance
from sim.outcomes.record import NextYear, Record

DAY = 24
ATTACKED = 100.0
"""False actions in a day from which a store counts as attacked."""
HIT = 1000.0
"""False actions, or clicks, in a day from which a store counts as hard hit."""

type Value = float | None
type Measured = float | np.generic | None
"""What a function of a record may give: a numpy number is turned into a plain one."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A quantity measured once a run."""

    name: str
    unit: str
    label: str
    work_out: Callable[[Record], Measured]
    null: str = "never"
    needs_renewal: bool = False

    @property
    def aggregation(self) -> str:
        """How hours and stores make one number, as the first word of its name says."""
        if self.name.startswith("quiet_share") or self.name.endswith("_share"):
            return "ratio"
        return _AGGREGATIONS.get(self.name.partition("_")[0], "sum")


_AGGREGATIONS = {
    "peak": "max", "max": "max", "hour": "hour", "hours": "count", "n": "count", "share": "ratio",
    "top5": "mean of five", "median": "median",
}  # fmt: skip
"""By the first word of a name (docs/odd.md, 9); all others are sums, ``cum_`` among them."""

OUTCOMES: dict[str, Outcome] = {}
"""The package's outcomes, then those that this session entered itself."""

_ENTERED: ContextVar[dict[str, Outcome]] = ContextVar("entered", default=OUTCOMES)
"""The table that `outcome` enters into."""
_OF_THE_PACKAGE: list[str] = []
"""Names of the outcomes of this file; filled at its end."""
_TAKEN = frozenset(
    "key seed version model_version repeat policy response fee run error hour_first_measure".split()
)
"""Columns that stand beside outcomes in the tables of runs."""


def outcome(
    name: str, unit: str, label: str, *, null: str = "never", needs_renewal: bool = False
) -> Callable[[Callable[[Record], Measured]], Callable[[Record], Measured]]:
    """Enter a function of a record into the table of outcomes.

    Parameters
    ----------
    name
        Small letters, digits and ``_``; the first word says how hours are brought together:
        ``n_``, ``new_``, ``cum_``, ``share_``, ``peak_`` or ``hours_``.
    unit, label
        Unit and meaning, for tables and pictures.
    null
        When it does not exist.
    needs_renewal
        Whether it exists only once the renewal of shops after the horizon has been run.

    Raises
    ------
    BesiegeError
        If the name is none, is one of the package's, or is another column's. A name of one's
        own may be entered again.
    """
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,62}", name):
        raise BesiegeError(
            f"outcome: given {format_value(name)}, allowed lower-case letters, digits and _"
        )
    if name in _OF_THE_PACKAGE or name in _TAKEN:
        raise BesiegeError(
            f"outcome: given {format_value(name)}, which is already in use, allowed another name"
        )

    def enter(work_out: Callable[[Record], Measured]) -> Callable[[Record], Measured]:
        _ENTERED.get()[name] = Outcome(name, unit, label, work_out, null, needs_renewal)
        return work_out

    return enter


@contextmanager
def collected() -> Iterator[dict[str, Outcome]]:
    """Return the outcomes that are entered meanwhile, and keep them out of the session's table."""
    found: dict[str, Outcome] = {}
    token = _ENTERED.set(found)
    try:
        yield found
    finally:
        _ENTERED.reset(token)


def own_outcomes() -> dict[str, Outcome]:
    """Return the outcomes that this session entered besides the package's."""
    return {name: o for name, o in OUTCOMES.items() if name not in _OF_THE_PACKAGE}


def with_own(own: Mapping[str, Outcome]) -> dict[str, Outcome]:
    """Return the package's outcomes and some of one's own after them."""
    return {name: OUTCOMES[name] for name in _OF_THE_PACKAGE} | dict(own)


def measure(record: Record, own: Mapping[str, Outcome] | None = None) -> dict[str, Value]:
    """Work out the outcomes of a record; those that do not exist are ``None``.

    Parameters
    ----------
    record
        What was booked.
    own
        Outcomes besides the package's; those of this session if not given.
    """
    asked = OUTCOMES if own is None else with_own(own)
    return {name: plain(o.work_out(record)) for name, o in asked.items()}


def plain(value: Measured) -> Value:
    """Turn a numpy number into a plain one, -0.0 into 0.0, what is not a number into ``None``."""
    number = math.nan if value is None else float(value) + 0.0
    return number if math.isfinite(number) else None


NO_RENEWAL_OF_SELLERS = "the run ended before the renewal, or there are no sellers"


# ---------------------------------------------------------------- the crowd
@outcome("peak_online", "people", "largest number of people online at the same time")
def _(r: Record) -> Measured:
    return r.series["online"].max(initial=0.0)


def _hour_of_peak(r: Record) -> int:
    online = r.series["online"]
    return int(online.argmax()) if online.max(initial=0.0) > 0 else -1


@outcome(
    "hour_peak_online",
    "hour",
    "hour at which most people were online",
    null="nobody was ever online",
)
def _(r: Record) -> Measured:
    return _hour_of_peak(r) if _hour_of_peak(r) >= 0 else None


@outcome("n_sellers_at_peak", "people", "sellers among the people online at the peak", null="nobody was ever online")  # fmt: skip
def _(r: Record) -> Measured:
    hour = _hour_of_peak(r)
    return r.series["online_sellers"][hour] if hour >= 0 else None


@outcome("share_sellers_at_peak", "share", "share of sellers among the people online at the peak", null="nobody was ever online")  # fmt: skip
def _(r: Record) -> Measured:
    hour = _hour_of_peak(r)
    return r.series["online_sellers"][hour] / r.series["online"][hour] if hour >= 0 else None


@outcome("cum_attackers", "people", "people who carried out at least one false action")
def _(r: Record) -> Measured:
    return r.series["new_attackers"].sum()


def _false_actions(r: Record) -> F64:
    return r.actions.sum(axis=(1, 2))


@outcome("hour_first_attack", "hour", "first hour with false actions", null="there was no attack")
def _(r: Record) -> Measured:
    return _first(_false_actions(r) > 0)


def _first(condition: Bool) -> Measured:
    return float(condition.argmax()) if condition.any() else None


@outcome("hour_truce", "hour", "first hour in phase TRUCE", null="there was no truce")
def _(r: Record) -> Measured:
    return _first(r.series["phase"] == Phase.TRUCE)


@outcome("hours_attack", "hours", "hours in phase ATTACK or ESCALATE")
def _(r: Record) -> Measured:
    phase = r.series["phase"]
    called: Bool = (phase == Phase.ATTACK) | (phase == Phase.ESCALATE)
    return called.sum()


@outcome("hours_truce", "hours", "hours in phase TRUCE")
def _(r: Record) -> Measured:
    resting: Bool = r.series["phase"] == Phase.TRUCE
    return resting.sum()


@outcome("hour_end", "hour", "hour from which on the crowd stays below 5 % of its peak", null="nobody was ever online, or the crowd had not fallen that far by the last hour")  # fmt: skip
def _(r: Record) -> Measured:
    online = r.series["online"]
    top = online.max(initial=0.0)
    if top == 0.0:
        return None
    last = int(np.flatnonzero(online >= 0.05 * top)[-1])
    return last + 1 if last + 1 < r.hours else None


# ---------------------------------------------------------------- the attack
@outcome("cum_actions", "actions", "false actions of all tactics")
def _(r: Record) -> Measured:
    return r.actions.sum()


def _enter_tactic(tactic: Tactic, name: str, label: str) -> None:
    outcome(name, "actions", label)(lambda r: r.actions[:, :, tactic].sum())


_enter_tactic(Tactic.PURCHASE, "cum_purchases", "false purchases")
_enter_tactic(Tactic.BAD_REVIEW, "cum_bad_reviews", "bad reviews")
_enter_tactic(Tactic.REFUSAL, "cum_refusals", "refused cash-on-delivery orders")
_enter_tactic(Tactic.CLICK, "cum_clicks", "false ad clicks")


def by_day(values: F64) -> F64:
    """Sum an array by hour into calendar days, the last one as far as it goes."""
    days = -(-values.shape[0] // DAY)
    padded = np.zeros((days * DAY, *values.shape[1:]))
    padded[: values.shape[0]] = values
    out: F64 = padded.reshape(days, DAY, *values.shape[1:]).sum(axis=1)
    return out


def attacked(r: Record) -> Bool:
    """Return which stores had a day of at least 100 false actions."""
    out: Bool = (by_day(r.actions.sum(axis=2)) >= ATTACKED).any(axis=0)
    return out


def _no_clicks(r: Record) -> F64:
    out: F64 = r.actions.sum(axis=2) - r.actions[:, :, Tactic.CLICK]
    return out


@outcome("n_stores_attacked", "stores", "stores with a day of at least 100 false actions")
def _(r: Record) -> Measured:
    return attacked(r).sum()


@outcome("n_stores_disrupted", "stores", "stores that took goods off sale or suspended cash on delivery, attacked or not")  # fmt: skip
def _(r: Record) -> Measured:
    return (r.delisted | r.cod_off).any(axis=0).sum()


@outcome("n_stores_delisted", "stores", "stores that took goods off sale")
def _(r: Record) -> Measured:
    return r.delisted.any(axis=0).sum()


@outcome("share_attacked_delisted", "share", "share of attacked stores that took goods off sale", null="no store was attacked")  # fmt: skip
def _(r: Record) -> Measured:
    hit = attacked(r)
    return r.delisted.any(axis=0)[hit].mean() if hit.any() else None


@outcome("max_store_day_actions", "actions", "most false purchases, refusals and bad reviews suffered by one store in one calendar day")  # fmt: skip
def _(r: Record) -> Measured:
    return by_day(_no_clicks(r)).max(initial=0.0)


@outcome(
    "cum_blocked",
    "actions",
    "attempted actions that failed because the store had taken its goods off sale",
)
def _(r: Record) -> Measured:
    return r.series["new_blocked"].sum()


# ---------------------------------------------------------------- the stores
def store_loss(r: Record) -> F64:
    """Loss of each store (yuan): margin and costs, less what the platform paid."""
    out: F64 = r.loss.sum(axis=(0, 2)) - (r.ad_refund + r.compensation).sum(axis=0)
    return out


@outcome("cum_store_loss", "yuan", "gross margin lost and costs incurred by big stores, minus compensation, compared with the quiet twin")  # fmt: skip
def _(r: Record) -> Measured:
    return store_loss(r).sum()


@outcome("max_store_loss", "yuan", "loss of the store that lost most")
def _(r: Record) -> Measured:
    return store_loss(r).max(initial=0.0)


@outcome("top5_store_loss", "yuan", "mean loss of the five stores that lost most")
def _(r: Record) -> Measured:
    return np.sort(store_loss(r))[-5:].mean()


def _enter_cause(cause: Cause, name: str, label: str) -> None:
    outcome(name, "yuan", label)(lambda r: r.loss[:, :, cause].sum())


_enter_cause(
    Cause.CLOSED,
    "cum_store_loss_closed",
    "part of the stores' loss: margin lost while goods were off sale",
)
_enter_cause(
    Cause.RATING,
    "cum_store_loss_rating",
    "part of the stores' loss: margin lost through lower ratings",
)
_enter_cause(Cause.HANDLING, "cum_store_loss_handling", "part of the stores' loss: shipping and handling of false orders")  # fmt: skip
_enter_cause(Cause.ADS, "cum_store_loss_ads", "part of the stores' loss: advertising, as false clicks minus savings on honest clicks that did not happen")  # fmt: skip


@outcome(
    "cum_compensation", "yuan", "paid by the platform to big stores, including refunds of ad clicks"
)
def _(r: Record) -> Measured:
    return (r.ad_refund + r.compensation).sum()


@outcome("cum_ad_refund", "yuan", "part of the compensation: refunds of ad clicks")
def _(r: Record) -> Measured:
    return r.ad_refund.sum()


def sales_lost(r: Record) -> F64:
    """Sales each store lost (yuan) against its twin."""
    n = r.first
    out: F64 = ((r.orders_twin[:, :n] - r.orders[:, :n]) * r.price[:n]).sum(axis=0)
    return out


@outcome("top5_store_sales_lost", "yuan", "mean sales lost by the five stores that lost most sales")
def _(r: Record) -> Measured:
    return np.sort(sales_lost(r))[-5:].mean()


@outcome("cum_store_sales_lost", "yuan", "sales lost by big stores")
def _(r: Record) -> Measured:
    return sales_lost(r).sum()


def ad_loss(r: Record) -> F64:
    """Money each store paid for false clicks (yuan), before refunds."""
    out: F64 = r.actions[:, :, Tactic.CLICK].sum(axis=0) * r.click_cost
    return out


@outcome(
    "max_store_ad_loss",
    "yuan",
    "largest amount that one store paid for false clicks, before refunds",
)
def _(r: Record) -> Measured:
    return ad_loss(r).max(initial=0.0)


@outcome("median_store_ad_loss", "yuan", "median amount paid for false clicks by stores with at least 1,000 of them in a day, before refunds", null="no store had such a day")  # fmt: skip
def _(r: Record) -> Measured:
    hit = (by_day(r.actions[:, :, Tactic.CLICK]) >= HIT).any(axis=0)
    return np.median(ad_loss(r)[hit]) if hit.any() else None


@outcome("hit_day_sales_share", "share", "honest sales as a share of those in the quiet twin, median of store-days with at least 1,000 false actions", null="no store had such a day")  # fmt: skip
def _(r: Record) -> Measured:
    n = r.first
    hit = by_day(_no_clicks(r)) >= HIT
    twin = by_day(r.orders_twin[:, :n])
    hit &= twin > 0
    return np.median(by_day(r.orders[:, :n])[hit] / twin[hit]) if hit.any() else None


# ---------------------------------------------------------------- the channel
@outcome("peak_queue", "people", "longest queue at the end of an hour")
def _(r: Record) -> Measured:
    return r.series["n_queue"].max(initial=0.0)


@outcome("max_queue_wait", "hours", "longest wait of a person who spoke", null="nobody spoke")
def _(r: Record) -> Measured:
    spoke = np.isfinite(r.series["queue_wait"]).any()
    return r.series["longest_wait"].max(initial=0.0) if spoke else None


@outcome("cum_refused_speakers", "people", "people turned away because the queue was full")
def _(r: Record) -> Measured:
    return r.series["new_refused"].sum()


# ---------------------------------------------------------------- honest people
@outcome(
    "share_honest_hit",
    "share",
    "share of honest orders, reviews and clicks reversed or blocked by mistake while a measure looked for false ones",
    null="no measure examined anything",
)
def _(r: Record) -> Measured:
    honest = r.series["new_honest"].sum()
    return r.series["new_honest_hit"].sum() / honest if honest > 0 else None


@outcome("n_honest_accounts_hit", "people", "shoppers who had an honest order stopped by mistake")
def _(r: Record) -> Measured:
    return r.series["new_accounts_hit"].sum()


@outcome("n_sellers_punished", "people", "sellers fined by the platform")
def _(r: Record) -> Measured:
    return r.series["new_punished"].sum()


@outcome(
    "n_honest_sellers_punished", "people", "sellers fined by the platform who had attacked nobody"
)
def _(r: Record) -> Measured:
    return r.series["new_punished_honest"].sum()


@outcome("n_sellers_called", "people", "sellers called by the platform")
def _(r: Record) -> Measured:
    return r.series["new_calls"].sum()


# ---------------------------------------------------------------- the market
@outcome("cum_failed_visits", "visits", "visits that found goods off sale or sold out")
def _(r: Record) -> Measured:
    return r.series["new_failed_visits"].sum()


@outcome("cum_consumer_surplus_loss", "yuan", "shoppers' loss: fall of the log-sum, in money")
def _(r: Record) -> Measured:
    return r.series["surplus_loss"].sum()


@outcome("cum_mall_sales_loss", "yuan", "honest sales lost by the mall")
def _(r: Record) -> Measured:
    return (r.series["mall_sales_twin"] - r.series["mall_sales"]).sum()


@outcome("cum_rival_sales_gain", "yuan", "sales won by rivals")
def _(r: Record) -> Measured:
    return (r.series["rival_sales"] - r.series["rival_sales_twin"]).sum()


@outcome("cum_sales_lost_to_all", "yuan", "sales lost by the mall that no rival won")
def _(r: Record) -> Measured:
    return (
        r.series["mall_sales_twin"] - r.series["mall_sales"]
        - r.series["rival_sales"] + r.series["rival_sales_twin"]
    ).sum()  # fmt: skip


# ---------------------------------------------------------------- who pays
def _enter_money(name: str, label: str, read: Callable[[Accounts], float]) -> None:
    def work_out(r: Record) -> Measured:
        return read(balance(r)) if r.renewal is not None else None

    outcome(name, "yuan", label, null="the run ended before the renewal", needs_renewal=True)(
        work_out
    )


_enter_money("cum_seller_loss", "loss of small sellers: margin, next year's fees and second shops", lambda b: b.sellers)  # fmt: skip
_enter_money("cum_rival_gain", "gain of rivals: margin and fees", lambda b: -b.rivals)
_enter_money("cum_response_cost", "cost of the response to the platform, including payments", lambda b: b.response)  # fmt: skip
_enter_money("platform_loss", "loss of the platform: response, commission, fees and advertising", lambda b: b.platform)  # fmt: skip
_enter_money("total_social_loss", "losses of all parties minus the gain of rivals; payments between parties cancel out", lambda b: b.social)  # fmt: skip


@outcome("fee_revenue_next_year", "yuan", "fees of the sellers who renew, net of refunds", null="the run ended before the renewal", needs_renewal=True)  # fmt: skip
def _(r: Record) -> Measured:
    return r.renewal.run.fees if r.renewal is not None else None


@outcome("fee_revenue_later", "yuan", "yearly fees of the same sellers after the last step of the increase", null="the run ended before the renewal", needs_renewal=True)  # fmt: skip
def _(r: Record) -> Measured:
    return r.renewal.run.fees_later if r.renewal is not None else None


@outcome("share_sellers_leaving", "share", "share of sellers who leave the mall at the renewal", null=NO_RENEWAL_OF_SELLERS, needs_renewal=True)  # fmt: skip
def _(r: Record) -> Measured:
    return r.renewal.run.share_leaving if r.renewal is not None else None


@outcome("share_sellers_multihoming", "share", "share of sellers who keep a second shop at the renewal", null=NO_RENEWAL_OF_SELLERS, needs_renewal=True)  # fmt: skip
def _(r: Record) -> Measured:
    return r.renewal.run.share_multihoming if r.renewal is not None else None


# ---------------------------------------------------------------- the fee alone, nobody protests
def _enter_quiet(
    name: str, unit: str, label: str, read: Callable[[NextYear], float],
    null: str = "the run ended before the renewal",
) -> None:  # fmt: skip
    def work_out(r: Record) -> Measured:
        return read(r.renewal.twin) if r.renewal is not None else None

    outcome(name, unit, label, null=null, needs_renewal=True)(work_out)


_enter_quiet("quiet_fee_revenue_next_year", "yuan", "fees next year if nobody protests", lambda y: y.fees)  # fmt: skip
_enter_quiet("quiet_fee_revenue_later", "yuan", "yearly fees after the last step of the increase if nobody protests", lambda y: y.fees_later)  # fmt: skip
_enter_quiet("quiet_deposit_cost", "yuan", "yearly cost of the money tied up in deposits if nobody protests", lambda y: y.deposits)  # fmt: skip
_enter_quiet("quiet_rival_fees", "yuan", "fees paid to rivals next year if nobody protests", lambda y: y.rival_fees)  # fmt: skip
_enter_quiet("quiet_switching_cost", "yuan", "spent on second shops if nobody protests", lambda y: y.switching)  # fmt: skip
_enter_quiet("quiet_share_sellers_leaving", "share", "share of sellers who leave at the renewal if nobody protests", lambda y: y.share_leaving, NO_RENEWAL_OF_SELLERS)  # fmt: skip


_OF_THE_PACKAGE.extend(OUTCOMES)
