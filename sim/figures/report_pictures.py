"""The pictures of a comparison, drawn from its tables."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MultipleLocator

from sim.figures.labels import write_headline
from sim.figures.lettering import lettered, width_of
from sim.figures.style import BLUE, GREEN, GREY, INK, ORANGE, PINK, RED, SKY, SMALL, Drawing, dress

WIDTH = 10.0
PARTY_COLOURS = {
    "platform": BLUE,
    "big stores": RED,
    "small sellers": ORANGE,
    "shoppers": PINK,
    "rivals": GREEN,
}


def crowd_figure(
    hours: pd.DataFrame,
    policies: Sequence[str],
    series: str = "online",
    unit: str = "people online",
) -> Figure:
    """Draw a series of each policy by day: the median and where nine runs of ten lie.

    The first policy's median stands grey in every other panel.
    """
    columns = min(3, len(policies))
    rows = -(-len(policies) // columns)
    height = 0.35 + 2.05 * rows
    fig = Drawing(figsize=(WIDTH, height), facecolor="white")
    axes = fig.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).ravel()
    bands = {p: _bands(hours, p, series) for p in policies}
    for ax, policy in zip(axes, policies, strict=False):
        dress(ax)
        days = bands[policy].index.to_numpy(float) / 24
        low, middle, high = bands[policy].to_numpy(float).T
        if policy != policies[0]:
            ax.plot(days, bands[policies[0]].to_numpy(float)[:, 1], color="#b5b5b5", linewidth=1.2)
        ax.fill_between(days, low, high, color=SKY, alpha=0.45, linewidth=0)
        ax.plot(days, middle, color=BLUE, linewidth=1.4)
        ax.set_title(lettered(policy), fontsize=11, weight="bold", color=INK, loc="left")
        ax.xaxis.set_major_locator(MultipleLocator(2))
        ax.xaxis.set_major_formatter(FuncFormatter(lambda d, _: f"{10 + d:.0f}"))
        ax.set_ylim(bottom=0)
    for ax in axes[len(policies) :]:
        ax.set_visible(False)
    for ax in axes[::columns]:
        ax.set_ylabel(unit, fontsize=SMALL, color=GREY)
    for ax in axes[max(0, len(policies) - columns) : len(policies)]:
        ax.set_xlabel("October 2011", fontsize=SMALL, color=GREY)
        ax.tick_params(labelbottom=True)
    fig.subplots_adjust(
        left=0.08, right=0.99, top=1 - 0.3 / height, bottom=0.45 / height, hspace=0.42, wspace=0.08
    )
    return fig


def _bands(hours: pd.DataFrame, policy: str, series: str) -> pd.DataFrame:
    own = hours[hours["policy"] == policy]
    return own.groupby("hour")[series].quantile(np.array([0.05, 0.5, 0.95])).unstack()


def who_pays_figure(means: pd.DataFrame, totals: pd.DataFrame, title: str = "") -> Figure:
    """Draw what each party loses under each policy, and all together with its interval.

    Parameters
    ----------
    means
        Losses in yuan, a row a policy, a column a party; a gain is below 0.
    totals
        ``mean``, ``low``, ``high`` of all together, a row a policy.
    title
        A headline, where no other stands above it.
    """
    n = len(means)
    height = 1.05 + 0.52 * n + 0.4 * bool(title)
    fig = Drawing(figsize=(WIDTH, height), facecolor="white")
    left = _room_for(means.index)
    ax = fig.add_axes((left, 0.5 / height, 0.97 - left, 0.52 * n / height))
    dress(ax)
    for y, policy in enumerate(means.index):
        lost = gained = 0.0
        for party, colour in PARTY_COLOURS.items():
            value = float(means.loc[policy, party]) / 1e6
            start = lost if value > 0 else gained
            ax.barh(y, value, left=start, height=0.55, color=colour, linewidth=0)
            lost, gained = lost + max(value, 0.0), gained + min(value, 0.0)
        low, mean, high = (float(totals.loc[policy, k]) / 1e6 for k in ("low", "mean", "high"))
        ax.plot([low, high], [y, y], color=INK, linewidth=2.2)
        ax.plot(mean, y, "D", color=INK, markersize=6.5, markeredgecolor="white")
    _name_rows(ax, list(means.index))
    ax.axvline(0, color=INK, linewidth=0.9)
    ax.set_xlabel("million yuan: gains ← 0 → losses", fontsize=SMALL, color=GREY)
    ax.xaxis.set_major_formatter(FuncFormatter(_thousands))
    marks: list[Any] = [
        ax.barh([0], [0], color=colour, label=party) for party, colour in PARTY_COLOURS.items()
    ]
    marks += ax.plot(
        [], [], "D-", color=INK, markersize=6, label="all parties together, 90 % interval"
    )
    ax.legend(
        handles=marks, ncols=6, loc="lower left", bbox_to_anchor=((0.01 - left) / (0.97 - left), 1.0), frameon=False,
        fontsize=9.5, handlelength=1.0, columnspacing=1.2,
    )  # fmt: skip
    write_headline(fig, lettered(title, 80), left=0.02, below_top=0.15)
    return fig


def differences_figure(
    table: pd.DataFrame, outcomes: dict[str, str], policies: Sequence[str]
) -> Figure:
    """Draw paired differences from the first policy with their 90 % intervals, in million yuan."""
    n = len(policies)
    height = 0.95 + 0.34 * n
    fig = Drawing(figsize=(WIDTH, height), facecolor="white")
    axes = fig.subplots(1, len(outcomes), sharey=True, squeeze=False).ravel()
    for ax, (outcome, title) in zip(axes, outcomes.items(), strict=True):
        dress(ax)
        own = table[table["outcome"] == outcome].to_dict("records")
        rows = {row["policy"]: row for row in own}
        for y, policy in enumerate(policies):
            low, mean, high = (rows[policy][k] / 1e6 for k in ("low", "mean", "high"))
            colour = GREY if low <= 0 <= high else RED if mean > 0 else BLUE
            ax.plot([low, high], [y, y], color=colour, linewidth=2.4, solid_capstyle="butt")
            ax.plot(mean, y, "o", color=colour, markersize=6)
        ax.axvline(0, color=INK, linewidth=0.9)
        ax.set_title(title, fontsize=10.5, weight="bold", color=INK, loc="left")
        ax.locator_params(axis="x", nbins=4)
        ax.xaxis.set_major_formatter(FuncFormatter(_thousands))
        ax.margins(x=0.12)
    _name_rows(axes[0], list(policies))
    fig.supxlabel(
        "million yuan compared with the first policy: smaller loss ← 0 → larger loss",
        fontsize=SMALL,
        color=GREY,
    )
    fig.subplots_adjust(
        left=_room_for(policies),
        right=0.98,
        top=1 - 0.35 / height,
        bottom=0.6 / height,
        wspace=0.14,
    )
    return fig


def earlier_figure(points: pd.DataFrame) -> Figure:
    """Draw what a response costs all together by the hour at which it begins.

    ``points`` has the columns ``response``, ``hour``, ``mean``, ``low``, ``high`` (yuan).
    """
    fig = Drawing(figsize=(WIDTH, 3.2), facecolor="white")
    ax = fig.add_axes((0.1, 0.17, 0.72, 0.75))
    dress(ax)
    colours = (BLUE, RED, GREEN, ORANGE, PINK, SKY, INK)
    for n, (response, rows) in enumerate(points.groupby("response", sort=False)):
        rows, colour = rows.sort_values("hour"), colours[n % len(colours)]
        x, y = rows["hour"].to_numpy(float), rows["mean"].to_numpy(float) / 1e6
        ax.plot(x, y, "o-", color=colour, linewidth=1.8)
        low, high = rows["low"].to_numpy(float) / 1e6, rows["high"].to_numpy(float) / 1e6
        ax.fill_between(x, low, high, color=colour, alpha=0.15, linewidth=0)
        ax.annotate(lettered(str(response)), (x[-1], y[-1]), xytext=(8, 0), textcoords="offset points",
                    color=colour, va="center", fontsize=10)  # fmt: skip
    ax.axhline(0, color=INK, linewidth=0.9)
    ax.set_xlabel("hour at which the response begins (hour 0 is 00:00 on 10 October 2011)", fontsize=SMALL, color=GREY)  # fmt: skip
    ax.set_ylabel("million yuan lost by all parties together", fontsize=SMALL, color=GREY)
    return fig


def front_figure(points: pd.DataFrame, social: str, platform: str) -> Figure:
    """Draw the platform's loss against that of all together; those on the front are named bold."""
    fig = Drawing(figsize=(WIDTH, 3.6), facecolor="white")
    ax = fig.add_axes((0.1, 0.15, 0.85, 0.78))
    dress(ax)
    rows = sorted(points.to_dict("records"), key=lambda row: -row[social])
    near = 0.12 * float(points[social].max() - points[social].min() or 1.0) / 1e6
    last, below = float("inf"), False
    for row in rows:
        x, y, front = row[platform] / 1e6, row[social] / 1e6, bool(row["on_front"])
        below, last = last - y < near and not below, y
        ax.plot(x, y, "o", color=BLUE if front else "#b5b5b5", markersize=8)
        ax.annotate(
            lettered(str(row["policy"])), (x, y), xytext=(8, -12 if below else 5), textcoords="offset points", fontsize=10,
            weight="bold" if front else "normal", color=INK if front else GREY,
        )  # fmt: skip
    ax.margins(x=0.16, y=0.16)
    ax.set_xlabel("million yuan lost by the platform", fontsize=SMALL, color=GREY)
    ax.set_ylabel("million yuan lost by all parties together", fontsize=SMALL, color=GREY)
    ax.xaxis.set_major_formatter(FuncFormatter(_thousands))
    return fig


def _room_for(names: Iterable[str]) -> float:
    """Return the share of the width that the longest name takes, at least a fifth."""
    return max(0.2, 0.03 + 0.0092 * max(width_of(lettered(name)) for name in names))


def _name_rows(ax: Axes, names: list[str]) -> None:
    ax.set_yticks(range(len(names)), [lettered(name) for name in names], fontsize=10.5, color=INK)
    ax.set_ylim(len(names) - 0.45, -0.55)
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)


def _thousands(x: float, _position: int) -> str:
    return f"{x:,.6g}".replace("-", "\N{MINUS SIGN}")
