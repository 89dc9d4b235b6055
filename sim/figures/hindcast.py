"""The picture of a hindcast: the crowd with its reported points, and a line a fact."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sim.core.calendar import HOURS_A_DAY, date_of
from sim.core.units import F64
from sim.figures.labels import write_headline
from sim.figures.lettering import lettered
from sim.figures.numbers import quantity
from sim.figures.reported import draw_reported
from sim.figures.style import BLUE, DPI, GREY, INK, RED, SMALL, WIDTH, Drawing, dress
from sim.outcomes.facts import Fact, told_score

ROW, CROWD = 0.27, 2.9  # inches: a fact's line, the crowd's panel
LONGEST = 60
"""Columns of a quantity's name that have room."""
BEYOND = 1.0
"""How far the lines go past the reported range, in widths of it."""


def hindcast_figure(
    facts: pd.DataFrame,
    online: F64,
    table: Iterable[Fact],
    score: Mapping[str, int],
    subtitle: str,
) -> Figure:
    """Draw a hindcast.

    Above, people online: the median of the runs and the middle 90 %, with what was reported.
    Below, a line a fact: the reported range as a box of one width for all, the simulated 5-95 %
    interval and its median on the same scale; blue where the median is inside, red where not,
    grey where the fact is not counted. What reaches beyond the picture ends in an arrow, its
    numbers beside it.

    Parameters
    ----------
    facts
        `sim.lab.hindcast.Hindcast.facts`.
    online
        People online, shape (runs, hours).
    table
        The facts as reported.
    score
        `sim.lab.hindcast.Hindcast.score`, told first.
    subtitle
        What was run.
    """
    shown = facts[facts["n"].notna()]
    height = CROWD + 2.1 + ROW * len(shown)
    fig = Drawing(figsize=(WIDTH, height), dpi=DPI, facecolor="white")
    crowd = fig.add_axes((0.085, 1 - (CROWD + 0.95) / height, 0.89, CROWD / height))
    lines = fig.add_axes((0.43, 0.45 / height, 0.35, ROW * len(shown) / height))
    told = told_score(score)
    write_headline(fig, told[0], left=0.02, below_top=0.12)
    subtitle = "\n".join([subtitle, "; ".join(told[1:])])
    fig.text(0.02, 1 - 0.45 / height, subtitle, fontsize=10.5, color=GREY, va="top")
    _draw_crowd(crowd, online, table)
    _draw_lines(lines, shown)
    return fig


def _draw_crowd(ax: Axes, online: F64, table: Iterable[Fact]) -> None:
    low, middle, high = np.quantile(online, [0.05, 0.5, 0.95], axis=0)
    hours = np.arange(middle.size)
    dress(ax)
    ax.fill_between(hours, low, high, color=BLUE, alpha=0.25, linewidth=0)
    ax.plot(hours, middle, color=BLUE, linewidth=1.8)
    top = draw_reported(ax, middle, table)
    ax.set_xlim(0, max(middle.size, 1))
    ax.set_ylim(0, max(top, float(high.max())) * 1.08 + 1)
    days = range(0, middle.size + 1, HOURS_A_DAY * max(1, middle.size // HOURS_A_DAY // 14))
    ax.set_xticks(list(days), [f"{date_of(d).day} {date_of(d):%b}" for d in days])
    ax.set_ylabel("people online", fontsize=SMALL, color=INK)


def _draw_lines(ax: Axes, shown: pd.DataFrame) -> None:
    dress(ax)
    ax.set_xlim(-BEYOND, 1 + BEYOND)
    ax.set_ylim(max(len(shown), 1) - 0.5, -0.5)
    ax.set_yticks([])
    ax.set_xticks([0, 1], ["lowest reported", "highest reported"])
    ax.spines["left"].set_visible(False)
    for y, row in enumerate(shown.to_dict("records")):
        colour = GREY if not row["counted"] else BLUE if row["inside"] is True else RED
        ax.barh(y, 1, height=0.55, color="#e4e4e4")
        name = lettered(row["quantity"], LONGEST)
        words: dict[str, Any] = {
            "transform": ax.get_yaxis_transform(), "va": "center", "fontsize": SMALL,
        }  # fmt: skip
        ax.text(-0.01, y, f"{name}  {lettered(row['id'], 16)}", ha="right", color=INK, **words)
        if not row["n"]:
            ax.text(1.01, y, "no run says", ha="left", color=GREY, **words)
            continue
        width = (row["high"] - row["low"]) or 1.0
        at = [(row[q] - row["low"]) / width for q in ("p05", "median", "p95")]
        edge = np.clip(at, -BEYOND * 0.97, 1 + BEYOND * 0.97)
        ax.plot(edge[[0, 2]], [y, y], color=colour, linewidth=2.2, solid_capstyle="butt")
        ax.plot(edge[1], y, "o", color=colour, markersize=5)
        for side, end, mark in ((0, edge[0], "<"), (2, edge[2], ">")):
            if at[side] != end:
                ax.plot(end, y, mark, color=colour, markersize=5)
        told = " to ".join(quantity(row[q]) for q in ("p05", "p95"))
        use = "" if row["use"] == "calibrate" else f" ({row['use']})"
        if row["by_construction"] is True:
            use = " (by construction)"
        elif isinstance(row["same_as"], str):
            use = f" (as {lettered(row['same_as'], 16)})"
        ax.text(1.01, y, f"{told}{use}", ha="left", color=GREY, **words)
