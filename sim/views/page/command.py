"""The command that starts the web page."""

from typing import Annotated

import typer

from sim.views.terminal.options import compile_first


def dashboard(
    port: Annotated[int, typer.Option("--port", help="port of the page; 0 for any free port")] = 8765,
    host: Annotated[str, typer.Option("--host", help="address on which the page is served")] = "127.0.0.1",
    allow_host: Annotated[list[str] | None, typer.Option("--allow-host", metavar="NAME", help="another host name under which browsers may open the page; may be repeated")] = None,
) -> None:  # fmt: skip
    """Start the web page, on which worlds can be run, watched and compared in a browser."""
    from sim.views.page.server import serve

    compile_first(quiet=False)
    serve(host, port, lambda text: print(text, flush=True), allow_host or [])
