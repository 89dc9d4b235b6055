"""The tables a run leaves, by hour, store, rival and seller, and what each column means."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sim.core.units import Cause, Phase, Stance, Tactic
from sim.outcomes.closed import ClosedRecord
from sim.outcomes.outcomes import OUTCOMES, Outcome
from sim.outcomes.record import SERIES, Record, hours_table
from sim.rules.poaching import Choice
from sim.world.changes import has_promised, ratings
from sim.world.world import World


@dataclass(frozen=True, slots=True)
class Column:
    """What a column holds."""

    unit: str
    meaning: str
    null: str = "never"


def _codes(enumeration: type[Phase]) -> str:
    return ", ".join(f"{int(code)} {code.name}" for code in enumeration)


HOURS = {
    "hour": Column("hour", "hour since 2011-10-10 00:00, UTC+8"),
    "online": Column("people", "people online in the channel"),
    "n_sellers_in": Column("people", "sellers in the protest, present or not"),
    "n_onlookers_in": Column("people", "onlookers in the protest, present or not"),
    "n_attackers": Column("people", "people who carry out false actions in the hour"),
    "new_purchases": Column("actions", "false purchases that succeeded"),
    "new_bad_reviews": Column("actions", "bad reviews written"),
    "new_refusals": Column("actions", "cash-on-delivery orders placed in order to be refused"),
    "new_clicks": Column("actions", "false ad clicks"),
    "n_delisted": Column("stores", "stores whose goods are off sale"),
    "n_cod_off": Column("stores", "stores without cash on delivery"),
    "share_focal": Column(
        "share", "share of actions aimed at the stores that the organisers called", "nobody acted"
    ),
    "n_queue": Column("people", "people waiting to speak at the end of the hour"),
    "queue_wait": Column("hours", "mean wait of those who spoke in the hour", "nobody spoke"),
    "attention": Column("0-1", "media attention"),
    "legitimacy": Column(
        "0-1", "legitimacy of the platform, mean over sellers", "there are no sellers"
    ),
    "perceived_sanction": Column("0-1", "level of punishment that people expect"),
    "new_orders": Column("orders", "honest orders in the mall"),
    "new_failed_visits": Column("visits", "visits that found goods off sale or sold out"),
    "mall_sales": Column("yuan", "honest sales of the mall"),
    "rival_sales": Column("yuan", "sales of rivals to the shoppers of the mall"),
    "store_loss": Column(
        "yuan", "loss of big stores compared with the quiet twin, minus compensation"
    ),
    "phase": Column("code", f"phase of the organisers: {_codes(Phase)}"),
}

STORES = {
    "store": Column("row", "row number of the store"),
    "category": Column("code", "trade category, 0 to 19"),
    "brand": Column("1", "brand weight"),
    "price": Column("yuan", "mean price of an order"),
    "margin": Column("share", "margin on sales, after commission"),
    "rating_before": Column("1-5", "rating at hour 0"),
    "rating_after": Column("1-5", "rating after the last hour"),
    "purchases": Column("actions", "false purchases"),
    "bad_reviews": Column("actions", "bad reviews, including those removed later"),
    "refusals": Column("actions", "refused cash-on-delivery orders"),
    "clicks": Column("actions", "false ad clicks"),
    "max_day_actions": Column(
        "actions", "most false actions in one calendar day, not counting clicks"
    ),
    "hours_delisted": Column("hours", "hours with goods off sale"),
    "hours_cod_off": Column("hours", "hours without cash on delivery"),
    "orders": Column("orders", "honest orders"),
    "orders_twin": Column("orders", "honest orders in the quiet twin"),
    "sales_lost": Column("yuan", "sales lost compared with the quiet twin"),
    "loss_closed": Column("yuan", "margin lost while goods were off sale"),
    "loss_rating": Column("yuan", "margin lost through a lower rating"),
    "loss_handling": Column("yuan", "shipping and handling of false orders"),
    "loss_ads": Column(
        "yuan", "advertising: false clicks minus savings on honest clicks that did not happen"
    ),
    "compensation": Column("yuan", "paid by the platform, including refunds of ad clicks"),
    "loss": Column("yuan", "sum of these losses, minus compensation"),
}

RIVALS = {
    "rival": Column("row", "row number of the rival"),
    "name": Column("text", "name of the rival"),
    "yearly_fee": Column("yuan/yr", "yearly fee"),
    "promised": Column("yes or no", "whether it has promised not to raise its fee"),
    "orders": Column("orders", "orders by shoppers of the mall"),
    "orders_twin": Column("orders", "the same in the quiet twin"),
    "sales_gained": Column("yuan", "sales gained compared with the quiet twin"),
    "sellers_won": Column("people", "additional sellers with a shop there next year, compared with the quiet twin", "the run ended before the renewal"),
    "fees_won": Column("yuan/yr", "yearly fees of these sellers", "the run ended before the renewal"),
}  # fmt: skip

SELLERS = {
    "seller": Column("row", "row number of the seller"),
    "category": Column("code", "trade category, 0 to 19"),
    "turnover": Column("yuan/yr", "turnover"),
    "margin": Column("share", "margin on sales, after commission"),
    "rating": Column("1-5", "rating"),
    "hardship": Column("0-1", "hardship through the new fees, including sympathy with others"),
    "legitimacy": Column("0-1", "legitimacy of the platform in its eyes at the end"),
    "threshold": Column("1", "threshold for joining the protest"),
    "stance": Column("text", "its stance towards the protest at the end"),
    "hours_in": Column("hours", "hours spent in the protest"),
    "ever_attacked": Column("yes or no", "whether it has carried out a false action"),
    "second_shop": Column("text", "rival with whom it has a second shop", "it has no second shop"),
    "sales_gained": Column("yuan", "sales gained compared with the quiet twin"),
    "choice": Column(
        "text", "choice at the renewal: STAY, BOTH or LEAVE", "the run ended before the renewal"
    ),
}


def hours_of(record: Record) -> pd.DataFrame:
    """Return the hourly series with their hour as the first column."""
    table = hours_table(record)
    table.insert(0, "hour", np.arange(record.hours))
    return table


def stores_of(world: World, record: ClosedRecord) -> pd.DataFrame:
    """Return one row a big store."""
    x, n = world.stores, record.first
    by_tactic = record.actions.sum(axis=0)
    loss = record.loss.sum(axis=0)
    return pd.DataFrame(
        {
            "store": np.arange(n),
            "category": x.category,
            "brand": x.brand,
            "price": x.price,
            "margin": x.margin,
            "rating_before": x.quality,
            "rating_after": ratings(world),
            "purchases": by_tactic[:, Tactic.PURCHASE],
            "bad_reviews": by_tactic[:, Tactic.BAD_REVIEW],
            "refusals": by_tactic[:, Tactic.REFUSAL],
            "clicks": by_tactic[:, Tactic.CLICK],
            "max_day_actions": record.day_actions.max(axis=0, initial=0.0),
            "hours_delisted": record.delisted.sum(axis=0),
            "hours_cod_off": record.cod_off.sum(axis=0),
            "orders": record.orders[:, :n].sum(axis=0),
            "orders_twin": record.orders_twin[:, :n].sum(axis=0),
            "sales_lost": record.store_sales_lost,
            "loss_closed": loss[:, Cause.CLOSED],
            "loss_rating": loss[:, Cause.RATING],
            "loss_handling": loss[:, Cause.HANDLING],
            "loss_ads": loss[:, Cause.ADS],
            "compensation": record.paid_to_stores.sum(axis=0),
            "loss": record.store_loss,
        }
    )


def rivals_of(world: World, record: Record) -> pd.DataFrame:
    """Return one row a rival."""
    rivals, renewal = world.scenario.rivals, record.renewal
    orders, twin = record.rival_orders.sum(axis=0), record.rival_orders_twin.sum(axis=0)
    nothing = np.full(len(rivals), np.nan)
    return pd.DataFrame(
        {
            "rival": np.arange(len(rivals)),
            "name": [r.name for r in rivals],
            "yearly_fee": [float(r.yearly_fee) for r in rivals],
            "promised": [has_promised(world, r.promise_after) for r in rivals],
            "orders": orders,
            "orders_twin": twin,
            "sales_gained": (orders - twin) * record.rival_price,
            "sellers_won": renewal.sellers_won if renewal is not None else nothing,
            "fees_won": renewal.rival_fees if renewal is not None else nothing,
        }
    )


def sellers_of(world: World, record: Record) -> pd.DataFrame:
    """Return one row a simulated seller; each stands for 1/scale of them."""
    x, n, crowd = world.sellers, world.n_sellers, world.crowd
    names = np.array([*(r.name for r in world.scenario.rivals), None], object)
    choices = np.array([c.name for c in Choice], object)
    stances = np.array([s.name for s in Stance], object)
    choice = [None] * n if record.renewal is None else choices[record.renewal.choice]
    return pd.DataFrame(
        {
            "seller": np.arange(n),
            "category": x.category,
            "turnover": x.turnover,
            "margin": x.margin,
            "rating": x.rating,
            "hardship": crowd.hardship[:n],
            "legitimacy": x.legitimacy,
            "threshold": crowd.threshold[:n].astype(np.float32),  # as drawn
            "stance": stances[crowd.stance[:n]],
            "hours_in": crowd.hours_in[:n],
            "ever_attacked": crowd.ever_attacked[:n],
            "second_shop": names[x.second_shop],
            "sales_gained": x.sales_gained,
            "choice": choice,
        }
    )


def describe_columns(
    outcomes: Mapping[str, Outcome] = OUTCOMES,
) -> dict[str, dict[str, dict[str, str]]]:
    """Return every column of every table, and every outcome: unit, meaning, when it is null."""
    tables = {"hours": HOURS, "stores": STORES, "rivals": RIVALS, "sellers": SELLERS}
    described = {
        table: {
            name: {"unit": c.unit, "meaning": c.meaning, "null": c.null}
            for name, c in columns.items()
        }
        for table, columns in tables.items()
    }
    described["outcomes"] = {
        o.name: {
            "unit": o.unit,
            "meaning": o.label,
            "null": o.null,
            "aggregation": o.aggregation,
        }
        for o in outcomes.values()
    }
    return described


if set(HOURS) != {"hour", *SERIES}:
    raise AssertionError("every hourly series needs a unit and a meaning")
