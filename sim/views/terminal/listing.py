"""Commands that print what the library holds, and the schema of a scenario."""

from typing import Annotated

import typer

from sim.views.terminal.options import Json


def scenarios(json: Json = False) -> None:
    """List the scenarios in the library."""
    from sim.scenario.toml import library_list
    from sim.views.terminal import library

    library.print_names(library_list("scenarios"), as_json=json)


def responses(
    name: Annotated[str | None, typer.Argument(help="show only this response, with its measures and parameters")] = None,
    json: Json = False,
) -> None:  # fmt: skip
    """List the responses in the library, and every measure with its parameters."""
    from sim.scenario.library import load_response, response_list
    from sim.views.terminal import library

    if name is not None:
        library.print_entry(load_response(name), as_json=json)
        return
    library.print_names(response_list(), as_json=json)
    if not json:
        library.print_measures()


def fees(
    name: Annotated[
        str | None, typer.Argument(help="show only this schedule, with its fields")
    ] = None,
    json: Json = False,
) -> None:
    """List the fee schedules in the library."""
    from sim.scenario.library import fee_list, load_fees
    from sim.views.terminal import library

    if name is not None:
        library.print_entry(load_fees(name), as_json=json)
    else:
        library.print_names(fee_list(), as_json=json)


def schema() -> None:
    """Print the JSON Schema of a scenario file."""
    import json

    from sim.scenario.scenario import Scenario

    print(json.dumps(Scenario.model_json_schema(), indent=2))
