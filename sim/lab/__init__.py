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
    """Open the folder of a sweep: ``.runs``, ``.failed``, ``.hours``, ``.timing``, ``.sql(…)``.

    Examples
    --------
    >>> import sim
    >>> world = {"scale": 0.001, "hours": 2}
    >>> spec = {"name": "one", "scenario": "small", "runs": 2, "constants": world}
    >>> _ = sim.sweep(spec, out="runs/one", workers=1, quiet=True)
    >>> folder = sim.lab.open("runs/one")
    >>> folder.runs["seed"].tolist()
    [1, 2]
    """
    from sim.lab.storage.store import SweepFolder

    return SweepFolder(folder)


def repeat(spec: "Specification", key: str) -> "RunResult":
    """Do one run of a specification again.

    Examples
    --------
    >>> import sim
    >>> world = {"scale": 0.001, "hours": 2}
    >>> spec = {"name": "one", "scenario": "small", "runs": 2, "constants": world}
    >>> table = sim.sweep(spec, workers=1, quiet=True)
    >>> sim.lab.repeat(spec, table["key"][1])
    <RunResult small, seed 2, scale 0.001, 2 hours>
    """
    from sim.lab.sweep import repeat

    return repeat(spec, key)


def merge(folders: Sequence[str | Path], out: str | Path) -> "SweepFolder":
    """Bring folders of the same sweep together, such as those of shards.

    Examples
    --------
    >>> import sim
    >>> world = {"scale": 0.001, "hours": 2}
    >>> spec = {"name": "one", "scenario": "small", "runs": 2, "constants": world}
    >>> for i in (1, 2):
    ...     _ = sim.sweep(spec, out=f"runs/part-{i}", shard=(i, 2), workers=1, quiet=True)
    >>> whole = sim.lab.merge(["runs/part-1", "runs/part-2"], "runs/whole")
    >>> whole.runs["seed"].tolist()
    [1, 2]
    """
    from sim.lab.storage.merging import merge

    return merge(folders, out)
