"""Whether the inference is right, and what the facts tell about each parameter.

Question: do parameters drawn from the prior have uniform ranks in what is inferred from their own
runs (simulation-based calibration)? Which parameters do the facts narrow, and which not?
It continues the runs from the prior that `calibration` began, in the same folder, up to
`Size.table` of them. 200 rows play the part of data; the parameters of each are inferred from all
other rows.
"""

import numpy as np
import pandas as pd

from experiments.calibration import (
    QUICK,
    SEED,
    Size,
    facts_fitted,
    on_scales,
    prior_table,
    screen,
)
from experiments.keeping import write
from sim.lab.analysis.inference import infer, ranks, uniformity
from sim.scenario.ensembles import load_ensemble

DRAWS = 99  # ranks run from 0 to 99
KEEP = 0.02  # share of the table that is accepted
FEWEST = 12  # runs accepted for each fact; with fewer the regression fits its own noise


def narrowed(x, y, rows, keep):
    """Return the standard deviation of what is inferred, of the prior's, over the held-out rows."""
    rest = np.setdiff1d(np.arange(len(x)), rows)
    found = [infer(x[rest], y[rest], y[row], keep).sd() for row in rows]
    return np.median(found, axis=0) * np.sqrt(12.0)


def in_ensemble(matter):
    """Return each parameter's spread in the committed ensemble, of the prior's, and its middle."""
    ensemble = load_ensemble("calibrated")
    members = np.array(ensemble.members)
    rows = []
    for path, low, high in matter:
        if path not in ensemble.parameters:
            rows.append((np.nan, np.nan))
            continue
        cube = (members[:, ensemble.parameters.index(path)] - low) / (high - low)
        rows.append((float(cube.std() * np.sqrt(12.0)), float(np.median(cube))))
    return rows


def carry_out(out, *, quick=False, workers=2, keep=None, rows=None):
    """Finish the table, infer each held-out row, and test the ranks.

    Parameters
    ----------
    out
        The folder of the calibration, or one beside it called ``inference``.
    rows
        Runs of the table to use, all if not given.
    """
    size = QUICK if quick else Size()
    folder = out.with_name(out.name.replace("inference", "calibration"))
    matter, _ = screen(folder, size, workers, print)
    x, runs = prior_table(folder, size, matter, rows or size.table, workers)
    y = on_scales(runs)
    rng = np.random.default_rng(SEED)
    held_out = np.sort(rng.choice(len(x), size.held_out, replace=False))
    accepted = max(FEWEST * y.shape[1], round(KEEP * len(x)))
    found = ranks(x, y, held_out, accepted, DRAWS, rng.random((len(held_out), DRAWS)))
    p_values = uniformity(found, DRAWS)
    spread = in_ensemble(matter)
    table = pd.DataFrame({
        "parameter": [m[0] for m in matter], "low": [m[1] for m in matter], "high": [m[2] for m in matter],
        "p_uniform": p_values, "mean_rank": found.mean(axis=0) / DRAWS,
        "rank_sd_of_uniform": found.std(axis=0) / DRAWS * np.sqrt(12.0),
        "sd_inferred_of_prior": narrowed(x, y, held_out, accepted),
        "sd_ensemble_of_prior": [s[0] for s in spread], "median_in_ensemble": [s[1] for s in spread],
    }).sort_values("sd_inferred_of_prior")  # fmt: skip
    names = [m[0] for m in matter]
    tables = {"inference": table, "ranks": pd.DataFrame(found, columns=names)}
    write((out, keep), tables, {"ranks": picture(found, names, p_values)})
    facts = ", ".join(f.id for f in facts_fitted())
    return (
        f"{len(x)} runs from the prior at scale {size.waves[0][1]}, {len(held_out)} held out, "
        f"{accepted} accepted each, {DRAWS} draws; facts {facts}\n\n{table.to_string()}"
    )


def picture(found, names, p_values):
    """Draw the ranks of each parameter, ten bins, with what is expected of equal ones."""
    from matplotlib.figure import Figure
    from scipy import stats

    from sim.figures.style import BLUE, GREY, RED, SMALL, dress

    columns, bins = 4, 10
    lines = -(-len(names) // columns)
    fig = Figure(figsize=(10, 1.9 * lines + 0.6), facecolor="white")
    axes = fig.subplots(lines, columns, squeeze=False, sharey=True).ravel()
    n = len(found)
    low, high = stats.binom.ppf([0.005, 0.995], n, 1 / bins)
    for ax, name, column, p in zip(axes, names, found.T, p_values, strict=False):
        dress(ax)
        ax.axhspan(low, high, color="#e4e4e4")
        ax.axhline(n / bins, color=GREY, linewidth=0.8)
        counts = np.histogram(column + 0.5, np.linspace(0, DRAWS + 1, bins + 1))[0]
        ax.bar(np.arange(bins), counts, color=BLUE if p > 0.01 else RED, width=0.85)
        ax.set_title(f"{name.split('.')[1]}, p {p:.2g}", fontsize=SMALL)
        ax.set_xticks([])
    for ax in axes[len(names) :]:
        ax.axis("off")
    fig.tight_layout()
    return fig
