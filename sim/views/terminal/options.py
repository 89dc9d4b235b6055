"""What several commands share: their arguments and options, and the scenario these ask for.

Nothing heavy is imported before a command needs it: `besiege --help` answers at once.
"""

import gc
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from sim.scenario.scenario import Scenario

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


def world_of(
    scenario: str, response: str | None, settings: list[str] | None, scale: float | None,
    hours: int | None,
) -> "Scenario":  # fmt: skip
    """Return the scenario that the words of a command ask for."""
    from sim.running import memory
    from sim.scenario.overrides import parse_settings
    from sim.scenario.scenario import Scenario

    given = {"response": response, "scale": scale, "hours": hours}
    changes: dict[str, Any] = parse_settings(settings or [])
    changes |= {name: value for name, value in given.items() if value is not None}
    world = Scenario.load(scenario)
    world = world.replace(changes) if changes else world
    memory.require(world)  # before anything large is loaded
    return world


def compile_first(*, quiet: bool) -> None:
    """Compile the engine, the first time on a machine, and say so."""
    if quiet:
        return
    from sim.core.compiled import folder, kernels_are_cached

    if folder() is not None and not kernels_are_cached():
        from sim.views.terminal.first_time import compile_engine

        compile_engine()


def leave_what_is_loaded() -> None:
    """Let Python look through nothing that is there by now: it stays until the process ends.

    Once DuckDB is loaded nothing is left: it wants to be cleared away piece by piece.
    """
    if "duckdb" not in sys.modules:
        gc.freeze()
