"""Commands that simulate many worlds: against facts, side by side, as an experiment."""

from pathlib import Path
from typing import Annotated

import typer
from typer.exceptions import Exit

from sim.views.terminal.options import (
    Hours,
    Json,
    Quiet,
    Scale,
    ScenarioName,
    Seed,
    Settings,
    compile_first,
    world_of,
)


def hindcast(
    scenario: ScenarioName = "taobao-2011",
    runs: Annotated[int, typer.Option("--runs", help="number of runs, each with its own seed")] = 40,
    settings: Settings = None,
    scale: Scale = None,
    seed: Seed = 1,
    facts: Annotated[Path | None, typer.Option("--facts", help="your own table of facts (CSV)")] = None,
    ensemble: Annotated[str, typer.Option("--ensemble", help="uncertain parameters that vary from run to run: calibrated, none, wide, or a file")] = "calibrated",
    workers: Annotated[int, typer.Option("--workers", help="number of processes", min=1)] = 2,
    out: Annotated[Path, typer.Option("--out", help="folder for the results")] = Path("runs/hindcast"),
    json: Json = False,
) -> None:  # fmt: skip
    """Compare every reported fact with the simulated median and 5-95 % interval."""
    from sim.io.folders import check_folder

    world = world_of(scenario, None, settings, scale, None)
    check_folder(out)
    compile_first(quiet=json)
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


def compare(
    names: Annotated[list[str], typer.Argument(metavar="RESPONSE...", help="responses, such as protect, protect@60 (start hour) or protect@+12 (delay), or TOML files; the first is the baseline")],
    fee: Annotated[list[str] | None, typer.Option("--fee", metavar="NAME", help="a fee schedule to combine with each response; may be repeated")] = None,
    begin: Annotated[list[str] | None, typer.Option("--begin", metavar="HOUR", help="when each response begins: an hour, or a date such as 2011-10-12T21:00:00; may be repeated")] = None,
    hour: Annotated[list[str] | None, typer.Option("--hour", metavar="HOUR", help="the old name of --begin", hidden=True)] = None,
    scenario: Annotated[str, typer.Option("--scenario", help="name of a scenario in the library, or a TOML file")] = "taobao-2011",
    runs: Annotated[int, typer.Option("--runs", help="number of worlds, each simulated under every policy")] = 40,
    ensemble: Annotated[str, typer.Option("--ensemble", help="uncertain parameters that vary from world to world: calibrated, none, wide, or a TOML, CSV or Parquet file")] = "calibrated",
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
    world = world_of(scenario, None, settings, scale, hours)
    if hour:
        typer.echo(
            "--hour: renamed to --begin; the old name will be removed in the next version", err=True
        )
    given = [("--begin", text) for text in begin or []] + [("--hour", text) for text in hour or []]
    begins = [read_hour(text, name) for name, text in given]
    check_folder(out)
    compile_first(quiet=quiet or json)
    from sim.views.terminal.compare import run_comparison

    if not run_comparison(
        names, fee or [], world, runs=runs, seed=seed, begin=begins, ensemble=ensemble,
        workers=workers, out=out, json=json, quiet=quiet,
    ):  # fmt: skip
        raise Exit(1)


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
    compile_first(quiet=quiet or json)
    asked = Asked(spec, out, workers, scheduler, shard, retry, repair)
    if carry_out_sweep(asked, json=json, quiet=quiet or json):
        raise Exit(1)
