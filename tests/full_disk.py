"""A disk that is full: the system refuses what makes a file larger."""

from contextlib import contextmanager

import numpy as np
import pandas as pd
import pytest

resource = pytest.importorskip("resource")
TABLE = pd.DataFrame({"a": np.random.default_rng(1).random(20_000)})
"""Larger, as a file, than what the tests allow."""


@contextmanager
def files_of_at_most(size):
    """Let the system refuse what makes a file larger, as a full disk would."""
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, usual[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)
