"""Renew the tables of docs/odd.md that the code itself declares.

``uv run python docs/make_odd.py`` rewrites what stands between the markers and nothing else;
``tests/docs/test_odd.py`` fails while the page is behind the code.
"""

import inspect
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import get_args

from pydantic import BaseModel

from sim.core.chance import Stream
from sim.core.units import Prior
from sim.outcomes.outcomes import OUTCOMES
from sim.responses import Response, measures
from sim.running import tables
from sim.running.loop import STAGES
from sim.scenario.scenario import Scenario
from sim.scenario.schema import Field, fields_of, kinds_of, tag_of
from sim.setup import population

ODD = Path(__file__).parent / "odd.md"

_MARKED = re.compile(r"(<!-- generated: (\w+) -->\n).*?(<!-- end: \2 -->)", re.DOTALL)
_DTYPES = {"Bool": "bool", "F": "float", "I": "int", "U": "uint"}


def row(cells: Iterable[object]) -> str:
    """Write a row of a Markdown table."""
    return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |"


def table(head: Sequence[str], rows: Iterable[Iterable[object]]) -> str:
    """Write a Markdown table."""
    return "\n".join([row(head), row("---" for _ in head), *map(row, rows)])


def stages() -> str:
    """List the stages of an hour in their order, each by its function's first sentence."""
    rows = []
    for number, stage in enumerate(STAGES, 1):
        said = inspect.cleandoc(stage.run.__doc__ or "").split("\n\n")[0].replace("\n", " ")
        rows.append((number, f"`{stage.name}`", re.sub(r"^Stage \d+[:,] ", "", said)))
    return table(("stage", "function", "what it does"), rows)


def streams() -> str:
    """List every random stream: its number, place in the generator's answer, and meaning."""
    rows, block = [], ""
    for line in inspect.getsource(Stream).splitlines():
        if said := re.match(r"\s+# blocks? [\d and to]+: (.*)", line):
            block = said[1]
        elif found := re.match(r"\s+([A-Z_0-9]+) = \d+(?:\s+# (.*))?", line):
            s = Stream[found[1]]
            rows.append((int(s), f"`{s.name}`", s // 4, "ABCD"[s % 4], block, found[2] or ""))
    return table(("stream", "name", "block", "word", "keyed by", "decides"), rows)


def written(value: object) -> str:
    """Write a value as a reader wants it: thousands apart, none for what is absent."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:,.0f}" if value >= 10_000 and value == int(value) else f"{value:g}"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, tuple):
        return "; ".join(map(_entry, value)) or "empty"
    return str(value) or "empty"


def _entry(entry: object) -> str:
    if not isinstance(entry, BaseModel):
        return str(entry)
    return ", ".join(f"{k} {written(v)}" for k, v in entry.model_dump().items() if v is not None)


def range_of(f: Field) -> str:
    """Write what a parameter may be."""
    if f.choices:
        return ", ".join(f.choices)
    if f.low is None and f.high is None:
        return ""
    low = "" if f.low is None else f"{'above ' if f.low_excluded else ''}{written(f.low)}"
    return f"{low} to {written(f.high)}" if f.high is not None else f"from {low}"


def once_for_all_measures(fields: Iterable[Field]) -> dict[str, Field]:
    """Return fields by path; what every measure has stands once, under no measure's name."""
    kinds = set(measures())
    having: dict[str, set[str]] = {}
    of_measure = re.compile(r"(response\.measures)\[([\w-]+)\](.*)")
    found = [(f, of_measure.fullmatch(f.path)) for f in fields]
    for _, m in found:
        if m:
            having.setdefault(m[3], set()).add(m[2])
    return {f"{m[1]}[]{m[3]}" if m and having[m[3]] == kinds else f.path: f for f, m in found}


def prior_of(prior: Prior | None) -> str:
    """Write between which values a prior lies, and whether it is one of orders of magnitude."""
    if prior is None:
        return ""
    return f"{written(prior.low)} to {written(prior.high)}" + (" (log)" if prior.is_log else "")


def parameters() -> str:
    """List every parameter of a scenario: meaning, unit, range, prior, default and source."""
    rows = (
        (
            f"`{path}`", f.description, f.unit or f.type, range_of(f),
            prior_of(f.prior),
            "must be given" if f.required else written(f.default), f.source or "",
        )
        for path, f in once_for_all_measures(fields_of(Scenario)).items()
        if f.description
    )  # fmt: skip
    return table(("parameter", "meaning", "unit", "range", "prior", "default", "source"), rows)


def outcomes() -> str:
    """List every outcome: unit, meaning and when it is null."""
    rows = ((f"`{o.name}`", o.unit, o.label, o.null) for o in OUTCOMES.values())
    return table(("outcome", "unit", "meaning", "null when"), rows)


def series() -> str:
    """List the hourly series: unit, meaning and when an hour has no number."""
    rows = ((f"`{name}`", c.unit, c.meaning, c.null) for name, c in tables.HOURS.items())
    return table(("series", "unit", "meaning", "no number when"), rows)


def orders() -> str:
    """List what every measure orders at full strength, in the order of the JSON Schema."""
    (entries,) = kinds_of(Response.model_fields["measures"].annotation)
    kinds = kinds_of(get_args(entries)[0])
    return table(("measure", "orders"), ((tag_of(kind), kind.formula) for kind in kinds))


def _dtype(alias: str) -> str:
    return _DTYPES.get(alias) or f"{_DTYPES[alias[0]]}{alias[1:]}"


def columns() -> str:
    """List the columns of sellers, crowd, stores and consumers with their stored type."""
    rows = []
    for kind in (population.Sellers, population.Crowd, population.Stores, population.Consumers):
        for line in inspect.getsource(kind).splitlines():
            if found := re.match(r"    (\w+): ([A-Z]\w*)(?:  # (.*))?$", line):
                name, alias, said = found.groups()
                rows.append((kind.__name__, f"`{name}`", _dtype(alias), said or ""))
    return table(("kind", "column", "stored as", "note"), rows)


SECTIONS: dict[str, Callable[[], str]] = {
    "stages": stages,
    "columns": columns,
    "streams": streams,
    "series": series,
    "parameters": parameters,
    "outcomes": outcomes,
    "orders": orders,
}
WORDS_OF_AUTHORS = {"orders"}
"""Generated sections that are no list of declarations: the code has them word for word."""


def render(text: str) -> str:
    """Return the page with every generated section as the code has it now.

    Raises
    ------
    ValueError
        If the page has not each section once.
    """
    named = [name for _, name, _ in _MARKED.findall(text)]
    if sorted(named) != sorted(SECTIONS):
        raise ValueError(
            f"docs/odd.md: has the sections {named}, allowed {list(SECTIONS)} once each"
        )
    return _MARKED.sub(lambda m: f"{m[1]}{SECTIONS[m[2]]()}\n{m[3]}", text)


def prose(text: str) -> str:
    """Return the page without its lists of declarations."""
    return _MARKED.sub(lambda m: m[0] if m[2] in WORDS_OF_AUTHORS else "", text)


if __name__ == "__main__":
    ODD.write_text(render(ODD.read_text(encoding="utf-8")), encoding="utf-8")
