"""What ``besiege show`` prints of a sweep."""

import sys
from pathlib import Path

import pandas as pd
from rich.table import Table

from sim.lab.analysis.pictures import save_pictures
from sim.lab.analysis.tables import Analysis, analyse
from sim.views.terminal import terminal

TITLES = {
    "main_effects": "Mean at each level, and difference from the first level (95 % intervals)",
    "variance_shares": "Shares of the variance; the rest is chance and interactions of three or more factors",
    "rank_correlations": "Rank correlations (95 % intervals)",
    "morris": "Morris: mean size of each effect (95 % intervals), and how much it depends on the other factors",
    "sobol": "Sobol: shares of the variance (95 % intervals)",
    "convergence": "Precision of the means (95 % intervals), and runs needed for a precision of a tenth of the mean",
    "siege_shares": "Runs with a siege; where a siege is neither rare nor certain (bimodal), read the two means separately",
}
MOST_ROWS = 40


def show_sweep(folder: Path, *, json: bool) -> bool:
    """Print a sweep's tables and draw its pictures into its folder; return whether none failed.

    What fails is said in a line on the error output, after what did not.
    """
    found = analyse(folder)
    if json:
        terminal.print_json(_plain(found))
        return _tell_faults(found)
    failed = f", {found.n_failed} failed" if found.n_failed else ""
    print(f"{found.name}: {len(found.runs)} runs{failed}, design {found.design}")
    if found.question:
        print(found.question)
    for name, table in found.tables.items():
        _print(table, TITLES[name])
    pictures = ", ".join(save_pictures(found, folder))
    written = f"Written to {folder}: {pictures}. " if pictures else ""
    print(f"\n{written}To read the tables in Python: sim.lab.open({str(folder)!r}).")
    return _tell_faults(found)


def _tell_faults(found: Analysis) -> bool:
    if found.faults:
        told = "; ".join(f"{name} ({why})" for name, why in found.faults.items())
        print(f"Cannot be worked out: {told}", file=sys.stderr)
    return not found.faults


def _plain(found: Analysis) -> dict[str, object]:
    tables = {name: terminal.records(table) for name, table in found.tables.items()}
    head = {"name": found.name, "question": found.question, "design": found.design}
    return {
        **head,
        "runs": len(found.runs),
        "failed": found.n_failed,
        "tables": tables,
        "faults": found.faults,
    }


def _print(table: pd.DataFrame, title: str) -> None:
    if table.empty:
        return
    shown = Table(title=f"\n{title}", box=None, pad_edge=False, title_justify="left")
    for name, kind in table.dtypes.items():
        shown.add_column(str(name), justify="right" if pd.api.types.is_numeric_dtype(kind) else "left")  # fmt: skip
    for row in table.head(MOST_ROWS).itertuples(index=False):
        shown.add_row(*(cell(v) for v in row))
    console = terminal.console(200)
    console.print(shown)
    if len(table) > MOST_ROWS:
        console.print(
            f"… and {len(table) - MOST_ROWS} more rows; --json prints all of them", style="dim"
        )


def cell(value: object) -> str:
    """Write a table's value short, a dash where there is none."""
    if isinstance(value, float):
        if pd.isna(value):
            return "–"
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:z.3g}"
    return str(value)
