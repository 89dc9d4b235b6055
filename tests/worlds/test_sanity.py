"""What must come out of the model and is not put in, on small ensembles (issue 5, item 7)."""

import pytest

from sim import Scenario, compare
from sim.responses import Response, Trigger

pytestmark = pytest.mark.slow

WORLD = Scenario.load("taobao-2011").but(scale=0.05)
RUNS = 10
FIRST = Trigger(hours_after_first_attack=1)


def of(name, *given):
    return Response(name=name, measures=tuple({"trigger": FIRST, **one} for one in given))


PUNISH = of("punish", {"kind": "punish-sellers", "checked_per_day": 1.0, "false_positive_share": 0.02})  # fmt: skip
CONCEDE = "concede@48"


@pytest.fixture(scope="module")
def differences():
    policies = ["silence", "protect", "protect-and-talk", "deter", CONCEDE, PUNISH]
    c = compare(policies, scenario=WORLD, runs=RUNS, workers=2)
    return c.differences.set_index(["policy", "outcome"])


def rises(differences, policy, outcome):
    return differences.loc[(policy, outcome), "low"] > 0


def falls(differences, policy, outcome):
    return differences.loc[(policy, outcome), "high"] < 0
