"""What a comparison's table of runs tells."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from sim.comparing import baseline_fees, statistics
from sim.outcomes.outcomes import OUTCOMES
from sim.scenario.scenario import Scenario

EXTRA = {"hour_first_measure": "hour"}
"""What is kept of a run beside its outcomes; null if no measure began."""
PARTIES = {
    "platform": "platform_loss",
    "big stores": "cum_store_loss",
    "small sellers": "cum_seller_loss",
    "shoppers": "cum_consumer_surplus_loss",
    "rivals": "cum_rival_gain",
}
"""Who pays, and by which outcome; the last one is a gain."""

LOSSES = ("total_social_loss", "platform_loss")
"""By which policies are ranked."""


def as_loss(party: str, amount: float) -> float:
    """Count what `PARTIES` names as that party's loss (yuan): a gain is below 0."""
    return -amount if party == "rivals" else amount


@dataclass(frozen=True)
class Compared:
    """What a comparison leaves: a table of runs, and all that follows from it.

    Attributes
    ----------
    scenario
        The world, without a policy.
    policies
        Names, the first being the one others are compared with.
    runs
        One row a policy and run: ``policy``, ``response``, ``fee``, ``run``, ``seed``, ``error``
        (empty unless it failed), the parameters of the ensemble by path, and every outcome.
    hours
        Hourly series of every run.
    about
        How it was made: seeds, versions, the command.
    """

    scenario: Scenario
    policies: list[str]
    runs: pd.DataFrame
    hours: pd.DataFrame = field(repr=False)
    about: dict[str, Any] = field(repr=False)

    @property
    def units(self) -> dict[str, str]:
        """Return the unit of every outcome of the table of runs."""
        known = {**{n: o.unit for n, o in OUTCOMES.items()}, **EXTRA, **baseline_fees.UNITS}
        return {name: unit for name, unit in known.items() if name in self.runs}

    @property
    def losses(self) -> list[str]:
        """Return the losses by which policies are ranked: against old fees where fees differ."""
        return [self.counted(loss) for loss in LOSSES]

    def counted(self, outcome: str) -> str:
        """Return the column in which an outcome counts: against old fees where fees differ."""
        crossed = baseline_fees.name_of(outcome)
        return crossed if crossed in self.runs else outcome

    def paid(self, policy: str) -> dict[str, float]:
        """Return each party's mean loss under a policy (yuan); below 0 is a gain."""
        return {
            party: as_loss(party, self.mean(policy, self.counted(outcome)))
            for party, outcome in PARTIES.items()
        }

    @property
    def factors(self) -> list[str]:
        """Return the parameters that differ from run to run."""
        return list(self.about.get("factors", []))

    @property
    def failed(self) -> pd.DataFrame:
        """Return the runs that failed."""
        return self.runs[self.runs["error"] != ""]

    @cached_property
    def differences(self) -> pd.DataFrame:
        """One row a policy and outcome: mean and 90 % interval of the paired difference."""
        measured = {name: unit for name, unit in self.units.items() if name not in EXTRA}
        return statistics.differences(self.runs, self.policies, measured)

    @cached_property
    def regret(self) -> pd.DataFrame:
        """One row a policy and loss: how often it is best, expected and maximum regret."""
        return statistics.regret(self.runs, self.policies, self.losses)

    @cached_property
    def summary(self) -> pd.DataFrame:
        """One row a policy and outcome: mean with its interval, quantiles over runs."""
        return statistics.summary(self.runs, self.policies, self.units)

    @cached_property
    def sieges(self) -> pd.DataFrame:
        """One row a policy: the share of runs with a siege, its size and length given one.

        ``share_still_on`` is the share of sieges that were not over at the last hour, so that
        their length and losses are only what was seen of them.
        """
        ended = self.runs[self.runs["error"] == ""]
        rows = []
        for policy in self.policies:
            own = ended[ended["policy"] == policy]
            there = own[own["hour_first_attack"].notna()]
            sizes = (
                "peak_online",
                "hours_attack",
                "cum_actions",
                "n_stores_attacked",
                "cum_store_loss",
            )
            given = {name: float(there[name].mean()) if len(there) else np.nan for name in sizes}
            share = len(there) / len(own) if len(own) else np.nan
            on = float(there["hour_end"].isna().mean()) if len(there) else np.nan
            rows.append({
                "policy": policy, "n": len(own), "share_siege": share, "share_still_on": on, **given,
            })  # fmt: skip
        return pd.DataFrame(rows)

    @cached_property
    def _found(self) -> dict[str, dict[tuple[str, ...], dict[str, Any]]]:
        keys = {
            "summary": ("policy", "outcome"),
            "differences": ("policy", "outcome"),
            "regret": ("policy", "loss"),
            "sieges": ("policy",),
        }
        return {
            name: {tuple(row[k] for k in by): row for row in rows_of(getattr(self, name))}
            for name, by in keys.items()
        }

    def mean(self, policy: str, outcome: str, column: str = "mean") -> float:
        """Return a policy's mean of an outcome, or another column of the summary."""
        return float(self._found["summary"][policy, outcome][column])

    def difference(self, policy: str, outcome: str) -> dict[str, Any]:
        """Return the row of a policy's paired difference in an outcome."""
        return self._found["differences"][policy, outcome]

    def more_than(self, policy: str, other: str, outcome: str) -> tuple[float, float, float]:
        """Return what a policy has more of an outcome than another: mean and 90 % interval."""
        pairs = statistics.matrix(self.runs, outcome, [policy, other])
        pairs = pairs[~np.isnan(pairs).any(axis=1)]
        return statistics.interval(pairs[:, 0] - pairs[:, 1])

    def rank(self, policy: str, loss: str) -> dict[str, Any]:
        """Return the row of a policy's regret by a loss."""
        return self._found["regret"][policy, loss]

    def siege(self, policy: str) -> dict[str, Any]:
        """Return the row of a policy's sieges."""
        return self._found["sieges"][policy,]

    def to_dict(self) -> dict[str, Any]:
        """Return it in plain values, as `besiege compare --json` prints it."""
        return {
            "scenario": self.scenario.name,
            "scale": self.scenario.scale,
            "hours": self.scenario.hours,
            **self.about,
            "baseline": self.policies[0],
            "policies": self.policies,
            "failed": len(self.failed),
            "sieges": plain(self.sieges),
            "differences": plain(self.differences),
            "regret": plain(self.regret),
            "summary": plain(self.summary),
        }


def rows_of(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return a table's rows by column."""
    rows: list[dict[str, Any]] = table.to_dict("records")  # type: ignore[assignment]
    return rows


def plain(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return rows in which what is no finite number is null."""
    clean = table.replace([np.inf, -np.inf], np.nan).astype(object)
    rows: list[dict[str, Any]] = clean.where(clean.notna(), None).to_dict("records")  # type: ignore[assignment]
    return rows
