"""Which agent is meant by a name, and why it did what it did."""

from sim.core.quoting import format_value
from sim.core.units import BesiegeError
from sim.scenario.messages import unknown_name
from sim.world import diary
from sim.world.columns import CONSUMERS, plain
from sim.world.diary import Entry
from sim.world.world import World

SINGLE = ("platform", "organisers")
"""The kinds of which there is one."""


def find_agent(world: World, name: str) -> tuple[str, int]:
    """Return the kind and the row of an agent, by ``KIND:ROW`` or by a single one's kind alone.

    Raises
    ------
    BesiegeError
        For an unknown kind or a row that is not there.
    """
    if not isinstance(name, str):
        raise BesiegeError(f"agent: given {format_value(name)}, allowed KIND:ROW, such as seller:7")
    kind, _, row = name.partition(":")
    counts = {
        "seller": world.n_sellers,
        "onlooker": world.crowd.role.size - world.n_sellers,
        "consumer": world.consumers.favourite.size,
        "store": world.stores.price.size,
        "rival": len(world.scenario.rivals),
        **dict.fromkeys(SINGLE, 1),
    }
    if kind not in counts:
        row = "".join(c for c in name if c.isdecimal()) or "ROW"
        names = [k if k in SINGLE else f"{k}:{row}" for k in counts]
        raise BesiegeError(unknown_name("agent", name, names))
    row = row or ("0" if name == kind and counts[kind] == 1 else "")
    is_row = row.isdecimal() and len(row) < 19
    if not is_row or int(row) >= counts[kind]:
        raise BesiegeError(
            f"agent: given {format_value(name)}, allowed {kind}:0 to {kind}:{counts[kind] - 1}"
        )
    return kind, int(row)


def diary_key(world: World, kind: str, row: int) -> tuple[str, int] | None:
    """Return the key under which an agent's diary is kept; consumers and rivals keep none."""
    keys = {
        "seller": (diary.PERSON, row),
        "onlooker": (diary.PERSON, world.n_sellers + row),
        "store": (diary.STORE, row),
        "platform": (diary.PLATFORM, 0),
        "organisers": (diary.ORGANISERS, 0),
    }
    return keys.get(kind)


def without_diary(world: World, kind: str, row: int) -> list[Entry]:
    """Return what is known of an agent that keeps no diary.

    Parameters
    ----------
    kind
        ``consumer``: what it is like and what it has met, one row; ``rival``: its orders, here
        and in the quiet twin, a row an hour so far.
    row
        Its row.
    """
    if kind == "consumer":
        state = {name: plain(name, column(world)[row]) for name, column in CONSUMERS.items()}
        return [{"hour": world.hour, **state}]
    orders, twin = world.books.rival_orders[:, row], world.books.rival_orders_twin[:, row]
    return [
        {"hour": hour, "orders": float(orders[hour]), "orders_twin": float(twin[hour])}
        for hour in range(world.books.hours)
    ]
