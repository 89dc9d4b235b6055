"""What tests of the setup begin with: no graph that was built before, and edge lists."""

import pytest

from sim.setup import graph


@pytest.fixture(autouse=True)
def _nothing_is_built_yet():
    graph._built.clear()


@pytest.fixture
def edge_list(tmp_path):
    def write(text, encoding="utf-8"):
        path = tmp_path / "ties.csv"
        path.write_bytes(text.encode(encoding))
        return path

    return write
