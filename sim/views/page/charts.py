"""The page's charts: light SVG whose words are HTML, readable at any width.

A picture by matplotlib takes a tenth of a second and shrinks with the screen, letters and all;
these take a millisecond, so they can be drawn anew several times a second for several people.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor, log10

import numpy as np

from sim.core.calendar import HOURS_A_DAY, date_of
from sim.core.units import F64
from sim.figures.numbers import quantity

W, H = 1000.0, 240.0
"""The drawing's own units; it is stretched to its place."""
MOST_POINTS = 700
"""Points of a line that are drawn: more than a screen tells apart."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line, or an area on top of the areas before it."""

    name: str
    values: F64
    colour: str
    area: bool = False
    thin: bool = False


@dataclass(frozen=True, slots=True)
class Band:
    """A range at every hour."""

    low: F64
    high: F64
    colour: str


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of hours that is shaded."""

    start: int
    stop: int
    colour: str
    alpha: float


@dataclass(frozen=True, slots=True)
class Chart:
    """What a chart shows, over the hours of the whole horizon.

    ``marks`` are hours with a word each; ``boxes`` are ranges reported for some hours:
    start, stop, low, high, name. ``of`` names the world, where there are two.
    """

    title: str
    unit: str
    horizon: int
    lines: Sequence[Line]
    empty: str = ""
    band: Band | None = None
    spans: Sequence[Span] = ()
    marks: Sequence[tuple[int, str]] = ()
    boxes: Sequence[tuple[int, int, float, float, str]] = ()
    keys: Sequence[tuple[str, str]] = ()
    of: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to draw."""
        return not any(np.any(line.values) for line in self.lines)

    @property
    def range(self) -> tuple[float, float]:
        """The lowest and the highest value, 0 among them."""
        stacked = sum((li.values for li in self.lines if li.area and li.values.size), np.zeros(1))
        values = [li.values for li in self.lines if not li.area and li.values.size] + [stacked]
        values += [self.band.high] if self.band is not None else []
        top = max([float(np.max(v)) for v in values] + [box[3] for box in self.boxes])
        return min(0.0, *(float(np.min(v)) for v in values)), top


def draw(chart: Chart, bounds: tuple[float, float] | None = None) -> str:
    """Return a chart as HTML.

    Parameters
    ----------
    chart
        What it shows.
    bounds
        Lowest and highest value of the axis, where several charts share one.
    """
    keys = [(line.name, line.colour) for line in chart.lines if line.name] + list(chart.keys)
    legend = "".join(
        f'<span><u style="background:{colour}"></u>{escape(name)}</span>' for name, colour in keys
    )
    if chart.is_empty and chart.empty:
        body, legend = f'<p class="b-empty">{escape(chart.empty)}</p>', ""
    else:
        body = _plot(chart, bounds or chart.range)
    return (
        f'<figure class="b-chart" role="img" aria-label="{escape(_told(chart))}"><figcaption>'
        f"<b>{escape(chart.title)}</b>{f'<em>{escape(chart.of)}</em>' if chart.of else ''}<small>{escape(chart.unit)}</small>{legend}</figcaption>{body}</figure>"
    )


def _told(chart: Chart) -> str:
    if chart.is_empty:
        return f"{chart.title}: {chart.empty}"
    last = [f"{li.name} {_amount(float(li.values[-1]))}" for li in chart.lines if li.values.size]
    return f"{chart.title}, {chart.unit}. Now: {', '.join(last)}"


def _plot(chart: Chart, bounds: tuple[float, float]) -> str:
    ticks = _ticks(*bounds)
    low, high = min(bounds[0], ticks[0]), max(bounds[1] * 1.04, ticks[-1])
    horizon = max(chart.horizon, 1)

    def x(hour: F64 | float) -> F64:
        return np.asarray(hour, float) / horizon * W

    def y(value: F64 | float) -> F64:
        return H - (np.asarray(value, float) - low) / (high - low) * H

    parts = [
        f'<rect x="{x(s.start):.1f}" y="0" width="{x(s.stop - s.start):.1f}" height="{H}" fill="{s.colour}" opacity="{s.alpha}"/>'
        for s in chart.spans
    ]
    parts += [f'<path class="b-grid" d="M0 {y(t):.1f}H{W}"/>' for t in ticks]
    parts += [f'<path class="b-mark" d="M{x(h):.1f} 0V{H}"/>' for h, _ in chart.marks]
    if chart.band is not None:
        ring = _path(x, y, chart.band.high) + "L" + _path(x, y, chart.band.low, back=True)[1:] + "Z"
        parts.append(f'<path d="{ring}" fill="{chart.band.colour}" opacity=".25"/>')
    floor_of_area = np.zeros(1)
    for line in chart.lines:
        if line.values.size == 0:
            continue
        if line.area:
            top = floor_of_area + line.values
            ring = _path(x, y, top)
            ring += "L" + _path(x, y, np.broadcast_to(floor_of_area, top.shape), back=True)[1:]
            parts.append(f'<path d="{ring}Z" fill="{line.colour}" opacity=".85"/>')
            floor_of_area = top
        else:
            width = 1.3 if line.thin else 2.2
            parts.append(
                f'<path class="b-line" d="{_path(x, y, line.values)}" stroke="{line.colour}" stroke-width="{width}"/>'
            )
    for start, stop, least, most, _ in chart.boxes:
        parts.append(
            f'<rect class="b-box" x="{x(start):.1f}" y="{y(most):.1f}" width="{x(stop - start):.1f}" height="{float(y(least) - y(most)):.1f}"/>'
        )
    svg = f'<svg viewBox="0 0 {W:.0f} {H:.0f}" preserveAspectRatio="none" aria-hidden="true">{"".join(parts)}</svg>'
    words = [
        f'<i class="b-y" style="top:{float(y(t)) / H * 100:.2f}%">{_amount(t)}</i>' for t in ticks
    ]
    words += _dates(horizon)
    words += [
        f'<i class="b-fact" style="left:{start / horizon * 100:.2f}%;top:{float(y(most)) / H * 100:.2f}%">{escape(name)}</i>'
        for start, _, _, most, name in chart.boxes
    ]
    return f'<div class="b-plot">{svg}{"".join(words)}</div>'


def _path(x: object, y: object, values: F64, *, back: bool = False) -> str:
    """Return a line's path, thinned to what a screen can show; its last point is always there."""
    stride = max(1, ceil(values.size / MOST_POINTS))
    at = np.unique(np.append(np.arange(0, values.size, stride), values.size - 1))
    at = at[::-1] if back else at
    pairs = zip(x(at + 0.5), y(values[at]), strict=True)  # type: ignore[operator]
    return "M" + "L".join(f"{px:.1f} {py:.1f}" for px, py in pairs)


def _ticks(low: float, high: float) -> list[float]:
    """Return three to six round numbers from at or below 0 to near the top."""
    width = max(high - low, 1e-9)
    step = 10.0 ** floor(log10(width / 4))
    step = next(step * k for k in (1, 2, 5, 10) if width / (step * k) <= 5)
    return [step * k for k in range(floor(low / step), floor(high / step) + 1)]


def _amount(value: float) -> str:
    if value == 0:
        return "0"
    text = f"{value / 1e6:.4g} m" if abs(value) >= 1e6 else quantity(value)
    return text.replace("-", "\N{MINUS SIGN}")


def _dates(horizon: int) -> list[str]:
    """Name days under the axis: every one if there is room, and fewer on a narrow screen."""
    days = horizon / HOURS_A_DAY
    if days <= 2:
        hours = range(0, horizon + 1, max(1, min(12, horizon // 4 or 1)))
        names = [f"{date_of(h):%H:%M}" for h in hours]
    else:
        hours = range(0, horizon, HOURS_A_DAY * max(1, ceil(days / 8)))
        names = [f"{date_of(h).day} {date_of(h):%b}" for h in hours]
    return [
        f'<i class="b-x{" b-odd" if n % 2 else ""}" style="left:{h / horizon * 100:.2f}%">{name}</i>'
        for n, (h, name) in enumerate(zip(hours, names, strict=True))
    ]
