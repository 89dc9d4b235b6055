"""Epstein (2002): active when grievance outweighs risk by more than T."""

import numpy as np
import pytest

from sim import limiting_cases
from sim.core.units import BesiegeError
from tests.limiting_cases.near import assert_near


@pytest.mark.parametrize(("legitimacy", "share"), [(0.80, 0.5000), (0.82, 0.4444)])
def test_without_officers_the_active_share_is_that_of_the_law(legitimacy, share):
    assert share == pytest.approx(1 - 0.1 / (1 - legitimacy), abs=5e-5)
    assert_near(limiting_cases.epstein(legitimacy, n=400_000), 1 - 0.1 / (1 - legitimacy))


def test_a_platform_that_all_respect_is_met_by_nobody():
    assert limiting_cases.epstein(0.9, n=10_000) == 0
    assert limiting_cases.epstein(1.0, n=10_000) == 0
    assert limiting_cases.epstein(0.0, threshold=-0.1, n=10_000) == 1


@pytest.mark.parametrize("sanction", [0.2, 0.7])
def test_those_who_fear_arrest_stay_at_home(sanction):
    """The share of the unit square of (H, R) in which 0.5 H - P R > 0.1."""
    r = (np.arange(200_000) + 0.5) / 200_000
    expected = np.clip(1 - (0.1 + sanction * r) / 0.5, 0, 1).mean()
    assert_near(limiting_cases.epstein(0.5, sanction=sanction, n=400_000), expected)


def test_arguments_out_of_range_are_refused_in_one_line():
    for given, said in (
        ({"legitimacy": 1.2}, "legitimacy: given 1.2, allowed 0 to 1"),
        ({"legitimacy": 0.5, "sanction": "high"}, 'sanction: given "high", allowed 0 to 1'),
    ):
        with pytest.raises(BesiegeError, match=said):
            limiting_cases.epstein(**given)
