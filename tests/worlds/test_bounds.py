"""Every parameter at both ends of its range, one at a time: each account of the run still holds."""

import math

import pytest

from sim.scenario.scenario import Scenario
from sim.scenario.schema import fields_of
from tests.invariants import check_run
from tests.small_worlds import small_scenario

LEFT_OUT = (
    "hours",
    "scale",
    "announced",
    "population.n_",
    "response.",
    "graph.",
    "rivals[1]",
    "rivals[2]",
)
WORLD = {"scale": 0.002, "hours": 72, "announced": 2, "mobilisation__efficacy_half": 100.0}

# What must give way where the parts of a whole would be more than the whole.
GIVES_WAY = {
    "population.sympathiser_share": {"population.reporter_share": 0.0},
    "population.reporter_share": {"population.sympathiser_share": 0.0},
    "shopping.buy_mall": {"shopping.buy_rivals": 0.0},
    "shopping.buy_rivals": {"shopping.buy_mall": 0.001},
    "population.franchise_share": {"population.other_shop_share": 0.0},
    "population.other_shop_share": {"population.franchise_share": 0.0},
}


def ends_of(field):
    """Return the least and the largest value that a parameter may have."""
    low, high = field.low, field.high
    if field.low_excluded and low is not None:
        low = math.nextafter(low, math.inf)
    return [value for value in (low, high) if value is not None]


ENDS = {
    f"{field.path}={value:g}": (field.path, int(value) if field.type == "whole number" else value)
    for field in fields_of(Scenario.load("taobao-2011"))
    if field.type in {"number", "whole number"} and not field.path.startswith(LEFT_OUT)
    for value in ends_of(field)
}
ABOVE_A_LIMIT = {name: given for name, given in ENDS.items() if "e-" in name}
"""Those whose least value stands next to a limit that is not allowed, as 5e-324 does to 0."""


def run_at(path, value):
    check_run(small_scenario(**WORLD).replace({path: value, **GIVES_WAY.get(path, {})}), 1)


@pytest.mark.parametrize(("path", "value"), ABOVE_A_LIMIT.values(), ids=ABOVE_A_LIMIT)
def test_a_parameter_just_above_its_limit_leaves_every_account_whole(path, value):
    run_at(path, value)


@pytest.mark.slow
@pytest.mark.parametrize(("path", "value"), ENDS.values(), ids=ENDS)
def test_a_parameter_at_an_end_of_its_range_leaves_every_account_whole(path, value):
    run_at(path, value)
