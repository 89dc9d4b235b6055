"""The lab: many runs, designed, done by many workers, kept and learned from.

``sim.lab.open(DIR)`` opens the folder of a sweep, ``sim.lab.repeat(spec, key)`` does one of its
runs again, ``sim.lab.merge([DIR, …], OUT)`` brings the folders of shards together.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sim.lab.storage.store import SweepFolder
    from sim.lab.sweep import Specification
    from sim.running.run import RunResult


def open(folder: str | Path) -> "SweepFolder":
    """Open the folder of a sweep: ``.runs``, ``.failed``, ``.hours``, ``.timing``, ``.sql(…)``."""
    from sim.lab.storage.store import SweepFolder

    return SweepFolder(folder)


def repeat(spec: "Specification", key: str) -> "RunResult":
    """Do one run of a specification again."""
    from sim.lab.sweep import repeat

    return repeat(spec, key)


def merge(folders: Sequence[str | Path], out: str | Path) -> "SweepFolder":
    """Bring folders of the same sweep together, such as those of shards."""
    from sim.lab.storage.merging import merge

    return merge(folders, out)
