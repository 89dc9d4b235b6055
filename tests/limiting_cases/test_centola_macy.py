"""Centola and Macy (2007): complex contagion round a ring lattice."""

import pytest

from sim import limiting_cases
from sim.core.units import BesiegeError
from sim.limiting_cases import crowd

STEPS = [
    (4, 1, 250), (4, 2, 499), (4, 3, None),
    (8, 1, 125), (8, 2, 167), (8, 3, 249), (8, 4, 497), (8, 5, None),
]  # fmt: skip


@pytest.mark.parametrize(("degree", "a", "steps"), STEPS)
def test_a_contagion_takes_its_steps_round_the_ring_or_stops(degree, a, steps):
    assert limiting_cases.centola_macy(1000, degree, a) == steps


def test_a_count_that_must_be_exceeded_is_the_next_one_met():
    for a in (1, 2, 3):
        exceeded = limiting_cases.centola_macy(200, 8, a, n_seeds=4, tie=False)
        assert exceeded == limiting_cases.centola_macy(200, 8, a + 1, n_seeds=4)


def test_too_few_adjacent_seeds_set_nothing_off():
    assert limiting_cases.centola_macy(100, 6, 2, n_seeds=1) is None
    assert limiting_cases.centola_macy(100, 6, 2, n_seeds=100) == 0


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ((1000, 3, 1), "degree: given 3, allowed an even number from 2 to 200"),
        ((8, 8, 1), "degree: given 8, allowed an even number from 2 to 6"),
        ((1000, 4, 0), "a: given 0, allowed a whole number from 1 to 200"),
    ],
)
def test_arguments_out_of_range_are_refused_in_one_line(given, said):
    with pytest.raises(BesiegeError) as error:
        limiting_cases.centola_macy(*given)
    assert str(error.value).startswith(said)


def test_a_contagion_beyond_the_longest_horizon_is_an_error_and_no_number(monkeypatch):
    monkeypatch.setattr(crowd, "LONGEST", 20)
    assert limiting_cases.centola_macy(81, 4, 1) == 20
    with pytest.raises(BesiegeError, match=r"^steps: still spreading after 20, allowed"):
        limiting_cases.centola_macy(85, 4, 1)
