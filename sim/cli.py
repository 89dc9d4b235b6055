"""The command line: its commands in the order of `--help`, and how each ends."""

import contextlib
import os
import sys

import typer
from typer.exceptions import Abort, Exit, TyperException

from sim.io.output import write_any_sign
from sim.views.page.command import dashboard
from sim.views.terminal.ensembles import ensembles
from sim.views.terminal.finished import report, show
from sim.views.terminal.listing import fees, responses, scenarios, schema
from sim.views.terminal.many_worlds import compare, hindcast, sweep
from sim.views.terminal.one_world import explain, run
from sim.views.terminal.speed import bench

app = typer.Typer(
    help="Besiege: simulate what happens when sellers revolt against a marketplace.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # half the time of --help
)


@app.callback()
def besiege() -> None:
    """Besiege: simulate what happens when sellers revolt against a marketplace."""
    from sim.core.caches import settle_matplotlib

    settle_matplotlib()


app.command(short_help="Simulate one siege; print its story and outcomes.")(run)
app.command(short_help="Compare every reported fact with the simulation.")(hindcast)
app.command(short_help="Compare responses and fees in the same worlds.")(compare)
app.command(short_help="Write a report as one HTML page.")(report)
app.command(short_help="Explain why one agent acted as it did, term by term.")(explain)
app.command(short_help="Show a finished run, comparison, sweep or hindcast.")(show)
app.command()(scenarios)
app.command(short_help="List the responses, and every measure with its parameters.")(responses)
app.command()(fees)
app.command(short_help="List the ensembles, with the model version that made each.")(ensembles)
app.command()(schema)
app.command(short_help="Start the web page.")(dashboard)
app.command(short_help="Measure speed and memory on this machine.")(bench)
app.command(short_help="Run a designed experiment, which can be stopped and resumed.")(sweep)


def main() -> None:
    """Run the command line; wrong input is one line and exit code 2."""
    write_any_sign()
    try:
        code = app(sys.argv[1:] or ["--help"], standalone_mode=False)
        sys.stdout.flush()  # here, where a disk that is full can still be told
    except TyperException as error:
        code = _refuse(_told(error))
    except Exit as stop:
        code = stop.exit_code
    except (KeyboardInterrupt, Abort):
        code = 130
    except OSError as error:
        code = _give_up(error)
    except Exception as error:
        from sim.core.units import BesiegeError  # not earlier: it brings numpy, and --help is quick

        if isinstance(error, BesiegeError):
            code = _refuse(str(error))
        elif str(error) == "Query interrupted":  # what DuckDB, when at work, makes of Ctrl-C
            code = 130
        else:
            raise
    if code == 130:  # typer makes an exit of Ctrl-C
        print("Interrupted.", file=sys.stderr)
    sys.exit(code or 0)


def _told(error: TyperException) -> str:
    """Say what is wrong with a command's words: the option, what was given, what is allowed."""
    from pydantic import ValidationError

    from sim.core.quoting import LONGEST_NAME, short
    from sim.scenario.messages import wrong_option

    option = "/".join(getattr(getattr(error, "param", None), "opts", []))
    if option and isinstance(error.__cause__, ValidationError):
        return wrong_option(option, error.__cause__)
    return short(error.format_message(), LONGEST_NAME)


def _give_up(error: OSError) -> int:
    """Say what cannot be read or written; nothing where a reader such as ``head`` has left."""
    with contextlib.suppress(OSError):
        if error.filename is None:  # standard output, then: what waits in it goes nowhere
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if isinstance(error, BrokenPipeError):
        return 1
    return _refuse(f"{error.filename or 'standard output'}: {error.strerror or error}")


def _refuse(said: str) -> int:
    print(" ".join(said.split()), file=sys.stderr)
    return 2
