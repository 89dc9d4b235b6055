"""Commands that read a finished folder: show it, write its report."""

from pathlib import Path
from typing import Annotated

import typer
from typer.exceptions import Exit

from sim.views.terminal.options import Json


def report(
    folder: Annotated[Path, typer.Argument(help="folder of a finished run, comparison or sweep")],
    out: Annotated[Path | None, typer.Option("--out", help="file for the page; report.html in the folder by default")] = None,
) -> None:  # fmt: skip
    """Write the report of a run, comparison or sweep as one HTML page, which also prints well."""
    from sim.io.folders import check_file, kind_of

    kind_of(folder)
    page = check_file(out or folder / "report.html")
    from sim.views.terminal.reports import write_page

    print(write_page(folder, page))


def show(
    folder: Annotated[
        Path, typer.Argument(help="folder of a finished run, comparison, sweep or hindcast")
    ],
    json: Json = False,
) -> None:
    """Show a finished run, comparison, sweep or hindcast: its numbers, and where its tables are."""
    from sim.io.folders import kind_of

    kind = kind_of(folder)
    if kind == "sweep":
        from sim.views.terminal.sweep_text import show_sweep

        if not show_sweep(folder, json=json):
            raise Exit(1)
    elif kind == "comparison":
        from sim.views.terminal.compare import show_comparison

        show_comparison(folder, json=json)
    elif kind == "hindcast":
        from sim.views.terminal.hindcast_text import show_hindcast

        show_hindcast(folder, json=json)
    else:
        from sim.views.terminal import terminal

        terminal.show_run(folder, json=json)
