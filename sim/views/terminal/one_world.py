"""Commands that simulate one world: run it, explain an agent in it."""

from pathlib import Path
from typing import Annotated

import typer
from typer.exceptions import Exit

from sim.views.terminal.options import (
    Hours,
    Json,
    Quiet,
    ResponseName,
    Scale,
    ScenarioName,
    Seed,
    Settings,
    compile_first,
    leave_what_is_loaded,
    world_of,
)


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

    world = world_of(scenario, response, settings, scale, hours)
    compile_first(quiet=quiet or json)
    from sim.core.chance import check_seed

    check_seed(seed)
    check_folder(out)
    from sim.running import run
    from sim.views.terminal import terminal

    with terminal.progress("hours", show=not (quiet or json)) as progress:
        result = run.run(world, seed, progress=progress)
    leave_what_is_loaded()
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
    world = world_of(scenario, response, settings, scale, hours)
    compile_first(quiet=json)
    from sim.views.terminal import terminal
    from sim.views.terminal.explain import explain_agent

    rows = explain_agent(world, seed, agent, hour)
    leave_what_is_loaded()
    if json:
        terminal.print_json(terminal.without_nan(rows))
    else:
        terminal.print_rows(rows, agent, one=hour is not None)
