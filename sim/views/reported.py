"""What was reported of the crowd, drawn into a picture of it."""

from collections.abc import Iterable

from matplotlib.axes import Axes

from sim import expressions
from sim.facts import Fact
from sim.units import F64
from sim.views.style import GREY, INK, TINY


def draw_reported(ax: Axes, online: F64, facts: Iterable[Fact]) -> float:
    """Draw what was reported of the number online, and give the highest bound drawn.

    Parameters
    ----------
    online
        People online by hour, of the run beside which it is drawn.
    """
    hours = online.size
    drawn = []
    for fact in facts:
        if not fact.outcome:
            continue
        e = expressions.parse(fact.outcome)
        if e.series == "online" and e.kind != "sum" and e.stop <= hours:
            start, stop = e.start, e.stop
        elif e.name == "peak_online" and e.stop <= hours:
            start = int(online[: e.stop or hours].argmax())
            stop = start + 1
        else:
            continue
        drawn.append(fact.high)
        if stop - start == 1:
            ax.errorbar(
                start, (fact.low + fact.high) / 2, (fact.high - fact.low) / 2,
                color=INK, linewidth=1.2, capsize=3.5, alpha=0.7, zorder=4,
            )  # fmt: skip
            spot = (stop, fact.high)
        else:
            ax.fill_between(
                [start, stop], fact.low, fact.high, facecolor="none", edgecolor=INK,
                linewidth=0.9, linestyle=(0, (4, 2)), alpha=0.6, zorder=3,
            )  # fmt: skip
            spot = (start, fact.low)
        ax.annotate(
            fact.id, spot, xytext=(2, 2), textcoords="offset points", fontsize=TINY - 1, color=GREY
        )
    return max(drawn, default=0.0)
