"""What was reported of the crowd, and how it is drawn into a picture of it."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from matplotlib.axes import Axes

from sim.core.units import F64
from sim.figures.lettering import lettered
from sim.figures.style import GREY, INK, TINY
from sim.outcomes import expressions
from sim.outcomes.facts import Fact


class Reported(NamedTuple):
    """A range of people online that was reported for some hours."""

    start: int
    stop: int
    low: float
    high: float
    fact: str


def reported_of(online: F64, facts: Iterable[Fact]) -> Iterator[Reported]:
    """Return what was reported of the number online.

    Parameters
    ----------
    online
        People online by hour, of the run beside which it is shown.
    """
    hours = online.size
    for fact in facts:
        if not fact.outcome:
            continue
        e = expressions.parse(fact.outcome)
        if e.series == "online" and e.kind != "sum" and e.stop <= hours:
            yield Reported(e.start, e.stop, fact.low, fact.high, fact.id)
        elif e.name == "peak_online" and e.stop <= hours:
            start = int(online[: e.stop or hours].argmax())
            yield Reported(start, start + 1, fact.low, fact.high, fact.id)


def draw_reported(ax: Axes, online: F64, facts: Iterable[Fact]) -> float:
    """Draw what was reported of the number online, and give the highest bound drawn.

    Parameters
    ----------
    online
        People online by hour, of the run beside which it is drawn.
    """
    drawn = []
    for start, stop, low, high, fact in reported_of(online, facts):
        drawn.append(high)
        if stop - start == 1:
            ax.errorbar(
                start, (low + high) / 2, (high - low) / 2,
                color=INK, linewidth=1.2, capsize=3.5, alpha=0.7, zorder=4,
            )  # fmt: skip
            spot = (stop, high)
        else:
            ax.fill_between(
                [start, stop], low, high, facecolor="none", edgecolor=INK,
                linewidth=0.9, linestyle=(0, (4, 2)), alpha=0.6, zorder=3,
            )  # fmt: skip
            spot = (start, low)
        ax.annotate(
            lettered(fact, 16),
            spot,
            xytext=(2, 2),
            textcoords="offset points",
            fontsize=TINY - 1,
            color=GREY,
        )
    return max(drawn, default=0.0)
