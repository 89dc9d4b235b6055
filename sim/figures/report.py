"""A report as one self-contained HTML page that also prints."""

import base64
import io
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from sim.io.saving import make_page

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PURPOSE = (
    "The model explains and compares; it does not predict. Differences between policies in the "
    "same simulated worlds are more reliable than any single amount."
)
ONE_RUN = (
    "The model explains and compares; it does not predict. This is one of many worlds that the same "
    "values can produce: besiege hindcast and besiege compare show how much such worlds differ."
)
ETHICS = (
    "The model contains no names of persons, gives no advice to attackers and does not optimise "
    "attacks (docs/ethics.md)."
)


@dataclass(frozen=True, slots=True)
class Grid:
    """A table as it is printed: the first column names the row, ``strong`` rows stand out.

    Of numbers, set to the right, or of ``words``.
    """

    head: list[str]
    rows: list[list[str]]
    note: str = ""
    strong: frozenset[int] = frozenset()
    words: bool = False


@dataclass(frozen=True, slots=True)
class Picture:
    """A figure, or a PNG file's bytes, and what it shows for those who cannot see it."""

    figure: "Figure | bytes"
    told: str


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a report: words, then pictures, then a table."""

    heading: str
    words: list[str] = field(default_factory=list)
    pictures: list[Picture] = field(default_factory=list)
    grid: Grid | None = None


@dataclass(frozen=True, slots=True)
class Brief:
    """What a report says."""

    title: str
    question: str
    answer: list[str]
    sections: list[Section]
    facts: list[tuple[str, str]]  # how it was made: name, value
    command: str
    purpose: str = PURPOSE


def write_report(work_out: Callable[[], Brief], path: str | Path) -> Path:
    """Write a brief as HTML.

    Parameters
    ----------
    work_out
        Gives the brief.
    path
        Where the page goes.

    Raises
    ------
    PageError
        If it cannot be worked out or written.
    """
    return make_page(path, lambda page: page.write_text(to_html(work_out()), encoding="utf-8"))


def to_html(brief: Brief) -> str:
    """Return a brief as HTML, its pictures inside."""
    from jinja2 import Environment, StrictUndefined

    text = (resources.files("sim") / "figures" / "report.html.jinja").read_text("utf-8")
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["embed"] = embed
    return environment.from_string(text).render(brief=brief, ethics=ETHICS)


def embed(figure: "Figure | bytes") -> str:
    """Return a figure as the address of an image that lies in the page itself."""
    if isinstance(figure, bytes):
        return "data:image/png;base64," + base64.b64encode(figure).decode()
    import matplotlib as mpl

    kept = io.BytesIO()
    with mpl.rc_context({"svg.hashsalt": "besiege"}):  # equal figures are equal text
        figure.savefig(kept, format="svg", metadata={"Date": None})
    return "data:image/svg+xml;base64," + base64.b64encode(kept.getvalue()).decode()
