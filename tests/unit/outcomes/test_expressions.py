"""The expressions of facts tables, on a record made by hand."""

import numpy as np
import pytest

from sim.core.units import BesiegeError, Phase, Tactic
from sim.outcomes.expressions import FORMS, Expression, check, evaluate, parse
from sim.outcomes.outcomes import OUTCOMES, measure
from sim.outcomes.record import SERIES, NextYear, Renewal, empty

HOURS = 48


@pytest.fixture
def record():
    """Two days of three stores: the crowd climbs by a hundred an hour, the attack starts at 20."""
    r = empty(
        HOURS, np.full(5, 100.0), np.full(3, 0.2), np.full(3, 1.0), 0.03, np.array([0.1]), 90.0
    )
    r.hours = HOURS
    r.series["online"][:] = 100.0 * np.arange(HOURS)
    r.series["queue_wait"][:] = np.nan
    r.series["queue_wait"][[10, 12]] = 1.0, 3.0
    r.series["phase"][20:] = Phase.ATTACK
    r.actions[20:, 1, Tactic.BAD_REVIEW] = 50.0
    year = NextYear(1e6, 1e5, 0.0, 0.0, 0.0, 0.25, 0.125)
    none = np.zeros(0, np.int8)
    r.renewal = Renewal(year, year, none, none, np.zeros(1), np.zeros(1))
    return r


VALUES = [
    ("at(online, 0)", 0.0),
    ("at(online, 47)", 4700.0),
    ("min(online, 10, 20)", 1000.0),
    ("max(online, 10, 20)", 1900.0),
    ("mean(online, 10, 20)", 1450.0),
    ("sum(online, 10, 12)", 2100.0),
    ("p05(online, 10, 31)", 1100.0),
    ("p95(online, 10, 31)", 2900.0),
    ("p95(online, 0, 2)", 95.0),
    ("  mean ( online ,10,  20 )  ", 1450.0),
    ("at(queue_wait, 12)", 3.0),
    ("mean(queue_wait, 0, 48)", 2.0),
    ("sum(queue_wait, 11, 48)", 3.0),
    ("peak_online", 4700.0),
    ("hour_first_attack", 20.0),
    ("until(peak_online, 24)", 2300.0),
    ("until(cum_bad_reviews, 21)", 50.0),
    ("until(hours_attack, 48)", 28.0),
    ("share_sellers_leaving", 0.25),
    ("until(share_sellers_leaving, 48)", 0.25),
]


@pytest.mark.parametrize(("text", "value"), VALUES)
def test_an_expression_is_read_off_the_record(record, text, value):
    assert evaluate(text, record) == pytest.approx(value)


def test_a_value_is_a_plain_number(record):
    assert {type(evaluate(text, record)) for text, _ in VALUES} == {float}


@pytest.mark.parametrize(
    "text",
    [
        "at(online, 48)",
        "max(online, 40, 49)",
        "until(peak_online, 49)",
        "at(queue_wait, 11)",
        "mean(queue_wait, 13, 48)",
        "hour_truce",
        "until(hour_first_attack, 20)",
        "until(share_sellers_leaving, 24)",
        "until(platform_loss, 24)",
    ],
)
def test_what_the_record_does_not_hold_has_no_value(record, text):
    assert evaluate(text, record) is None


def test_hours_that_have_not_run_are_beyond_the_record(record):
    record.hours = 30
    assert evaluate("at(online, 30)", record) is None
    assert evaluate("at(online, 29)", record) == 2900.0
    assert evaluate("mean(online, 20, 31)", record) is None


def test_every_outcome_and_every_series_can_be_named(record):
    outcomes = measure(record)
    assert {name: evaluate(name, record) for name in OUTCOMES} == outcomes
    assert {name: evaluate(f"until({name}, 48)", record) for name in OUTCOMES} == outcomes
    for name in SERIES:
        assert evaluate(f"at({name}, 12)", record) is not None or name == "share_focal"


WRONG = [
    ("", '""', FORMS),
    ("at(online, 46", '"at(online, 46"', FORMS),
    ("at(online, 46) + 1", '"at(online, 46) + 1"', FORMS),
    ("max(at(online, 1), 2, 3)", '"max(at(online, 1), 2, 3)"', FORMS),
    ("__import__('os')", '"__import__"', "allowed at, until, min"),
    ("peak_onlin", '"peak_onlin"', "did you mean peak_online?"),
    ("online", '"online"', "at(online, hour)"),
    ("maxx(online, 1, 2)", '"maxx"', "did you mean max?"),
    ("median(online, 1, 2)", '"median"', "p05, p95, sum"),
    ("at(onlin, 46)", '"onlin"', "did you mean online?"),
    ("at(peak_online, 46)", '"peak_online"', "until(peak_online, hour)"),
    ("until(online, 46)", '"online"', "at(online, hour)"),
    ("until(peak_onlin, 46)", '"peak_onlin"', "did you mean peak_online?"),
    ("at(online)", '"at(online)"', "allowed at(series, hour)"),
    ("at(online, 1, 2)", '"at(online, 1, 2)"', "allowed at(series, hour)"),
    ("mean(online, 1)", '"mean(online, 1)"', "allowed mean(series, from, to)"),
    ("until(peak_online)", '"until(peak_online)"', "allowed until(outcome, hour)"),
    ("at(online, -1)", '"-1"', "a whole number of hours, 0 to 10000"),
    ("at(online, 4.5)", '"4.5"', "a whole number of hours"),
    ("at(online, ²)", '"²"', "a whole number of hours"),
    ("at(online, 10001)", '"10001"', "a whole number of hours"),
    ("at(online, )", '""', "a whole number of hours"),
    ("mean(online, 20, 20)", "given 20", "an hour after 20"),
    ("mean(online, 20, 10)", "given 10", "an hour after 20"),
    ("until(peak_online, 0)", "given 0", "an hour after 0"),
]


@pytest.mark.parametrize(("text", "given", "allowed"), WRONG)
def test_a_wrong_expression_is_refused_in_one_line_with_what_is_allowed(text, given, allowed):
    with pytest.raises(BesiegeError) as caught:
        check(text)
    said = str(caught.value)
    assert given in said
    assert allowed in said
    assert "\n" not in said


def test_an_expression_says_which_hours_it_looks_at():
    assert parse("at(online, 46)") == Expression("at", "online", 46, 47)
    assert parse("until(peak_online, 144)") == Expression("until", "peak_online", 0, 144)
    assert parse("peak_online").stop == 0
    assert parse("mean(phase, 3, 9)").series == "phase"
    assert parse("until(peak_online, 144)").series is None
