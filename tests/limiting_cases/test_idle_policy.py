"""A measure of strength 0, or that never begins, is not there at all."""

import pytest

from sim import limiting_cases
from sim.core.units import BesiegeError
from sim.limiting_cases.worlds import differing
from sim.responses import measures
from tests.small_worlds import SMALL, begun

WORLD = {**SMALL, "scale": 0.005, "hours": 84}
# Every measure is held to this in tests/contract/test_measures.py; here the function is.
KINDS = sorted(measures())[::4]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("idle", ["strength", "trigger"])
def test_an_idle_measure_leaves_the_run_as_it_was_bit_for_bit(kind, idle):
    given = {"kind": kind, "cost_per_hour": 1e6, "trigger": {"hour": 0}}
    assert limiting_cases.idle_policy(given, "taobao-2011", 3, idle=idle, **WORLD) == []


def test_the_comparison_sees_a_measure_that_is_not_idle():
    throttle = {"kind": "throttle", "trigger": {"hour": 50}, "false_positive_share": 0.2}
    one, other = (
        begun(3, scale=0.005, hours=84, response={"name": "r", "measures": taken}).run().record
        for taken in ([], [throttle])
    )
    assert {"orders", "series stopped"} <= set(differing(one, other))
    assert not differing(one, one)


def test_what_is_no_measure_is_refused_in_one_line():
    for given, said in (
        (("nonsense",), 'measure: given "nonsense", allowed arrest, close-channel'),
        (({"kind": "throttle", "separation": 99},), "response.measures"),
    ):
        with pytest.raises(BesiegeError) as error:
            limiting_cases.idle_policy(*given)
        assert str(error.value).startswith(said)
        assert "\n" not in str(error.value)
    with pytest.raises(BesiegeError, match=r'^idle: given "x", allowed strength or trigger$'):
        limiting_cases.idle_policy("throttle", idle="x")
