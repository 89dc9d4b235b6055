"""What simulation and inference share: parameters, facts, and runs that are done once.

Points lie in the unit cube of all parameters with a declared prior, in the order of `priors`.
"""

import functools
from pathlib import Path

import numpy as np
import pandas as pd

from sim import Scenario
from sim.io import parquet
from sim.lab.analysis import matching
from sim.lab.construction import is_constant
from sim.lab.execution.tasks import Task
from sim.lab.readings import read
from sim.lab.storage.kept import forget, run_all
from sim.outcomes.expressions import parse
from sim.outcomes.facts import load_facts
from sim.running.shoppers import need_of
from sim.scenario.schema import fields_of

BASE = "taobao-2011"
SEED = 2011


def base(**changes):
    """Return the world that is calibrated, at the declared values, up to the last fact's hour."""
    return Scenario.load(BASE).replace({"hours": hours_of(facts_read("shoppers")), **changes})


def hours_of(facts):
    """Return how long a run must be for facts to be read off it."""
    return max(parse(f.outcome).stop for f in facts)


def priors():
    """Return every parameter with a declared prior."""
    return [f for f in fields_of(Scenario.load(BASE)) if f.prior]


def facts_read(need):
    """Return the facts that can be read off a run with so much in it."""
    facts = [f for f in load_facts() if f.outcome]
    return tuple(f for f in facts if need == "shoppers" or need_of([f.outcome]) == "siege")


def facts_fitted(need):
    """Return the facts that are fitted, of those that can be read off a run."""
    return tuple(f for f in facts_read(need) if f.use == "calibrate")


def varied(facts, runs):
    """Return the facts that do not have one value in nearly all runs in which they exist."""
    out = []
    for fact in facts:
        there = runs[fact.id].dropna().to_numpy(float)
        if there.size > 1 and not is_constant(there):
            out.append(fact)
    return tuple(out)


def values_at(x, fields):
    """Return the values of parameters at points of the unit cube, a dict a point."""
    return [
        {f.path: round(f.prior.at(u)) if f.type == "whole number" else f.prior.at(u)
         for f, u in zip(fields, row, strict=True)}
        for row in np.asarray(x, float).tolist()
    ]  # fmt: skip


class Reading:
    """What a worker reads off a run: the facts, and whether shoppers had to be brought back."""

    def __init__(self, facts):
        self.facts = facts

    def __call__(self, loop):
        """Return a plain dict."""
        shopped = any(stage.name == "shop" for stage in loop.stages)
        return {**read(self.facts, loop), "shopped": float(shopped)}


def run_points(folder, x, seeds, *, scale, need, workers=1, say=print):
    """Run a point a row; each run is kept when it is done, and none is done twice.

    Parameters
    ----------
    folder
        Keeps the runs; once all are done, ``runs.parquet`` holds them in one table.
    x
        Points of the unit cube of `priors`.
    need
        ``"siege"`` leaves shoppers out where nothing depends on them.

    Returns
    -------
    pandas.DataFrame
        Row, seed, whether anybody attacked and shopped, and the facts' values; a run that failed
        is left out, and said.
    """
    folder, facts = Path(folder), facts_read(need)
    table, told = folder / "runs.parquet", folder / "points.parquet"
    points = pd.DataFrame(np.asarray(x, float), columns=[f.path for f in priors()])
    points["seed"] = np.asarray(seeds, float)
    if told.exists() and not parquet.read(told).equals(points):
        raise SystemExit(f"{folder}: holds runs of other points; give another --out")
    if table.exists():
        return parquet.read(table)
    folder.mkdir(parents=True, exist_ok=True)
    parquet.write(points, told)
    world, reading = base(scale=scale), Reading(facts)
    tasks = [
        Task(str(i), world.replace(changes), int(seed), (), reading, need=need)
        for i, (changes, seed) in enumerate(zip(values_at(x, priors()), seeds, strict=True))
    ]
    asked = [[f.id, f.outcome] for f in facts]
    done = run_all(tasks, folder, f"{len(tasks)} runs of a calibration", reads=asked, workers=workers,
                   progress=progress(folder.name, say))  # fmt: skip
    failed = [d for d in done.values() if d.failure is not None]
    if failed:
        say(f"{folder.name}: {len(failed)} runs failed, such as {failed[0].failure.error}")
    rows = [
        {"row": i, "seed": task.seed, "attacked": (done[task.key].row["cum_actions"] or 0.0) > 0,
         **done[task.key].extra}
        for i, task in enumerate(tasks) if done[task.key].failure is None
    ]  # fmt: skip
    runs = pd.DataFrame(rows).astype(float)
    parquet.write(runs, table)
    forget(folder)
    return parquet.read(table)


def one_thread(function):
    """Have what a function learns and predicts done by one thread.

    Threads that wait for each other in a loop stand still on a machine that does other work too.
    """

    @functools.wraps(function)
    def limited(*args, **kwargs):
        from threadpoolctl import threadpool_limits

        with threadpool_limits(1):
            return function(*args, **kwargs)

    return limited


def progress(what, say, every=200):
    """Return what says now and then how many runs are done."""

    def tell(done, total):
        if done % every == 0 and done:
            say(f"{what}: {done} of {total} runs")

    return tell


def on_scales(runs, facts, hours):
    """Return facts of a table of runs on their scales, a column a fact."""
    values = runs[[f.id for f in facts]].to_numpy(float)
    return matching.compared(values, facts, hours)


def misfit(runs, facts, hours):
    """Return how far each run is from the facts: root of the sum of squares, in discrepancies."""
    off = matching.distances(on_scales(runs, facts, hours), facts) / matching.discrepancies(facts)
    return np.sqrt((off**2).sum(axis=1))
