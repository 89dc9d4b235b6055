"""A part of a sweep's results that cannot be written whole is not there at all."""

import os

import pytest

from sim.core.units import BesiegeError
from sim.lab.storage.parts import write_part
from tests.full_disk import TABLE, files_of_at_most


def test_a_part_that_does_not_fit_is_one_clear_line(tmp_path):
    said = rf"^--out: {tmp_path} cannot be written \(File too large\); finished runs are kept"
    with files_of_at_most(20_000), pytest.raises(BesiegeError, match=said) as refused:
        write_part(TABLE, tmp_path / "x", {})
    assert "exception_type" not in str(refused.value)
    assert not os.listdir(tmp_path)
