"""Many worlds on the page: a comparison or a hindcast, carried out and shown."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from html import escape
from typing import Any

import numpy as np

from sim.comparing.brief import brief_of
from sim.comparing.comparison import Comparison, compare
from sim.figures.numbers import quantity
from sim.figures.report import Grid
from sim.figures.reported import reported_of
from sim.figures.style import BLUE, SKY
from sim.lab.hindcast import Hindcast, hindcast
from sim.outcomes.facts import told_score
from sim.views.page.charts import Band, Chart, Line, draw
from sim.views.page.choices import Checked


class Cancelled(Exception):  # noqa: N818 - not an error
    """A study was stopped by its visitor."""


@dataclass(frozen=True, slots=True)
class Study:
    """A comparison or a hindcast on its way, or done."""

    kind: str
    done: int = 0
    total: int = 0
    result: Comparison | Hindcast | None = None
    html: str = ""
    fault: str = ""
    stop: threading.Event = field(default_factory=threading.Event)

    was_stopped: bool = False

    @property
    def is_running(self) -> bool:
        """Whether it is still at work."""
        return self.result is None and not self.fault


def run_study(study: Study, checked: Checked, note: Callable[[Study], None]) -> None:
    """Run a study to its end, here and one world after the other.

    Parameters
    ----------
    study
        What is asked.
    checked
        The worlds: a comparison runs the responses of all of them, a hindcast the first.
    note
        Called with the study as it stands, after each run and at the end.
    """

    def progress(done: int, total: int) -> None:
        if study.stop.is_set():
            raise Cancelled
        note(replace(study, done=done, total=total))

    scenario, worlds, seed = checked.scenarios[0], checked.worlds, checked.seed
    try:
        if study.stop.is_set():
            raise Cancelled
        if study.kind == "hindcast":
            facts = hindcast(
                scenario, worlds, seed=seed, workers=1, progress=progress, construction=False
            )
            note(replace(study, result=facts, html=show_hindcast(facts)))
        else:
            responses = [s.response for s in checked.scenarios]
            found = compare(
                responses, scenario=scenario, runs=worlds, seed=seed, workers=1, progress=progress
            )
            note(replace(study, result=found, html=show_comparison(found)))
    except Cancelled:
        note(replace(study, was_stopped=True))
    except Exception as error:  # whatever it is, the page says so and lives on
        said = " ".join(str(error).split())[:300]
        note(replace(study, fault=said or type(error).__name__))


# ---------------------------------------------------------------- what was found
SECTIONS = ("Who pays", "The siege under each policy", "How certain the choice is")
"""Tables of the report that the page shows; the others are in the report."""


def show_comparison(c: Comparison) -> str:
    """Return what a comparison answers as HTML: sentences, the crowd of each, tables."""
    brief = brief_of(c)
    said = "".join(f"<li>{escape(sentence)}</li>" for sentence in brief.answer)
    charts = [_crowd_of(c, policy) for policy in c.policies]
    low, high = (f(chart.range[k] for chart in charts) for k, f in ((0, min), (1, max)))
    drawn = "".join(draw(chart, (low, high)) for chart in charts)
    tables = "".join(
        f"<h3>{escape(s.heading)}</h3>{_table(s.grid)}"
        for s in brief.sections
        if s.grid is not None and s.heading in SECTIONS
    )
    return f'<ol class="b-answer">{said}</ol><div class="b-pair">{drawn}</div>{tables}'


def _crowd_of(c: Comparison, policy: str) -> Chart:
    own = c.hours[c.hours["policy"] == policy]
    bands = own.groupby("hour")["online"].quantile(np.array([0.05, 0.5, 0.95])).unstack()
    low, middle, high = bands.to_numpy(float).T
    line = [Line("median", middle, BLUE)]
    return Chart(f"{policy}: people online", "the band contains 90 % of the worlds", middle.size, line, "Nobody protests in the median world.", band=Band(low, high, SKY))  # fmt: skip


def _table(grid: Grid) -> str:
    """Return a table turned over: a column a policy, so that it fits a narrow screen."""
    names, *lines = zip(grid.head, *grid.rows, strict=True)
    head = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in names)
    body = "".join(
        f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in line)}</tr>" for line in lines
    )
    note = f'<p class="b-note">{escape(grid.note)}</p>' if grid.note else ""
    return f'<div class="b-scroll"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>{note}'


def show_hindcast(h: Hindcast) -> str:
    """Return a hindcast as HTML: the crowd with its reported ranges, and a row a fact."""
    low, middle, high = np.quantile(h.online, [0.05, 0.5, 0.95], axis=0)
    boxes = list(reported_of(middle, h.table))
    chart = Chart(
        "People online", f"median and middle 90 % of {len(h.online)} worlds", middle.size,
        [Line("simulated", middle, BLUE)], "Nobody protests in the median world.",
        band=Band(low, high, BLUE), boxes=boxes, keys=[("F…, N…: reported", "#222222")],
    )  # fmt: skip
    rows: list[dict[str, Any]] = [row for row in h.to_dict()["facts"] if row["n"] is not None]
    told = (
        f"{'; '.join(told_score(h.score))}. A siege broke out in {100 * h.share_with_siege:.3g} % "
        "of the worlds."
    )
    if h.warning:
        told += f" Warning: {escape(h.warning)}."
    body = "".join(_fact(row) for row in rows)
    head = "".join(f'<th scope="col">{word}</th>' for word in ("fact", "reported", "simulated, 5 to 95 %", "median inside"))  # fmt: skip
    return (
        f'<p class="b-lead">{told}</p><div class="b-one">{draw(chart)}</div>'
        f'<div class="b-scroll"><table class="b-facts"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
        '<p class="b-note">Facts with the use <i>check</i> were not used to calibrate the model. '
        "A fact that holds by construction, whatever the parameters, counts for nothing.</p>"
    )


def _fact(row: Mapping[str, Any]) -> str:
    reported = f"{quantity(row['low'])} to {quantity(row['high'])}"
    if row["p05"] is not None:
        simulated = f"{quantity(row['p05'])} to {quantity(row['p95'])}"
    else:
        simulated = "no run says"
    marks = {True: ("b-yes", "yes"), False: ("b-no", "no"), None: ("b-none", "–")}
    style, word = marks[row["inside"]]
    if row["by_construction"]:
        style, word = "b-none", "by construction"
    elif row["same_as"]:
        style, word = "b-none", f"as {escape(row['same_as'])}"
    mark = f'<td class="{style}">{word}</td>'
    what = f"{escape(row['quantity'])} <small>{escape(row['id'])}, {escape(row['unit'])}, {escape(row['use'])}</small>"
    return f"<tr><td>{what}</td><td>{reported}</td><td>{simulated}</td>{mark}</tr>"
