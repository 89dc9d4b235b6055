"""Outcomes of the market: visits that failed, sales of the mall and of its rivals."""

from sim.outcomes.closed import ClosedRecord
from sim.outcomes.registry import Measured, outcome


@outcome("cum_failed_visits", "visits", "visits that found goods off sale or sold out")
def _(r: ClosedRecord) -> Measured:
    return r.series["new_failed_visits"].sum()


@outcome("cum_consumer_surplus_loss", "yuan", "shoppers' loss: fall of the log-sum, in money")
def _(r: ClosedRecord) -> Measured:
    return r.series["surplus_loss"].sum()


@outcome("cum_mall_sales_loss", "yuan", "honest sales lost by the mall")
def _(r: ClosedRecord) -> Measured:
    return (r.series["mall_sales_twin"] - r.series["mall_sales"]).sum()


@outcome("cum_rival_sales_gain", "yuan", "sales won by rivals")
def _(r: ClosedRecord) -> Measured:
    return (r.series["rival_sales"] - r.series["rival_sales_twin"]).sum()


@outcome("cum_sales_lost_to_all", "yuan", "sales lost by the mall that no rival won")
def _(r: ClosedRecord) -> Measured:
    return (
        r.series["mall_sales_twin"] - r.series["mall_sales"]
        - r.series["rival_sales"] + r.series["rival_sales_twin"]
    ).sum()  # fmt: skip
