"""Every measured quantity once: its name, unit, meaning, when it is null, and how to work it out.

Names are those of docs/odd.md, section 9. All are full-size equivalents. A null is ``None`` here,
null in JSON and NULL in Parquet.
"""

import math
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np

from sim.core.quoting import format_value
from sim.core.units import BesiegeError
from sim.outcomes.closed import ClosedRecord
from sim.outcomes.record import Record

type Value = float | None
type Measured = float | np.generic | None
"""What a function of a record may give: a numpy number is turned into a plain one."""


type Need = Literal["siege", "shoppers"]
"""What a quantity is read off: the siege alone, or what honest shoppers did as well."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A quantity measured once a run."""

    name: str
    unit: str
    label: str
    work_out: Callable[[ClosedRecord], Measured]
    null: str = "never"
    needs_renewal: bool = False
    needs: Need = "shoppers"

    def value(self, record: Record) -> Value:
        """Return its value in a run; ``None`` where it does not exist."""
        return plain(self.work_out(ClosedRecord.of(record)))

    @property
    def aggregation(self) -> str:
        """How hours and stores make one number, as the first word of its name says."""
        if self.name.startswith("quiet_share") or self.name.endswith("_share"):
            return "ratio"
        return _AGGREGATIONS.get(self.name.partition("_")[0], "sum")


_AGGREGATIONS = {
    "peak": "max", "max": "max", "hour": "hour", "hours": "count", "n": "count", "share": "ratio",
    "top5": "mean of five", "median": "median",
}  # fmt: skip
"""By the first word of a name (docs/odd.md, 9); all others are sums, ``cum_`` among them."""

OUTCOMES: dict[str, Outcome] = {}
"""The package's outcomes, then those that this session entered itself."""

_ENTERED: ContextVar[dict[str, Outcome]] = ContextVar("entered", default=OUTCOMES)
"""The table that `outcome` enters into."""
_OF_THE_PACKAGE: list[str] = []
"""Names of the package's outcomes; filled by `close_library`."""
_TAKEN = frozenset(
    "key seed version model_version repeat policy response fee run error hour_first_measure".split()
)
"""Columns that stand beside outcomes in the tables of runs."""


def outcome(
    name: str, unit: str, label: str, *, null: str = "never", needs_renewal: bool = False,
    needs: Need = "shoppers",
) -> Callable[[Callable[[ClosedRecord], Measured]], Callable[[ClosedRecord], Measured]]:  # fmt: skip
    """Enter a function of a record into the table of outcomes.

    Parameters
    ----------
    name
        Small letters, digits and ``_``; the first word says how hours are brought together:
        ``n_``, ``new_``, ``cum_``, ``share_``, ``peak_`` or ``hours_``.
    unit, label
        Unit and meaning, for tables and pictures.
    null
        When it does not exist.
    needs_renewal
        Whether it exists only once the renewal of shops after the horizon has been run.
    needs
        ``"siege"`` if people, attack and stores' doors are all that it reads; a run that is asked
        for nothing else leaves shoppers out (`sim.running.shoppers`).

    Raises
    ------
    BesiegeError
        If the name is none, is one of the package's, or is another column's. A name of one's
        own may be entered again.

    Examples
    --------
    >>> import sim
    >>> from sim.outcomes import outcome
    >>> @outcome("hours_online", "hours", "hours with anybody online")
    ... def hours_online(record):
    ...     return (record.series["online"] > 0).sum()
    >>> sim.run("small", seed=1, scale=0.001, hours=24).outcomes["hours_online"]
    4.0
    """
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,62}", name):
        raise BesiegeError(
            f"outcome: given {format_value(name)}, allowed lower-case letters, digits and _"
        )
    if name in _OF_THE_PACKAGE or name in _TAKEN:
        raise BesiegeError(
            f"outcome: given {format_value(name)}, which is already in use, allowed another name"
        )

    def enter(work_out: Callable[[ClosedRecord], Measured]) -> Callable[[ClosedRecord], Measured]:
        _ENTERED.get()[name] = Outcome(name, unit, label, work_out, null, needs_renewal, needs)
        return work_out

    return enter


outcome_of_the_siege = partial(outcome, needs="siege")
"""Enter an outcome that needs no shoppers."""


def close_library() -> None:
    """Declare all that was entered so far the package's: nobody may take these names again."""
    _OF_THE_PACKAGE.extend(OUTCOMES)


@contextmanager
def collected() -> Iterator[dict[str, Outcome]]:
    """Return the outcomes that are entered meanwhile, and keep them out of the session's table."""
    found: dict[str, Outcome] = {}
    token = _ENTERED.set(found)
    try:
        yield found
    finally:
        _ENTERED.reset(token)


def own_outcomes() -> dict[str, Outcome]:
    """Return the outcomes that this session entered besides the package's."""
    return {name: o for name, o in OUTCOMES.items() if name not in _OF_THE_PACKAGE}


def with_own(own: Mapping[str, Outcome]) -> dict[str, Outcome]:
    """Return the package's outcomes and some of one's own after them."""
    return {name: OUTCOMES[name] for name in _OF_THE_PACKAGE} | dict(own)


def met(outcomes: Mapping[str, Outcome], need: Need) -> dict[str, Outcome]:
    """Return the outcomes that a run asked to have so much can answer."""
    return {name: o for name, o in outcomes.items() if need == "shoppers" or o.needs == need}


def measure(
    record: Record, own: Mapping[str, Outcome] | None = None, need: Need = "shoppers"
) -> dict[str, Value]:
    """Work out the outcomes of a record; those that do not exist are ``None``.

    Parameters
    ----------
    record
        What was booked.
    own
        Outcomes besides the package's; those of this session if not given.
    need
        What the run was asked to have: without shoppers, outcomes that need them are left out.
    """
    asked = met(OUTCOMES if own is None else with_own(own), need)
    closed = ClosedRecord.of(record)  # once: what several outcomes share is worked out once
    return {name: o.value(closed) for name, o in asked.items()}


def plain(value: Measured) -> Value:
    """Turn a numpy number into a plain one, -0.0 into 0.0, what is not a number into ``None``."""
    number = math.nan if value is None else float(value) + 0.0
    return number if math.isfinite(number) else None
