"""A file that cannot be written whole is not there at all, and the reason is the system's."""

import errno
import os
from contextlib import contextmanager

import numpy as np
import pandas as pd
import pytest

from sim.core.units import BesiegeError
from sim.io import parquet
from sim.lab.storage.parts import write_part

resource = pytest.importorskip("resource")
TABLE = pd.DataFrame({"a": np.random.default_rng(1).random(20_000)})


@contextmanager
def files_of_at_most(size):
    """Let the system refuse what makes a file larger, as a full disk would."""
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, usual[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)


def test_a_table_that_does_not_fit_leaves_no_half_and_the_old_one_stands(tmp_path):
    path = tmp_path / "x.parquet"
    parquet.write(TABLE.head(3), path)
    with files_of_at_most(20_000), pytest.raises(OSError, match="File too large") as refused:
        parquet.write(TABLE, path)
    assert refused.value.errno == errno.EFBIG
    assert os.listdir(tmp_path) == ["x.parquet"]
    assert len(parquet.read(path)) == 3


def test_a_part_that_does_not_fit_is_one_clear_line(tmp_path):
    said = rf"^--out: {tmp_path} cannot be written \(File too large\); finished runs are kept"
    with files_of_at_most(20_000), pytest.raises(BesiegeError, match=said) as refused:
        write_part(TABLE, tmp_path / "x", {})
    assert "exception_type" not in str(refused.value)
    assert not os.listdir(tmp_path)
