"""Folders of the same sweep brought together."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from sim.core.units import BesiegeError
from sim.io.folders import prepare_folder, put_in_place, unwritable
from sim.lab.storage.parts import TABLES, all_parts, parts_of
from sim.lab.storage.store import SweepFolder, write_manifest


def merge(folders: Sequence[str | Path], out: str | Path) -> SweepFolder:
    """Copy the parts of several folders into one; a run that several hold is read once.

    Raises
    ------
    BesiegeError
        If a folder is none, is damaged, or holds another sweep than the first.
    """
    stores = [SweepFolder(folder) for folder in folders]
    if not stores:
        raise BesiegeError("merge: given no folder, allowed at least one")
    first = stores[0]
    for store in stores:
        for field in ("base", "model_version"):
            if store.manifest[field] != first.manifest[field]:
                raise BesiegeError(f"{store.folder}: contains a different sweep from {first.folder} ({field})")  # fmt: skip
        store.check(all_parts(store.folder))
    target = prepare_folder(out)
    try:
        for name in ("spec.toml", "scenario.toml", "columns.json"):
            shutil.copyfile(first.folder / name, target / name)
        for store in reversed(
            stores
        ):  # where two have a module of one name, the first one's counts
            for file in (*store.folder.glob("*.py"), *store.folder.glob("graph-*.csv")):
                shutil.copyfile(file, target / file.name)
        for i, store in enumerate(stores, 1):
            _copy_parts(store.folder, target, f"m{i}-")
        write_manifest(target, first.manifest)
    except OSError as error:
        raise unwritable(target, error) from None
    return SweepFolder(target)


def _copy_parts(source: Path, target: Path, prefix: str) -> None:
    for table in TABLES:
        (target / table).mkdir(exist_ok=True)
        for part in parts_of(source, table):
            half = target / table / f"{prefix}{part.name}.part"
            shutil.copyfile(part, half)
            put_in_place(half, half.with_suffix(""))
