"""Folders of the same sweep brought together."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from sim.folders import prepare_folder, unwritable
from sim.lab.store import TABLES, Store, check_parts
from sim.units import BesiegeError


def merge(folders: Sequence[str | Path], out: str | Path) -> Store:
    """Copy the parts of several folders into one; a run that several hold is read once.

    Raises
    ------
    BesiegeError
        If a folder is none, is damaged, or holds another sweep than the first.
    """
    stores = [Store(folder) for folder in folders]
    if not stores:
        raise BesiegeError("merge: given no folder, allowed is at least one")
    first = stores[0]
    for store in stores:
        for field in ("base", "model_version"):
            if store.manifest[field] != first.manifest[field]:
                raise BesiegeError(f"{store.folder}: holds another sweep than {first.folder} ({field})")  # fmt: skip
        for table in TABLES:
            check_parts(sorted((store.folder / table).glob("*.parquet")))
    target = prepare_folder(out)
    try:
        for name in ("spec.toml", "scenario.toml", "columns.json", "manifest.json"):
            shutil.copyfile(first.folder / name, target / name)
        for i, store in enumerate(stores, 1):
            _copy_parts(store.folder, target, f"m{i}-")
    except OSError as error:
        raise unwritable(target, error) from None
    return Store(target)


def _copy_parts(source: Path, target: Path, prefix: str) -> None:
    for table in TABLES:
        (target / table).mkdir(exist_ok=True)
        for part in (source / table).glob("*.parquet"):
            half = target / table / f"{prefix}{part.name}.part"
            shutil.copyfile(part, half)
            half.replace(half.with_suffix(""))
