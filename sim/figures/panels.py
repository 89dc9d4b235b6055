"""The panels of the picture of a run: crowd, attacks, stores, their losses, sales."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from sim.core.calendar import HOURS_A_DAY
from sim.core.units import F64, Cause, Tactic
from sim.figures.labels import label_ends, name_panel, say_instead
from sim.figures.numbers import count
from sim.figures.reported import draw_reported
from sim.figures.style import BLUE, GREEN, GREY, INK, ORANGE, PINK, RED, SKY, SMALL
from sim.outcomes.closed import ClosedRecord, by_day
from sim.outcomes.facts import Fact
from sim.outcomes.record import Record

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


def draw_crowd(ax: Axes, r: Record, facts: Sequence[Fact]) -> None:
    """Draw who was in the protest and online, with the reported numbers."""
    s, x = r.series, np.arange(r.hours)
    online, sellers, onlookers = s["online"], s["n_sellers_in"], s["n_onlookers_in"]
    if not online.any():
        say_instead(ax, "Nobody protested", "The crowd")
        return
    ax.fill_between(x, online, color=BLUE, alpha=0.22, linewidth=0)
    ax.plot(x, online, color=BLUE, linewidth=1.8)
    ax.plot(x, onlookers, color=GREY, linewidth=1.1)
    ax.plot(x, sellers, color=RED, linewidth=1.8)
    reported = draw_reported(ax, r.series["online"], facts)
    highest = max(online.max(), onlookers.max(), sellers.max(), reported)
    peak = int(online.argmax())
    ax.set_ylim(0, highest * 1.18)
    name_panel(ax, "The crowd", [
        (f"online, peak {count(online[peak])}", BLUE),
        (f"onlookers in the protest, peak {count(onlookers.max())}", GREY),
        (f"sellers in the protest, peak {count(sellers.max())}", RED),
        *([("F…: reported", INK)] if reported else []),
    ])  # fmt: skip
    ax.set_ylabel("people", fontsize=SMALL, color=INK)


def draw_attacks(ax: Axes, r: Record) -> None:
    """Draw false actions by the hour, one tactic on another."""
    by_tactic = r.actions.sum(axis=1)
    if not by_tactic.any():
        say_instead(ax, "No store was attacked", "False actions")
        return
    ax.stackplot(
        np.arange(r.hours), *(by_tactic[:, t] for t in TACTICS),
        colors=[colour for _, colour in TACTICS.values()], linewidth=0,
    )  # fmt: skip
    keys = [(f"{name} {count(by_tactic[:, t].sum())}", c) for t, (name, c) in TACTICS.items()]
    name_panel(ax, "False actions", keys)
    ax.set_ylim(0)
    ax.set_ylabel("actions per hour", fontsize=SMALL, color=INK)


def draw_stores(ax: Axes, r: Record) -> None:
    """Draw how many stores have their goods off sale or no cash on delivery."""
    closed, off = r.delisted.sum(axis=1), r.cod_off.sum(axis=1)
    if not closed.any() and not off.any():
        say_instead(ax, "No store took goods off sale or suspended cash on delivery", "Stores")
        return
    x = np.arange(r.hours)
    ax.fill_between(x, closed, color=RED, alpha=0.25, linewidth=0, step="post")
    ax.step(x, closed, color=RED, linewidth=1.6, where="post")
    ax.step(x, off, color=BLUE, linewidth=1.6, where="post")
    keys = [
        (f"goods off sale, at most {closed.max()} of {r.first}", RED),
        (f"no cash on delivery, at most {off.max()}", BLUE),
    ]
    name_panel(ax, "Stores that protect themselves", keys)
    ax.set_ylim(0)
    ax.set_ylabel("stores", fontsize=SMALL, color=INK)


def draw_losses(ax: Axes, r: Record) -> None:
    """Draw the losses of big stores so far (million yuan), by cause and net of compensation."""
    by_cause = r.loss.sum(axis=1).cumsum(axis=0) / 1e6
    paid = (r.ad_refund + r.compensation).sum(axis=1).cumsum() / 1e6
    if not (np.abs(r.loss) >= 0.5).any():
        say_instead(ax, "No store lost anything", "Losses of big stores")
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
    name_panel(ax, "Losses of big stores so far, compared with a world without the siege", [])
    ax.set_ylabel("million yuan", fontsize=SMALL, color=INK)
    label_ends(ax, ends)


def _signed(number: float) -> str:
    if abs(number) < 0.005:
        return "0"
    digits = 0 if abs(number) >= 10 else 1 if abs(number) >= 1 else 2
    return f"{number:,.{digits}f}".replace("-", "\N{MINUS SIGN}")


def draw_sales(ax: Axes, r: ClosedRecord) -> None:
    """Draw honest sales by the day, in per cent of the same day of the quiet twin."""
    n, hit = r.first, r.attacked
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
    name_panel(ax, "Honest sales per day, as a share of the same day without the siege", [])
    label_ends(ax, ends)


def _day_share(own: F64, twin: F64) -> F64:
    own, twin = by_day(own), by_day(twin)
    share: F64 = np.full(own.size, np.nan)
    return np.divide(100 * own, twin, out=share, where=twin > 0)
