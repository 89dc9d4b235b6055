"""Reports of what lies in a folder: a run, a sweep or a comparison as one HTML page each."""

import functools
import math
import shlex
from pathlib import Path

from sim.comparing.tables import PARTIES, as_loss
from sim.core.units import BesiegeError
from sim.figures.numbers import count, in_millions, lost_or_gained
from sim.figures.report import ONE_RUN, Brief, Grid, Picture, Section, write_report
from sim.io import folders
from sim.scenario.scenario import Scenario
from sim.views.terminal.terminal import written

PAYERS = {**PARTIES, "all parties": "total_social_loss"}


def write_page(folder: Path, path: Path) -> Path:
    """Report what a command left in a folder.

    Raises
    ------
    BesiegeError
        If it is no folder of a run, sweep or comparison, or the page cannot be written.
    """
    kind = folders.kind_of(folder)
    if kind == "comparison":
        from sim.comparing.comparison import Comparison

        return Comparison.load(folder).report(path)
    if kind == "hindcast":
        raise BesiegeError(
            f"folder: given {folder}, which holds a hindcast, allowed the folder of a run, comparison or sweep "
            "(for a hindcast, see its hindcast.png and besiege show)"
        )
    return write_report(functools.partial(_run if kind == "run" else _sweep, folder), path)


def _run(folder: Path) -> Brief:
    kept = folders.read_outcomes(folder)
    scenario = Scenario.load(folder / "scenario.toml")
    outcomes = kept["outcomes"]
    story = kept.get("story") or [
        "This folder contains no story: it was written by an older version."
    ]
    picture = folder / "siege.png"
    drawn = [Picture(picture.read_bytes(), "The siege hour by hour")] if picture.is_file() else []
    rows = [[name, written(e["value"], e["unit"]), e["unit"]] for name, e in outcomes.items()]
    options = ["--seed", str(kept["seed"]), "--scale", f"{kept['scale']:g}"]
    return Brief(
        title=f"One siege under {scenario.response.name}",
        question=scenario.description or f"One run of the scenario {scenario.name}.",
        answer=_in_short(outcomes),
        sections=[
            Section("The siege hour by hour", [], drawn),
            Section("What happened", story),
            Section("Who pays", [], [], _who_pays(outcomes)),
            Section("All outcomes", [], [], Grid(["outcome", "value", "unit"], rows)),
        ],
        facts=[
            ("world", f"{scenario.name}, response {scenario.response.name}"),
            ("seed", str(kept["seed"])),
            ("scale", f"{kept['scale']:g} of all sellers, onlookers and shoppers; every big store"),
            (
                "horizon",
                f"{kept['hours']} hours from 10 October 2011, followed by the yearly renewal",
            ),
            ("versions", f"besiege {kept['version']}, model {kept.get('model_version', '–')}"),
        ],
        command=shlex.join(["besiege", "run", "scenario.toml", *options]),
        purpose=ONE_RUN,
    )


def _in_short(outcomes: dict[str, dict[str, float | None]]) -> list[str]:
    """Say in a sentence or two how large the siege was and who paid."""
    value = {name: entry["value"] for name, entry in outcomes.items()}
    if value.get("hour_first_attack") is None:
        return ["No siege broke out."]
    size = (
        f"At most {count(value['peak_online'] or 0)} people were online, "
        f"and {count(value['n_stores_attacked'] or 0)} stores were attacked "
        f"during {count(value['hours_attack'] or 0)} hours of attack."
    )
    paid = [
        f"{party} {lost_or_gained(lost)}"
        for party, lost in _losses(outcomes).items()
        if not math.isnan(lost)
    ]
    return [size, f"{'; '.join(paid).capitalize()}."] if paid else [size]


def _losses(outcomes: dict[str, dict[str, float | None]]) -> dict[str, float]:
    """Return what each party lost (yuan), NaN where it is not known; a gain is below 0."""
    losses = {}
    for party, name in PAYERS.items():
        value = outcomes.get(name, {}).get("value")
        losses[party] = math.nan if value is None else as_loss(party, value)
    return losses


def _who_pays(outcomes: dict[str, dict[str, float | None]]) -> Grid:
    rows = [[party, in_millions(lost)] for party, lost in _losses(outcomes).items()]
    note = (
        "Loss in million yuan, compared with the same world without a protest or a response; a "
        "value below 0 is a gain. Payments between parties cancel out in the sum."
    )
    return Grid(["party", "million yuan"], rows, note, frozenset({len(rows) - 1}))


def _sweep(folder: Path) -> Brief:
    from sim.lab.analysis.pictures import pictures_of
    from sim.lab.analysis.tables import analyse
    from sim.lab.storage.store import read_manifest
    from sim.views.terminal.sweep_text import MOST_ROWS, TITLES, cell

    found, manifest = analyse(folder), read_manifest(folder)
    told = {
        "effects": "Outcomes by factor",
        "sensitivity": "Which factors matter",
        "runs": "Distribution of the runs, and convergence of their mean",
    }
    figures = pictures_of(found)
    pictures = [
        Section(told[name], [], [Picture(figure, told[name])]) for name, figure in figures.items()
    ]
    faults = [f"{name}: {why}" for name, why in found.faults.items()]
    missing = [Section("What could not be worked out", faults)] if faults else []
    tables = []
    for name, table in found.tables.items():
        if table.empty:
            continue
        rows = [[cell(v) for v in row] for row in table.head(MOST_ROWS).itertuples(index=False)]
        more = len(table) - len(rows)
        note = f"The first {len(rows)} rows of {len(table)}." if more else ""
        head = [str(c).replace("_", " ") for c in table.columns]
        tables.append(Section(TITLES[name], [], [], Grid(head, rows, note)))
    failed = f"{found.n_failed} failed" if found.n_failed else "none failed"
    return Brief(
        title=found.name,
        question=found.question or "A sweep.",
        answer=[
            f"{len(found.runs)} runs, {failed}; design {found.design}.",
            f"Varied: {', '.join(found.factors) or 'only chance'}.",
            f"Outcomes: {', '.join(found.outcomes)}.",
        ],
        sections=[*pictures, *tables, *missing],
        facts=[
            ("world", str(manifest["scenario"])),
            (
                "seeds",
                f"from {manifest['seeds']['first']}, {manifest['seeds']['runs']} for each point",
            ),
            ("versions", f"besiege {manifest['version']}, model {manifest['model_version']}"),
        ],
        command=str(manifest.get("command") or ""),
    )
