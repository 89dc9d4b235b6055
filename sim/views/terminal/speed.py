"""The command that measures speed and memory on this machine."""

import sys
from typing import Annotated

import typer

from sim.views.terminal.options import Json


def bench(
    json: Json = False,
    quick: Annotated[bool, typer.Option("--quick", help="measure small sizes only")] = False,
) -> None:
    """Measure speed and memory on this machine; in a checkout, compare them with plain Mesa."""
    from sim.bench import bench as benching

    measured = benching.measure(quick, lambda text: print(text, file=sys.stderr))
    print(benching.to_json(measured) if json else "\n".join(benching.to_lines(measured)))
