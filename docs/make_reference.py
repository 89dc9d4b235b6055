"""Write the pages of docs/reference that the code itself declares.

``uv run python -m docs.make_reference`` writes them anew; ``tests/docs/test_reference_pages.py``
fails while a page is behind the code.
"""

import inspect
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import typer

from docs.make_odd import once_for_all_measures, outcomes, range_of, series, table, written
from docs.public_names import markdown, python
from sim.cli import app
from sim.lab.design.spec import Spec
from sim.responses import Measure, Trigger, measures
from sim.running.tables import describe_columns
from sim.scenario.scenario import Scenario
from sim.scenario.schema import Field, fields_of
from sim.scenario.toml import library_list

FOLDER = Path(__file__).parent / "reference"


# ---------------------------------------------------------------- commands
def commands() -> str:
    """Return every command with its arguments and options, as its own help has them."""
    parts = []
    group: Any = typer.main.get_command(app)
    for name, command in sorted(group.commands.items()):
        at = command.make_context(f"besiege {name}", [], resilient_parsing=True)
        usage = " ".join(p.removesuffix("...") for p in command.collect_usage_pieces(at))
        records = (p.get_help_record(at) for p in command.params)
        rows = ((f"`{word}`", said) for word, said in filter(None, records))
        told = inspect.cleandoc(command.help or "")
        parts.append(
            f"## besiege {name}\n\n`besiege {name} {usage}`\n\n{told}\n\n"
            f"{table(('argument or option', 'meaning'), rows)}"
        )
    return "\n\n".join(parts)


# ---------------------------------------------------------------- what is declared
def _parameters(fields: Iterable[Field], prefix: str = "") -> str:
    rows = (
        (
            f"`{f.path.removeprefix(prefix)}`", f.description or "for people", f.unit or f.type,
            range_of(f), "must be given" if f.required else written(f.default), f.source or "",
        )
        for f in fields
    )  # fmt: skip
    return table(("field", "meaning", "unit", "range", "default", "source"), rows)


def scenario() -> str:
    """Return every field of a scenario, table by table, those of measures left to their page."""
    tables: dict[str, list[Field]] = {}
    for f in fields_of(Scenario):
        if f.path.startswith("response."):
            continue
        head, dot, _ = f.path.rpartition(".")
        tables.setdefault(head if dot else "", []).append(f)
    parts = [library("scenarios", "besiege run NAME")]
    for name, fields in tables.items():
        title = f"`[{name}]`" if name and not name.endswith("[]") else f"`[[{name[:-2]}]]`"
        parts.append(
            f"## {title if name else 'Top level'}\n\n"
            + _parameters(fields, f"{name}." if name else "")
        )
    return "\n\n".join(parts)


def library(folder: str, used: str) -> str:
    """Return the names of a folder of the library."""
    rows = ((f"`{name}`", told) for name, told in library_list(folder))
    return f"## In the library\n\nUsed as `{used}`.\n\n" + table(("name", "what it is"), rows)


def measures_and_responses() -> str:
    """Return the responses of the library, and every measure with its parameters."""
    fields = list(once_for_all_measures(fields_of(Scenario)).values())
    common = [f for f in fields_of(Measure) if "." not in f.path and f.description]
    shared = {f.path for f in common}
    parts = [
        library("responses", "--response NAME"),
        "## What every measure has\n\n" + _parameters(common),
        "## Triggers\n\nIf a trigger has several conditions, all must be met. `all` and `any` contain other "
        "triggers.\n\n" + _parameters(f for f in fields_of(Trigger) if f.description),
    ]
    for kind, measure in measures().items():
        prefix = f"response.measures[{kind}]."
        own = [
            f for f in fields
            if f.path.startswith(prefix) and f.description and ".trigger." not in f.path
            and f.path.removeprefix(prefix) not in shared
        ]  # fmt: skip
        told = markdown(inspect.getdoc(measure) or "")
        parts.append(f"## {kind}\n\n{told}\n\n" + (_parameters(own, prefix) if own else ""))
    return "\n\n".join(part.rstrip() for part in parts)


def quantities() -> str:
    """Return outcomes, hourly series, and the columns of the other tables of a run."""
    parts = [f"## Outcomes of a run\n\n{outcomes()}", f"## By hour\n\n{series()}"]
    for name, columns in describe_columns().items():
        if name not in {"outcomes", "hours"}:
            rows = ((f"`{c}`", d["unit"], d["meaning"], d["null"]) for c, d in columns.items())
            head = ("column", "unit", "meaning", "null when")
            parts.append(f"## `{name}.parquet`\n\n{table(head, rows)}")
    return "\n\n".join(parts)


def sweep() -> str:
    """Return every field of a sweep's specification."""
    rows = (
        (f"`{f.path}`", f.description, f.type, range_of(f), written(f.default or None))
        for f in fields_of(Spec)
    )
    return table(("field", "meaning", "type", "range", "default"), rows)


def fees() -> str:
    """Return the fee schedules of the library, and every field of one."""
    own = [f for f in fields_of(Scenario) if f.path.startswith("fees.new.")]
    return library("fees", "--set fees=NAME") + "\n\n## Fields\n\n" + _parameters(own, "fees.new.")


PAGES: dict[str, tuple[str, str, Callable[[], str]]] = {
    "commands": (
        "Commands",
        "`besiege COMMAND --help` prints the same. Exit codes: 0 done; 1 finished, but some runs "
        "failed; 2 wrong input (a message says what is wrong and what is allowed); 130 "
        "interrupted, with everything finished so far kept.",
        commands,
    ),
    "scenario": (
        "Scenario",
        "A scenario file is TOML with any of these fields. A field that it leaves out has its "
        "default, and any other name is an error. `besiege schema` prints the same as a JSON "
        "Schema, and `--set PATH=VALUE` changes one field for a run. Hours are counted from 10 "
        "October 2011, 00:00, UTC+8, and may be written as a date. The defaults are the model's "
        "own; a scenario of the library may set other values. Sources: `facts.csv F22` is a row "
        "of `sim/library/facts-2011.csv`; `design` marks a choice made for this model, and "
        "`prototype` a value from a rough earlier model of the same story (neither is a "
        "measurement); `assumed` marks a guess.",
        scenario,
    ),
    "measures": (
        "Responses and measures",
        "A response is a list of measures, each with a trigger and a strength "
        "([how to compose one](../how-to/response.md)). `besiege responses` prints this list.",
        measures_and_responses,
    ),
    "fees": (
        "Fee schedules",
        "The fields of a fee schedule ([how to write one](../how-to/fees.md)).",
        fees,
    ),
    "outcomes": (
        "Outcomes and tables",
        "All numbers are full-size equivalents, whatever the scale. A quantity that does not exist "
        "in a run (such as the hour of the first attack, if there is none) is null. `columns.json` "
        "in a run's folder contains the same descriptions.",
        quantities,
    ),
    "sweep": (
        "Sweep specification",
        "The fields of the TOML file that `besiege sweep` takes ([how to use it]"
        "(../how-to/sweep.md)).",
        sweep,
    ),
    "python": ("", "", python),
}  # fmt: skip

MADE = "<!-- written by docs/make_reference.py: change the code, not this page -->"


def render(name: str) -> str:
    """Return a page as the code has it now."""
    title, told, body = PAGES[name]
    head = f"# {title}\n\n{told}\n\n" if title else ""
    return f"{MADE}\n\n{head}{body()}\n"


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for page in PAGES:
        (FOLDER / f"{page}.md").write_text(render(page), encoding="utf-8")
