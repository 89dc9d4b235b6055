"""How close 2011 was to not happening.

Question: by how much must one thing be smaller, or larger, before there is no siege?
Levers: one at a time: how far the fees rise, how many people there are, how reluctant they are,
how loudly the media report the rise, how many people the organisers wait for.
Uncertainties: chance and the calibrated ensemble, run k with its member k.
Outcomes: the share of runs with a siege, and its size where there is one.
"""

import numpy as np
import pandas as pd

from experiments.fees import schedule
from experiments.keeping import write
from sim import Scenario
from sim.lab.analysis.convergence import wilson
from sim.lab.design.draws import draws_of
from sim.lab.execution.pool import Task, run_many

HOURS = 108  # three assemblies after the announcement
LEVELS = {
    "rise of the fees, of the one announced": (1.0, 0.3, 0.2, 0.15, 0.1, 0.07, 0.04, 0.0),
    "people, of those there were": (1.0, 0.5, 0.3, 0.2, 0.15, 0.1, 0.05),
    "reluctance added to every threshold": (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6),
    "news of the rise, of what it was": (1.0, 0.75, 0.5, 0.25, 0.0),
    "quorum, of 3,000 people": (1.0, 1.5, 2.0, 3.0, 5.0, 8.0),
}


def changed(lever, level, world):
    """Return the fields to change for a level of a lever, in the world of one member."""
    people = world.population
    if lever.startswith("rise"):
        return {"fees.new": schedule(level)}
    if lever.startswith("people"):
        return {"population.n_sellers": round(people.n_sellers * level),
                "population.n_onlookers": round(people.n_onlookers * level)}  # fmt: skip
    if lever.startswith("reluctance"):
        return {"population.seller_threshold_mean": people.seller_threshold_mean + level,
                "population.onlooker_threshold_mean": people.onlooker_threshold_mean + level}  # fmt: skip
    if lever.startswith("news"):
        return {"attention.announcement": world.attention.announcement * level}
    return {"channel.quorum": world.channel.quorum * level}


def carry_out(out, *, quick=False, workers=2, keep=None):
    """Run every level of every lever in the worlds of the ensemble."""
    runs, scale = (2, 0.002) if quick else (12, 0.05)
    base = Scenario.load("taobao-2011").replace(scale=scale, hours=HOURS, response="silence")
    worlds = [base.replace(draw) for draw in draws_of("calibrated", base, runs, 1)]
    cases = [(lever, level) for lever, levels in LEVELS.items()
             for level in (levels[:: len(levels) - 1] if quick else levels)]  # fmt: skip
    tasks = [
        Task(f"{c}/{k}", world.replace(changed(*cases[c], world)), 1 + k)
        for c in range(len(cases)) for k, world in enumerate(worlds)
    ]  # fmt: skip
    found = {d.key: d.row for d in run_many(tasks, workers=workers) if d.row is not None}
    rows = []
    for c, (lever, level) in enumerate(cases):
        of_case = [found[f"{c}/{k}"] for k in range(runs) if f"{c}/{k}" in found]
        peaks = [r["peak_online"] for r in of_case if r["hours_attack"] > 0]
        low, high = wilson(len(peaks), len(of_case))
        rows.append({
            "lever": lever, "level": level, "runs": len(of_case),
            "share_with_siege": len(peaks) / len(of_case), "low": low, "high": high,
            "peak_online_given_siege": float(np.mean(peaks)) if peaks else np.nan,
        })  # fmt: skip
    table = pd.DataFrame(rows)
    write((out, keep), {"closeness": table})
    return table.to_string()
