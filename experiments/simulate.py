"""Runs for the calibration: where the facts are met, which parameters move them, and a table.

Question: what would the facts be, near where the priors let them be met? First an ensemble smoother
goes from the prior to where the facts are (`smoothing`). From there a screening moves one parameter
at a time over its whole prior: those that move any fact most are fitted. Last a table of runs, from
the part of the prior around; the parameters that are not fitted are drawn from their whole priors.
Nobody shops where no shelf runs low. A stopped command continues where it was.
"""

import dataclasses
import time

import numpy as np
import pandas as pd

from experiments.calibrating import (
    SEED,
    facts_fitted,
    hours_of,
    misfit,
    on_scales,
    priors,
    run_points,
    varied,
)
from experiments.keeping import write
from experiments.smoothing import Region, cube, step
from sim.io import parquet
from sim.lab.analysis import matching

START = "F27"
"""The fact that says when the attack began."""


@dataclasses.dataclass(frozen=True)
class Size:
    """How much is run."""

    scale: float = 0.05
    points: int = 240  # of the smoother
    cautions: tuple = (4.0, 4.0, 4.0, 4.0, 1.0, 1.0, 1.0, 1.0, 1.0)  # of the smoother's steps
    levels: tuple = (0.02, 0.26, 0.5, 0.74, 0.98)  # shares of the way through the prior
    table: int = 1800
    fitted: int = 36  # parameters at most, those that move a fact most
    least: int = 24  # that many even if chance moves the facts as much
    widen: float = 1.7  # the table's part of the prior, by the spread of the smoother's points


QUICK = Size(0.005, 24, (4.0, 1.0), (0.02, 0.98), 120, 8, 6)


def smooth(folder, size, workers, say):
    """Go from the prior to where the facts are met.

    Returns
    -------
    tuple
        Normal scores of the last points; the runs of the first, drawn from the whole prior, with
        their points; and a table of the steps.
    """
    paths = [f.path for f in priors()]
    z = np.random.default_rng(SEED).standard_normal((size.points, len(paths)))
    first, told = None, []
    for k, caution in enumerate([*size.cautions, None]):
        x = cube(z)
        runs = run_points(folder / f"step-{k}", x, SEED + 10_000 * (k + 1) + np.arange(len(x)),
                          scale=size.scale, need="siege", workers=workers, say=say)  # fmt: skip
        at = runs["row"].to_numpy(int)
        if first is None:
            first = pd.concat(
                [pd.DataFrame(x[at], columns=paths), runs.drop(columns="row")], axis=1
            )
        facts = varied(facts_fitted("siege"), first)
        hours = hours_of(facts)
        off, started = misfit(runs, facts, hours), started_in(runs)
        told.append({"step": k, "runs": len(runs), "started": started.mean(), "misfit_median": np.median(off),
                     "all_inside": (off == 0).mean(), "shopped": runs["shopped"].mean()})  # fmt: skip
        say("step {step}: {started:.0%} start when reported, misfit {misfit_median:.1f}, all facts "
            "inside in {all_inside:.0%}, {shopped:.0%} with shoppers".format(**told[-1]))  # fmt: skip
        z = z[at]
        if caution:
            rng = np.random.default_rng([SEED, k])
            z = step(z, on_scales(runs, facts, hours), facts, started, rng, caution)
    return z[started] if started.any() else z, first, pd.DataFrame(told)


def started_in(runs):
    """Return in which runs the attack began when it was reported to have begun."""
    (fact,) = (f for f in facts_fitted("siege") if f.id == START)
    return ((runs[START] >= fact.low) & (runs[START] <= fact.high)).to_numpy()


def screen(folder, centre, size, workers, say):
    """Move each parameter through its prior from where the facts are met, and see what moves.

    Returns
    -------
    pandas.DataFrame
        By parameter: the range of each fact over the levels, in discrepancies, with the same
        seed; ``largest`` of them; and ``inert`` where nothing moved at all. The last row,
        ``(chance)``, is what other seeds do.
    """
    fields, facts = priors(), facts_fitted("siege")
    n, k = len(size.levels), len(fields)
    blocks = np.repeat(np.repeat(centre[None, None, :], n, axis=1), k + 1, axis=0)
    for j in range(k):
        blocks[j, :, j] = size.levels
    seeds = np.full((k + 1, n), SEED)
    seeds[k] += np.arange(n)  # other seeds and nothing else
    runs = run_points(folder / "screening", blocks.reshape(-1, k), seeds.ravel(), scale=size.scale,
                      need="siege", workers=workers, say=say)  # fmt: skip
    y = np.full((seeds.size, len(facts)), np.nan)
    y[runs["row"].to_numpy(int)] = on_scales(runs, facts, hours_of(facts))
    found = np.ptp(y.reshape(k + 1, n, -1), axis=1) / matching.discrepancies(facts)
    table = pd.DataFrame(found, columns=[f.id for f in facts])
    table.insert(0, "parameter", [*(f.path for f in fields), "(chance)"])
    table["largest"] = np.nanmax(found, axis=1)
    table["inert"] = np.nanmax(found, axis=1) == 0.0
    say(f"screening: {len(runs)} runs of {k} parameters; {int(table['inert'].sum())} move no fact")
    return table.sort_values("largest", ascending=False, ignore_index=True)


def chosen(screening, size):
    """Return the parameters that are fitted: none inert, those first that move any fact most."""
    chance = float(screening.loc[screening["parameter"] == "(chance)", "largest"].iloc[0])
    rows = screening[(screening["parameter"] != "(chance)") & ~screening["inert"].astype(bool)]
    rows = rows.sort_values("largest", ascending=False)
    n = max(size.least, int((rows["largest"] > chance).sum()))
    return rows["parameter"].tolist()[: min(n, size.fitted)]


def tabulate(folder, z, names, size, workers, say):
    """Run points of the part of the prior around ``z``; return them, and that part."""
    paths = [f.path for f in priors()]
    places = [paths.index(name) for name in names]
    region = Region.around(z[:, places], size.widen)
    rng = np.random.default_rng([SEED, 999])
    x = rng.random((size.table, len(paths)))
    x[:, places] = cube(region.draw(size.table, rng))
    runs = run_points(folder / "table", x, SEED + 1_000_000 + np.arange(len(x)), scale=size.scale,
                      need="siege", workers=workers, say=say)  # fmt: skip
    points = pd.DataFrame(x[runs["row"].to_numpy(int)], columns=paths)
    return pd.concat([points, runs.drop(columns="row")], axis=1), region


def carry_out(out, *, quick=False, workers=2, keep=None, runs=None):
    """Smooth, screen and tabulate, going on where an earlier start ended.

    Parameters
    ----------
    out
        Folder of all runs, from which `infer` reads.
    runs
        Runs of the table; those of `Size` if not given.
    keep
        Folder for the tables that are kept.
    """
    began, size, said = time.perf_counter(), QUICK if quick else Size(), []
    size = dataclasses.replace(size, table=runs) if runs else size
    out.mkdir(parents=True, exist_ok=True)

    def say(line):
        said.append(line)
        print(f"{time.perf_counter() - began:7.0f} s  {line}", flush=True)

    z, first, steps = smooth(out, size, workers, say)
    screening = screen(out, cube(z.mean(axis=0)), size, workers, say)
    names = chosen(screening, size)
    table, region = tabulate(out, z, names, size, workers, say)
    facts = facts_fitted("siege")
    if constant := [f.id for f in facts if f not in varied(facts, first)]:
        say(f"by construction, so not fitted: {', '.join(constant)}")
    off = misfit(table, varied(facts, first), hours_of(facts))
    say(f"table: {len(table)} runs, misfit {np.median(off):.1f}, best twentieth {np.quantile(off, 0.05):.2f}")  # fmt: skip
    parquet.write(
        pd.DataFrame(cube(z), columns=[f.path for f in priors()]), out / "smoothed.parquet"
    )
    parquet.write(first, out / "prior.parquet")
    parquet.write(table, out / "table.parquet")
    parquet.write(screening, out / "screening.parquet")
    edges = pd.DataFrame(region.shape, columns=names)
    edges.insert(0, "centre", region.centre)
    parquet.write(edges, out / "region.parquet")
    write((out, keep), {"screening": screening, "steps": steps})
    return "\n".join(said)
