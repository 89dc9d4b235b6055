"""What a sweep's folder is of, even when its manifest is lost; what is damaged in it set aside."""

from pathlib import Path
from typing import Any

import duckdb

from sim.core.units import BesiegeError
from sim.io import parquet
from sim.lab.design.identity import scenario_identity
from sim.lab.storage.parts import abouts, all_parts, damage_of, parts_of, set_aside
from sim.lab.storage.store import read_manifest
from sim.scenario.scenario import Scenario


def known_of(folder: Path) -> dict[str, Any]:
    """Say of which sweep a folder is, by its manifest and by every part; its parts are whole.

    Returns
    -------
    dict
        ``model_version``, ``base``, ``factors`` and ``keep_hours`` of what stands there; empty
        of a folder without parts and manifest.

    Raises
    ------
    BesiegeError
        If its parts are of two sweeps, or nothing says of which they are.
    """
    parts = all_parts(folder)
    told = abouts(parts)
    if (folder / "manifest.json").exists():
        known = read_manifest(folder)
    elif len(told) < len(parts):
        known = _by_its_scenario(folder)
    elif parts:
        known = _by_its_parts(list(told.values()))
    else:
        return {}
    for part, found in told.items():
        if (found["model_version"], found["base"]) != (known["model_version"], known["base"]):
            raise BesiegeError(
                f"--out: {part} belongs to a different sweep from the rest of {folder}, allowed parts "
                "of one sweep; move it elsewhere"
            )
    return known


def _by_its_parts(told: list[dict[str, Any]]) -> dict[str, Any]:
    """Bring together what parts say; the hours that were kept only ever become fewer."""
    factors: dict[str, Any] = {}
    for found in told:
        factors |= found["factors"]
    kept = set.intersection(*(set(found["keep_hours"]) for found in told))
    return told[0] | {"factors": factors, "keep_hours": sorted(kept)}


def _by_its_scenario(folder: Path) -> dict[str, Any]:
    """Go by the scenario that lies there, where parts of version 0.1 say nothing themselves."""
    try:
        base = scenario_identity(Scenario.load(folder / "scenario.toml"))
    except BesiegeError as error:
        raise BesiegeError(
            f"--out: {folder} has no manifest.json, and nothing else says to which sweep its "
            f"parts belong ({error}), allowed another folder"
        ) from None
    rows = parts_of(folder, "runs") or parts_of(folder, "failed")
    with duckdb.connect(config={"threads": 1}) as db:
        version = db.execute(f"SELECT max(model_version) FROM {parquet.source(rows)}").fetchone() if rows else None  # fmt: skip
        hours = parts_of(folder, "hours")
        columns = (
            db.execute(f"DESCRIBE SELECT * FROM {parquet.source(hours)}").fetchall()
            if hours
            else []
        )
    return {
        "model_version": version[0] if version else None,
        "base": base,
        "factors": {},
        "keep_hours": [name for name, *_ in columns if name not in {"key", "hour"}],
    }


def set_damaged_aside(folder: Path) -> list[Path]:
    """Move whatever is damaged in a sweep's folder to ``damaged`` in it, and say where it went."""
    damaged = [part for part in all_parts(folder) if damage_of(part)]
    manifest = folder / "manifest.json"
    if manifest.exists():
        try:
            read_manifest(folder)
        except BesiegeError:
            damaged.append(manifest)
    return [set_aside(folder, found) for found in damaged]
