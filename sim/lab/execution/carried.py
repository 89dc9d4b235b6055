"""Outcomes of a user's own on their way to workers: by value, whatever file they stand in."""

import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache

import cloudpickle

from sim.core.units import BesiegeError
from sim.outcomes.outcomes import Outcome

_REGISTERING = threading.Lock()


def pack_outcomes(own: Mapping[str, Outcome]) -> bytes:
    """Turn outcomes into bytes that a worker reads without having the file they stand in.

    Raises
    ------
    BesiegeError
        If one holds what cannot leave this process, such as an open file.
    """
    if not own:
        return b""
    with _by_value(own):
        for name, outcome in own.items():
            try:
                cloudpickle.dumps(outcome)
            except Exception as error:
                said = f"{type(error).__name__}: {error}".partition("\n")[0]
                raise BesiegeError(
                    f"outcome: {name} cannot be sent to workers ({said}), allowed a function "
                    "that can be pickled, or one worker"
                ) from None
        packed: bytes = cloudpickle.dumps(dict(own))
    return packed


@contextmanager
def _by_value(own: Mapping[str, Outcome]) -> Iterator[None]:
    """Have functions of modules that only this process may know pickled with their code."""
    names = {getattr(o.work_out, "__module__", "__main__") for o in own.values()}
    modules = [sys.modules[n] for n in names if n in sys.modules and n != "__main__"]
    with _REGISTERING:  # cloudpickle has one list for the whole process
        known = cloudpickle.list_registry_pickle_by_value()
        ours = [m for m in modules if m.__name__ not in known]
        for module in ours:
            cloudpickle.register_pickle_by_value(module)
        try:
            yield
        finally:
            for module in ours:
                cloudpickle.unregister_pickle_by_value(module)


@lru_cache(maxsize=4)
def unpack_outcomes(packed: bytes) -> dict[str, Outcome]:
    """Read outcomes in a worker; those of the chunk before are still at hand.

    Raises
    ------
    BesiegeError
        If they need what this worker has not.
    """
    if not packed:
        return {}
    try:
        found: dict[str, Outcome] = cloudpickle.loads(packed)
    except Exception as error:
        said = f"{type(error).__name__}: {error}".partition("\n")[0]
        raise BesiegeError(
            f"worker: cannot load your own outcomes ({said}), allowed only what every worker "
            "can import or what is defined in the same file"
        ) from None
    return found
