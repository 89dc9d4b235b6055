"""How much memory a world takes, how much there is, and the refusal of what does not fit."""

import math
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from sim.core.quoting import quote
from sim.core.units import BesiegeError
from sim.scenario.scenario import Scenario

FIXED = 10e6
"""Bytes of any world, whatever its size."""
CONSUMER = 15.0
PERSON = 85.0
NEIGHBOUR = 12.0
"""For each neighbour of each person, once the graph is made from its own rows."""
NEIGHBOUR_SEARCHED = 28.0
"""The same for families that look every pair up before they join it."""
STORE_HOUR = 150.0
PROCESS = 150e6
"""Bytes of a worker before its first world: Python, libraries and kernels, not shared."""
SMALL = 50e6
"""A world of fewer bytes is not held against what there is: it costs less than to look."""
_IN_ROWS = frozenset({"small_world", "ring"})
_WITHOUT_EDGES = frozenset({"none", "complete"})


def estimate(scenario: Scenario) -> float:
    """Return the bytes that a run takes at its peak, besides Python and its libraries.

    Measured from scale 0.05 to 1 and 48 to 3,000 hours; docs/performance.md has the figures.
    """
    p, g = scenario.population, scenario.graph
    people = scenario.scale * (p.n_sellers + p.n_onlookers)
    each = 0.0
    if g.family not in _WITHOUT_EDGES:
        each = g.mean_degree * (NEIGHBOUR if g.family in _IN_ROWS else NEIGHBOUR_SEARCHED)
    return (
        FIXED
        + CONSUMER * scenario.scale * p.n_consumers
        + (PERSON + each) * people
        + STORE_HOUR * p.n_stores * scenario.hours
    )


def require(scenario: Scenario, at_once: int = 1, *, in_workers: bool = False) -> None:
    """Refuse runs that do not fit into the memory that is free.

    Parameters
    ----------
    scenario
        The largest of them.
    at_once
        How many run at the same time.
    in_workers
        Whether each has a process of its own.

    Raises
    ------
    BesiegeError
        If they need more than there is; it says how much, and what would fit.
    """
    one = estimate(scenario) + (PROCESS if in_workers else 0.0)
    if one * at_once < SMALL:
        return
    free = available()
    if free is None or one * at_once <= free:
        return
    fit = int(free // one)
    if fit:
        raise BesiegeError(
            f"--workers: given {at_once}, whose runs together need about {_told(one * at_once)} of "
            f"memory, but only {_told(free)} is free; allowed at most {fit}"
        )
    room = free - (one - estimate(scenario)) - estimate(scenario.replace(scale=0.001))
    scale = room / (estimate(scenario) / scenario.scale)
    rounded = math.floor(1000.0 * scale) / 1000.0
    hint = f"a scale of at most {rounded:g}" if scale >= 0.001 else "a machine with more"
    raise BesiegeError(
        f"scale: given {scenario.scale:g}, at which a run of {quote(scenario.name)} needs about "
        f"{_told(one)} of memory, but only {_told(free)} is free; allowed {hint}"
    )


def has_room(scenario: Scenario, worlds: int) -> bool:
    """Return whether so many worlds of a scenario fit into the memory that is free."""
    size = worlds * estimate(scenario)
    return size < SMALL or (free := available()) is None or size <= free


def _told(size: float) -> str:
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.0f} MB"


def available() -> float | None:
    """Return the bytes that this process may still take; None where nobody says.

    The least of what the machine has free, what is left of every control group that the process
    stands in (containers, job schedulers), and what is left of ``ulimit -v``.
    """
    told = [*_of_machine(), *_of_groups(Path("/proc/self/cgroup"), Path("/sys/fs/cgroup")), *_of_limit()]  # fmt: skip
    return min(told, default=None)


def _of_machine() -> Iterator[float]:
    table = _table(Path("/proc/meminfo"))
    if "MemAvailable:" in table:  # in KiB
        yield 1024.0 * (table["MemAvailable:"] + table.get("SwapFree:", 0.0))
    elif sys.platform == "darwin":
        yield float(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))


def _of_groups(listed: Path, mounts: Path) -> Iterator[float]:
    """Read what is left of the control groups of a process and of all above them."""
    for line in _text(listed).splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers == "":
            names = ("memory.max", "memory.current", "inactive_file")
            bases = [mounts, mounts / "unified"]
        elif "memory" in controllers.split(","):
            names = ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
            bases = [mounts / "memory", mounts / controllers]
        else:
            continue
        for base in dict.fromkeys(bases):
            group = base / path.lstrip("/")
            while group.is_relative_to(base):
                yield from _left_of(group, *names)
                group = group.parent


def _left_of(group: Path, most: str, used: str, cached: str) -> Iterator[float]:
    limit, taken = _text(group / most).strip(), _text(group / used).strip()
    if limit.isdecimal() and taken.isdecimal():  # "max" is no limit
        # What was read from files and is not looked at any more is given back when asked for.
        yield float(limit) - float(taken) + _table(group / "memory.stat").get(cached, 0.0)


def _of_limit() -> Iterator[float]:
    try:
        import resource
    except ImportError:  # not on Windows
        return
    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    pages = _text(Path("/proc/self/statm")).split()
    if limit != resource.RLIM_INFINITY and pages:
        yield float(limit) - float(pages[0]) * resource.getpagesize()


def _table(path: Path) -> dict[str, float]:
    rows = (line.split() for line in _text(path).splitlines())
    return {row[0]: float(row[1]) for row in rows if len(row) > 1 and row[1].isdecimal()}


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return ""
