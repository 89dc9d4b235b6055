"""Whom the platform calls, and what a call does."""

import numpy as np
import pytest

from sim.core.chance import AT_CREATION, key_of, unit, words
from sim.rules import persuasion

KEY = key_of(12)


def test_a_call_takes_a_share_of_distrust_or_of_trust():
    assert persuasion.after_a_call(0.4, 0.5, False) == pytest.approx(0.7)
    assert persuasion.after_a_call(0.4, 0.5, True) == pytest.approx(0.2)


def test_sellers_are_called_in_the_order_of_their_lottery_numbers_each_once():
    legitimacy = np.full(200, 0.5, np.float32)
    persuasion.call(KEY, 0.2, 0.6, 0.5, 0.3, legitimacy)
    for i, view in enumerate(legitimacy.tolist()):
        _w0, lot, fate, _w3 = (unit(w) for w in words(KEY, 23, AT_CREATION, i, 0))
        moved = 0.25 if fate < 0.3 else 0.75
        assert view == (moved if 0.2 <= lot < 0.6 else 0.5)
    assert len(set(legitimacy.tolist())) == 3
