"""`besiege explain`: one agent's reasons, from a run of its world in which it is watched."""

import pandas as pd

from sim.core.units import BesiegeError
from sim.running.loop import Loop
from sim.scenario.scenario import Scenario
from sim.world import diary, reasons


def explain_agent(
    scenario: Scenario, seed: int, agent: str, hour: int | None = None
) -> pd.DataFrame:
    """Return each term of an agent's rule, hour by hour or for one hour.

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
    if kept is not None:
        table = pd.DataFrame(kept.entries)
    else:
        table = (reasons.of_consumer if kind == "consumer" else reasons.of_rival)(world, row)
    if hour is not None and "hour" in table:
        table = table[table["hour"] == hour]
    if table.empty:
        raise BesiegeError(f"--agent: {agent} made no decision in the hours asked for")
    return table
