"""The commands, thin."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Besiege: when sellers rise against a marketplace.", no_args_is_help=True)


@app.callback()
def besiege() -> None:
    """Besiege: when sellers rise against a marketplace."""


@app.command()
def run(
    scenario: Annotated[str, typer.Argument(help="a name of the library or a TOML file")] = "taobao-2011",
    response: Annotated[str | None, typer.Option(help="a response's name or file")] = None,
    scale: Annotated[float | None, typer.Option(help="share simulated, 0.001 to 1")] = None,
    seed: Annotated[int, typer.Option(min=0, help="the run's seed")] = 1,
    hours: Annotated[int | None, typer.Option(help="horizon in hours")] = None,
    out: Annotated[Path, typer.Option(help="the run's folder")] = Path("runs/latest"),
) -> None:
    """Simulate one siege; write its scenario, hours and a few figures."""
    from sim.scenario import Scenario

    given = {"response": response, "scale": scale, "hours": hours}
    world = Scenario.load(scenario).but({k: v for k, v in given.items() if v is not None})
    try:
        out.mkdir(parents=True, exist_ok=True)
        (out / "scenario.toml").write_text(world.to_toml(), encoding="utf-8")
    except OSError as error:
        typer.echo(f"--out: {out} cannot be written ({error.strerror})", err=True)
        raise typer.Exit(2) from None
    typer.echo("Loading the engine (the first run on a machine compiles it).", err=True)
    from sim import calendar
    from sim.model import Siege

    siege = Siege(world, seed=seed)
    siege.run_for(world.hours)
    table = siege.hours
    table.to_csv(out / "hours.csv", index_label="hour")
    top = int(table.online.argmax())
    typer.echo(f"{world.name}, seed {seed}, scale {world.scale}, response {world.response.name}")
    if siege.first_attack < 0:
        typer.echo("Nobody attacked.")
    else:
        typer.echo(f"First attack: {calendar.describe(siege.first_attack)}")
        typer.echo(f"Most online: {table.online[top]:,.0f} at {calendar.describe(top)}")
        typer.echo(f"Stores that closed goods: {siege.ever_delisted.sum()}")
        typer.echo(f"Lost by big stores: {siege.loss.sum():,.0f} yuan")
    typer.echo(f"Hours written to {out / 'hours.csv'}")


@app.command()
def scenarios() -> None:
    """Name the scenarios of the library."""
    from sim.scenario import library_names

    typer.echo("\n".join(library_names("scenarios")))


@app.command()
def responses() -> None:
    """Name the responses of the library."""
    from sim.scenario import library_names

    typer.echo("\n".join(library_names("responses")))


@app.command()
def schema() -> None:
    """Print the JSON Schema of a scenario."""
    import json

    from sim.scenario import Scenario

    typer.echo(json.dumps(Scenario.model_json_schema(), indent=2))


def main() -> None:
    """Run the command line; wrong input is one line and exit code 2."""
    from sim.units import BesiegeError

    try:
        app()
    except BesiegeError as error:
        typer.echo(str(error), err=True)
        raise SystemExit(2) from None
