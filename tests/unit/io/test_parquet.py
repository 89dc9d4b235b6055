"""A table that cannot be written whole is not there at all, and the reason is the system's."""

import errno
import os

import pytest

from sim.io import parquet
from tests.full_disk import TABLE, files_of_at_most


def test_a_table_that_does_not_fit_leaves_no_half_and_the_old_one_stands(tmp_path):
    path = tmp_path / "x.parquet"
    parquet.write(TABLE.head(3), path)
    with files_of_at_most(20_000), pytest.raises(OSError, match="File too large") as refused:
        parquet.write(TABLE, path)
    assert refused.value.errno == errno.EFBIG
    assert os.listdir(tmp_path) == ["x.parquet"]
    assert len(parquet.read(path)) == 3
