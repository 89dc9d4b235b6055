"""What commands print: progress, the story, tables."""

import json
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from sim.io.folders import read_json, read_outcomes
from sim.io.saving import PageError, is_interrupt
from sim.lab.execution.progress import ProgressBar as ProgressBar
from sim.lab.hindcast import Hindcast
from sim.lab.storage.kept import count_kept, where_kept
from sim.outcomes.outcomes import OUTCOMES
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
    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


@contextmanager
def progress_of_runs(what: str, *, show: bool) -> Iterator[Callable[[int, int], None] | None]:
    """Show how many runs are done: a bar on a terminal, elsewhere a line now and then."""
    if not show:
        yield None
        return
    with ExitStack() as stack:
        shown: list[ProgressBar] = []

        def tell(done: int, total: int) -> None:
            if not shown:
                shown.append(stack.enter_context(ProgressBar(what, total)))
                for _ in range(done):
                    shown[0].pass_by()
            else:
                shown[0].add(failed=False)

        yield tell


@contextmanager
def told_when_stopped(folder: Path) -> Iterator[None]:
    """Say, when runs are interrupted, which are kept, where, and how to carry on.

    A SIGTERM, by which a batch system asks to end, counts as Ctrl-C.
    """
    usual = signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    try:
        yield
    except (KeyboardInterrupt, RuntimeError) as error:
        if not is_interrupt(error):
            raise
        kept = count_kept(folder)
        if kept:
            said = f"{where_kept(kept, folder)}; the same command continues from there."
        else:
            said = "No run had finished, so nothing is kept."
        print(said, file=sys.stderr)
        raise KeyboardInterrupt from None
    finally:
        signal.signal(signal.SIGTERM, usual)


def made(make: Callable[[], object]) -> bool:
    """Return whether a picture or report could be made, and if not, why, on the error output.

    The tables beside it are whole, and what they say is still told.
    """
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


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return a table as plain rows, with null for what is not a number."""
    rows: list[dict[str, Any]] = json.loads(table.to_json(orient="records"))
    return rows


def tell(result: RunResult, folder: Path) -> None:
    """Print the story, the outcomes with their units, and where everything lies."""
    for line in result.story():
        print(line)
    print()
    values = {n: {"value": v, "unit": result.measured[n].unit} for n, v in result.outcomes.items()}
    console().print(_outcomes_table(values))
    print(
        f"\n{_written(folder, 'siege.png', 'tables (Parquet)', 'outcomes.json', 'scenario.toml')}"
    )
    print(
        f"{result.scenario.hours} hours at scale {result.scenario.scale:g} in {result.wall_seconds:.1f} s."
    )


def _written(folder: Path, page: str, *others: str) -> str:
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


def tell_hindcast(result: Hindcast, folder: Path) -> None:
    """Print every fact that has a simulated side, and how many hold."""
    _tell_facts(result.to_dict())
    print(_written(folder, "hindcast.png", "hindcast.json", "runs.parquet"))


def show_hindcast(folder: Path, *, json: bool) -> None:
    """Print a finished hindcast."""
    saved = read_json(folder / "hindcast.json")
    if json:
        print_json(saved)
        return
    _tell_facts(saved)
    print(f"The tables and the picture are in {folder}.")


def _tell_facts(hindcast: dict[str, Any]) -> None:
    table = Table(box=None, pad_edge=False)
    for name in ("fact", "quantity", "reported", "5-95 % of runs", "median", "inside"):
        words = name in {"fact", "quantity"}
        table.add_column(name, justify="left" if words else "right", no_wrap=not words)
    there = [r for r in hindcast["facts"] if r["n"] is not None]
    for r in there:
        low, high, p05, median, p95 = (
            "–" if r[q] is None else _at_a_glance(r[q])
            for q in ("low", "high", "p05", "median", "p95")
        )
        inside, share = r["inside"], r["share_inside"]
        held = "–" if inside is None else f"{'yes' if inside else 'no'} {100 * share:3.0f} %"
        table.add_row(r["id"], r["quantity"], f"{low} to {high}", f"{p05} to {p95}", median, held)
    console().print(table)
    rows = [r for r in there if r["inside"] is not None]
    if beyond := [r["id"] for r in there if r["inside"] is None]:
        print(f"Not defined within the horizon, and not counted: {', '.join(beyond)}.")
    for use in ("calibrate", "check", "derived"):
        of_use = [r for r in rows if r["use"] == use]
        n_held = sum(bool(r["inside"]) for r in of_use)
        print(
            f"{use}: the simulated median is inside the reported range for {n_held} of {len(of_use)} facts."
        )
    besieged, peak = 100 * hindcast["share_with_siege"], hindcast["peak_online_given_siege"]
    size = f", with {peak:,.0f} people online at its peak on average" if peak is not None else ""
    print(
        f"{hindcast['runs']} runs over {hindcast['over']}, {hindcast['failed']} failed; "
        f"a siege broke out in {besieged:.0f} % of them{size}."
    )


def _at_a_glance(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:z.3g}"


def written(value: float | None, unit: str) -> str:
    """Write a value for people: thousands apart, shares with three digits, a dash for none."""
    if value is None:
        return "–"
    if unit == "share":
        return f"{value:z.3f}"
    return f"{value:z,.2f}" if unit == "hours" and value % 1 else f"{value:z,.0f}"


def print_table(table: pd.DataFrame, title: str, *, one: bool) -> None:
    """Print an agent's diary: a row an hour, or for one hour a line a term.

    Of a long diary only the hours in which something changed are printed, those that led up to
    them, and the last.
    """
    if one:
        for name, value in table.iloc[0].items():
            print(f"{name:22} {_short(value)}")
        return
    told = table[_changed(table)] if len(table) > MANY else table
    shown = Table(title=title, box=None, pad_edge=False)
    for name in table.columns:
        shown.add_column(str(name), justify="right")
    for row in told.itertuples(index=False):
        shown.add_row(*(_short(v) for v in row))
    console(200).print(shown)
    if len(told) < len(table):
        print(
            f"{len(table) - len(told)} of {len(table)} hours in which the agent's behaviour did not "
            "change are left out. --hour H shows every term of one hour; --json prints every hour."
        )


def _changed(table: pd.DataFrame) -> pd.Series:
    """Tell which rows are the last, differ in a word from the row before, or lead up to one."""
    words = table.select_dtypes(exclude="number").drop(columns="date", errors="ignore")
    changed = words.ne(words.shift()).any(axis=1)
    changed.iloc[-1] = True
    return changed[::-1].rolling(1 + LEAD, min_periods=1).max()[::-1].astype(bool)


def _short(value: object) -> str:
    if not isinstance(value, float):
        return str(value)
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value + 0.0:.4g}"  # no minus before a zero
