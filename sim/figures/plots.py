"""Pictures of a run, for a slide or a page.

A figure is made of `matplotlib.figure.Figure` itself and not by pyplot: nothing global is
touched, no backend chosen, and a thousand of them leave nothing behind.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.offsetbox import AnchoredOffsetbox, HPacker, TextArea

from sim.core.calendar import HOURS_A_DAY, date_of
from sim.core.units import F64, Cause, Phase, Tactic
from sim.figures.events import events_of
from sim.figures.lettering import lettered
from sim.figures.numbers import count
from sim.figures.reported import draw_reported
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
    WIDTH,
    Drawing,
    dress,
)
from sim.outcomes.facts import Fact, load_facts
from sim.outcomes.outcomes import attacked, by_day
from sim.outcomes.record import Record
from sim.scenario.scenario import Scenario

TACTICS = {
    Tactic.BAD_REVIEW: ("bad reviews", BLUE),
    Tactic.PURCHASE: ("false purchases", ORANGE),
    Tactic.CLICK: ("ad clicks", SKY),
    Tactic.REFUSAL: ("refused deliveries", PINK),
}
CAUSES = {
    Cause.CLOSED: ("goods off sale", RED),
    Cause.RATING: ("lower rating", BLUE),
    Cause.HANDLING: ("handling", ORANGE),
    Cause.ADS: ("advertising", SKY),
}
PHASES = {
    Phase.GATHER: ("gather", "#ffffff", 0.0),
    Phase.ATTACK: ("attack", RED, 0.10),
    Phase.TRUCE: ("truce", GREEN, 0.12),
    Phase.ESCALATE: ("escalate", RED, 0.17),
    Phase.DISSOLVE: ("dissolve", "#888888", 0.10),
}

LEFT, RIGHT = 0.085, 0.84  # of the figure's width, where the panels begin and end


class Panel(NamedTuple):
    """A row of the picture: how high it is, and who draws it."""

    height: float  # inches
    draw: Callable[[Axes], None]


# ---------------------------------------------------------------- the picture of a run
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
    r = record.until(record.hours)
    shown = tuple(load_facts() if facts is None else facts)
    events = events_of(r, scenario)
    crowd = bool(r.series["online"].any())
    panels = [
        Panel(3.2 if crowd else 0.5, lambda ax: _draw_crowd(ax, r, shown)),
        Panel(1.6 if r.actions.any() else 0.5, lambda ax: _draw_attacks(ax, r)),
        Panel(1.4 if (r.delisted | r.cod_off).any() else 0.5, lambda ax: _draw_stores(ax, r)),
        Panel(1.9 if (np.abs(r.loss) >= 0.5).any() else 0.5, lambda ax: _draw_losses(ax, r)),
        Panel(1.6, lambda ax: _draw_sales(ax, r)),
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


def _write_title(fig: Figure, r: Record, scenario: Scenario, height: float) -> None:
    n = int(attacked(r).sum())
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
    fig.text(LEFT, 1 - 0.18 / height, headline, fontsize=17, weight="bold", color=INK, va="top")
    fig.text(LEFT, 1 - 0.50 / height, " · ".join(given), fontsize=10.5, color=GREY, va="top")


def _draw_crowd(ax: Axes, r: Record, facts: Sequence[Fact]) -> None:
    s, x = r.series, np.arange(r.hours)
    online, sellers, onlookers = s["online"], s["n_sellers_in"], s["n_onlookers_in"]
    if not online.any():
        _say(ax, "Nobody protested", "The crowd")
        return
    ax.fill_between(x, online, color=BLUE, alpha=0.22, linewidth=0)
    ax.plot(x, online, color=BLUE, linewidth=1.8)
    ax.plot(x, onlookers, color=GREY, linewidth=1.1)
    ax.plot(x, sellers, color=RED, linewidth=1.8)
    reported = draw_reported(ax, r.series["online"], facts)
    highest = max(online.max(), onlookers.max(), sellers.max(), reported)
    peak = int(online.argmax())
    ax.set_ylim(0, highest * 1.18)
    _name(ax, "The crowd", [
        (f"online, peak {count(online[peak])}", BLUE),
        (f"onlookers in the protest, peak {count(onlookers.max())}", GREY),
        (f"sellers in the protest, peak {count(sellers.max())}", RED),
        *([("F…: reported", INK)] if reported else []),
    ])  # fmt: skip
    ax.set_ylabel("people", fontsize=SMALL, color=INK)


def _draw_attacks(ax: Axes, r: Record) -> None:
    by_tactic = r.actions.sum(axis=1)
    if not by_tactic.any():
        _say(ax, "No store was attacked", "False actions")
        return
    ax.stackplot(
        np.arange(r.hours), *(by_tactic[:, t] for t in TACTICS),
        colors=[colour for _, colour in TACTICS.values()], linewidth=0,
    )  # fmt: skip
    keys = [(f"{name} {count(by_tactic[:, t].sum())}", c) for t, (name, c) in TACTICS.items()]
    _name(ax, "False actions", keys)
    ax.set_ylim(0)
    ax.set_ylabel("actions per hour", fontsize=SMALL, color=INK)


def _draw_stores(ax: Axes, r: Record) -> None:
    closed, off = r.delisted.sum(axis=1), r.cod_off.sum(axis=1)
    if not closed.any() and not off.any():
        _say(ax, "No store took goods off sale or suspended cash on delivery", "Stores")
        return
    x = np.arange(r.hours)
    ax.fill_between(x, closed, color=RED, alpha=0.25, linewidth=0, step="post")
    ax.step(x, closed, color=RED, linewidth=1.6, where="post")
    ax.step(x, off, color=BLUE, linewidth=1.6, where="post")
    keys = [
        (f"goods off sale, at most {closed.max()} of {r.first}", RED),
        (f"no cash on delivery, at most {off.max()}", BLUE),
    ]
    _name(ax, "Stores that protect themselves", keys)
    ax.set_ylim(0)
    ax.set_ylabel("stores", fontsize=SMALL, color=INK)


def _draw_losses(ax: Axes, r: Record) -> None:
    by_cause = r.loss.sum(axis=1).cumsum(axis=0) / 1e6
    paid = (r.ad_refund + r.compensation).sum(axis=1).cumsum() / 1e6
    if not (np.abs(r.loss) >= 0.5).any():
        _say(ax, "No store lost anything", "Losses of big stores")
        return
    x = np.arange(r.hours)
    ends = []
    for cause, (name, colour) in CAUSES.items():
        ax.plot(x, by_cause[:, cause], color=colour, linewidth=1.5)
        if cause == Cause.ADS and by_cause[-1, cause] < 0:
            name = "saved on ads"
        ends.append((by_cause[-1, cause], f"{name} {_signed(by_cause[-1, cause])}", colour))
    if paid[-1] > 0:
        ax.plot(x, -paid, color=GREEN, linewidth=1.5)
        ends.append((-paid[-1], f"compensation {_signed(-paid[-1])}", GREEN))
    net = by_cause.sum(axis=1) - paid
    ax.plot(x, net, color=INK, linewidth=2.4)
    ends.append((net[-1], f"net {_signed(net[-1])}", INK))
    ax.axhline(0, color=GREY, linewidth=0.7)
    _name(ax, "Losses of big stores so far, compared with a world without the siege", [])
    ax.set_ylabel("million yuan", fontsize=SMALL, color=INK)
    _label_ends(ax, ends)


def _signed(number: float) -> str:
    if abs(number) < 0.005:
        return "0"
    digits = 0 if abs(number) >= 10 else 1 if abs(number) >= 1 else 2
    return f"{number:,.{digits}f}".replace("-", "\N{MINUS SIGN}")


def _draw_sales(ax: Axes, r: Record) -> None:
    n, hit = r.first, attacked(r)
    orders = [("whole mall", r.orders * r.price, r.orders_twin * r.price, INK)]
    if hit.any():
        own, twin = r.orders[:, :n] * r.price[:n], r.orders_twin[:, :n] * r.price[:n]
        worst = int(r.actions.sum(axis=(0, 2)).argmax())
        orders += [
            (f"{hit.sum()} attacked stores", own[:, hit], twin[:, hit], BLUE),
            ("most attacked store", own[:, [worst]], twin[:, [worst]], RED),
        ]
    ends, edges = [], np.append(np.arange(0, r.hours, HOURS_A_DAY), r.hours)
    highest = 100.0
    for name, own, twin, colour in reversed(orders):
        share = _day_share(own.sum(axis=1), twin.sum(axis=1))
        ax.stairs(share, edges, baseline=None, color=colour, linewidth=2.0)
        known = share[np.isfinite(share)]
        highest = max(highest, known.max(initial=0.0))
        if known.size:
            ends.append((known[-1], name, colour))
    ax.axhline(100, color=GREY, linewidth=0.7)
    ax.set_ylim(0, highest * 1.12)
    ax.set_ylabel("% of normal", fontsize=SMALL, color=INK)
    _name(ax, "Honest sales per day, as a share of the same day without the siege", [])
    _label_ends(ax, ends)


def _day_share(own: F64, twin: F64) -> F64:
    own, twin = by_day(own), by_day(twin)
    share: F64 = np.full(own.size, np.nan)
    return np.divide(100 * own, twin, out=share, where=twin > 0)


# ---------------------------------------------------------------- what panels share
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
        if (stop - left) / r.hours < _room(name):
            continue
        ax.text(
            (left + stop) / 2, 0.965, name, transform=ax.get_xaxis_transform(), ha="center",
            va="top", fontsize=SMALL, style="italic", color=GREY,
        )  # fmt: skip


def _room(text: str) -> float:
    """Estimate a small text's width as a share of a panel's."""
    return (len(text) * 0.56 + 0.8) * TINY / 72 / (WIDTH * (RIGHT - LEFT))


def _tiers(flags: Sequence[tuple[int, str]], hours: int) -> list[int]:
    """Return each flag a height at which no text meets a text or another's pole.

    From the last to the first: a flag flies above every later one whose pole stands under it.
    """
    tiers: list[int] = []
    for i in reversed(range(len(flags))):
        hour, text = flags[i]
        reach = hour + _room(text) * max(hours, 1)
        later = zip(flags[i + 1 :], tiers, strict=True)
        tiers.insert(0, 1 + max((tier for (h, _), tier in later if h < reach), default=-1))
    return tiers


def _flag(ax: Axes, hour: int, text: str, tier: int) -> None:
    lift = 19 + 11.5 * tier  # points above the panel, clear of its name
    ax.annotate(
        text, (hour, 1.0), xycoords=("data", "axes fraction"), xytext=(2.5, lift),
        textcoords="offset points", fontsize=TINY, color=INK, annotation_clip=False,
    )  # fmt: skip
    tall = _points(ax)
    pole = [1 + 18 / tall, 1 + (lift + 8) / tall]
    ax.plot(
        [hour, hour], pole, color=GREY, linewidth=0.7, clip_on=False,
        transform=ax.get_xaxis_transform(),
    )  # fmt: skip


def _points(ax: Axes) -> float:
    """Return how high a panel is."""
    figure = ax.get_figure(root=True)
    return ax.get_position().height * figure.get_figheight() * 72 if figure else 1.0


def _name(ax: Axes, name: str, keys: Sequence[tuple[str, str]]) -> None:
    """Write a panel's name over it, and what its colours mean in those colours."""
    words: list[Artist] = [
        TextArea(name, textprops={"fontsize": 10.5, "weight": "bold", "color": INK})
    ]
    words += [
        TextArea(text, textprops={"fontsize": SMALL, "weight": "bold", "color": colour})
        for text, colour in keys
    ]
    ax.add_artist(
        AnchoredOffsetbox(
            loc="lower left", child=HPacker(children=words, align="baseline", pad=0, sep=12),
            pad=0, borderpad=0.2, frameon=False, bbox_to_anchor=(0.0, 1.0),
            bbox_transform=ax.transAxes,
        )
    )  # fmt: skip


def _say(ax: Axes, sentence: str, name: str) -> None:
    _name(ax, name, [])
    ax.set_ylim(0, 1)
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    ax.text(
        0.5, 0.5, sentence, transform=ax.transAxes, ha="center", va="center", fontsize=11,
        color=GREY, bbox={"facecolor": "white", "edgecolor": "none", "pad": 3},
    )  # fmt: skip


def _label_ends(ax: Axes, ends: Sequence[tuple[float, str, str]]) -> None:
    """Write a line's name beside its end, pushing names apart where ends are close."""
    low, high = ax.get_ylim()
    need = 11.5 * (high - low) / _points(ax)
    order = sorted(ends)
    spots = [min(max(y, low), high) for y, _, _ in order]
    for _ in range(200):
        close = [i for i in range(len(spots) - 1) if spots[i + 1] - spots[i] < need * 0.999]
        if not close:
            break
        for i in close:
            push = (need - (spots[i + 1] - spots[i])) / 2
            spots[i] -= push
            spots[i + 1] += push
    for spot, (_, text, colour) in zip(spots, order, strict=True):
        ax.annotate(
            text, (1.0, spot), xycoords=("axes fraction", "data"), xytext=(5, 0),
            textcoords="offset points", fontsize=SMALL, color=colour, va="center",
            weight="bold", annotation_clip=False,
        )  # fmt: skip
