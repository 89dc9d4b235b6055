"""What the limiting cases share: a world in which nothing stirs, and checked arguments."""

from typing import Any

import numpy as np

from sim.core.quoting import format_value
from sim.core.units import F64, BesiegeError
from sim.running.model import Siege
from sim.scenario.scenario import Scenario

LONGEST = 10_000
"""Hours of a world: the model's longest horizon."""

MECHANISMS_OFF: dict[str, dict[str, Any]] = {
    "persons differ in staying": {"mobilisation.staying_shape": 0.0},
    "call and muster": {"channel.muster_hours": 0},
    "presence flat by day": {"mobilisation.presence_knee": 1.0},
    "news loses novelty": {"attention.novelty": 0.0},
    "several targets": {"channel.first_targets": 1, "channel.targets": 1},
    "balking": {"channel.balking": 0.0},
    "a word is awaited": {"channel.await_hours": 0.0},
    "another target": {"channel.divert_after": float(LONGEST)},  # beyond the end of any run
    "threshold of deterrence": {"mobilisation.risk_threshold": 0.0},
    "turnout may discourage": {"mobilisation.turnout_effect": 1.0},
    "only hot goods run out": {"shopping.hot_share": 1.0},
}
"""What switches each mechanism off that a known law does not have, by its name.

With all of them off the model is the one of the textbooks; with one off it is an ablation
(``experiments/ablations.py``).
"""

STILL: dict[str, Any] = {
    "name": "limiting case",
    "scale": 1.0,
    "response": "silence",
    "rivals": [],
    "population.n_sellers": 0,
    "population.n_onlookers": 0,
    "population.n_consumers": 0,
    "population.n_stores": 1,
    "graph.family": "none",
    # a step without chance, and no term of the utility but the threshold
    "mobilisation.noise": 0.0,
    "mobilisation.weight_grievance": 0.0,
    "mobilisation.weight_social": 0.0,
    "mobilisation.weight_attention": 0.0,
    "mobilisation.weight_risk": 0.0,
    "mobilisation.join_rate": 1.0,
    "mobilisation.quit_rate": 0.0,
    "mobilisation.cause_full": 0.0,
    "mobilisation.efficacy_floor": 1.0,
    "mobilisation.presence_top": 1.0,
    "mobilisation.presence_power": 0.0,
    # nobody speaks and nothing is called for
    "channel.request_rate": 0.0,
    "channel.quorum": 1e6,
    **{path: off for switches in MECHANISMS_OFF.values() for path, off in switches.items()},
}
"""What is switched off or on, by path of the scenario, before a case adds its own."""


class Estimate(float):
    """A number that was sampled, with its standard error.

    Attributes
    ----------
    error
        Standard error, in the number's own unit.
    """

    error: float

    def __new__(cls, value: float, error: float) -> "Estimate":
        """Make a number that knows its error."""
        estimate = super().__new__(cls, value)
        estimate.error = float(error)
        return estimate

    def __getnewargs__(self) -> tuple[float, float]:  # type: ignore[override]
        return float(self), self.error

    def __repr__(self) -> str:
        return f"{float(self):.6g} ± {self.error:.2g}"


def still(seed: int, **changes: Any) -> Siege:
    """Found the world in which nothing stirs, with a case's own switches.

    Parameters
    ----------
    seed
        0 to 2**64 - 1.
    **changes
        Fields of the scenario; two underscores stand for a dot.
    """
    dotted = {path.replace("__", "."): value for path, value in changes.items()}
    return Siege(Scenario().replace({**STILL, **dotted}), seed=seed)


def number(name: str, given: Any, low: float, high: float, *, above: bool = False) -> float:
    """Return an argument as a number.

    Raises
    ------
    BesiegeError
        If it is none from ``low`` (if ``above``, beyond it) to ``high``.
    """
    numeric = isinstance(given, int | float | np.integer | np.floating)
    if not numeric or isinstance(given, bool) or not low <= given <= high or (
        above and given == low
    ):  # fmt: skip
        start = f"above {low:g}" if above else f"{low:g}"
        raise BesiegeError(f"{name}: given {format_value(given)}, allowed {start} to {high:g}")
    return float(given)


def whole(name: str, given: Any, low: int, high: int) -> int:
    """Return an argument as a whole number.

    Raises
    ------
    BesiegeError
        If it is none from ``low`` to ``high``.
    """
    if (
        not isinstance(given, int | np.integer)
        or isinstance(given, bool)
        or not low <= given <= high
    ):
        raise BesiegeError(
            f"{name}: given {format_value(given)}, allowed a whole number from {low} to {high}"
        )
    return int(given)


def ratio_of_sums(top: F64, bottom: F64, batches: int) -> Estimate:
    """Return a ratio of two sums over hours, with its batch-means standard error.

    Parameters
    ----------
    top, bottom
        By hour; what is left beyond whole batches is not used.
    batches
        Stretches of equal length, taken for independent.
    """
    size = top.size // batches
    over, under = (
        values[: size * batches].reshape(batches, size).sum(axis=1) for values in (top, bottom)
    )
    ratio = over.sum() / under.sum()
    error = (over - ratio * under).std(ddof=1) / np.sqrt(batches) / under.mean()
    return Estimate(ratio, error)
