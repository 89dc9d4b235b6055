"""Run `besiege compare`, print its answer and write its report."""

import shlex
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from rich.table import Table

from sim.comparing.comparison import Comparison, compare
from sim.comparing.sentences import answer, share
from sim.comparing.tables import PARTIES
from sim.figures.numbers import in_millions as m
from sim.scenario.scenario import Scenario
from sim.views.terminal import many_runs, terminal


def run_comparison(
    names: Sequence[str], fees: Sequence[str], scenario: Scenario, *, runs: int, seed: int,
    begin: Sequence[int], ensemble: str, workers: int | None, out: Path, json: bool, quiet: bool,
) -> bool:  # fmt: skip
    """Compare, save, print and report; return whether every run and the report succeeded."""
    with (
        many_runs.told_when_stopped(out),
        many_runs.progress_of_runs("compare", show=not (quiet or json)) as progress,
    ):
        c = compare(
            names, fees, scenario=scenario, runs=runs, seed=seed, begin=begin, ensemble=ensemble,
            workers=workers, progress=progress, out=out,
        )  # fmt: skip
        c = replace(c, about={**c.about, "command": shlex.join(["besiege", *sys.argv[1:]])})
        c.save(out)
    reported = terminal.made(lambda: c.report(out / "report.html"))
    if json:
        terminal.print_json(c.to_dict())
    elif quiet:
        print(out)
    else:
        _tell(c)
        page = "report.html, " if reported else ""
        print(f"\nWritten to {out}: {page}comparison.json, tables (Parquet), scenario.toml.")
        print(f"{len(c.runs)} runs in {c.about['wall_seconds']} s.")
    return reported and c.failed.empty


def show_comparison(folder: Path, *, json: bool) -> None:
    """Print a finished comparison."""
    c = Comparison.load(folder)
    if json:
        terminal.print_json(c.to_dict())
        return
    _tell(c)
    print(f"\nThe tables are in {folder}; besiege report {folder} writes the HTML report.")


def _tell(c: Comparison) -> None:
    """Print the answer and who pays."""
    for sentence in answer(c):
        print(sentence)
    print()
    shown = Table(
        box=None, pad_edge=False, title="Average loss in million yuan; a value below 0 is a gain"
    )
    for name in ("policy", *PARTIES, "all parties", "90 % interval of the difference", "best in"):
        named = name == "policy"
        shown.add_column(name, justify="left" if named else "right", no_wrap=named)
    for p in c.policies:
        change = c.difference(p, c.losses[0])
        best = c.rank(p, c.losses[0])["p_best"] if not c.regret.empty else float("nan")
        shown.add_row(
            p, *(m(v) for v in c.paid(p).values()), m(c.mean(p, c.losses[0])),
            f"{m(change['low'])} to {m(change['high'])}", share(best),
        )  # fmt: skip
    terminal.console(160).print(shown)
    if len(c.failed):
        print(f"\n{len(c.failed)} runs failed; the first error: {c.failed['error'].iloc[0]}")
