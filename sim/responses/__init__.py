"""The measures a platform may take, by family, and responses of them (docs/odd.md, 7.9)."""

from sim.responses.conceding import *  # noqa: F403
from sim.responses.deterring import *  # noqa: F403
from sim.responses.measure import LIBRARY, Measure
from sim.responses.orders import IDLE, Orders, PlatformView, merge
from sim.responses.protecting import *  # noqa: F403
from sim.responses.protecting import found_share
from sim.responses.response import AnyMeasure, Response, measures
from sim.responses.talking import *  # noqa: F403
from sim.responses.trigger import Trigger

__all__ = [
    "IDLE", "AnyMeasure", "Measure", "Orders", "PlatformView", "Response", "Trigger",
    "found_share", "measures", "merge",
]  # fmt: skip
__all__ += [measure.__name__ for measure in LIBRARY.values()]


def __dir__() -> list[str]:
    return __all__
