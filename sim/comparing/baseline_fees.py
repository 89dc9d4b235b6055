"""Policies under different fees, each against the fees of before.

An outcome counts against the quiet twin, which pays the same new fees. So that schedules can be
compared, the change of the quiet twin itself, new fees for old, is added: what the platform
takes more in fees and the use of deposits is its gain and the sellers' loss.
"""

import pandas as pd

from sim.comparing.policies import Policy
from sim.core.units import F64
from sim.lab.execution.pool import Done
from sim.responses import Response
from sim.scenario.scenario import Scenario

_LOSSES = {
    "platform_loss": "platform's loss compared with the old fees and no protest",
    "cum_seller_loss": "small sellers' loss compared with the old fees and no protest",
    "cum_rival_gain": "rivals' gain compared with the old fees and no protest",
    "total_social_loss": "loss of all parties compared with the old fees and no protest",
}
_QUIET = ("quiet_fee_revenue_next_year", "quiet_deposit_cost", "quiet_rival_fees", "quiet_switching_cost")  # fmt: skip


def name_of(outcome: str) -> str:
    """Name an outcome counted against old fees."""
    return f"{outcome}_vs_old_fees"


UNITS = {name_of(outcome): "yuan" for outcome in _LOSSES}


def describe(name: str) -> tuple[str, str]:
    """Return the meaning of such an outcome, and when it is null."""
    meaning = _LOSSES.get(name.removesuffix("_vs_old_fees"), "")
    return meaning, "ended before the renewal"


def reference(scenario: Scenario) -> Policy:
    """Return the world under old fees, in which nothing is announced."""
    quiet = scenario.replace({"announced": None}, response=Response())
    return Policy("old fees, quiet", "silence", "old-fees", quiet)


def add(table: pd.DataFrame, quiet_old: list[Done]) -> pd.DataFrame:
    """Add the columns counted against old fees to a table of runs."""
    rows = [d.row or {} for d in quiet_old]
    old = pd.DataFrame([{n: r.get(n) for n in _QUIET} for r in rows], dtype=float)
    before = old.reindex(table["run"]).reset_index(drop=True)
    more: dict[str, F64] = {n: (table[n] - before[n]).to_numpy(float) for n in _QUIET}
    paid = more["quiet_fee_revenue_next_year"] + more["quiet_deposit_cost"]
    rivals, shops = more["quiet_rival_fees"], more["quiet_switching_cost"]
    added = pd.DataFrame(
        {
            name_of("platform_loss"): table["platform_loss"] - paid,
            name_of("cum_seller_loss"): table["cum_seller_loss"] + paid + rivals + shops,
            name_of("cum_rival_gain"): table["cum_rival_gain"] + rivals,
            name_of("total_social_loss"): table["total_social_loss"] + shops,
        }
    )
    return pd.concat([table, added], axis=1)
