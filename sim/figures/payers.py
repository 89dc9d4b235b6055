"""The picture of who pays."""

from collections.abc import Callable, Mapping
from typing import Any

from matplotlib.figure import Figure

from sim.figures.labels import write_headline
from sim.figures.lettering import lettered
from sim.figures.numbers import lost_or_gained
from sim.figures.style import BLUE, DPI, GREY, INK, RED, SMALL, WIDTH, Drawing, dress
from sim.outcomes.payments import Accounts

ROOM = 24
"""Columns of a run's name for which there is room."""
PARTIES: dict[str, Callable[[Accounts], float]] = {
    "platform": lambda b: b.platform,
    "big stores": lambda b: b.stores,
    "small sellers": lambda b: b.sellers,
    "shoppers": lambda b: b.shoppers,
    "rivals": lambda b: b.rivals,
    "all parties": lambda b: b.social,
}


def who_pays_figure(books: Accounts | Mapping[str, Accounts], title: str = "Who pays") -> Figure:
    """Draw what the platform, stores, sellers and shoppers lost, and what rivals gained.

    Parameters
    ----------
    books
        The accounts of a run, or of several by name, such as a response's.
    title
        The headline.

    Returns
    -------
    matplotlib.figure.Figure
        A bar for each party and run, and for all together; to the right of the line is a loss,
        to the left a gain.
    """
    runs = {"": books} if isinstance(books, Accounts) else dict(books)
    step, bar = len(runs) + 0.8, 0.27
    height = 1.3 + bar * step * len(PARTIES)
    fig = Drawing(figsize=(WIDTH, height), dpi=DPI, facecolor="white")
    left = 0.14 if len(runs) == 1 else 0.29
    ax = fig.add_axes((left, 0.5 / height, 0.98 - left, bar * step * len(PARTIES) / height))
    dress(ax)
    names: dict[str, Any] = {"transform": ax.get_yaxis_transform(), "ha": "right", "va": "center"}
    values = []
    for i, (name, read) in enumerate(PARTIES.items()):
        middle = i * step + (len(runs) - 1) / 2
        at = -0.01 if len(runs) == 1 else -0.01 - 0.15 / (0.98 - left)
        ax.text(at, middle, name, fontsize=11, weight="bold", color=INK, **names)
        for j, (run, accounts) in enumerate(runs.items()):
            value, y = read(accounts) / 1e6, i * step + j
            values.append(value)
            ax.barh(y, value, height=0.8, color=RED if value > 0 else BLUE)
            ax.annotate(
                lost_or_gained(value * 1e6), (value, y), xytext=(4 if value >= 0 else -4, 0),
                textcoords="offset points", ha="left" if value >= 0 else "right", va="center",
                fontsize=SMALL, color=INK,
            )  # fmt: skip
            ax.text(-0.01, y, lettered(run, ROOM), fontsize=SMALL, color=GREY, **names)
    low, high = min(0.0, *values), max(0.0, *values)
    words = 1.6 / (WIDTH * (0.98 - left))  # room for an amount in words, share of the width
    unit = (high - low or 1.0) / (1.0 - words * (1 + (low < 0)))
    ax.set_xlim(low - unit * words * (low < 0), high + unit * words)
    ax.set_ylim(step * len(PARTIES) - 1.2, -0.6)
    ax.axvline(0, color=INK, linewidth=0.9)
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    ax.set_xlabel(
        "million yuan: losses to the right of the line, gains to the left",
        fontsize=SMALL,
        color=GREY,
    )
    write_headline(fig, lettered(title, 80), left=0.02, below_top=0.15)
    said = "compared with the same world without a protest or a response; payments between parties cancel out"
    fig.text(0.02, 1 - 0.47 / height, said, fontsize=10.5, color=GREY, va="top")
    return fig
