"""The command that lists the ensembles: who made them, and how their parameters are spread."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from sim.views.terminal.options import Json


def ensembles(
    name: Annotated[str | None, typer.Argument(help="show only this ensemble, with its parameters and their spread")] = None,
    json: Json = False,
) -> None:  # fmt: skip
    """List the ensembles in the library, with the model version that made each."""
    from sim.scenario.toml import library_names
    from sim.views.terminal import terminal

    if name is not None:
        found = about(name)
        terminal.print_json(found) if json else _tell(found)
        return
    known = [about(each) for each in library_names("ensembles")]
    if json:
        rows = {e["name"]: {**e, "parameters": len(e["parameters"])} for e in known}
        terminal.print_json(rows)
        return
    for found in known:
        print(f"{found['name']:14}{found['description']}")
        print(f"{'':14}{_made(found)}")


def about(name: str) -> dict[str, Any]:
    """Return what an ensemble is, in plain values.

    Parameters
    ----------
    name
        A name of the library, an old one too, or a TOML file.

    Returns
    -------
    dict
        ``name``, ``description``, ``kind`` (members, ranges or priors), ``scenario``,
        ``members`` (how many; None where each call draws its own), ``model_version``, ``date``,
        ``warning`` and ``parameters``: a row each, with ``p05``, ``median`` and ``p95`` over the
        members, or ``low``, ``high`` and ``log`` of what is drawn from.

    Raises
    ------
    BesiegeError
        For an ensemble that is not there, or is none.
    """
    import numpy as np

    from sim.lab.design.draws import drawn_from
    from sim.scenario.ensembles import Ensemble
    from sim.scenario.scenario import Scenario
    from sim.scenario.schema import fields_of
    from sim.version import MODEL_VERSION

    kind, told, found = drawn_from(name)
    unit = {f.path: f.unit for f in fields_of(Scenario)}
    made: Mapping[str, Any] = {"model_version": MODEL_VERSION} if kind == "priors" else {}
    rows: list[dict[str, Any]] = []
    if isinstance(found, Ensemble):
        made = found.made
        spread = np.quantile(np.array(found.members), [0.05, 0.5, 0.95], axis=0).T.tolist()
        for path, (p05, median, p95) in zip(found.parameters, spread, strict=True):
            rows.append({"path": path, "unit": unit.get(path), "p05": p05, "median": median, "p95": p95})  # fmt: skip
    else:
        for path, prior in found.items():
            low, high, is_log = prior
            rows.append({"path": path, "unit": unit.get(path), "low": low, "high": high, "log": is_log})  # fmt: skip
    return {
        "name": told.get("name", name),
        "description": str(told.get("description", "")),
        "kind": kind,
        "scenario": found.scenario if isinstance(found, Ensemble) else None,
        "members": len(found.members) if isinstance(found, Ensemble) else None,
        "model_version": made.get("model_version"),
        "date": made.get("date"),
        "warning": found.warning if isinstance(found, Ensemble) else None,
        "parameters": rows,
    }


def _made(found: Mapping[str, Any]) -> str:
    members = found["members"]
    many = "as many draws as runs" if members is None else f"{members} members"
    version = found["model_version"]
    parts = [
        many,
        f"{len(found['parameters'])} parameters",
        "model version not told" if version is None else f"model version {version}",
    ]
    if found["date"]:
        parts.append(f"made on {found['date']}")
    if found["scenario"]:
        parts.append(f"for {found['scenario']}")
    return ", ".join(parts)


def _tell(found: Mapping[str, Any]) -> None:
    from rich.table import Table

    from sim.views.terminal.terminal import console

    print(f"{found['name']}: {found['description']}\n{_made(found)}")
    drawn = found["kind"] != "members"
    names = ("low", "high", "drawn") if drawn else ("5 %", "median", "95 %")
    table = Table(box=None, pad_edge=False)
    for head in ("parameter", *names, "unit"):
        table.add_column(head, justify="right" if head in {*names} - {"drawn"} else "left")
    for row in found["parameters"]:
        if drawn:
            numbers = [f"{row['low']:g}", f"{row['high']:g}", "by its logarithm" if row["log"] else "evenly"]  # fmt: skip
        else:
            numbers = [f"{row[q]:.4g}" for q in ("p05", "median", "p95")]
        table.add_row(row["path"], *numbers, row["unit"] or "")
    console().print(table)
    if found["warning"]:
        print(f"Warning: {found['warning']}.")
