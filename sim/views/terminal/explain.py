"""`besiege explain`: one agent's reasons, from a run of its world in which it is watched."""

import pandas as pd

from sim.core.chance import check_seed
from sim.core.quoting import quote
from sim.core.units import BesiegeError
from sim.running.model import Siege
from sim.scenario.scenario import Scenario


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
    siege = Siege(scenario, seed=check_seed(seed))
    chosen = siege.agent(agent)
    if hasattr(chosen, "diary_key"):
        siege.watch(chosen)
    siege.run_for(scenario.hours if hour is None else hour + 1)
    table: pd.DataFrame = chosen.why()
    if hour is not None and "hour" in table:
        table = table[table["hour"] == hour]
    if table.empty:
        raise BesiegeError(f"--agent: {quote(agent)} made no decision in the hours asked for")
    return table
