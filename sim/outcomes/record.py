"""What a run leaves behind: arrays by hour, from which every outcome is worked out."""

from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sim.core.units import F64, I8, Bool, Cause, Tactic

if TYPE_CHECKING:
    import pandas as pd

SERIES = (
    "online n_sellers_in n_onlookers_in n_attackers new_purchases new_bad_reviews new_refusals "
    "new_clicks n_delisted n_cod_off share_focal n_queue queue_wait attention legitimacy "
    "perceived_sanction new_orders new_failed_visits mall_sales rival_sales store_loss phase"
).split()
"""The hourly series of docs/odd.md, section 9."""

OF_SHOPPERS = frozenset("new_orders new_failed_visits mall_sales rival_sales store_loss".split())
"""Those of the hourly series that honest shoppers write, or what is worked out from them."""

BOOKED = (
    "online_sellers new_attackers new_refused longest_wait new_blocked new_throttled new_contacts "
    "surplus_loss seller_loss response_cost mall_sales_twin small_sales_lost rival_sales_twin "
    "wanted to_rivals gave_up empty_shelf stopped new_honest_hit new_honest new_accounts_hit "
    "new_visits new_speakers fines new_punished new_punished_honest new_calls"
).split()
"""Further quantities booked by the hour, for the outcomes alone."""


class NextYear(NamedTuple):
    """What the renewal brings, in one world (yuan a year, full size)."""

    fees: float  # paid to the mall, net of refunds
    deposits: float  # what the money tied up in the mall's deposits costs for a year
    subsidies: float  # paid by the mall to its sellers
    rival_fees: float
    switching: float  # spent on opening second shops
    share_leaving: float
    share_multihoming: float
    fees_later: float = 0.0  # as ``fees``, once every step of a rise has come


@dataclass(frozen=True, slots=True)
class Renewal:
    """The renewal after the last hour, in the run and in its quiet twin."""

    run: NextYear
    twin: NextYear
    choice: I8  # by seller, `Choice`
    choice_twin: I8
    rival_fees: F64  # by rival, yuan a year, run less twin
    sellers_won: F64  # by rival, sellers with a shop there next year, run less twin


@dataclass(slots=True)
class Record:
    """Arrays by hour, full-size equivalents; ``hours`` counts the hours that are done."""

    hours: int
    first: int  # stores; columns of ``orders`` beyond are the categories' small sellers
    series: dict[str, F64]
    actions: F64  # hour, store, `Tactic`
    orders: F64  # hour, store or category
    orders_twin: F64
    rival_orders: F64  # hour, rival
    rival_orders_twin: F64
    loss: F64  # hour, store, `Cause`, yuan, before compensation
    ad_honest: F64  # hour, store, yuan spent on honest clicks
    ad_honest_twin: F64
    ad_refund: F64  # hour, store, yuan
    compensation: F64  # hour, store, yuan, refunds of clicks apart
    delisted: Bool  # hour, store: closed at the end of the hour
    cod_off: Bool
    price: F64  # store or category, yuan
    margin: F64  # store
    click_cost: F64  # store, yuan
    commission: float  # share of sales
    rival_margin: F64  # rival, share of sales
    rival_price: float  # yuan
    seed: int = 0
    begun: dict[int, int] = field(default_factory=dict)  # measure of the response: its first hour
    ultimatum: int = -1  # hour of the last one, -1 if none
    deadline: int = -1  # hour at which it runs out, as last put off
    talks_began: int = -1
    pause_again: int = -1  # hour at which a truce was first prolonged or called again
    renewal: Renewal | None = field(default=None)

    def until(self, hours: int) -> "Record":
        """Return the record of the same run stopped at an hour, without a renewal."""
        cut = min(hours, self.hours)
        by_hour = {f.name: getattr(self, f.name)[:cut] for f in fields(self) if f.name in _BY_HOUR}
        series = {name: values[:cut] for name, values in self.series.items()}
        renewal = self.renewal if cut == self.hours else None
        return replace(self, hours=cut, series=series, renewal=renewal, **by_hour)


_BY_HOUR = frozenset(
    "actions orders orders_twin rival_orders rival_orders_twin loss ad_honest ad_honest_twin ad_refund compensation "
    "delisted cod_off".split()
)


def empty(
    hours: int, price: F64, margin: F64, click_cost: F64, commission: float,
    rival_margin: F64, rival_price: float, seed: int = 0,
) -> Record:  # fmt: skip
    """Open the books for a run of ``hours`` hours."""
    n, alternatives, rivals = margin.size, price.size, rival_margin.size
    return Record(
        hours=0,
        first=n,
        series={name: np.zeros(hours) for name in (*SERIES, *BOOKED)},
        actions=np.zeros((hours, n, len(Tactic))),
        orders=np.zeros((hours, alternatives)),
        orders_twin=np.zeros((hours, alternatives)),
        rival_orders=np.zeros((hours, rivals)),
        rival_orders_twin=np.zeros((hours, rivals)),
        loss=np.zeros((hours, n, len(Cause))),
        ad_honest=np.zeros((hours, n)),
        ad_honest_twin=np.zeros((hours, n)),
        ad_refund=np.zeros((hours, n)),
        compensation=np.zeros((hours, n)),
        delisted=np.zeros((hours, n), np.bool_),
        cod_off=np.zeros((hours, n), np.bool_),
        price=price,
        margin=margin,
        click_cost=click_cost,
        commission=commission,
        rival_margin=rival_margin,
        rival_price=rival_price,
        seed=seed,
    )


def hours_table(record: Record) -> "pd.DataFrame":
    """Return the hourly series as a table, one row an hour."""
    import pandas as pd  # takes long to load, and a run needs no tables

    done = record.hours
    return pd.DataFrame({name: record.series[name][:done] for name in SERIES})
