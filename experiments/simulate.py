"""Runs for the calibration: which parameters move the facts, and a table of runs to infer from.

Question: what would the facts be, wherever the priors allow? A screening moves one parameter at a
time over its whole prior. Then rounds of runs: the first from the prior, each later one from the
part of the prior in which runs near the facts are found (a truncated prior: within it the density
is the prior's, so that no run needs a weight; Deistler, Gonçalves and Macke 2022). Nobody shops
where no shelf runs low. A stopped command continues where it was.
"""

import dataclasses
import time

import numpy as np
import pandas as pd
from scipy.stats import qmc

from experiments.calibrating import (
    SEED,
    facts_fitted,
    hours_of,
    misfit,
    on_scales,
    one_thread,
    priors,
    run_points,
    varied,
)
from experiments.keeping import write
from sim.io import parquet
from sim.lab.analysis import matching


@dataclasses.dataclass(frozen=True)
class Size:
    """How much is run."""

    scale: float = 0.02
    starts: int = 3  # points from which the screening moves each parameter
    levels: tuple = (0.0, 0.34, 0.67, 1.0)  # shares of the way through the prior
    rounds: tuple = (4000, 2000, 2000)
    near: float = 0.04  # share of the runs that count as near the facts
    lost: float = 0.02  # share of those that a truncation may lose


QUICK = Size(0.005, 1, (0.0, 0.5, 1.0), (160, 60, 60), 0.1, 0.05)


def screen(folder, size, workers, say):
    """Move each parameter through its prior from each start, and see how far each fact moves.

    Returns
    -------
    pandas.DataFrame
        By parameter: the largest range of each fact over the levels, in discrepancies, the mean
        over the starts; ``largest`` of them; and ``inert`` where nothing moved at all. The last
        row, ``(chance)``, is what other seeds do.
    """
    fields, facts = priors(), facts_fitted("siege")
    rng, n, k = np.random.default_rng(SEED), len(size.levels), len(fields)
    declared = [min(max(f.prior.share(float(f.default)), 0.0), 1.0) for f in fields]
    starts = np.array([declared, *(0.25 + 0.5 * rng.random((size.starts - 1, k)))])
    blocks, seeds = [], []
    for s, start in enumerate(starts):
        for j in range(k + 1):  # the last: other seeds and nothing else
            block = np.repeat(start[None, :], n, axis=0)
            if j < k:
                block[:, j] = size.levels
            blocks.append(block)
            seeds += [SEED + 1000 * s + (i if j == k else 0) for i in range(n)]
    runs = run_points(folder / "screening", np.concatenate(blocks), seeds, scale=size.scale,
                      need="siege", workers=workers, say=say)  # fmt: skip
    y = np.full((len(seeds), len(facts)), np.nan)
    y[runs["row"].to_numpy(int)] = on_scales(runs, facts, hours_of(facts))
    moved = np.ptp(y.reshape(len(starts), k + 1, n, -1), axis=2)
    found = np.nanmean(moved, axis=0) / matching.discrepancies(facts)
    table = pd.DataFrame(found, columns=[f.id for f in facts])
    table.insert(0, "parameter", [*(f.path for f in fields), "(chance)"])
    table["largest"] = found.max(axis=1)
    table["inert"] = found.max(axis=1) == 0.0
    say(f"screening: {len(runs)} runs of {k} parameters; {int(table['inert'].sum())} move no fact")
    return table.sort_values("largest", ascending=False, ignore_index=True)


@one_thread
def region_of(x, near, size, say):
    """Return what tells whether a point may give a run near the facts, or None.

    A classifier learns near runs from all; its threshold is set by probabilities out of fold, so
    that it loses `Size.lost` of the near ones. None if it explains no more than their share does.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.metrics import log_loss
    from sklearn.model_selection import StratifiedKFold, cross_val_predict

    def made():
        return HistGradientBoostingClassifier(
            max_iter=150, learning_rate=0.05, max_leaf_nodes=12, l2_regularization=1.0,
            random_state=SEED,
        )  # fmt: skip

    folds = StratifiedKFold(5, shuffle=True, random_state=SEED)
    p = cross_val_predict(made(), x, near, cv=folds, method="predict_proba")[:, 1]
    gain = 1.0 - log_loss(near, p) / log_loss(near, np.full(len(near), near.mean()))
    if gain <= 0.0:
        say("truncation: near runs cannot be told from others, so the prior stays whole")
        return None
    lowest = float(np.quantile(p[near], size.lost))
    fitted = made().fit(x, near)
    say(f"truncation: explains {gain:.0%} of what a constant leaves; {(p >= lowest).mean():.0%} of the part before is left")  # fmt: skip
    return lambda points: fitted.predict_proba(points)[:, 1] >= lowest


@one_thread
def draw_inside(regions, k, n, seed, most=4000):
    """Draw points of the unit cube that lie in all regions."""
    rng, kept, found = np.random.default_rng(seed), [], 0
    for _ in range(most):
        x = rng.random((5000, k))
        for region in regions:
            if not len(x):
                break
            x = x[region(x)]
        kept.append(x)
        found += len(x)
        if found >= n:
            return np.concatenate(kept)[:n]
    raise SystemExit(f"truncation: {found} of {n} points in {5000 * most} draws of the prior")


def tabulate(folder, size, workers, say):
    """Run round after round.

    Returns
    -------
    tuple
        The table of the first round, drawn from the whole prior, the table of all runs within the
        last truncation (parameters as shares of the way through their priors, seeds, facts), and
        a table of the rounds.
    """
    fields = priors()
    paths, k = [f.path for f in fields], len(fields)
    pooled, first, regions, told = None, None, [], []
    for r, n in enumerate(size.rounds):
        place = folder / f"round-{r + 1}"
        kept = 1.0
        if r == 0:
            x = qmc.LatinHypercube(k, rng=SEED).random(n)
        else:
            facts = varied(facts_fitted("siege"), first)
            off = misfit(pooled, facts, hours_of(facts))
            bar = np.sort(off)[max(30, round(size.near * len(off))) - 1]
            at = pooled[paths].to_numpy()
            region = region_of(at, off <= bar, size, say)
            regions += [region] if region else []
            inside = region(at) if region else np.ones(len(at), bool)
            kept = inside.mean()
            x, inside = _settled(place, inside, regions, k, n, SEED + r)
            pooled = pooled[inside]
        runs = run_points(place, x, SEED + 100_000 * (r + 1) + np.arange(n), scale=size.scale,
                          need="siege", workers=workers, say=say)  # fmt: skip
        points = pd.DataFrame(x[runs["row"].to_numpy(int)], columns=paths)
        done = pd.concat([points, runs.drop(columns="row")], axis=1)
        first = done if first is None else first
        pooled = done if pooled is None else pd.concat([pooled, done], ignore_index=True)
        facts = varied(facts_fitted("siege"), first)
        off = misfit(done, facts, hours_of(facts))
        told.append({"round": r + 1, "runs": len(done), "part_kept": kept, "with_siege": done["attacked"].mean(),
                     "shopped": done["shopped"].mean(), "misfit_median": np.median(off),
                     "misfit_best_twentieth": np.quantile(off, 0.05), "all_inside": (off == 0).mean()})  # fmt: skip
        say(f"round {r + 1}: {len(done)} runs, {told[-1]['shopped']:.0%} with shoppers after all; "
            f"misfit {told[-1]['misfit_median']:.1f}, best twentieth {told[-1]['misfit_best_twentieth']:.2f}")  # fmt: skip
    return first, pooled, pd.DataFrame(told)


def _settled(place, inside, regions, k, n, seed):
    """Return the points of a round and which runs before stay, as decided at its first start."""
    at, of = place / "drawn.parquet", place / "inside.parquet"
    if not at.exists():
        place.mkdir(parents=True, exist_ok=True)
        parquet.write(pd.DataFrame({"inside": inside.astype(float)}), of)
        x = draw_inside(regions, k, n, seed)
        parquet.write(pd.DataFrame(x).rename(columns=str), at)
    return parquet.read(at).to_numpy(float), parquet.read(of)["inside"].to_numpy() > 0


def carry_out(out, *, quick=False, workers=2, keep=None, runs=None):
    """Screen and tabulate, going on where an earlier start ended.

    Parameters
    ----------
    out
        Folder of all runs, from which `infer` reads.
    runs
        Runs of all rounds together; those of `Size` if not given.
    keep
        Folder for the tables that are kept.
    """
    began, size, said = time.perf_counter(), QUICK if quick else Size(), []
    if runs:
        half = runs // 2
        size = dataclasses.replace(size, rounds=(half, runs // 4, runs - half - runs // 4))
    out.mkdir(parents=True, exist_ok=True)

    def say(line):
        said.append(line)
        print(f"{time.perf_counter() - began:7.0f} s  {line}", flush=True)

    screening = screen(out, size, workers, say)
    first, pooled, rounds = tabulate(out, size, workers, say)
    facts = facts_fitted("siege")
    if constant := [f.id for f in facts if f not in varied(facts, first)]:
        say(f"by construction, so not fitted: {', '.join(constant)}")
    parquet.write(first, out / "prior.parquet")
    parquet.write(pooled, out / "table.parquet")
    parquet.write(screening, out / "screening.parquet")
    write((out, keep), {"screening": screening, "rounds": rounds})
    return "\n".join(said)
