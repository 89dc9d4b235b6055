"""Pictures of a run, for a slide or a page.

A figure is made of `matplotlib.figure.Figure` itself and not by pyplot: nothing global is
touched, no backend chosen, and a thousand of them leave nothing behind.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sim.core.calendar import HOURS_A_DAY, date_of
from sim.core.units import Phase
from sim.figures.events import events_of
from sim.figures.labels import LEFT, RIGHT, points_of, room_of, write_headline
from sim.figures.lettering import lettered
from sim.figures.numbers import count
from sim.figures.panels import draw_attacks, draw_crowd, draw_losses, draw_sales, draw_stores
from sim.figures.style import DPI, GREEN, GREY, INK, RED, SMALL, TINY, WIDTH, Drawing, dress
from sim.outcomes.closed import ClosedRecord
from sim.outcomes.facts import Fact, load_facts
from sim.outcomes.record import Record
from sim.scenario.scenario import Scenario

PHASES = {
    Phase.GATHER: ("gather", "#ffffff", 0.0),
    Phase.ATTACK: ("attack", RED, 0.10),
    Phase.TRUCE: ("truce", GREEN, 0.12),
    Phase.ESCALATE: ("escalate", RED, 0.17),
    Phase.DIVERT: ("another target", RED, 0.05),
    Phase.DISSOLVE: ("dissolve", "#888888", 0.10),
}


class Panel(NamedTuple):
    """A row of the picture: how high it is, and who draws it."""

    height: float  # inches
    draw: Callable[[Axes], None]


def siege_figure(
    record: Record,
    scenario: Scenario,
    *,
    facts: Iterable[Fact] | None = None,
) -> Figure:
    """Draw a run: crowd, attacks, stores, their losses and sales, over one axis of dates.

    Parameters
    ----------
    record
        What the run left behind.
    scenario
        What it was a run of.
    facts
        Reported facts; those that can be read off the number online are drawn into the crowd.
        The library's if none are given.

    Returns
    -------
    matplotlib.figure.Figure
        11 inches wide; a panel in which nothing happened shrinks to a line that says so.
    """
    r = ClosedRecord.of(record.until(record.hours))
    shown = tuple(load_facts() if facts is None else facts)
    events = events_of(r, scenario)
    crowd = bool(r.series["online"].any())
    panels = [
        Panel(3.2 if crowd else 0.5, lambda ax: draw_crowd(ax, r, shown)),
        Panel(1.6 if r.actions.any() else 0.5, lambda ax: draw_attacks(ax, r)),
        Panel(1.4 if (r.delisted | r.cod_off).any() else 0.5, lambda ax: draw_stores(ax, r)),
        Panel(1.9 if (np.abs(r.loss) >= 0.5).any() else 0.5, lambda ax: draw_losses(ax, r)),
        Panel(1.6, lambda ax: draw_sales(ax, r)),
    ]
    flags = [
        (hour, ", ".join(lettered(e.label) for e in events if e.hour == hour))
        for hour in sorted({e.hour for e in events})
    ]
    tiers = _tiers(flags, r.hours)
    strip = 0.16 * (max(tiers, default=-1) + 1)
    gap, top, foot = 0.38, 0.98 + strip, 0.5
    height = top + foot + sum(p.height for p in panels) + gap * (len(panels) - 1)
    fig = Drawing(figsize=(WIDTH, height), dpi=DPI, facecolor="white")
    _write_title(fig, r, scenario, height)
    at = height - top
    axes: list[Axes] = []
    for panel in panels:
        at -= panel.height
        place = (LEFT, at / height, RIGHT - LEFT, panel.height / height)
        ax = fig.add_axes(place, sharex=axes[0] if axes else None)
        at -= gap
        axes.append(ax)
        dress(ax)
        _shade_phases(ax, r)
        for hour, _ in flags:
            ax.axvline(hour, color=GREY, linewidth=0.7, alpha=0.6, zorder=1.5)
        panel.draw(ax)
        ax.tick_params(labelbottom=panel is panels[-1])
    axes[0].set_xlim(0, max(r.hours, 1))
    _write_dates(axes, r.hours)
    _name_phases(axes[0], r)
    for (hour, text), tier in zip(flags, tiers, strict=True):
        _flag(axes[0], hour, text, tier)
    return fig


def _write_title(fig: Figure, r: ClosedRecord, scenario: Scenario, height: float) -> None:
    n = int(r.attacked.sum())
    if not r.series["online"].any():
        headline = "Nobody protested"
    elif not r.actions.any():
        headline = f"Up to {count(r.series['online'].max())} online, and nobody attacked"
    else:
        stores = "store" if n == 1 else "stores"
        headline = f"Up to {count(r.series['online'].max())} online, {n} {stores} attacked"
    given = [f"scenario {lettered(scenario.name)}", f"response {lettered(scenario.response.name)}"]
    given.append(f"seed {r.seed}")
    given += [f"scale {scenario.scale:g}"]
    write_headline(fig, headline, left=LEFT, below_top=0.18)
    fig.text(LEFT, 1 - 0.50 / height, " · ".join(given), fontsize=10.5, color=GREY, va="top")


def _write_dates(axes: Sequence[Axes], hours: int) -> None:
    days = -(-hours // HOURS_A_DAY)
    step = 6 if days <= 3 else max(1, -(-days // 15)) * HOURS_A_DAY
    dates = [date_of(tick) for tick in range(0, hours + 1, step)]
    names = [f"{d:%H:%M}" if d.hour else f"{d.day} {d:%b}" for d in dates]
    axes[-1].set_xticks(range(0, hours + 1, step), names)
    first, last = dates[0], date_of(hours)
    months = f"{first:%B %Y}" if first.month == last.month else f"{first:%B} to {last:%B %Y}"
    axes[-1].set_xlabel(
        f"{months}, UTC+8; each day's tick marks its first hour", fontsize=SMALL, color=GREY
    )


def _spans(r: Record) -> list[tuple[int, int, Phase]]:
    phase = r.series["phase"]
    if phase.size == 0:
        return []
    starts = [0, *(np.flatnonzero(np.diff(phase)) + 1)]
    return [
        (int(a), int(b), Phase(int(phase[a])))
        for a, b in zip(starts, [*starts[1:], r.hours], strict=True)
    ]


def _shade_phases(ax: Axes, r: Record) -> None:
    for start, stop, phase in _spans(r):
        _, colour, alpha = PHASES[phase]
        ax.axvspan(start, stop, color=colour, alpha=alpha, linewidth=0, zorder=0)


def _name_phases(ax: Axes, r: Record) -> None:
    first = np.flatnonzero(r.series["online"])
    for start, stop, phase in _spans(r):
        name, _, _ = PHASES[phase]
        left = max(start, int(first[0])) if first.size else stop
        if (stop - left) / r.hours < room_of(name):
            continue
        ax.text(
            (left + stop) / 2, 0.965, name, transform=ax.get_xaxis_transform(), ha="center",
            va="top", fontsize=SMALL, style="italic", color=GREY,
        )  # fmt: skip


def _tiers(flags: Sequence[tuple[int, str]], hours: int) -> list[int]:
    """Return each flag a height at which no text meets a text or another's pole.

    From the last to the first: a flag flies above every later one whose pole stands under it.
    """
    tiers: list[int] = []
    for i in reversed(range(len(flags))):
        hour, text = flags[i]
        reach = hour + room_of(text) * max(hours, 1)
        later = zip(flags[i + 1 :], tiers, strict=True)
        tiers.insert(0, 1 + max((tier for (h, _), tier in later if h < reach), default=-1))
    return tiers


def _flag(ax: Axes, hour: int, text: str, tier: int) -> None:
    lift = 19 + 11.5 * tier  # points above the panel, clear of its name
    ax.annotate(
        text, (hour, 1.0), xycoords=("data", "axes fraction"), xytext=(2.5, lift),
        textcoords="offset points", fontsize=TINY, color=INK, annotation_clip=False,
    )  # fmt: skip
    tall = points_of(ax)
    pole = [1 + 18 / tall, 1 + (lift + 8) / tall]
    ax.plot(
        [hour, hour], pole, color=GREY, linewidth=0.7, clip_on=False,
        transform=ax.get_xaxis_transform(),
    )  # fmt: skip
