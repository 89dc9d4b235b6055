"""What the page shows of worlds and studies, as HTML."""

from dataclasses import replace
from html import escape

from sim.figures.numbers import lost_or_gained
from sim.figures.plots import PHASES
from sim.views.page.charts import Chart, draw
from sim.views.page.network import draw_network
from sim.views.page.studies import Study
from sim.views.page.view import CHARTS, View, happened, tiles


def show_worlds(views: tuple[View, ...]) -> str:
    """Return the worlds as HTML, those of a pair with the same axes."""
    two = len(views) > 1
    rows = [_row([f'<h2 class="b-name">{escape(v.label)}</h2>{_tiles(v)}' for v in views])]
    drawn: list[list[str]] = []
    for chart in CHARTS:
        charts = [replace(chart(v), of=v.label if two else "") for v in views]
        bounds = _shared(charts)
        drawn.append([draw(c, bounds) for c in charts])
    drawn.append([draw_network(v.sample, v.stances, v.label if two else "") for v in views])
    if two:
        rows += [_row(cells) for cells in drawn]
    else:
        rows.append(f'<div class="b-pair">{"".join(cell for cells in drawn for cell in cells)}{_happened(views[0])}</div>')  # fmt: skip
    if two:
        rows.append(_row([_happened(v, v.label) for v in views]))
    if any(v.losses for v in views):
        rows.append(_paid(views))
    if any(v.story for v in views):
        rows.append(_row([_story(v) for v in views]))
    return "".join(rows)


def _row(cells: list[str]) -> str:
    return f'<div class="{"b-pair" if len(cells) > 1 else "b-one"}">{"".join(f"<div>{c}</div>" for c in cells)}</div>'


def _shared(charts: list[Chart]) -> tuple[float, float]:
    lows, highs = zip(*(c.range for c in charts), strict=True)
    return min(lows), max(highs)


def _tiles(v: View) -> str:
    cells = "".join(
        f"<div><dt>{escape(what)}</dt><dd>{escape(much)}</dd></div>" for what, much in tiles(v)
    )
    return f'<dl class="b-tiles">{cells}</dl>'


def _happened(v: View, of: str = "") -> str:
    listed = "".join(f"<li><span>{when}</span>{escape(what)}</li>" for when, what in happened(v))
    body = f"<ul>{listed}</ul>" if listed else '<p class="b-empty">Nothing has happened yet.</p>'
    name = f"<em>{escape(of)}</em>" if of else ""
    shades = "".join(
        f'<span><u class="b-square" style="background:color-mix(in srgb, {colour} {200 * alpha:.0f}%, white)"></u>{name}</span>'
        for name, colour, alpha in PHASES.values()
        if alpha
    )
    return (
        f'<figure class="b-chart b-events"><figcaption><b>What happened</b>{name}<small>dotted lines in the charts</small>'
        f'</figcaption>{body}<div class="b-keys"><small>shaded:</small>{shades}</div></figure>'
    )


def _paid(views: tuple[View, ...]) -> str:
    ended = [v for v in views if v.losses]
    strong = ' class="b-strong"'
    head = "".join(f'<th scope="col">{escape(v.label)}</th>' for v in ended)
    rows = "".join(
        f"<tr{strong if who == 'all parties' else ''}><td>{escape(who)}</td>{''.join(f'<td>{lost_or_gained(yuan)}</td>' for yuan in amounts)}</tr>"
        for (who, *_), amounts in (
            (parties[0], [p[1] for p in parties]) for parties in zip(*(v.losses for v in ended), strict=True)
        )
    )  # fmt: skip
    return (
        '<h3>Who pays, including next year\'s fees</h3><div class="b-scroll"><table class="b-paid"><thead><tr><th scope="col">party</th>'
        f"{head}</tr></thead><tbody>{rows}</tbody></table></div>"
        '<p class="b-note">Compared with the same world without a protest or a response. A single world depends on chance; the tab Many worlds shows how certain a difference is.</p>'
    )


def _story(v: View) -> str:
    listed = "".join(f"<li>{escape(line)}</li>" for line in v.story)
    return f'<h3>The story{" of " + escape(v.label) if v.label else ""}</h3><ol class="b-story">{listed}</ol>'


def show_study(study: Study | None) -> str:
    """Return a study as HTML: how far it is, or what it found."""
    if study is None:
        return '<div class="b-blank"><p>Nothing here yet. Ten worlds at scale 0.01 take about ten seconds.</p></div>'
    if study.fault:
        return f'<p class="b-fault">{escape(study.fault)}</p>'
    if study.is_running:
        share = 100 * study.done / max(study.total, 1)
        told = f"{study.done} of {study.total} runs done" if study.done else "Waiting for another computation to finish …"  # fmt: skip
        return f'<div class="b-bar" role="progressbar" aria-valuenow="{share:.0f}"><i style="width:{share:.1f}%"></i></div><p class="b-state">{told}</p>'
    return study.html
