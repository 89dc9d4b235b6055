"""What commands print of a hindcast: every fact beside the simulation."""

from pathlib import Path
from typing import Any

from rich.table import Table

from sim.io.folders import read_json
from sim.lab.hindcast import Hindcast
from sim.outcomes.facts import told_score
from sim.views.terminal.terminal import console, print_json, written_to


def tell_hindcast(result: Hindcast, folder: Path) -> None:
    """Print every fact that has a simulated side, and how many hold."""
    _tell_facts(result.to_dict())
    print(written_to(folder, "hindcast.png", "hindcast.json", "runs.parquet"))


def show_hindcast(folder: Path, *, json: bool) -> None:
    """Print a finished hindcast."""
    saved = read_json(folder / "hindcast.json")
    if json:
        print_json(saved)
        return
    _tell_facts(saved)
    print(f"The tables and the picture are in {folder}.")


def _tell_facts(hindcast: dict[str, Any]) -> None:
    if "score" in hindcast:  # folders of earlier versions have none
        print(f"Score: {'; '.join(told_score(hindcast['score']))}.")
    table = Table(box=None, pad_edge=False)
    for name in ("fact", "quantity", "reported", "5-95 % of runs", "median", "inside", "grade"):
        words = name in {"fact", "quantity", "grade"}
        table.add_column(name, justify="left" if words else "right", no_wrap=name != "quantity")
    there = [r for r in hindcast["facts"] if r["n"] is not None]
    for r in there:
        low, high, p05, median, p95 = (
            "–" if r[q] is None else _at_a_glance(r[q])
            for q in ("low", "high", "p05", "median", "p95")
        )
        inside, share = r["inside"], r["share_inside"]
        held = "–" if inside is None else f"{'yes' if inside else 'no'} {100 * share:3.0f} %"
        grade = r.get("reliability") or "–"
        table.add_row(
            r["id"], r["quantity"], f"{low} to {high}", f"{p05} to {p95}", median, held, grade
        )
    console().print(table)
    _tell_counts(there)
    besieged, peak = 100 * hindcast["share_with_siege"], hindcast["peak_online_given_siege"]
    size = f", with {peak:,.0f} people online at its peak on average" if peak is not None else ""
    print(
        f"{hindcast['runs']} runs over {hindcast['over']}, {hindcast['failed']} failed; "
        f"a siege broke out in {besieged:.0f} % of them{size}."
    )
    if hindcast.get("warning"):
        print(f"Warning: {hindcast['warning']}.")
    if hindcast.get("need") == "siege":
        print("No fact needs shoppers: nobody shopped, except where a shelf ran low.")


def _tell_counts(there: list[dict[str, Any]]) -> None:
    if silent := [r["id"] for r in there if r["inside"] is None]:
        print(f"No run says, so not counted: {', '.join(silent)}.")
    if fixed := [r["id"] for r in there if r.get("by_construction")]:
        print(f"By construction, whatever the parameters, so not counted: {', '.join(fixed)}.")
    if doubles := [r["id"] for r in there if r.get("counted") is False and r["id"] not in fixed]:
        print(f"Nearly the same as another fact or derived, so not counted: {', '.join(doubles)}.")
    rows = [r for r in there if r["inside"] is not None and r.get("counted") is not False]
    for use in ("calibrate", "check", "input"):
        if of_use := [r for r in rows if r["use"] == use]:
            n_held = sum(bool(r["inside"]) for r in of_use)
            print(
                f"{use}: the simulated median is inside the reported range for {n_held} of {len(of_use)} facts."
            )


def _at_a_glance(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:z.3g}"
