"""How close a sampled number must come."""


def assert_near(estimate, expected, errors=3.0):
    """Hold an estimate to three of its own standard errors, and those to be of use."""
    assert 0 < estimate.error < 0.05 * max(abs(expected), 0.1), estimate
    assert abs(estimate - expected) < errors * estimate.error, (estimate, expected)
