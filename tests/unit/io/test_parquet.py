"""A table that cannot be written whole is not there at all, and the reason is the system's."""

import errno
import os

import pandas as pd
import pytest

from sim.core.units import BesiegeError
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


NAMES = ["seed=7", "run=9/seed=3", "[a]", "a*b", "a?b", "aXb", "{x,y}", "o'clock", "a]b", "[!a]", "**", "~", "x\\y"]  # fmt: skip


def test_a_table_is_read_as_it_was_written_whatever_its_folder_is_called(tmp_path):
    paths = []
    for i, name in enumerate(NAMES):
        (tmp_path / name).mkdir(parents=True)
        paths.append(tmp_path / name / "runs.parquet")
        parquet.write_in_place(pd.DataFrame({"seed": [i], "run": [0]}), paths[-1], f"note {i}")
    for i, path in enumerate(paths):
        assert parquet.read(path).to_dict("records") == [{"seed": i, "run": 0}]
        assert parquet.read_notes([path]) == {path: f"note {i}"}
    assert set(parquet.read_notes(paths)) == set(paths)


@pytest.mark.parametrize(
    ("content", "why"),
    [(None, "cannot be read"), (b"", "damaged"), (b"PAR1" * 20, "damaged"), ("folder", "damaged")],
)
def test_a_table_that_is_lost_or_damaged_is_named_in_one_line(content, why, tmp_path):
    path = tmp_path / "runs.parquet"
    if content == "folder":
        path.mkdir()
    elif content is not None:
        path.write_bytes(content)
    with pytest.raises(BesiegeError, match=rf"runs\.parquet: {why}[^\n]*$"):
        parquet.read(path)


def test_a_columns_name_may_hold_any_sign(tmp_path):
    names = ['a"b', "a'b", "a.b", "[x]", "a b", "é", '"']
    table = pd.DataFrame({name: [float(i), float("nan")] for i, name in enumerate(names)})
    parquet.write(table, tmp_path / "x.parquet")
    assert parquet.read(tmp_path / "x.parquet").equals(table)
