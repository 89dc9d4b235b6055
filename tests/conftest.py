"""What every test runs under."""

import os
import sys
from pathlib import Path

import pytest
from hypothesis import settings

# Workers and commands under test start a dozen Pythons, each of which would compile numba and
# mesa anew where Python is told to keep no bytecode: these keep theirs, beside pytest's own.
if sys.dont_write_bytecode:
    kept = Path(__file__).parents[1] / ".pytest_cache" / "bytecode"
    os.environ["PYTHONPYCACHEPREFIX"] = sys.pycache_prefix = str(kept)
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False

# Pictures are drawn without a screen; set before anything imports matplotlib.
os.environ["MPLBACKEND"] = "Agg"

# The same examples on every run, and no deadline: the first one may compile a kernel.
settings.register_profile("besiege", deadline=None, derandomize=True)
settings.load_profile("besiege")


def pytest_configure(config):
    """Let ``--hypothesis-seed`` draw other examples, which a derandomised profile would ignore."""
    if config.getoption("--hypothesis-seed", None) is not None:
        settings.register_profile("seeded", settings.get_profile("besiege"), derandomize=False)
        settings.load_profile("seeded")


class Undrawn:
    """Stands for the picture of a run, which takes a second to draw."""

    def savefig(self, path, **_options):
        """Leave an empty file in its place."""
        Path(path).write_bytes(b"")


@pytest.fixture
def undrawn(monkeypatch):
    """Leave the pictures of runs undrawn: they are drawn, and looked at, elsewhere."""
    monkeypatch.setattr("sim.figures.plots.siege_figure", lambda *_record: Undrawn())
