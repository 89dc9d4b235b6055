"""Who joins and who leaves, row by row."""

import numpy as np
import pytest

from sim.rules.mobilisation import (
    Climate,
    MobilisationParameters,
    cause,
    efficacy,
    joining_chance,
    joins,
    left_to_chance,
    quits,
    quitting_chance,
    social_pull,
)
from sim.running.model import Siege


def test_a_step_rule_never_joins_and_quits_at_once():
    p = MobilisationParameters(noise=0.0, join_rate=1.0, quit_rate=1.0)
    for utility in (-1.0, 0.0, 1.0):
        assert joins(0.5, utility, 1.0, p) != quits(0.5, utility, 1.0, p)


def test_a_step_of_a_quarter_hour_has_a_quarter_of_the_hours_rates():
    hour, quarter = MobilisationParameters(), MobilisationParameters(substeps=4)
    assert joining_chance(0.3, 0.5, quarter) == joining_chance(0.3, 0.5, hour) / 4
    assert quitting_chance(0.3, 5.2, quarter) == quitting_chance(0.3, 5.2, hour) / 4


def test_social_pull_is_the_share_of_neighbours_or_of_everybody():
    assert social_pull(1, 1, 9, 9, False) == 1.0
    assert social_pull(3, 4, 9, 9, False) == 0.75
    assert social_pull(0, 0, 9, 9, False) == 0.0
    assert social_pull(3, 4, 1, 5, True) == 0.2
    assert social_pull(0, 0, 1, 1, True) == 1.0
    assert social_pull(0, 0, 0, 0, True) == 0.0


def test_efficacy_rises_with_the_crowd_and_falls_with_what_is_undone():
    p = MobilisationParameters(efficacy_floor=0.2, efficacy_half=100.0, cause_full=0.5)
    assert efficacy(0.0, 0.0, p) == pytest.approx(0.2)
    assert efficacy(100.0, 0.0, p) == pytest.approx(0.6)
    assert efficacy(300.0, 0.5, p) == pytest.approx(0.4)
    assert [cause(h, p) for h in (0.0, 0.25, 0.5, 0.9)] == [0.0, 0.5, 1.0, 1.0]
    assert cause(0.0, p._replace(cause_full=0.0)) == 1.0


def test_chances_to_join_and_to_quit_are_rates_times_factor_times_the_logistic():
    p = MobilisationParameters(join_rate=0.4, quit_rate=0.2, noise=0.5)
    assert joining_chance(0.0, 0.5, p) == pytest.approx(0.1)
    assert joining_chance(1.0, 1.0, p) == pytest.approx(0.4 / (1 + np.exp(-2.0)))
    assert quitting_chance(1.0, 2.0, p) == pytest.approx(0.4 / (1 + np.exp(2.0)))
    assert quitting_chance(-9.0, 40.0, p) == pytest.approx(1.0)


STEP = {"noise": 0.0, "join_rate": 1.0, "quit_rate": 1.0, "return_factor": 1.0}
CERTAIN = Climate(0.5, 0.5, 0.5, 0.5, 1.0, 1.0, 1.0, 1.0)


@pytest.mark.parametrize(
    ("fields", "weather", "expected"),
    [
        ({}, {}, False),
        ({"join_rate": 0.0, "quit_rate": 0.0}, {"presence": 0.0}, False),
        ({"noise": 0.1}, {}, True),
        ({"join_rate": 0.9}, {}, True),
        ({"quit_rate": 0.9}, {}, True),
        ({"return_factor": 0.9}, {}, True),
        ({"substeps": 2}, {}, True),
        ({}, {"join_factor": 0.9}, True),
        ({}, {"quit_factor_sellers": 0.9}, True),
        ({}, {"quit_factor_onlookers": 0.9}, True),
        ({}, {"presence": 0.9}, True),
    ],
)
def test_numbers_are_drawn_where_any_probability_is_neither_0_nor_1(fields, weather, expected):
    p = MobilisationParameters(**{**STEP, **fields})
    assert left_to_chance(CERTAIN._replace(**weather), p) is expected


def test_where_nothing_is_left_to_chance_the_crowd_is_the_one_that_draws_all_the_same():
    certain = {
        "scale": 0.01,
        "hours": 40,
        "mobilisation.presence_power": 0.0,
        "mobilisation.presence_top": 1.0,
        "mobilisation.quit_factor_gather": 1.0,
        **{f"mobilisation.{name}": value for name, value in STEP.items()},
    }
    drawing = certain | {"mobilisation.return_factor": 1.0 - 1e-12}
    one, other = (Siege("small", seed=2, **changes).run() for changes in (certain, drawing))
    assert not left_to_chance(one.world.climate, one.scenario.mobilisation)
    assert left_to_chance(other.world.climate, other.scenario.mobilisation)
    for column in ("stance", "online", "utility", "hours_in"):
        assert np.array_equal(getattr(one.world.crowd, column), getattr(other.world.crowd, column))
    assert one.hours.online.nunique() > 5
