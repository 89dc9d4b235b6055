"""How views of the platform move."""

import pytest

from sim.rules import beliefs
from sim.rules.beliefs import BeliefParameters, Events


def test_legitimacy_falls_by_silence_and_punishment_and_rises_by_answers_and_innocents():
    p = BeliefParameters(
        unanswered=0.1, backlash=0.2, answered=0.3, sanction_speed=0.25, neighbours=0.4
    )
    assert beliefs.next_legitimacy(0.5, 0.0, Events(1.0, 0.0, 0.0, 0.0), p) == pytest.approx(0.45)
    assert beliefs.next_legitimacy(0.5, 0.0, Events(0.0, 0.5, 0.0, 0.0), p) == pytest.approx(0.45)
    assert beliefs.next_legitimacy(0.6, 0.0, Events(0.0, 0.0, 0.5, 0.0), p) == pytest.approx(0.66)
    assert beliefs.next_legitimacy(0.6, 0.5, Events(0.0, 0.0, 0.0, 0.5), p) == pytest.approx(0.7)
    assert beliefs.next_legitimacy(0.5, 9.0, Events(0.0, 0.0, 0.0, 1.0), p) == 1.0
    assert beliefs.next_sanction(0.2, 1.0, p) == pytest.approx(0.4)
    assert beliefs.mixed_view(0.5, 1.0, p) == pytest.approx(0.7)
