"""The page itself, in Solara: choices on one side, worlds and studies on the other."""

import threading
from collections.abc import Callable
from html import escape
from importlib import resources
from typing import Any
from urllib.parse import parse_qs

import solara
import solara.lab
from mesa.visualization.utils import force_update, update_counter

from sim.scenario.library import fee_list, response_list, scenario_list
from sim.views.page.choices import NONE, OWN, Choices, check
from sim.views.page.html import show_study, show_worlds
from sim.views.page.sessions import SESSIONS
from sim.views.page.worlds import PACES, Session

SCENARIOS, RESPONSES, FEES = (
    [name for name, _ in listed()] for listed in (scenario_list, response_list, fee_list)
)
HAPPENED = Choices().response
TOLD = dict([*scenario_list(), *response_list(), *fee_list()])
CSS = (resources.files("sim") / "views" / "page" / "page.css").read_text("utf-8")


def session_of(search: str | None) -> Session:
    """Return the session that an address names in its query, of the browser that asks."""
    return SESSIONS.get(solara.get_session_id(), parse_qs(search or "").get("world", ["-"])[0])


@solara.component
def Layout(children: list[Any] = []) -> None:  # noqa: B006, N802 - Solara's own convention
    """Return the page alone, without Solara's bar and drawer."""
    solara.Div(children=children, classes=["b-page"])


@solara.component
def Page() -> None:  # noqa: N802
    """Show the page of the session that the address names."""
    session = session_of(solara.use_router().search)
    _watch(session)
    solara.Title("Besiege")
    solara.Style(CSS)
    solara.HTML(tag="header", classes=["b-head"], unsafe_innerHTML=(
        "<h1>Besiege</h1><p>What happens when sellers revolt against a marketplace, and what the "
        "platform can do. The model explains and compares; it does not predict.</p>"
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

    def place(field: str) -> Any:
        # By name: a field that comes or goes replaces no other that is just being used.
        return solara.Div(classes=["b-field"]).key(field)

    def fault(field: str) -> None:
        if field in faults:
            solara.HTML(classes=["b-fault"], unsafe_innerHTML=escape(faults[field]))

    def select(label: str, field: str, names: list[str]) -> None:
        value = getattr(choices, field)
        with place(field):
            solara.Select(label, names, value=value, on_value=lambda v: session.choose(**{field: v}), dense=True)  # fmt: skip
            fault(field)
            if value in TOLD and field not in faults:
                solara.HTML(classes=["b-told"], unsafe_innerHTML=escape(TOLD[value]))

    def hour(label: str, field: str) -> None:
        with place(field):
            Text(session, label, field, "its own")
            fault(field)

    with solara.Div(classes=["b-card"]):
        Buttons(session, not check(choices).scenarios)  # first: nothing below can push it away
        select("Scenario", "scenario", SCENARIOS)
        select("New fees", "fee", [OWN, *FEES])
        select("Response", "response", RESPONSES)
        hour("Response begins at hour", "hour")
        select("Second response, for comparison", "other", [NONE, *RESPONSES])
        if choices.other != NONE:
            hour("Second response begins at hour", "other_hour")
        with solara.Div().key("numbers"):
            with solara.Div(classes=["b-three"]):
                for label, field in (("Scale", "scale"), ("Hours", "hours"), ("Seed", "seed")):
                    with place(field):
                        Text(session, label, field)
            for field in ("scale", "hours", "seed"):
                fault(field)
        with place("pace"):
            solara.Select("Pace", list(PACES), value=session.pace, on_value=session.choose_pace, dense=True)  # fmt: skip


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
        return "A value is not allowed; the message under its field says what is."
    if session.is_running:
        return "Running …" if session.views else "Creating the world …"
    if session.is_outdated:
        return "The settings have changed: Run or Step creates a new world."
    if not session.views:
        return "Run plays the whole siege; Step advances by one hour."
    v = session.views[0]
    return "Finished." if v.is_finished else f"Paused at hour {v.hours} of {v.horizon}."


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
    empty = "<p>After a run, its folder and report can be downloaded here.</p>"
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
        waiting = "Creating the world …" if session.is_busy else (
            "No world yet. Choose in the side panel what the platform does, and press <b>Run</b>: "
            "people gather, organisers name targets, stores are attacked, and this page shows it "
            "hour by hour. A second response runs at the same time, with the same people and "
            "the same random numbers."
        )  # fmt: skip
        solara.HTML(classes=["b-blank"], unsafe_innerHTML=f"<p>{waiting}</p>")
        return
    solara.HTML(classes=["b-worlds", "b-two" if len(views) > 1 else "b-single"], unsafe_innerHTML=show_worlds(views))  # fmt: skip


# ---------------------------------------------------------------- many worlds
@solara.component
def Comparing(session: Session) -> None:  # noqa: N802
    """Show the comparison of the chosen responses over many worlds."""
    update_counter.get()
    names = [session.choices.response]
    names += [session.choices.other] if session.choices.other != NONE else []
    what = (
        f"Runs <b>{escape(' and '.join(names))}</b> in several worlds, each with its own seed; all responses share the people "
        "and the random numbers of a world. The result shows who pays, and how certain that is."
    )
    if len(names) == 1:
        what += " Choose a second response in the side panel to compare two."
    Studying(session, "compare", what, "Compare")


@solara.component
def Hindcasting(session: Session) -> None:  # noqa: N802
    """Show the reported facts beside many worlds."""
    update_counter.get()
    what = (
        f"Compares what was reported in October 2011 with several worlds of <b>{escape(session.choices.scenario)}</b> "
        f"under <b>{escape(session.choices.response)}</b>."
    )
    if session.choices.response != HAPPENED:
        what += f" The facts are of {HAPPENED}: differences caused by another response are not errors of the model."
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
    solara.HTML(classes=["b-found"], unsafe_innerHTML=show_study(study))
