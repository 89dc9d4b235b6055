"""Besiege: when sellers rise against a marketplace.

The public names are loaded on first use, so that the command line answers at once.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim import lab as lab
    from sim import limiting_cases as limiting_cases
    from sim.comparing.comparison import Comparison, compare
    from sim.core.units import BesiegeError
    from sim.lab.hindcast import Hindcast, hindcast
    from sim.lab.sweep import sweep
    from sim.running.loop import STAGES, Stage
    from sim.running.model import Siege
    from sim.running.run import RunResult, run
    from sim.scenario.scenario import Scenario
    from sim.version import MODEL_VERSION, __version__

_HOME = {
    "BesiegeError": "sim.core.units",
    "Comparison": "sim.comparing.comparison",
    "Hindcast": "sim.lab.hindcast",
    "MODEL_VERSION": "sim.version",
    "STAGES": "sim.running.loop",
    "RunResult": "sim.running.run",
    "Scenario": "sim.scenario.scenario",
    "Siege": "sim.running.model",
    "Stage": "sim.running.loop",
    "__version__": "sim.version",
    "compare": "sim.comparing.comparison",
    "hindcast": "sim.lab.hindcast",
    "run": "sim.running.run",
    "sweep": "sim.lab.sweep",
}

__all__ = [
    "MODEL_VERSION",
    "STAGES",
    "BesiegeError",
    "Comparison",
    "Hindcast",
    "RunResult",
    "Scenario",
    "Siege",
    "Stage",
    "__version__",
    "compare",
    "hindcast",
    "run",
    "sweep",
]


if not TYPE_CHECKING:  # to a type checker, a name that is not listed above is a mistake

    def __getattr__(name: str) -> Any:
        if name in _HOME:
            return getattr(import_module(_HOME[name]), name)
        if name in {
            "limiting_cases",
            "lab",
        }:  # packages of their own, there without an import of one's own
            return import_module(f"sim.{name}")
        raise AttributeError(f"module 'sim' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
