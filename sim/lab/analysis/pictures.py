"""Pictures of a sweep: what each factor does, which ones matter, how sure the means are."""

import functools
import textwrap
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedFormatter, FixedLocator, MaxNLocator

from sim.figures.lettering import lettered, width_of
from sim.figures.style import (
    BLUE,
    DPI,
    GREEN,
    GREY,
    INK,
    ORANGE,
    PINK,
    RED,
    SKY,
    SMALL,
    TINY,
    Drawing,
    dress,
)
from sim.lab.analysis.convergence import has_siege, running_means
from sim.lab.analysis.effects import half_width
from sim.lab.analysis.tables import Analysis, worked_out

COLOURS = (BLUE, ORANGE, GREEN, RED, PINK, SKY, GREY, INK)
LONGEST_TITLE = 240
"""Columns of a question that a picture shows."""
_UNITS = ((1e9, "bn "), (1e6, "m "), (1e3, "k "))


def pictures_of(found: Analysis) -> dict[str, Figure]:
    """Draw what fits the sweep's design, by name: ``effects``, ``sensitivity``, ``runs``.

    One that fails is left out, and the analysis says why.
    """
    of: dict[str, Callable[[], Figure]] = {}
    if found.outcomes:
        if found.design in {"grid", "list"} and found.factors:
            of["effects"] = lambda: effects_figure(found)
        for name in ("morris", "sobol", "rank_correlations"):
            if name in found.tables and not found.tables[name].empty:
                of["sensitivity"] = functools.partial(sensitivity_figure, found, name)
        of["runs"] = lambda: runs_figure(found)
    drawn = {name: worked_out(f"{name}.png", draw, found.faults) for name, draw in of.items()}
    return {name: figure for name, figure in drawn.items() if figure is not None}


def save_pictures(found: Analysis, folder: Path) -> list[str]:
    """Draw what fits the sweep's design into its folder; name the files that were written."""
    drawn = {f"{name}.png": figure for name, figure in pictures_of(found).items()}
    for name, figure in drawn.items():
        worked_out(name, functools.partial(figure.savefig, folder / name, dpi=DPI), found.faults)
    return [name for name in drawn if name not in found.faults]


def _grid(found: Analysis, columns: int, rows: int, height: float = 2.7) -> tuple[Figure, list[list[Axes]]]:  # fmt: skip
    figure = Drawing(figsize=(max(4.2 * columns, 6.0), height * rows + 0.7), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False)
    title = lettered(found.question or found.name, LONGEST_TITLE)
    a_line = int(11 * figure.get_figwidth() * len(title) / max(width_of(title), 1))
    figure.suptitle(textwrap.fill(title, a_line), fontsize=11, color=INK, x=0.01, ha="left")
    return figure, [list(row) for row in axes]


def effects_figure(found: Analysis) -> Figure:
    """Draw outcomes over a factor, a line for each level of another; or each factor alone."""
    if len(found.factors) == 1:
        return _one_factor(found)
    if len(found.factors) == 2:
        return _two_factors(found)
    figure, axes = _grid(found, len(found.factors), len(found.outcomes))
    for row, outcome in zip(axes, found.outcomes, strict=True):
        for ax, factor in zip(row, found.factors, strict=True):
            _line(ax, found.runs, factor, outcome, BLUE, "")
            _finish(ax, found, factor, outcome)
    return figure


def _one_factor(found: Analysis) -> Figure:
    (factor,) = found.factors
    columns = min(2, len(found.outcomes))
    figure, axes = _grid(found, columns, -(-len(found.outcomes) // columns), 3.0)
    flat = [ax for row in axes for ax in row]
    for ax, outcome in zip(flat, found.outcomes, strict=False):
        _line(ax, found.runs, factor, outcome, BLUE, "")
        _finish(ax, found, factor, outcome)
    for ax in flat[len(found.outcomes) :]:
        ax.set_axis_off()
    return figure


def _two_factors(found: Analysis) -> Figure:
    a, b = found.factors
    numeric = pd.api.types.is_numeric_dtype
    if numeric(found.runs[b]) and not numeric(found.runs[a]):
        a, b = b, a
    columns = min(3, len(found.outcomes))
    figure, axes = _grid(found, columns, -(-len(found.outcomes) // columns), 3.2)
    flat = [ax for row in axes for ax in row]
    for ax, outcome in zip(flat, found.outcomes, strict=False):
        groups = found.runs.groupby(b, dropna=False)
        for i, (level, group) in enumerate(groups):
            _line(ax, group, a, outcome, COLOURS[i % len(COLOURS)], _short(level))
        _finish(ax, found, a, outcome)
    for ax in flat[len(found.outcomes) :]:
        ax.set_axis_off()
    handles, labels = flat[0].get_legend_handles_labels()
    figure.legend(
        handles, labels, title=_tail(b), loc="outside lower center", ncols=min(6, len(labels)),
        fontsize=SMALL, title_fontsize=SMALL, frameon=False,
    )  # fmt: skip
    return figure


def _line(ax: Axes, runs: pd.DataFrame, factor: str, outcome: str, colour: str, label: str) -> None:
    there = runs.dropna(subset=[outcome])  # intervals are over seeds, as in the tables
    by_seed = there.groupby([factor, "seed"], dropna=False)[outcome].mean()
    groups = by_seed.groupby(level=0, dropna=False)
    levels = list(_levels(runs, factor))
    means, halves = groups.mean(), groups.apply(half_width)
    x = [_place(level, levels) for level in means.index]
    ax.errorbar(
        x, means, yerr=np.nan_to_num(halves), color=colour, label=label,
        marker="o", markersize=4, linewidth=1.4, capsize=2, elinewidth=1,
        linestyle="-" if pd.api.types.is_numeric_dtype(runs[factor]) else "none",
    )  # fmt: skip


def _levels(runs: pd.DataFrame, factor: str) -> list[object]:
    return list(runs[factor].drop_duplicates().sort_values())


def _place(level: object, levels: list[object]) -> float:
    return float(level) if isinstance(level, (int, float, np.number)) else float(levels.index(level))  # fmt: skip


def _finish(ax: Axes, found: Analysis, factor: str, outcome: str) -> None:
    runs = found.runs
    dress(ax)
    ax.set_title(
        f"{outcome} ({lettered(found.units[outcome], 24)})", fontsize=SMALL, loc="left", color=INK
    )
    ax.set_xlabel(_tail(factor), fontsize=SMALL)
    ax.yaxis.set_major_formatter(amount)
    if pd.api.types.is_numeric_dtype(runs[factor]):
        ax.xaxis.set_major_formatter(amount)
        ax.locator_params(axis="x", nbins=5)
    else:
        names = [_short(level) for level in _levels(runs, factor)]
        turn = 20 if len(names) <= 6 else 55
        ax.set_xticks(range(len(names)), names, rotation=turn, ha="right", fontsize=TINY)
        ax.margins(x=0.1)


def sensitivity_figure(found: Analysis, name: str) -> Figure:
    """Draw which factors matter, the most important at the top."""
    table = found.tables[name]
    outcomes = [o for o in found.outcomes if o in set(table.outcome)]
    columns = min(3, len(outcomes))
    height = 0.6 + 0.27 * table.factor.nunique()
    figure, axes = _grid(found, columns, -(-len(outcomes) // columns), max(2.6, height))
    flat = [ax for row in axes for ax in row]
    draw = {"morris": _morris, "sobol": _sobol, "rank_correlations": _ranks}[name]
    for ax, outcome in zip(flat, outcomes, strict=False):
        rows = table[table.outcome == outcome]
        dress(ax)
        ax.set_title(
            f"{outcome} ({lettered(found.units[outcome], 24)})",
            fontsize=SMALL,
            loc="left",
            color=INK,
        )
        if "complete" in rows and not rows.complete.all():
            ax.text(0.5, 0.5, "not defined in some runs, or the same in all", transform=ax.transAxes, ha="center", fontsize=TINY, color=GREY)  # fmt: skip
            ax.set_axis_off()
            continue
        draw(ax, rows)
        ax.tick_params(axis="y", labelsize=TINY)
    for ax in flat[len(outcomes) :]:
        ax.set_axis_off()
    return figure


def _bars(ax: Axes, rows: pd.DataFrame, value: str, colour: str, shift: float, label: str) -> None:
    y = np.arange(len(rows)) + shift
    middle = rows[value].to_numpy(float)
    ends = np.vstack([middle - rows.low.to_numpy(float), rows.high.to_numpy(float) - middle])
    ax.errorbar(
        middle, y, xerr=np.maximum(np.nan_to_num(ends), 0), fmt="o", color=colour,
        markersize=4, capsize=2, elinewidth=1, label=label,
    )  # fmt: skip
    ax.axvline(0.0, color=GREY, linewidth=0.6)


def _name_rows(ax: Axes, names: pd.Series) -> None:
    ax.yaxis.set_major_locator(FixedLocator(list(range(len(names)))))
    ax.yaxis.set_major_formatter(FixedFormatter([_tail(n) for n in names]))
    ax.set_ylim(-0.6, len(names) - 0.4)


def _morris(ax: Axes, rows: pd.DataFrame) -> None:
    rows = rows.sort_values("mu_star")
    _bars(ax, rows, "mu_star", BLUE, 0.0, "")
    _name_rows(ax, rows.factor)
    ax.xaxis.set_major_formatter(amount)
    ax.set_xlabel("mean effect over the range", fontsize=TINY)


def _sobol(ax: Axes, rows: pd.DataFrame) -> None:
    total = rows[rows["index"] == "total"].sort_values("value")
    first = rows[rows["index"] == "first"].set_index("factor").loc[total.factor].reset_index()
    _bars(ax, total, "value", ORANGE, 0.12, "total")
    _bars(ax, first, "value", BLUE, -0.12, "first order")
    _name_rows(ax, total.factor)
    ax.set_xlabel("share of the variance", fontsize=TINY)
    ax.legend(fontsize=TINY, frameon=False, loc="lower right")


def _ranks(ax: Axes, rows: pd.DataFrame) -> None:
    rows = rows.sort_values("correlation", key=abs)
    _bars(ax, rows, "correlation", BLUE, 0.0, "")
    _name_rows(ax, rows.factor)
    ax.set_xlabel("rank correlation", fontsize=TINY)


def runs_figure(found: Analysis) -> Figure:
    """Draw how runs are spread, sieges apart, and how the mean settles with more of them.

    A mean settles from three seeds on; with fewer there is nothing to draw.
    """
    columns = min(3, len(found.outcomes))
    settles = found.runs["seed"].nunique() > 2
    rows_each = 2 if settles else 1
    figure, axes = _grid(found, columns, rows_each * -(-len(found.outcomes) // columns), 2.4)
    places = [divmod(i, columns) for i in range(columns * (len(axes) // rows_each))]
    for i, (row, column) in enumerate(places):
        mine = [axes[rows_each * row + k][column] for k in range(rows_each)]
        if i >= len(found.outcomes):
            for ax in mine:
                ax.set_axis_off()
            continue
        _spread(mine[0], found, found.outcomes[i], legend=i == 0)
        if settles:
            _settling(mine[1], found.runs, found.outcomes[i])
    return figure


def _spread(ax: Axes, found: Analysis, outcome: str, *, legend: bool) -> None:
    there = found.runs.dropna(subset=[outcome])
    siege = has_siege(there)
    parts = [there.loc[siege, outcome].to_numpy(float), there.loc[~siege, outcome].to_numpy(float)]
    ax.hist(parts, bins=24, stacked=True, color=[RED, SKY], label=["with a siege", "without"])
    dress(ax)
    ax.xaxis.set_major_formatter(amount)
    ax.locator_params(axis="x", nbins=5)
    ax.set_title(
        f"{outcome} ({lettered(found.units[outcome], 24)})", fontsize=SMALL, loc="left", color=INK
    )
    ax.set_ylabel("runs", fontsize=TINY)
    if legend:
        ax.margins(y=0.3)  # above the bars: to look for a free place may take seconds
        ax.legend(fontsize=TINY, frameon=False, loc="upper right", ncols=2)


def _settling(ax: Axes, runs: pd.DataFrame, outcome: str) -> None:
    settled = running_means(runs, outcome)
    dress(ax)
    ax.set_xlabel("seeds", fontsize=TINY)
    ax.set_ylabel("mean so far", fontsize=TINY)
    ax.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    low, high = settled["mean"] - settled.half_width, settled["mean"] + settled.half_width
    ax.fill_between(settled.n, low, high, color=BLUE, alpha=0.2, linewidth=0)
    ax.plot(settled.n, settled["mean"], color=BLUE, linewidth=1.4)
    ax.yaxis.set_major_formatter(amount)


def amount(value: float, _: object = None) -> str:
    """Write an amount short: 1.5 m, 30 k."""
    for size, unit in _UNITS:
        if abs(value) >= size:
            return f"{value / size:.3g} {unit.strip()}".replace("-", "\N{MINUS SIGN}")
    return f"{value:z.3g}".replace("-", "\N{MINUS SIGN}")


def _tail(path: str) -> str:
    return " × ".join(".".join(p.split(".")[-2:]) for p in path.split(" × "))


def _short(level: object) -> str:
    text = f"{level:g}" if isinstance(level, float) else str(level)
    return lettered(text, 24)
