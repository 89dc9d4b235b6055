"""Shared vocabulary: array types, enumerations and the annotation of a parameter."""

import math
from enum import IntEnum
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from pydantic import Field

type F64 = npt.NDArray[np.float64]
type F32 = npt.NDArray[np.float32]
type I64 = npt.NDArray[np.int64]
type I32 = npt.NDArray[np.int32]
type I8 = npt.NDArray[np.int8]
type I16 = npt.NDArray[np.int16]
type U64 = npt.NDArray[np.uint64]
type U32 = npt.NDArray[np.uint32]
type U8 = npt.NDArray[np.uint8]
type Bool = npt.NDArray[np.bool_]

N_CATEGORIES = 20
"""Trade categories of the mall (docs/odd.md, section 2)."""


class Named(IntEnum):
    """A code that is written by its name."""

    def __str__(self) -> str:
        return self.name


class Role(Named):
    """What a person of the crowd is."""

    SELLER = 0
    CURIOUS = 1
    SYMPATHISER = 2
    REPORTER = 3


class Shop(Named):
    """What kind of shop a seller has, by which deposits may go."""

    FLAGSHIP = 0  # or specialty: one brand's, its trademark registered
    FLAGSHIP_TM = 1  # the same, its trademark only applied for
    FRANCHISE = 2
    FRANCHISE_TM = 3
    OTHER = 4


class Stance(Named):
    """Where a person stands towards the protest."""

    OUTSIDE = 0
    MEMBER = 1
    ATTACKING = 2
    PAUSED = 3
    QUIT = 4


class Tactic(Named):
    """What an attacker does to a store."""

    PURCHASE = 0
    BAD_REVIEW = 1
    REFUSAL = 2
    CLICK = 3


class Phase(Named):
    """What the organisers have called for."""

    GATHER = 0
    ATTACK = 1
    TRUCE = 2
    ESCALATE = 3
    DISSOLVE = 4
    DIVERT = 5  # the call is to something other than the stores


CALLED = (Phase.ATTACK, Phase.ESCALATE, Phase.DIVERT)
"""Phases in which people are called to act."""

DEMANDING = (*CALLED, Phase.TRUCE)
"""Phases in which demands stand."""


class Motion(Named):
    """What a speaker asks the channel to do."""

    ATTACK = 0
    PAUSE = 1
    ESCALATE = 2
    DISSOLVE = 3


class Cause(Named):
    """Why a store lost money."""

    CLOSED = 0
    RATING = 1
    HANDLING = 2
    ADS = 3


class BesiegeError(ValueError):
    """Wrong input, said for a person: which field, what was given, what is allowed.

    Examples
    --------
    >>> import sim
    >>> try:
    ...     sim.run("small", scale=2)
    ... except sim.BesiegeError as error:
    ...     print(error)
    scale: given 2, allowed a number from 0.001 to 1 (share)
    """


class Prior(NamedTuple):
    """Where a parameter lies before any fact is looked at: uniform between two values.

    Where the two differ by a factor and not by an amount, it is the logarithm that is uniform.
    """

    low: float
    high: float
    is_log: bool = False

    def at(self, u: float) -> float:
        """Return the value at a share ``u`` (0-1) of the way through."""
        if self.is_log:
            return math.exp(math.log(self.low) * (1.0 - u) + math.log(self.high) * u)
        return self.low + u * (self.high - self.low)

    def share(self, value: float) -> float:
        """Return how far through the prior a value lies: 0-1 within it."""
        if self.is_log:
            return math.log(value / self.low) / math.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)


def parameter(
    description: str,
    *,
    unit: str,
    source: str = "assumed",
    ge: float | None = None,
    le: float | None = None,
    gt: float | None = None,
    prior: tuple[float, float] | None = None,
    log_prior: tuple[float, float] | None = None,
) -> Any:
    """Declare a parameter once: its meaning, unit, range and source.

    Parameters
    ----------
    description
        What it is, for people.
    unit
        Its unit; ``"1"`` for a pure number, ``"share"`` for a part of one.
    source
        Where the value comes from, or ``"assumed"``.
    ge, le, gt
        The range that is allowed, in the parameter's unit.
    prior
        Where it lies before any fact is looked at, for a parameter that a calibration may move:
        uniform between the two.
    log_prior
        The same for a parameter known by its order of magnitude: its logarithm is uniform.

    Returns
    -------
    pydantic.fields.FieldInfo
        To stand in ``Annotated[...]``.
    """
    told: dict[str, Any] = {"unit": unit, "source": source}
    if prior is not None:
        told["prior"] = list(prior)
    if log_prior is not None:
        told["log_prior"] = list(log_prior)
    return Field(
        ge=ge,
        le=le,
        gt=gt,
        allow_inf_nan=False,
        description=description,
        json_schema_extra=told,
    )
