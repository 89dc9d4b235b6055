"""Calls from Python that are wrong, said in one line: unknown keywords, counts that are none."""

import functools
import inspect
import os
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Executor
from typing import Any

import numpy as np

from sim.core.quoting import format_value, nearest_name
from sim.core.units import BesiegeError
from sim.scenario.scenario import Scenario

_KINDS: dict[str, tuple[Any, str]] = {
    "responses": (Iterable, "a list of responses"),
    "out": ((str, os.PathLike), "the path of a folder"),
    "facts": ((str, os.PathLike), "the path of a facts table"),
    "progress": (Callable, "a function of the number done and the number in all"),
    "executor": ((Callable, Executor), "an executor, or a function that makes one"),
    "own": (Mapping, "a table of outcomes by name"),
}
"""What arguments may be that every function takes alike."""


def said_in_words[**P, R](function: Callable[P, R]) -> Callable[P, R]:
    """Refuse a keyword that a function does not have, and name the nearest that it has.

    Where a function takes changes of the scenario (``**changes``), the fields of a scenario are
    its keywords as well.
    """
    signature = inspect.signature(function)
    kinds = {p.kind for p in signature.parameters.values()}
    own = [
        name
        for name, p in signature.parameters.items()
        if name != "self" and p.kind in {p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY}
    ]
    takes_changes = inspect.Parameter.VAR_KEYWORD in kinds
    said = function.__qualname__.removesuffix(".__init__")

    @functools.wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        fields = list(Scenario.model_fields) if takes_changes else []
        for name in kwargs:
            if name in own or name.partition(".")[0].partition("[")[0] in fields:
                continue
            near = nearest_name(name, [*own, *fields])
            hint = f"; did you mean {near}?" if near else ""
            more = ", or a field of the scenario" if takes_changes else ""
            raise BesiegeError(
                f"{said}: given the keyword {format_value(name)}, allowed {', '.join(own)}{more}{hint}"
            )
        try:
            bound = signature.bind(*args, **kwargs).arguments
        except TypeError as error:
            raise BesiegeError(f"{said}: {error}") from None
        for name in bound.keys() & _KINDS:
            kind, allowed = _KINDS[name]
            may_be_none = signature.parameters[name].default is None
            if not (isinstance(bound[name], kind) or (may_be_none and bound[name] is None)):
                raise BesiegeError(f"{name}: given {format_value(bound[name])}, allowed {allowed}")
        return function(*args, **kwargs)

    return call


MOST = 1_000_000_000
"""No count is larger: it would be a slip of the keyboard."""


def check_count(name: str, given: Any) -> int:
    """Return a count as it is.

    Raises
    ------
    BesiegeError
        If it is no whole number of at least 1.
    """
    if isinstance(given, bool) or not isinstance(given, int | np.integer) or given < 1:
        raise BesiegeError(
            f"{name}: given {format_value(given)}, allowed a whole number of at least 1"
        )
    if given > MOST:
        raise BesiegeError(f"{name}: given {format_value(given)}, allowed at most {MOST:_}")
    return int(given)
