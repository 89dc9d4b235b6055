"""Small worlds that several tests share: run once, then only read."""

import json
from functools import cache

import numpy as np

from sim.core.units import Stance
from sim.running.model import Siege
from sim.running.run import RunResult, result_of
from sim.scenario.scenario import Scenario
from sim.world.changes import set_membership
from sim.world.world import create_world

SMALL = {"scale": 0.01, "population.n_consumers": 1_000_000, "population.n_stores": 60}
"""A third of a second for a fortnight in which everything happens."""

THROTTLE = {
    "name": "throttle",
    "measures": [{"kind": "throttle", "trigger": {"hours_after_first_attack": 1}}],
}
"""A response that the library does not have: purchase limits."""


def small_scenario(name="taobao-2011", /, **changes):
    """Return a small scenario; a dotted path is written with two underscores for the dot."""
    dotted = {path.replace("__", "."): value for path, value in changes.items()}
    return Scenario.load(name).replace({**SMALL, **dotted})


def one_measure(kind, **fields):
    """Return a response of one measure."""
    return {"name": kind, "measures": [{"kind": kind, **fields}]}


TINY = {"population.n_consumers": 20_000, "population.n_stores": 40, "hours": 100}
"""For one hour's stage: five hundred sellers, three thousand onlookers, 200 shoppers."""


def world_at(hour, seed=1, **changes):
    """Return a tiny world before its first hour has run, put to an hour, for a stage alone."""
    dotted = {path.replace("__", "."): value for path, value in changes.items()}
    world = create_world(small_scenario("taobao-2011").replace({**TINY, **dotted}), seed)
    world.hour = hour
    return world


def let_in(world, rows, utility=5.0, online=True):
    """Put people of a crowd into the protest, by default online and in no doubt."""
    rows = np.asarray(rows, np.int32)
    before = world.crowd.stance[rows].copy()
    world.crowd.stance[rows] = Stance.MEMBER
    set_membership(world, rows, before)
    world.crowd.online[rows] = online
    world.crowd.utility[rows] = utility
    roles = world.crowd.role[world.inside]
    world.census[0] = np.bincount(roles, minlength=world.census.shape[1])
    world.census[1] = np.bincount(
        roles[world.crowd.online[world.inside]], minlength=world.census.shape[1]
    )
    return rows


def begun(seed=1, name="taobao-2011", /, **changes):
    """Return a siege at hour 0 that the test may change."""
    return Siege(small_scenario(name, **changes), seed=seed)


@cache
def _finished(seed, name, changes):
    return begun(seed, name, **json.loads(changes)).run()


def finished(seed=1, name="taobao-2011", /, **changes) -> Siege:
    """Return a siege that has run to its end; shared, so only to be read."""
    return _finished(seed, name, json.dumps(changes, sort_keys=True))


def finished_result(seed=1, name="taobao-2011", /, **changes) -> RunResult:
    """Return the result of such a siege."""
    return result_of(finished(seed, name, **changes))


@cache
def _with_every_store(name, changes):
    return Siege(name, seed=1, scale=0.01, **json.loads(changes)).run()


def with_every_store(name="taobao-2011", /, **changes) -> Siege:
    """Return a siege of a hundredth of the people and all 500 stores; shared, only to be read."""
    return _with_every_store(name, json.dumps(changes, sort_keys=True))


def arrays_of(record):
    """Return everything a record has booked, by name, in arrays by hour."""
    booked = {f"series {name}": values for name, values in record.series.items()}
    by_hour = (
        "actions orders orders_twin rival_orders rival_orders_twin loss ad_honest ad_refund "
        "compensation delisted cod_off"
    )
    return booked | {name: getattr(record, name) for name in by_hour.split()}


def first_difference(first, second, until=None):
    """Name what two records differ in before an hour; empty when they are equal bit for bit."""
    a, b = arrays_of(first), arrays_of(second)
    return [
        name
        for name in a
        if a[name][:until].tobytes() != b[name][:until].tobytes()
        and not np.array_equal(a[name][:until], b[name][:until], equal_nan=True)
    ]
