"""The page itself, in Solara: choices on one side, worlds and studies on the other."""

import threading
from collections.abc import Callable
from dataclasses import replace
from html import escape
from importlib import resources
from typing import Any
from urllib.parse import parse_qs

import solara
import solara.lab
from mesa.visualization.utils import force_update, update_counter

from sim.model import Siege
from sim.scenario import fee_list, response_list, scenario_list
from sim.views.dashboard_charts import Chart, draw
from sim.views.dashboard_choices import NONE, OWN, check
from sim.views.dashboard_network import draw_network, sample
from sim.views.dashboard_view import CHARTS, View, attacks, crowd, happened, money, stores, tiles, view_of
from sim.views.dashboard_worlds import PACES, STORE, Session, Study
from sim.views.numbers import lost_or_gained
from sim.views.plots import PHASES

SCENARIOS, RESPONSES, FEES = (
    [name for name, _ in listed()] for listed in (scenario_list, response_list, fee_list)
)
TOLD = dict([*scenario_list(), *response_list(), *fee_list()])
CSS = (resources.files("sim") / "views" / "dashboard.css").read_text("utf-8")


def session_of(search: str | None) -> Session:
    """Give the session that an address names in its query."""
    return STORE.get(parse_qs(search or "").get("world", ["-"])[0])


@solara.component
def Layout(children: list[Any] = []) -> None:  # noqa: B006, N802 - Solara's own convention
    """Give the page alone, without Solara's bar and drawer."""
    solara.Div(children=children, classes=["b-page"])


@solara.component
def Page() -> None:  # noqa: N802
    """Show the page of the session that the address names."""
    session = session_of(solara.use_router().search)
    _watch(session)
    solara.Style(CSS)
    solara.HTML(tag="header", classes=["b-head"], unsafe_innerHTML=(
        "<h1>Besiege</h1><p>What happens when sellers rise against a marketplace, and what the "
        "platform could do. It explains and compares; it does not predict.</p>"
    ))  # fmt: skip
    with solara.Div(classes=["b-body"]):
        with solara.Div(classes=["b-side"]):
            Controls(session)
            Downloads(session)
        with solara.Div(classes=["b-main"]), solara.lab.Tabs(lazy=True):
            with solara.lab.Tab("One world"):
                Worlds(session)
            with solara.lab.Tab("Many worlds"):
                Comparing(session)
            with solara.lab.Tab("Hindcast"):
                Hindcasting(session)


def _watch(session: Session) -> None:
    """Draw this page anew when its session changes, whoever changed it."""
    update_counter.get()

    def begin() -> Callable[[], None]:
        gone = threading.Event()

        def watch() -> None:
            seen = -1
            while not gone.is_set():
                now = session.wait(seen, 1.0)
                if now != seen and not gone.is_set():
                    seen = now
                    force_update()

        threading.Thread(target=watch, daemon=True).start()
        return gone.set

    solara.use_effect(begin, [session.id])


# ---------------------------------------------------------------- choices
@solara.component
def Controls(session: Session) -> None:  # noqa: N802
    """Show every field with what is wrong with it, and the buttons."""
    update_counter.get()
    choices, faults = session.choices, check(session.choices).faults

    def fault(field: str) -> None:
        if field in faults:
            solara.HTML(classes=["b-fault"], unsafe_innerHTML=escape(faults[field]))

    def select(label: str, field: str, names: list[str]) -> None:
        value = getattr(choices, field)
        with solara.Div(classes=["b-field"]):
            solara.Select(label, names, value=value, on_value=lambda v: session.choose(**{field: v}), dense=True)  # fmt: skip
            fault(field)
            if value in TOLD and field not in faults:
                solara.HTML(classes=["b-told"], unsafe_innerHTML=escape(TOLD[value]))

    def hour(label: str, field: str) -> None:
        with solara.Div(classes=["b-field"]):
            Text(session, label, field, "its own")
            fault(field)

    with solara.Div(classes=["b-card"]):
        select("Scenario", "scenario", SCENARIOS)
        select("New fees", "fee", [OWN, *FEES])
        select("Response", "response", RESPONSES)
        hour("Response begins at hour", "hour")
        select("Second response, side by side", "other", [NONE, *RESPONSES])
        if choices.other != NONE:
            hour("Second begins at hour", "other_hour")
        with solara.Div():
            with solara.Div(classes=["b-three"]):
                for label, field in (("Scale", "scale"), ("Hours", "hours"), ("Seed", "seed")):
                    with solara.Div(classes=["b-field"]):
                        Text(session, label, field)
            for field in ("scale", "hours", "seed"):
                fault(field)
        with solara.Div(classes=["b-field"]):
            solara.Select("Pace", list(PACES), value=session.pace, on_value=session.choose_pace, dense=True)  # fmt: skip
        Buttons(session, not check(choices).scenarios)


@solara.component
def Text(session: Session, label: str, field: str, placeholder: str = "") -> None:  # noqa: N802
    """Show a field to type into; what is wrong with it is said by whoever places it.

    It is read letter by letter: when it is left, the last letters may still be on their way.
    """
    update_counter.get()
    solara.InputText(
        label, value=getattr(session.choices, field), continuous_update=True, dense=True,
        error=field in check(session.choices).faults, placeholder=placeholder,
        on_value=lambda v: session.choose(**{field: v}),
    )  # fmt: skip


@solara.component
def Buttons(session: Session, faulty: bool) -> None:  # noqa: N802
    """Show what can be done with the worlds, and how they stand."""
    update_counter.get()
    finished = bool(session.views) and all(view.is_finished for view in session.views)
    with solara.Div(classes=["b-buttons"]):
        if session.is_running:
            solara.Button("Pause", session.pause, icon_name="mdi-pause", color="primary")
        else:
            label = "Run again" if finished and not session.is_outdated else "Run"
            solara.Button(label, lambda: session.run(), icon_name="mdi-play", color="primary", disabled=faulty)  # fmt: skip
        stuck = faulty or session.is_running or (finished and not session.is_outdated)
        solara.Button("Step", lambda: session.run(1), icon_name="mdi-skip-next", outlined=True, disabled=stuck)  # fmt: skip
        solara.Button("Reset", session.start_over, icon_name="mdi-restart", text=True, disabled=faulty)  # fmt: skip
    solara.HTML(tag="p", classes=["b-state"], attributes={"role": "status"}, unsafe_innerHTML=escape(_state(session, faulty)))  # fmt: skip


def _state(session: Session, faulty: bool) -> str:
    if session.fault:
        return f"The run failed: {session.fault}"
    if faulty:
        return "Something is not allowed; the line under the field says what is."
    if session.is_running:
        return "Running …" if session.views else "Making the world …"
    if session.is_outdated:
        return "Choices have changed: Run or Step makes a new world."
    if not session.views:
        return "Run plays the siege, Step takes it hour by hour."
    v = session.views[0]
    return "Finished." if v.is_finished else f"Stands at hour {v.hours} of {v.horizon}."


@solara.component
def Downloads(session: Session) -> None:  # noqa: N802
    """Show what can be taken home."""
    update_counter.get()
    links = []
    for n, view in enumerate(session.views, 1):
        links += [
            (f"run-{n}.zip", f"Run folder, {view.label} (zip)"),
            (f"report-{n}.html", f"Report, {view.label} (HTML)"),
        ]
    for kind, what in (("compare", "Comparison"), ("hindcast", "Hindcast")):
        study = session.studies.get(kind)
        if study is not None and study.result is not None:
            links += [(f"{kind}.zip", f"{what}, folder (zip)")]
            links += [("compare.html", "Comparison, report (HTML)")] if kind == "compare" else []
    listed = "".join(
        f'<li><a href="/download/{escape(session.id)}/{name}" download>{escape(text)}</a></li>'
        for name, text in links
    )
    empty = "<p>Run a world, and its folder and report can be taken from here.</p>"
    solara.HTML(
        tag="section", classes=["b-card", "b-downloads"],
        unsafe_innerHTML=f"<h2>Downloads</h2>{f'<ul>{listed}</ul>' if links else empty}",
    )  # fmt: skip


# ---------------------------------------------------------------- one world
@solara.component
def Worlds(session: Session) -> None:  # noqa: N802
    """Show the worlds side by side: numbers, charts, people, story."""
    update_counter.get()
    views = session.views
    if not views:
        waiting = "Making the world …" if session.is_busy else (
            "No world yet. Choose on the side what the platform does, and press <b>Run</b>: "
            "people gather, organisers call targets, stores are besieged, and this page shows it "
            "hour by hour. A second response runs beside the first, with the same people and "
            "the same luck."
        )  # fmt: skip
        solara.HTML(classes=["b-blank"], unsafe_innerHTML=f"<p>{waiting}</p>")
        return
    solara.HTML(classes=["b-worlds", "b-two" if len(views) > 1 else "b-single"], unsafe_innerHTML=worlds_html(views))  # fmt: skip


def worlds_html(views: tuple[View, ...]) -> str:
    """Give the worlds as HTML, those of a pair with the same axes."""
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
    listed = "".join(
        f"<li><span>{when}</span>{escape(what)}</li>" for when, what in happened(v)
    )
    body = f"<ul>{listed}</ul>" if listed else '<p class="b-empty">Nothing so far.</p>'
    name = f"<em>{escape(of)}</em>" if of else ""
    shades = "".join(
        f'<span><u class="b-square" style="background:color-mix(in srgb, {colour} {200 * alpha:.0f}%, white)"></u>{name}</span>'
        for name, colour, alpha in PHASES.values()
        if alpha
    )
    return (
        f'<figure class="b-chart b-events"><figcaption><b>What happened</b>{name}<small>dotted in the charts</small>'
        f'</figcaption>{body}<div class="b-keys"><small>shaded:</small>{shades}</div></figure>'
    )


def _paid(views: tuple[View, ...]) -> str:
    ended = [v for v in views if v.losses]
    strong = ' class="b-strong"'
    head = "".join(f'<th scope="col">{escape(v.label)}</th>' for v in ended)
    rows = "".join(
        f"<tr{strong if who == 'all together' else ''}><td>{escape(who)}</td>{''.join(f'<td>{lost_or_gained(yuan)}</td>' for yuan in amounts)}</tr>"
        for (who, *_), amounts in (
            (parties[0], [p[1] for p in parties]) for parties in zip(*(v.losses for v in ended), strict=True)
        )
    )  # fmt: skip
    return (
        '<h3>Who pays, next year\'s fees included</h3><div class="b-scroll"><table class="b-paid"><thead><tr><th scope="col">party</th>'
        f"{head}</tr></thead><tbody>{rows}</tbody></table></div>"
        '<p class="b-note">Against the same world with neither protest nor response. One world is one throw of the dice: Many worlds tells how sure a difference is.</p>'
    )


def _story(v: View) -> str:
    listed = "".join(f"<li>{escape(line)}</li>" for line in v.story)
    return f'<h3>The story{" of " + escape(v.label) if v.label else ""}</h3><ol class="b-story">{listed}</ol>'


# ---------------------------------------------------------------- many worlds
@solara.component
def Comparing(session: Session) -> None:  # noqa: N802
    """Show the comparison of the chosen responses over many worlds."""
    update_counter.get()
    names = [session.choices.response]
    names += [session.choices.other] if session.choices.other != NONE else []
    what = (
        f"Runs <b>{escape(' and '.join(names))}</b> in several worlds, each with its own seed; a world "
        "is the same for every response, people and luck included. Tells who pays, and how sure it is."
    )
    if len(names) == 1:
        what += " Choose a second response on the side to compare."
    Studying(session, "compare", what, "Compare")


@solara.component
def Hindcasting(session: Session) -> None:  # noqa: N802
    """Show the reported facts beside many worlds."""
    update_counter.get()
    what = (
        f"Lays what was reported in October 2011 beside several worlds of <b>{escape(session.choices.scenario)}</b> "
        f"under <b>{escape(session.choices.response)}</b>."
    )
    Studying(session, "hindcast", what, "Run the hindcast")


@solara.component
def Studying(session: Session, kind: str, what: str, label: str) -> None:  # noqa: N802
    """Show a study: how many worlds, its button, how far it is, and what it found."""
    update_counter.get()
    checked, study = check(session.choices), session.studies.get(kind)
    solara.HTML(tag="p", classes=["b-lead"], unsafe_innerHTML=what)
    with solara.Div(classes=["b-study"]):
        with solara.Div(classes=["b-field"]):
            Text(session, "Worlds", "worlds")
            if "worlds" in checked.faults:
                solara.HTML(classes=["b-fault"], unsafe_innerHTML=escape(checked.faults["worlds"]))
        if study is not None and study.is_running:
            solara.Button("Stop", lambda: session.stop_study(kind), icon_name="mdi-stop", color="primary")  # fmt: skip
        else:
            solara.Button(label, lambda: session.study(kind), icon_name="mdi-play", color="primary", disabled=bool(checked.faults))  # fmt: skip
    solara.HTML(classes=["b-found"], unsafe_innerHTML=_study_html(study))


def _study_html(study: Study | None) -> str:
    if study is None:
        return '<div class="b-blank"><p>Nothing here yet. Ten worlds at scale 0.01 take some ten seconds.</p></div>'
    if study.fault:
        return f'<p class="b-fault">{escape(study.fault)}</p>'
    if study.is_running:
        share = 100 * study.done / max(study.total, 1)
        told = f"{study.done} of {study.total} runs done" if study.done else "Waiting for its turn …"  # fmt: skip
        return f'<div class="b-bar" role="progressbar" aria-valuenow="{share:.0f}"><i style="width:{share:.1f}%"></i></div><p class="b-state">{told}</p>'
    return study.html


# ---------------------------------------------------------------- for Mesa's own page
def _for_mesa(chart: Callable[[View], Chart]) -> Callable[[Siege], Any]:
    def panel(siege: Siege) -> Any:
        return solara.HTML(unsafe_innerHTML=f"<style>{CSS}</style>{draw(chart(_seen(siege)))}")

    return panel


def _network_for_mesa(siege: Siege) -> Any:
    v = _seen(siege)
    return solara.HTML(unsafe_innerHTML=f"<style>{CSS}</style>{draw_network(v.sample, v.stances)}")


def _seen(siege: Siege) -> View:
    kept = vars(siege).get("_page_sample")
    if kept is None:
        kept = vars(siege)["_page_sample"] = sample(siege.world.graph, siege.world.crowd.role)
    return view_of(siege, kept)


PANELS = [*map(_for_mesa, (crowd, attacks, stores, money)), _network_for_mesa]
"""The charts as components for ``mesa.visualization.SolaraViz(siege, components=PANELS)``."""
