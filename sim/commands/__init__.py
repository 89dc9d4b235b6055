"""The commands by what they need, each a thin function that typer reads; listed in `sim.cli`."""
