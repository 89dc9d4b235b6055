"""Which parameters the facts of 2011 do not rule out, and what they tell about each.

Question: which sets of assumed values are consistent with what was reported? It reads what
`simulate` left in its folder.

The ensemble: the smoother's points go on, by whole runs and all fitted facts, those included that
need shoppers. Then each is run anew, and sets are drawn without repetition by their weights. It is
a collection of sets that agree with the facts, correlations kept, and no posterior.

What the facts tell about each parameter: inference from the table by nearest runs moved by
regression. Summaries of a run are the fitted facts on their scales, with an indicator where a fact
may not exist, or what a network expects of the parameters from them (Fearnhead and Prangle 2012).
Both are judged on 200 held-out rows, and the one that covers better is used. A fact is an
interval, so each draw is inferred from facts drawn within their bounds; some are run whole, to see
whether a posterior of the fitted parameters alone meets the facts.
"""

import dataclasses
import datetime
import re
import time

import numpy as np
import pandas as pd
import tomli_w

from experiments.calibrating import (
    BASE,
    SEED,
    base,
    facts_fitted,
    hours_of,
    misfit,
    on_scales,
    one_thread,
    priors,
    run_points,
    values_at,
    varied,
)
from experiments.keeping import write
from experiments.simulate import started_in
from experiments.smoothing import Region, cube, scores, step
from sim import MODEL_VERSION, Scenario, __version__
from sim.io import parquet
from sim.lab.analysis import matching
from sim.lab.analysis.inference import infer, judge, spread_of, uniformity
from sim.scenario.schema import fields_of

DRAWS = 99
"""Draws of each held-out posterior; ranks run from 0 to as many."""
KEEP = 0.03
"""Share of the table that is accepted."""
FEWEST = 12
"""Runs accepted for each summary; with fewer the regression fits its own noise."""
INFORMED = 0.9
"""Spread inferred over that of the prior, below which a parameter is said to be informed."""


@dataclasses.dataclass(frozen=True)
class Size:
    """How much is inferred."""

    held_out: int = 200
    drawn: int = 60  # draws of the regression's posterior that are run whole
    refinements: int = 3
    candidates: int = 320
    members: int = 200
    check: tuple = (0.05, 2)  # scale, seeds


QUICK = Size(30, 6, 1, 16, 8, (0.01, 2))


class Summaries:
    """What a run comes to: its facts on their scales, and whether each exists."""

    def __init__(self, runs, facts, hours):
        self.facts, self.hours = facts, hours
        there = np.array([runs[f.id].notna().mean() for f in facts])
        self.marked = [f.id for f, share in zip(facts, there, strict=True) if 0.01 < share < 0.99]

    def of(self, runs):
        """Return the summaries of a table of runs, a row a run."""
        marks = [runs[[name]].notna().to_numpy(float) for name in self.marked]
        return np.concatenate([on_scales(runs, self.facts, self.hours), *marks], axis=1)

    def observed(self, rng, n):
        """Return what may have been observed: each fact drawn within its bounds, on its scale."""
        low, high = matching.bounds(self.facts)
        u = rng.random((n, len(self.facts)))
        marks = np.ones((n, len(self.marked)))
        return np.concatenate([low + u * (high - low), marks], axis=1)


def learned(x, y):
    """Return a function from summaries to what a network expects of the parameters."""
    from sklearn.neural_network import MLPRegressor
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    network = MLPRegressor(hidden_layer_sizes=(64, 64), alpha=1e-3, early_stopping=True, max_iter=400, random_state=SEED)  # fmt: skip
    fitted = make_pipeline(StandardScaler(), network).fit(y, x)
    return lambda y: fitted.predict(y).reshape(len(y), -1)


def keep_of(n, summaries):
    """Return how many runs of a table are accepted."""
    return min(n, max(FEWEST * summaries, round(KEEP * n)))


def tried(x, y, size):
    """Judge both summaries on held-out rows.

    Returns
    -------
    dict
        By name: the function of the summaries, what distances are measured in, and how it judged.
    """
    rng = np.random.default_rng(SEED)
    rows = np.sort(rng.choice(len(x), size.held_out, replace=False))
    rest = np.setdiff1d(np.arange(len(x)), rows)
    u, out = rng.random((len(rows), DRAWS)), {}
    expected = learned(x[rest], y[rest])
    for name, of in (("facts", lambda y: y), ("network", expected)):
        z = of(y)
        spread = spread_of(z) if name == "facts" else np.full(z.shape[1], 1.0)
        out[name] = (of, spread, judge(x, z, rows, keep_of(len(x), z.shape[1]), DRAWS, u, spread))
    return out


def better(found, sd_prior):
    """Return the name of the summaries whose 90 % intervals cover best, the narrower if equal."""

    def fault(name):
        judged = found[name][2]
        off = abs(float(judged.covered.mean()) - 0.9)
        return max(off - 0.02, 0.0), float((judged.sd / sd_prior).mean())

    return min(found, key=fault)


def table_of(names, judged, sd_prior):
    """Return what the held-out rows say of each parameter."""
    spread = np.median(judged.sd, axis=0) / sd_prior
    ranks = judged.ranks / DRAWS
    return pd.DataFrame({
        "parameter": names, "covered_90": judged.covered.mean(axis=0),
        "p_uniform": uniformity(judged.ranks, DRAWS), "mean_rank": ranks.mean(axis=0),
        "rank_sd_of_uniform": ranks.std(axis=0) * np.sqrt(12.0), "sd_of_prior": spread,
        "informed": spread < INFORMED,
    })  # fmt: skip


def candidates(x, y, way, summaries, n, region):
    """Draw sets of parameters, each from what is inferred of facts drawn within their bounds.

    Draws of facts that lie farther from the runs than 99 % of held-out rows do are left out, and
    sets outside of the part of the prior that the runs are from.

    Returns
    -------
    tuple
        Points (set, parameter), the share of held-out rows that lie as far from the other runs as
        the facts do or farther, and the share of draws left out.
    """
    of, spread, judged = way
    rng, z = np.random.default_rng(SEED + 1), of(y)
    bar, out, reaches = np.quantile(judged.reach, 0.99), [], []
    for observed in of(summaries.observed(rng, 20 * n)):
        found = infer(x, z, observed, keep_of(len(x), z.shape[1]), spread)
        reaches.append(found.reach)
        drawn = found.take(rng.random(20))
        drawn = drawn[region.holds(scores(drawn))]
        if found.reach <= bar and len(drawn):
            out.append(drawn[0])
        if len(out) == n:
            break
    typical = float((judged.reach >= np.median(reaches)).mean())
    return np.array(out).reshape(-1, x.shape[1]), typical, float(np.mean(np.array(reaches) > bar))


def complete(points, names, seed):
    """Return points of all parameters: the fitted as given, the others drawn from their priors."""
    paths = [f.path for f in priors()]
    cube = np.random.default_rng(seed).random((len(points), len(paths)))
    cube[:, [paths.index(name) for name in names]] = points
    return cube


def weigh(folder, cube, facts, size, workers, say):
    """Run every set whole and give its weight: 0 where a fact rules it out.

    Returns
    -------
    tuple
        Weights, and a table of the facts.
    """
    scale, n = size.check
    seeds = SEED + 9_000_000 + np.arange(len(cube) * n)
    runs = run_points(folder, np.repeat(cube, n, axis=0), seeds, scale=scale, need="shoppers",
                      workers=workers, say=say)  # fmt: skip
    y = np.full((len(seeds), len(facts)), np.nan)
    y[runs["row"].to_numpy(int)] = on_scales(runs, facts, base().hours)
    y = y.reshape(len(cube), n, -1)
    chance = y.var(axis=1, ddof=1) / n if n > 1 else np.zeros((len(cube), len(facts)))
    found = matching.implausibility(y.mean(axis=1), np.nanmean(chance, axis=0), facts)
    found = np.where(np.isnan(found), np.inf, found)
    held = found.max(axis=1) < matching.CUT_OFF
    weights = np.where(held, np.exp(-0.5 * (np.where(held[:, None], found, 0.0) ** 2).sum(axis=1)), 0.0)  # fmt: skip
    inside = matching.distances(y.reshape(-1, len(facts)), facts) == 0.0
    told = pd.DataFrame({"fact": [f.id for f in facts], "share_inside": inside.mean(axis=0),
                         "ruled_out": (found >= matching.CUT_OFF).sum(axis=0)})  # fmt: skip
    return weights, told


def drawn_by(weights, n):
    """Return rows drawn by weight, none twice; fewer where fewer have one."""
    rng = np.random.default_rng(SEED + 4)
    n = min(n, int((weights > 0).sum()))
    return rng.choice(len(weights), n, replace=False, p=weights / weights.sum())


def effective(weights):
    """Return the effective size of weighted sets."""
    return float(weights.sum() ** 2 / (weights**2).sum()) if weights.any() else 0.0


def refine(folder, x, facts, size, workers, say):
    """Move the smoother's points on, by whole runs and all fitted facts; return points to check."""
    z = scores(x)
    for k in range(size.refinements):
        seeds = SEED + 5_000_000 + 10_000 * k + np.arange(len(z))
        runs = run_points(folder / f"refinement-{k}", cube(z), seeds, scale=size.check[0],
                          need="shoppers", workers=workers, say=say)  # fmt: skip
        off, started = misfit(runs, facts, base().hours), started_in(runs)
        say(f"refinement {k}: {started.mean():.0%} start when reported, misfit {np.median(off):.1f}, "
            f"all facts inside in {(off == 0).mean():.0%}")  # fmt: skip
        rng = np.random.default_rng([SEED, 5, k])
        z = step(z[runs["row"].to_numpy(int)], on_scales(runs, facts, base().hours), facts, started, rng)  # fmt: skip
    rng = np.random.default_rng([SEED, 6])
    z = z[rng.permutation(np.arange(size.candidates) % len(z))]
    return cube(np.clip(z + 0.1 * z.std(axis=0) * rng.standard_normal(z.shape), -3.0, 3.0))


@one_thread
def carry_out(out, *, quick=False, workers=2, keep=None, runs=None):
    """Infer the ensemble from the runs that `simulate` left, going on where a start ended.

    Parameters
    ----------
    out
        The folder of `simulate`, or one beside it called ``infer``.
    keep
        Folder for the tables and the picture that are kept.
    runs
        Sets that are run whole; those of `Size` if not given.
    """
    began, size, said = time.perf_counter(), QUICK if quick else Size(), []
    size = dataclasses.replace(size, candidates=runs) if runs else size
    beside = out.with_name(out.name.replace("infer", "simulate"))
    folder = out if (out / "table.parquet").exists() else beside
    if not (folder / "table.parquet").exists():
        raise SystemExit(f"{folder}: holds no table; run `python -m experiments simulate` first")

    def say(line):
        said.append(line)
        print(f"{time.perf_counter() - began:7.0f} s  {line}", flush=True)

    read = (parquet.read(folder / f"{name}.parquet") for name in ("screening", "prior", "table", "region"))  # fmt: skip
    screening, prior, table, edges = read
    names = [name for name in edges.columns if name != "centre"]
    region = Region(edges["centre"].to_numpy(), edges[names].to_numpy())
    facts = varied(facts_fitted("siege"), prior)
    alone = facts_fitted("siege")
    whole = tuple(f for f in facts_fitted("shoppers") if f in facts or f not in alone)
    summaries = Summaries(table, facts, hours_of(facts))
    x, y = table[names].to_numpy(float), summaries.of(table)
    say(f"{len(x)} runs, {len(names)} parameters, facts {', '.join(f.id for f in facts)}; "
        f"may not exist: {', '.join(summaries.marked) or 'none'}")  # fmt: skip
    found, sd_prior = tried(x, y, size), np.full(len(names), 12.0**-0.5)  # of the whole prior
    for name, (_, _, judged) in found.items():
        say(f"summaries by {name}: 90 % intervals cover {judged.covered.mean():.1%} on average, "
            f"spread {np.median(judged.sd / sd_prior):.2f} of the prior's")  # fmt: skip
    name = better(found, sd_prior)
    judged = found[name][2]
    coverage = table_of(names, judged, sd_prior)
    points, typical, left_out = candidates(x, y, found[name], summaries, size.drawn, region)
    say(f"used: {name}; {typical:.0%} of held-out rows lie as far from the other runs as the facts do, or farther; "
        f"{left_out:.0%} of draws within the facts' bounds left out")  # fmt: skip
    if len(points):
        drawn = complete(points, names, SEED + 2)
        weights, _ = weigh(folder / "drawn", drawn, whole, size, workers, say)
        say(f"of {len(points)} draws by regression the facts rule out {(weights == 0).sum()}; effective size {effective(weights):.0f}")  # fmt: skip
    sets = refine(folder, parquet.read(folder / "smoothed.parquet").to_numpy(float), whole, size, workers, say)  # fmt: skip
    weights, members = weigh(folder / "members", sets, whole, size, workers, say)
    ess = effective(weights)
    say(f"{(weights > 0).sum()} of {len(sets)} sets are not ruled out; effective size {ess:.0f}")
    paths = [f.path for f in priors()]
    narrowed = pd.DataFrame({"parameter": paths, "sd_of_prior": np.nan})
    if weights.any():
        rows = drawn_by(weights, size.members)
        taken = sets[rows]
        narrowed = pd.DataFrame({"parameter": paths, "median": np.median(taken, axis=0),
                                 "sd_of_prior": taken.std(axis=0) * np.sqrt(12.0)})  # fmt: skip
        near = ((taken - np.median(taken, axis=0)) ** 2).sum(axis=1)
        best = int(np.argmin(np.where(weights[rows] >= 0.9 * weights[rows].max(), near, np.inf)))
        made = made_by(whole, ess, len(x), typical, quick)
        write_ensemble(folder / "calibrated.toml", taken, best, made)
        say(f"{len(taken)} members in {folder / 'calibrated.toml'}; their place is sim/library/ensembles/")  # fmt: skip
    pictures = {"coverage": picture(judged, names)}
    ranks = pd.DataFrame(judged.ranks, columns=names)
    tables = {"coverage": coverage, "ranks": ranks, "members": members, "ensemble": narrowed,
              "screening": screening}  # fmt: skip
    write((folder, keep), tables, pictures)
    if not weights.any():
        raise SystemExit("infer: the facts rule out every set; the tables say which")
    return "\n".join(said)


def made_by(facts, ess, runs, typical, quick):
    """Return how an ensemble was made."""
    return {
        "by": "python -m experiments infer" + (" --quick" if quick else ""),
        "version": __version__, "model_version": MODEL_VERSION, "seed": SEED,
        "date": datetime.date.today().isoformat(), "hours": base().hours, "runs": runs,
        "effective_size": round(ess, 1), "facts_typical": round(typical, 3),
        "facts": [f.id for f in facts],
    }  # fmt: skip


def by_kind(fields):
    """Return each parameter's path in an ensemble: a measure's by its kind, for every response."""
    kinds = [measure.kind for measure in base().response.measures]
    return [re.sub(r"measures\[(\d+)\]", lambda m: f"measures[{kinds[int(m[1])]}]", f.path) for f in fields]  # fmt: skip


def of_other_measures(known):
    """Return the parameters with a prior of measures that 2011 did not see."""
    every = fields_of(Scenario)
    return [f for f in every if f.prior and f.path.startswith("response.measures[") and f.path not in known]  # fmt: skip


def written(value):
    """Write a number as TOML: six digits, and a point where it is not a whole number by kind."""
    text = str(value) if isinstance(value, int) else f"{value:.6g}"
    return text if isinstance(value, int) or set(text) & set(".e") else text + ".0"


def write_ensemble(path, cube, best, made):
    """Write an ensemble as TOML: a row a member, a column a parameter.

    Parameters of measures that were not taken in 2011 are drawn from their priors.
    """
    fields = priors()
    paths = by_kind(fields)
    others = of_other_measures(paths)
    more = np.random.default_rng(SEED).random((len(cube), len(others)))
    both = zip(values_at(cube, fields), values_at(more, others), strict=True)
    rows = [[*one.values(), *two.values()] for one, two in both]
    paths += [f.path for f in others]
    head = tomli_w.dumps({
        "name": "calibrated", "description": f"{len(rows)} parameter sets that are consistent with the facts of 2011",
        "scenario": BASE, "best": best, "parameters": paths, "made": made,
    })  # fmt: skip
    table, made_part = head.split("[made]", 1)
    told = "\n".join("  [" + ", ".join(map(written, row)) + "]," for row in rows)
    path.write_text(f"{table}members = [\n{told}\n]\n\n[made]{made_part}")


def picture(judged, names):
    """Draw the ranks of each parameter, ten bins, with what is expected of equal ones."""
    from matplotlib.figure import Figure
    from scipy import stats

    from sim.figures.style import BLUE, GREY, RED, SMALL, dress

    columns, bins, n = 4, 10, len(judged.ranks)
    lines = -(-len(names) // columns)
    fig = Figure(figsize=(10, 1.9 * lines + 0.6), facecolor="white")
    axes = fig.subplots(lines, columns, squeeze=False, sharey=True).ravel()
    low, high = stats.binom.ppf([0.005, 0.995], n, 1 / bins)
    p_values, covered = uniformity(judged.ranks, DRAWS), judged.covered.mean(axis=0)
    for ax, name, ranks, p, share in zip(axes, names, judged.ranks.T, p_values, covered, strict=False):  # fmt: skip
        dress(ax)
        ax.axhspan(low, high, color="#e4e4e4")
        ax.axhline(n / bins, color=GREY, linewidth=0.8)
        counts = np.histogram(ranks + 0.5, np.linspace(0, DRAWS + 1, bins + 1))[0]
        ax.bar(np.arange(bins), counts, color=BLUE if p > 0.01 else RED, width=0.85)
        ax.set_title(f"{name.split('.')[-1]}, covers {share:.0%}", fontsize=SMALL)
        ax.set_xticks([])
    for ax in axes[len(names) :]:
        ax.axis("off")
    fig.tight_layout()
    return fig
