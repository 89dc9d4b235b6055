"""The smallest fee rise that starts a siege.

Question: how large must the fee rise be before a siege starts?
Levers: how far the whole schedule, fees and deposits, goes from the old one (0) to the one
announced (1) and beyond.
Uncertainties: the mean threshold of sellers and of onlookers, chance.
Outcomes: whether a siege starts; the rise at which half the runs have one, with its interval.
"""

import numpy as np
import pandas as pd
from scipy import optimize

from experiments.fees import schedule
from sim import lab
from sim.lab.analysis.convergence import has_siege

# Levels are close together around the tipping point.
SHARES = (0.0, 0.02, 0.04, 0.06, 0.08, 0.1, 0.13, 0.16, 0.2, 0.3, 0.5, 0.7, 1.0)
THRESHOLDS = (1.1, 1.2, 1.3)


def spec():
    """Return the specification."""
    return {
        "name": "tipping",
        "question": "How large must the fee rise be before a siege starts?",
        "scenario": "taobao-2011",
        "runs": 8,
        "outcomes": ["peak_online", "hours_attack", "total_social_loss"],
        "constants": {"scale": 0.05, "response": "silence", "hours": 168},
        "levers": {"fees.new": [{"label": s, "value": schedule(s)} for s in SHARES]},
        "uncertainties": {"population.onlooker_threshold_mean": list(THRESHOLDS)},
    }


def tipping_point(runs):
    """Return the rise at which half the runs have a siege: a logistic curve, by likelihood.

    NaN where no rise changes anything: always a siege, or never.
    """
    x, y = runs["fees.new"].to_numpy(float), has_siege(runs).to_numpy(float)
    if y.min() == y.max():
        return np.nan

    def unlikeliness(beta):
        z = np.clip((x - beta[0]) / np.exp(beta[1]), -500, 500)
        # a weak prior on the width keeps a clean step finite
        return np.logaddexp(0, np.where(y > 0, -z, z)).sum() + 0.05 * (beta[1] + 2.0) ** 2

    found = optimize.minimize(unlikeliness, [x.mean(), -2.0], method="Nelder-Mead")
    return float(found.x[0])


def bracket(runs):
    """Return the last rise with a siege in fewer than half the runs, and the first with more."""
    shares = has_siege(runs).groupby(runs["fees.new"]).mean()
    fewer, more = shares.index[shares < 0.5], shares.index[shares > 0.5]
    return (fewer.max() if len(fewer) else np.nan), (more.min() if len(more) else np.nan)


def afterwards(folder):
    """Return the tipping point for each threshold, with an interval by a bootstrap of seeds."""
    runs = lab.open(folder).runs
    factor = "population.onlooker_threshold_mean"
    rng = np.random.default_rng(1)
    rows = []
    for threshold, group in runs.groupby(factor):
        seeds = group["seed"].unique()
        draws = [
            tipping_point(
                pd.concat([group[group["seed"] == s] for s in rng.choice(seeds, seeds.size)])
            )
            for _ in range(200)
        ]
        inside = np.array([d for d in draws if np.isfinite(d)])
        low, high = np.quantile(inside, [0.025, 0.975]) if inside.size else (np.nan, np.nan)
        # the interval is at least as wide as the distance between levels
        below, above = bracket(group)
        low, high = np.fmin(low, below), np.fmax(high, above)
        rows.append((threshold, tipping_point(group), low, high, inside.size / len(draws)))
    names = [factor, "tipping_point", "low", "high", "share_of_draws_with_one"]
    return {"tipping_point": pd.DataFrame(rows, columns=names)}
