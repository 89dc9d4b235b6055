"""What commands print of one run or one agent: progress, the story, tables."""

import json
import math
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from sim.io.folders import read_outcomes
from sim.outcomes.outcomes import OUTCOMES

if TYPE_CHECKING:
    import pandas as pd

    from sim.running.run import RunResult

MANY = 24
"""Hours of a diary from which it is said how to see one."""
LEAD = 2
"""Hours told before one in which something changed."""
WIDE = 120
"""Columns of a terminal from which the outcomes' meanings stand beside them."""


@contextmanager
def progress(what: str, *, show: bool) -> Iterator[Callable[[int, int], None] | None]:
    """Show a bar on the terminal while something runs; nothing where there is no terminal."""
    if not (show and sys.stderr.isatty()):
        yield None
        return
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def made(make: Callable[[], object]) -> bool:
    """Return whether a picture or report could be made, and if not, why, on the error output.

    The tables beside it are whole, and what they say is still told.
    """
    from sim.io.saving import PageError  # with DuckDB, which `explain` does not need

    try:
        make()
    except PageError as error:
        print(error, file=sys.stderr)
        return False
    return True


def console(elsewhere: int | None = None) -> Console:
    """Return the standard output, so many columns wide where it is no terminal.

    Names stand in tables as they were given: brackets are no markup, and ``:word:`` is no emoji.
    """
    width = None if sys.stdout.isatty() else elsewhere
    return Console(width=width, markup=False, emoji=False)


def print_json(data: Any) -> None:
    """Print one JSON value; what is not a number is null."""
    print(json.dumps(data, allow_nan=False))


def records(table: "pd.DataFrame") -> list[dict[str, Any]]:
    """Return a table as plain rows, with null for what is not a number."""
    rows: list[dict[str, Any]] = json.loads(table.to_json(orient="records"))
    return rows


def without_nan(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return rows with None for what is no finite number, and no minus before a zero."""
    return [{name: _plain(value) for name, value in row.items()} for row in rows]


def _plain(value: Any) -> Any:
    if not isinstance(value, float):
        return value
    return value + 0.0 if math.isfinite(value) else None


def tell(result: "RunResult") -> None:
    """Print the story of a run and its outcomes with their units."""
    for line in result.story():
        print(line)
    print()
    values = {n: {"value": v, "unit": result.measured[n].unit} for n, v in result.outcomes.items()}
    console().print(_outcomes_table(values))
    sys.stdout.flush()  # read while tables and picture are being written


def tell_where(result: "RunResult", folder: Path) -> None:
    """Print what was written of a run, and how long it took."""
    print(
        f"\n{written_to(folder, 'siege.png', 'tables (Parquet)', 'outcomes.json', 'scenario.toml')}"
    )
    print(
        f"{result.scenario.hours} hours at scale {result.scenario.scale:g} in {result.wall_seconds:.1f} s."
    )


def written_to(folder: Path, page: str, *others: str) -> str:
    """Say what was written; a picture that could not be made was not."""
    there = [page] if (folder / page).is_file() else []
    return f"Written to {folder}: {', '.join([*there, *others])}."


def show_run(folder: Path, *, json: bool) -> None:
    """Print a finished run: its story and its outcomes."""
    saved = read_outcomes(folder)
    if json:
        print_json(saved)
        return
    print(
        f"{saved['scenario']}, seed {saved['seed']}, scale {saved['scale']:g}, {saved['hours']} hours"
    )
    for line in saved.get("story", []):
        print(line)
    console().print(_outcomes_table(saved["outcomes"]))
    print(f"The tables and the picture are in {folder}.")


def _outcomes_table(values: dict[str, dict[str, Any]]) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("outcome")
    table.add_column("value", justify="right")
    table.add_column("unit")
    wide = console().width >= WIDE
    if wide:
        table.add_column("meaning", style="dim")
    for name, entry in values.items():
        meaning = [OUTCOMES[name].label if name in OUTCOMES else ""] if wide else []
        table.add_row(name, written(entry["value"], entry["unit"]), entry["unit"], *meaning)
    return table


def written(value: float | None, unit: str) -> str:
    """Write a value for people: thousands apart, shares with three digits, a dash for none."""
    if value is None:
        return "–"
    if unit == "share":
        return f"{value:z.3f}"
    return f"{value:z,.2f}" if unit == "hours" and value % 1 else f"{value:z,.0f}"


def print_rows(rows: list[dict[str, Any]], title: str, *, one: bool) -> None:
    """Print an agent's diary: a row an hour, or for one hour a line a term.

    Of a long diary only the hours in which something changed are printed, those that led up to
    them, and the last.
    """
    if one:
        for name, value in rows[0].items():
            print(f"{name:22} {_short(value)}")
        return
    told = _changed(rows) if len(rows) > MANY else rows
    shown = Table(title=title, box=None, pad_edge=False)
    for name in rows[0]:
        shown.add_column(name, justify="right")
    for row in told:
        shown.add_row(*map(_short, row.values()))
    console(200).print(shown)
    if len(told) < len(rows):
        print(
            f"{len(rows) - len(told)} of {len(rows)} hours in which the agent's behaviour did not "
            "change are left out. --hour H shows every term of one hour; --json prints every hour."
        )


def _changed(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return rows that differ in a word from the one before, those that lead up, and the last."""
    words = [
        [v for name, v in row.items() if isinstance(v, (str, bool)) and name != "date"]
        for row in rows
    ]
    before = [[], *words]
    changed = [n for n in range(len(rows)) if words[n] != before[n]] + [len(rows) - 1]
    shown = {led for n in changed for led in range(max(0, n - LEAD), n + 1)}
    return [rows[n] for n in sorted(shown)]


def _short(value: object) -> str:
    if not isinstance(value, float):
        return str(value)
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value + 0.0:.4g}"  # no minus before a zero
