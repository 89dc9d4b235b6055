"""`besiege explain`: one agent's reasons, from a run of its world in which it is watched."""

from typing import Any

from sim.core.quoting import quote
from sim.core.units import BesiegeError
from sim.running.loop import Loop
from sim.scenario.scenario import Scenario
from sim.world import diary, reasons


def explain_agent(
    scenario: Scenario, seed: int, agent: str, hour: int | None = None
) -> list[dict[str, Any]]:
    """Return each term of an agent's rule: a row an hour, or for one hour.

    Parameters
    ----------
    scenario, seed
        The world.
    agent
        ``KIND:ROW``, such as ``seller:7``.
    hour
        The hour wanted; all if none.

    Raises
    ------
    BesiegeError
        For an unknown agent, or an hour outside the horizon.
    """
    last = scenario.hours - 1
    if hour is not None and not 0 <= hour <= last:
        raise BesiegeError(f"--hour: given {hour}, allowed 0 to {last}")
    loop = Loop.begin(scenario, seed)
    world = loop.world
    kind, row = reasons.find_agent(world, agent)
    key = reasons.diary_key(world, kind, row)
    kept = None if key is None else diary.watch(world, *key)
    loop.run(until=hour)
    rows = reasons.without_diary(world, kind, row) if kept is None else kept.entries
    if hour is not None:
        rows = [entry for entry in rows if entry["hour"] == hour]
    if not rows:
        raise BesiegeError(f"--agent: {quote(agent)} made no decision in the hours asked for")
    return rows
