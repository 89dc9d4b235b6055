"""The curves that rules share."""

import pytest

from sim.core.curves import sigmoid


@pytest.mark.parametrize(("tie", "expected"), [(True, 1.0), (False, 0.0)])
def test_at_no_noise_the_tie_decides_at_zero(tie, expected):
    assert sigmoid(0.0, 0.0, tie) == expected
