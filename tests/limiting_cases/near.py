"""How close a sampled number must come."""


def assert_near(estimate, expected, most=0.05):
    """Hold an estimate to three of its own standard errors, and those to a share of the number."""
    assert 0 < estimate.error < most * max(abs(expected), 0.1), estimate
    assert abs(estimate - expected) < 3 * estimate.error, (estimate, expected)
