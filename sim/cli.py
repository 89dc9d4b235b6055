"""The commands, thin: heavy imports wait until a command needs them."""

import contextlib
import gc
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.exceptions import Abort, Exit, TyperException

from sim.io.output import write_any_sign

if TYPE_CHECKING:
    from sim.scenario.scenario import Scenario

app = typer.Typer(
    help="Besiege: simulate what happens when sellers revolt against a marketplace.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # half the time of --help
)

ScenarioName = Annotated[
    str, typer.Argument(help="name of a scenario in the library, or a TOML file")
]
ResponseName = Annotated[
    str | None, typer.Option("--response", help="name of a response in the library, or a TOML file")
]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="PATH=VALUE",
        help="change a field, such as fees.new.standard=15000; may be repeated",
    ),
]
Scale = Annotated[
    float | None, typer.Option("--scale", help="share of all people to simulate, 0.001 to 1")
]
Seed = Annotated[
    int,
    typer.Option("--seed", help="random seed, 0 or more; the first one if there are several runs"),
]
Hours = Annotated[int | None, typer.Option("--hours", help="number of hours to simulate")]
Json = Annotated[bool, typer.Option("--json", help="print one JSON object and nothing else")]
Quiet = Annotated[
    bool,
    typer.Option("--quiet", help="print no progress and no results"),
]


@app.callback()
def besiege() -> None:
    """Besiege: simulate what happens when sellers revolt against a marketplace."""
    from sim.core.caches import settle_matplotlib

    settle_matplotlib()


def _world(
    scenario: str, response: str | None, settings: list[str] | None, scale: float | None,
    hours: int | None,
) -> "Scenario":  # fmt: skip
    from sim.scenario.overrides import parse_settings
    from sim.scenario.scenario import Scenario

    given = {"response": response, "scale": scale, "hours": hours}
    changes: dict[str, Any] = parse_settings(settings or [])
    changes |= {name: value for name, value in given.items() if value is not None}
    world = Scenario.load(scenario)
    return world.replace(changes) if changes else world


def _compile_first(*, quiet: bool) -> None:
    """Compile the engine, the first time on a machine, and say so."""
    if quiet:
        return
    from sim.core.compiled import folder, kernels_are_cached

    if folder() is not None and not kernels_are_cached():
        from sim.views.terminal.first_time import compile_engine

        compile_engine()


def _leave_what_is_loaded() -> None:
    """Let Python look through nothing that is there by now: it stays until the process ends.

    Once DuckDB is loaded nothing is left: it wants to be cleared away piece by piece.
    """
    if "duckdb" not in sys.modules:
        gc.freeze()


@app.command(short_help="Simulate one siege; print its story and outcomes.")
def run(
    scenario: ScenarioName = "taobao-2011",
    response: ResponseName = None,
    settings: Settings = None,
    scale: Scale = None,
    seed: Seed = 1,
    hours: Hours = None,
    out: Annotated[Path, typer.Option("--out", help="folder for the results")] = Path(
        "runs/latest"
    ),
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Simulate one siege, print its story and outcomes, and write its tables and a picture."""
    from sim.io.folders import check_folder

    world = _world(scenario, response, settings, scale, hours)
    _compile_first(quiet=quiet or json)
    from sim.core.chance import check_seed

    check_seed(seed)
    check_folder(out)
    from sim.running import run
    from sim.views.terminal import terminal

    with terminal.progress("hours", show=not (quiet or json)) as progress:
        result = run.run(world, seed, progress=progress)
    _leave_what_is_loaded()
    try:
        if not (json or quiet):
            terminal.tell(result)
    finally:  # whoever has stopped reading
        drawn = terminal.made(lambda: result.save(out))
    if json:
        terminal.print_json(result.to_dict())
    elif quiet:
        print(out)
    else:
        terminal.tell_where(result, out)
    if not drawn:
        raise Exit(1)


@app.command(short_help="Compare every reported fact with the simulation.")
def hindcast(
    scenario: ScenarioName = "taobao-2011",
    runs: Annotated[int, typer.Option("--runs", help="number of runs, each with its own seed")] = 40,
    settings: Settings = None,
    scale: Scale = None,
    seed: Seed = 1,
    facts: Annotated[Path | None, typer.Option("--facts", help="your own table of facts (CSV)")] = None,
    ensemble: Annotated[str, typer.Option("--ensemble", help="uncertain parameters that vary from run to run: calibrated, none, assumed, or a file")] = "calibrated",
    workers: Annotated[int, typer.Option("--workers", help="number of processes", min=1)] = 2,
    out: Annotated[Path, typer.Option("--out", help="folder for the results")] = Path("runs/hindcast"),
    json: Json = False,
) -> None:  # fmt: skip
    """Compare every reported fact with the simulated median and 5-95 % interval."""
    from sim.io.folders import check_folder

    world = _world(scenario, None, settings, scale, None)
    check_folder(out)
    _compile_first(quiet=json)
    from sim.lab import hindcast
    from sim.views.terminal import hindcast_text, many_runs, terminal

    with (
        many_runs.told_when_stopped(out),
        many_runs.progress_of_runs("hindcast", show=not json) as progress,
    ):
        result = hindcast.hindcast(
            world, runs, seed=seed, facts=facts, ensemble=ensemble, workers=workers,
            progress=progress, out=out,
        )  # fmt: skip
        drawn = terminal.made(lambda: result.save(out))
    if json:
        terminal.print_json(result.to_dict())
    else:
        hindcast_text.tell_hindcast(result, out)
    if result.failures or not drawn:
        raise Exit(1)


@app.command(short_help="Compare responses and fees in the same worlds.")
def compare(
    names: Annotated[list[str], typer.Argument(metavar="RESPONSE...", help="responses, such as protect, protect@60 (start hour) or protect@+12 (delay), or TOML files; the first is the baseline")],
    fee: Annotated[list[str] | None, typer.Option("--fee", metavar="NAME", help="a fee schedule to combine with each response; may be repeated")] = None,
    begin: Annotated[list[str] | None, typer.Option("--begin", metavar="HOUR", help="when each response begins: an hour, or a date such as 2011-10-12T21:00:00; may be repeated")] = None,
    hour: Annotated[list[str] | None, typer.Option("--hour", metavar="HOUR", help="the old name of --begin", hidden=True)] = None,
    scenario: Annotated[str, typer.Option("--scenario", help="name of a scenario in the library, or a TOML file")] = "taobao-2011",
    runs: Annotated[int, typer.Option("--runs", help="number of worlds, each simulated under every policy")] = 40,
    ensemble: Annotated[str, typer.Option("--ensemble", help="uncertain parameters that vary from world to world: calibrated, none, assumed, or a TOML, CSV or Parquet file")] = "calibrated",
    settings: Settings = None,
    scale: Scale = None,
    seed: Seed = 1,
    hours: Hours = None,
    workers: Annotated[int | None, typer.Option("--workers", help="number of processes; one for each processor by default", min=1)] = None,
    out: Annotated[Path, typer.Option("--out", help="folder for the results")] = Path("runs/compare"),
    json: Json = False,
    quiet: Quiet = False,
) -> None:  # fmt: skip
    """Compare responses and fees in the same worlds: who pays, and how certain that is."""
    from sim.comparing.policies import check_not_overruled
    from sim.io.folders import check_folder
    from sim.scenario.overrides import parse_settings, read_hour

    check_not_overruled(parse_settings(settings or []), fee or [])
    world = _world(scenario, None, settings, scale, hours)
    if hour:
        typer.echo(
            "--hour: renamed to --begin; the old name will be removed in the next version", err=True
        )
    given = [("--begin", text) for text in begin or []] + [("--hour", text) for text in hour or []]
    begins = [read_hour(text, name) for name, text in given]
    check_folder(out)
    _compile_first(quiet=quiet or json)
    from sim.views.terminal.compare import run_comparison

    if not run_comparison(
        names, fee or [], world, runs=runs, seed=seed, begin=begins, ensemble=ensemble,
        workers=workers, out=out, json=json, quiet=quiet,
    ):  # fmt: skip
        raise Exit(1)


@app.command(short_help="Write a report as one HTML page.")
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


@app.command(short_help="Explain why one agent acted as it did, term by term.")
def explain(
    agent: Annotated[str, typer.Option("--agent", help="the agent: KIND:ROW, such as seller:7 or store:12; or organisers, or platform")],
    scenario: ScenarioName = "taobao-2011",
    hour: Annotated[int | None, typer.Option("--hour", help="show only this hour, with every term")] = None,
    response: ResponseName = None,
    settings: Settings = None,
    scale: Scale = None,
    seed: Seed = 1,
    hours: Hours = None,
    json: Json = False,
) -> None:  # fmt: skip
    """Explain why one agent acted as it did: each term of its rule, hour by hour."""
    world = _world(scenario, response, settings, scale, hours)
    _compile_first(quiet=json)
    from sim.views.terminal import terminal
    from sim.views.terminal.explain import explain_agent

    rows = explain_agent(world, seed, agent, hour)
    _leave_what_is_loaded()
    if json:
        terminal.print_json(terminal.without_nan(rows))
    else:
        terminal.print_rows(rows, agent, one=hour is not None)


@app.command(short_help="Show a finished run, comparison, sweep or hindcast.")
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

        show_sweep(folder, json=json)
    elif kind == "comparison":
        from sim.views.terminal.compare import show_comparison

        show_comparison(folder, json=json)
    elif kind == "hindcast":
        from sim.views.terminal.hindcast_text import show_hindcast

        show_hindcast(folder, json=json)
    else:
        from sim.views.terminal import terminal

        terminal.show_run(folder, json=json)


@app.command()
def scenarios(json: Json = False) -> None:
    """List the scenarios in the library."""
    from sim.scenario.toml import library_list
    from sim.views.terminal import library

    library.print_names(library_list("scenarios"), as_json=json)


@app.command(short_help="List the responses, and every measure with its parameters.")
def responses(
    name: Annotated[str | None, typer.Argument(help="show only this response, with its measures and parameters")] = None,
    json: Json = False,
) -> None:  # fmt: skip
    """List the responses in the library, and every measure with its parameters."""
    from sim.scenario.scenario import load_response, response_list
    from sim.views.terminal import library

    if name is not None:
        library.print_entry(load_response(name), as_json=json)
        return
    library.print_names(response_list(), as_json=json)
    if not json:
        library.print_measures()


@app.command()
def fees(
    name: Annotated[
        str | None, typer.Argument(help="show only this schedule, with its fields")
    ] = None,
    json: Json = False,
) -> None:
    """List the fee schedules in the library."""
    from sim.scenario.scenario import fee_list, load_fees
    from sim.views.terminal import library

    if name is not None:
        library.print_entry(load_fees(name), as_json=json)
    else:
        library.print_names(fee_list(), as_json=json)


@app.command()
def schema() -> None:
    """Print the JSON Schema of a scenario file."""
    import json

    from sim.scenario.scenario import Scenario

    print(json.dumps(Scenario.model_json_schema(), indent=2))


@app.command(short_help="Start the web page.")
def dashboard(
    port: Annotated[int, typer.Option("--port", help="port of the page; 0 for any free port")] = 8765,
    host: Annotated[str, typer.Option("--host", help="address on which the page is served")] = "127.0.0.1",
    allow_host: Annotated[list[str] | None, typer.Option("--allow-host", metavar="NAME", help="another host name under which browsers may open the page; may be repeated")] = None,
) -> None:  # fmt: skip
    """Start the web page, on which worlds can be run, watched and compared in a browser."""
    from sim.views.page.server import serve

    _compile_first(quiet=False)
    serve(host, port, lambda text: print(text, flush=True), allow_host or [])


@app.command(short_help="Measure speed and memory on this machine.")
def bench(
    json: Json = False,
    quick: Annotated[bool, typer.Option("--quick", help="measure small sizes only")] = False,
) -> None:
    """Measure speed and memory on this machine; in a checkout, compare them with plain Mesa."""
    from sim.bench import bench as benching

    measured = benching.measure(quick, lambda text: print(text, file=sys.stderr))
    print(benching.to_json(measured) if json else "\n".join(benching.to_lines(measured)))


@app.command(short_help="Run a designed experiment, which can be stopped and resumed.")
def sweep(
    spec: Annotated[Path, typer.Argument(help="specification of the experiment, a TOML file")],
    out: Annotated[Path | None, typer.Option("--out", help="folder for the results; runs/NAME by default")] = None,
    workers: Annotated[int, typer.Option("--workers", help="number of processes on this machine")] = 2,
    scheduler: Annotated[str | None, typer.Option("--scheduler", help="address of a Dask scheduler to use instead, such as tcp://10.0.0.1:8786")] = None,
    shard: Annotated[str | None, typer.Option("--shard", help="i/n: do only part i of n, for a job array")] = None,
    retry: Annotated[bool, typer.Option("--retry", help="run failed runs again")] = False,
    repair: Annotated[bool, typer.Option("--repair", help="move damaged parts to the subfolder damaged, and repeat their runs")] = False,
    repeat: Annotated[str | None, typer.Option("--repeat", help="repeat only the run with this key")] = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:  # fmt: skip
    """Run a designed experiment; if stopped, it resumes without repeating finished runs."""
    from sim.lab.command import Asked, carry_out_sweep, repeat_run

    if repeat is not None:
        repeat_run(spec, repeat, json=json)
        return
    _compile_first(quiet=quiet or json)
    asked = Asked(spec, out, workers, scheduler, shard, retry, repair)
    if carry_out_sweep(asked, json=json, quiet=quiet or json):
        raise Exit(1)


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
