"""The floor against M/D/1 and M/D/1/K (docking.md), through the channel's own kernel."""

import numpy as np
import pytest

from sim.rules.channel import serve

SLOT = 60.0


def run_floor(rho, places, n, seed):
    """Offer n Poisson requests at load rho; return waits (s), share refused."""
    rng = np.random.default_rng(seed)
    asks = np.cumsum(rng.exponential(SLOT / rho, n))
    speaker = np.empty(n, np.int32)
    wait = np.empty(n)
    n_spoke, n_refused, _left, _longest = serve(
        asks[-1] + 1e9,
        SLOT,
        places,
        np.zeros(n, np.int32),
        asks,
        np.zeros(places, np.int32),
        np.zeros(places),
        np.zeros(1),
        0,
        speaker,
        wait,
    )
    assert n_spoke + n_refused == n
    return wait[:n_spoke], n_refused / n


@pytest.mark.parametrize(("rho", "expected"), [(0.5, 30.0), (0.8, 120.0), (0.9, 270.0)])
def test_mean_wait_is_that_of_m_d_1(rho, expected):
    wait, refused = run_floor(rho, 100_000, 400_000, 1)
    batches = wait[: wait.size // 40 * 40].reshape(40, -1).mean(axis=1)
    assert refused == 0.0
    assert abs(batches.mean() - expected) < 3 * batches.std(ddof=1) / np.sqrt(40)


@pytest.mark.parametrize(
    ("rho", "expected"), [(0.8, 0.03529), (0.9, 0.06436), (1.0, 0.10345), (1.2, 0.19915)]
)
def test_refusals_are_those_of_m_d_1_5(rho, expected):
    shares = [run_floor(rho, 4, 50_000, seed)[1] for seed in range(20)]
    assert abs(np.mean(shares) - expected) < 3 * np.std(shares, ddof=1) / np.sqrt(20)


def test_a_full_floor_of_501_refuses_half_at_twice_its_rate():
    wait, refused = run_floor(2.0, 500, 400_000, 3)
    assert refused == pytest.approx(0.5, abs=0.005)
    assert wait[20_000:].mean() / 3600 == pytest.approx(8.323, abs=0.02)
