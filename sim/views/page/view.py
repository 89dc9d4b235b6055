"""What the page shows of a world: a snapshot that nobody changes, and its charts."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sim.core.calendar import date_of
from sim.core.units import F64, Phase
from sim.figures.events import Event, events_of
from sim.figures.numbers import count
from sim.figures.panels import CAUSES, TACTICS
from sim.figures.plots import PHASES
from sim.figures.style import BLUE, GREEN, GREY, INK, RED
from sim.outcomes.payments import balance
from sim.outcomes.record import Record
from sim.running.model import Siege
from sim.views.page.charts import Chart, Line, Span
from sim.views.page.network import Sample


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """A world after some hours. Arrays are by hour; money is in million yuan, summed up."""

    label: str
    hours: int
    horizon: int
    series: dict[str, F64]
    tactics: F64  # hour, `Tactic`
    closed: F64
    cod_off: F64
    causes: F64  # hour, `Cause`
    paid_back: F64
    n_stores: int
    events: list[Event]
    sample: Sample
    stances: list[int]
    story: list[str]
    outcomes: dict[str, float | None]
    losses: list[tuple[str, float]]  # yuan, a gain below 0; of a finished world

    @property
    def is_finished(self) -> bool:
        """Whether the horizon is reached."""
        return self.hours >= self.horizon


SHOWN = ("online", "n_sellers_in", "n_onlookers_in", "n_attackers", "phase")


def view_of(siege: Siege, sample: Sample, *, whole: bool = False) -> View:
    """Take a snapshot of a siege.

    Parameters
    ----------
    siege
        The world; it must not step meanwhile.
    sample
        The people whose stance is drawn.
    whole
        Whether to work out the story and the outcomes as well, which takes longer.
    """
    record = siege.record
    whole = whole and record.hours > 0
    ended = whole and record.renewal is not None
    outcomes = siege.outcomes if whole else {}
    return View(
        label=siege.scenario.response.name,
        hours=record.hours,
        horizon=siege.scenario.hours,
        series={name: record.series[name].copy() for name in SHOWN},
        tactics=record.actions.sum(axis=1),
        closed=record.delisted.sum(axis=1).astype(float),
        cod_off=record.cod_off.sum(axis=1).astype(float),
        causes=record.loss.sum(axis=1).cumsum(axis=0) / 1e6,
        paid_back=(record.ad_refund + record.compensation).sum(axis=1).cumsum() / 1e6,
        n_stores=record.first,
        events=events_of(record, siege.scenario),
        sample=sample,
        stances=siege.world.crowd.stance[sample.rows].tolist(),
        story=_story(siege, record, outcomes) if whole else [],
        outcomes=outcomes,
        losses=_losses(record) if ended else [],
    )


def _story(siege: Siege, record: Record, outcomes: dict[str, float | None]) -> list[str]:
    from sim.figures.story import story

    return story(record, siege.scenario, outcomes)


def _losses(record: Record) -> list[tuple[str, float]]:
    books = balance(record)
    return [
        ("platform", books.platform), ("big stores", books.stores),
        ("small sellers", books.sellers), ("shoppers", books.shoppers),
        ("rivals", books.rivals), ("all parties", books.social),
    ]  # fmt: skip


# ---------------------------------------------------------------- charts
def _frame(v: View) -> tuple[list[Span], list[tuple[int, str]]]:
    phase = v.series["phase"]
    if not phase.size:
        return [], []
    starts = [0, *(np.flatnonzero(np.diff(phase)) + 1)]
    spans = [
        Span(int(a), int(b), colour, alpha)
        for a, b in zip(starts, [*starts[1:], v.hours], strict=True)
        for _, colour, alpha in [PHASES[Phase(int(phase[a]))]]
        if alpha
    ]
    return spans, [(event.hour, event.label) for event in v.events]


def crowd(v: View) -> Chart:
    """Return the chart of who is online and in the protest."""
    spans, marks = _frame(v)
    lines = [
        Line("online", v.series["online"], BLUE),
        Line("onlookers in the protest", v.series["n_onlookers_in"], GREY, thin=True),
        Line("sellers in the protest", v.series["n_sellers_in"], RED),
    ]
    return Chart("The crowd", "people", v.horizon, lines, "Nobody has protested so far.", spans=spans, marks=marks)  # fmt: skip


def attacks(v: View) -> Chart:
    """Return the chart of false actions by tactic."""
    spans, marks = _frame(v)
    lines = [Line(name, v.tactics[:, t], c, area=True) for t, (name, c) in TACTICS.items()]
    return Chart("Attacks", "false actions per hour", v.horizon, lines, "No store has been attacked so far.", spans=spans, marks=marks)  # fmt: skip


def stores(v: View) -> Chart:
    """Return the chart of stores that protect themselves."""
    spans, marks = _frame(v)
    lines = [
        Line("goods off sale", v.closed, RED),
        Line("no cash on delivery", v.cod_off, BLUE),
    ]
    return Chart("Stores that protect themselves", f"of {v.n_stores} big stores", v.horizon, lines, "Every store sells as usual.", spans=spans, marks=marks)  # fmt: skip


AGAINST = "million yuan, compared with the same world without the siege"


def money(v: View) -> Chart:
    """Return the chart of what big stores lost so far."""
    spans, marks = _frame(v)
    lines = [Line(name, v.causes[:, c], colour) for c, (name, colour) in CAUSES.items()]
    if v.paid_back.any():
        lines.append(Line("compensation", -v.paid_back, GREEN))
    lines.append(Line("net", v.causes.sum(axis=1) - v.paid_back, INK))
    if not (np.abs(v.causes) >= 5e-7).any():
        lines = [Line("", np.zeros(0), INK)]
    return Chart("Losses of big stores so far", AGAINST, v.horizon, lines, "No store has lost anything.", spans=spans, marks=marks)  # fmt: skip


CHARTS: tuple[Callable[[View], Chart], ...] = (crowd, attacks, stores, money)
"""The charts of a world, in the order of the page."""


def tiles(v: View) -> list[tuple[str, str]]:
    """Return the numbers of the moment: what, how much."""
    if v.hours == 0:
        return [("hours simulated", f"0 of {v.horizon}"), ("time", _when(0))]
    now = v.hours - 1
    lost = float(v.causes[-1].sum() - v.paid_back[-1])
    return [
        ("hours simulated", f"{v.hours} of {v.horizon}"),
        ("time", _when(now)),
        ("organisers", PHASES[Phase(int(v.series["phase"][now]))][0]),
        ("online", count(v.series["online"][now])),
        ("attacking", count(v.series["n_attackers"][now])),
        ("false actions", count(v.tactics.sum())),
        ("stores off sale", count(v.closed[now])),
        ("loss of big stores", f"{lost:z,.2f} m\N{NO-BREAK SPACE}¥".replace("-", "\N{MINUS SIGN}")),
    ]


def happened(v: View) -> list[tuple[str, str]]:
    """Return what happened so far: when, what."""
    return [(_when(event.hour), event.label) for event in v.events]


def _when(hour: int) -> str:
    return f"{date_of(hour).day} {date_of(hour):%b %H:%M}"
