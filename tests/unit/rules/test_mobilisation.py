"""Who joins and who leaves, row by row."""

import numpy as np
import pytest

from sim.core.calendar import presence_shape
from sim.core.units import Role, Stance
from sim.rules.crossing import left_to_chance
from sim.rules.mobilisation import (
    Climate,
    MobilisationParameters,
    cause,
    deterrence,
    efficacy,
    freshness,
    joining_chance,
    joining_factor,
    joins,
    presence,
    quits,
    quitting_chance,
    quitting_factor,
    social_pull,
    utility_terms,
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


def test_others_turnout_raises_efficacy_to_1_or_leaves_it_or_brings_it_down_to_0():
    p = MobilisationParameters(efficacy_floor=0.2, efficacy_half=100.0)
    found = [
        efficacy(300.0, 0.0, p._replace(turnout_effect=w)) for w in (1.0, 0.5, 0.0, -0.5, -1.0)
    ]
    assert found == pytest.approx([0.8, 0.5, 0.2, 0.125, 0.05])
    crowd = [efficacy(n, 0.0, p._replace(turnout_effect=-1.0)) for n in (0.0, 50.0, 1e7)]
    assert crowd == pytest.approx([0.2, 0.4 / 3, 0.0], abs=1e-5)


def test_a_sanction_deters_beyond_its_threshold_alone():
    p = MobilisationParameters(risk_threshold=0.4)
    assert [deterrence(s, p) for s in (0.0, 0.4, 0.7, 1.0)] == pytest.approx([0.0, 0.0, 0.5, 1.0])
    assert deterrence(0.35, p._replace(risk_threshold=0.0)) == 0.35
    climate = CERTAIN._replace(sanction=0.7)
    terms = utility_terms(0.0, 0.0, 0.0, 0.0, 0.5, 0.0, climate, p._replace(weight_risk=2.0))
    assert terms.risk == pytest.approx(-2.0 * 0.5 * 0.5)


def test_a_call_moves_those_whom_the_fees_hurt_and_fades():
    p = MobilisationParameters(weight_call=2.0, call_memory=10.0)
    assert [freshness(h, p) for h in (-1, 0, 10, 20)] == pytest.approx(
        [0.0, 1.0, *np.exp([-1, -2])]
    )
    climate = CERTAIN._replace(call=0.5)
    called = [utility_terms(h, 0.0, 0.0, 0.0, 0.0, 0.0, climate, p).call for h in (0.0, 0.4)]
    assert called == pytest.approx([0.0, 2.0 * 0.4 * 0.5])


def test_in_a_muster_those_who_take_sides_join_faster_but_never_for_certain_without_wanting():
    p = MobilisationParameters(join_rate=0.1, return_factor=0.5, noise=0.2)
    climate = CERTAIN._replace(join_factor=0.5, muster_factor=4.0)
    factors = {role: joining_factor(Stance.OUTSIDE, role, climate, p) for role in Role}
    assert factors == {
        Role.SELLER: 2.0, Role.SYMPATHISER: 2.0, Role.CURIOUS: 0.5, Role.REPORTER: 0.5
    }  # fmt: skip
    assert joining_factor(Stance.QUIT, Role.SELLER, climate, p) == 1.0
    assert joining_chance(0.0, 100.0, p) == 0.5  # at most the logistic


def test_the_restless_quit_sooner_and_by_their_own_factor():
    climate = CERTAIN._replace(quit_factor_sellers=1.0, quit_factor_onlookers=5.0)
    assert quitting_factor(True, 0.3, climate) == 0.3
    assert quitting_factor(False, 0.3, climate) == 1.5


def test_presence_is_flat_above_its_knee_and_at_1_follows_the_day():
    shape = presence_shape()
    p = MobilisationParameters(presence_top=0.8, presence_power=0.5, presence_knee=0.7)
    day = [presence(shape, h, p) for h in range(24)]
    assert [h for h in range(24) if day[h] == 0.8] == [0, *range(10, 24)]
    assert day[4] == pytest.approx(0.8 * (0.22 / 0.7) ** 0.5)
    plain = p._replace(presence_knee=1.0)
    assert [presence(shape, h, plain) for h in range(24)] == pytest.approx(0.8 * shape**0.5)


STEP = {
    "noise": 0.0,
    "staying_shape": 0.0,
    "join_rate": 1.0,
    "quit_rate": 1.0,
    "return_factor": 1.0,
}
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
        ({"staying_shape": 0.8}, {}, True),
        ({"join_rate": 0.0, "staying_shape": 0.8}, {}, True),
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
        "attention.announcement": 2.0,
        "population.onlooker_threshold_mean": 0.9,
        **{f"mobilisation.{name}": value for name, value in STEP.items()},
    }
    drawing = certain | {"mobilisation.return_factor": 1.0 - 1e-12}
    one, other = (Siege("small", seed=2, **changes).run() for changes in (certain, drawing))
    assert not left_to_chance(one.world.climate, one.scenario.mobilisation)
    assert left_to_chance(other.world.climate, other.scenario.mobilisation)
    for column in ("stance", "online", "utility", "hours_in"):
        assert np.array_equal(getattr(one.world.crowd, column), getattr(other.world.crowd, column))
    assert one.hours.online.nunique() > 5
