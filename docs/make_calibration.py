"""Write the tables of docs/calibration.md anew from the results that are kept.

``uv run python docs/make_calibration.py --from runs/hindcast``: the folder of a hindcast is first
copied into ``experiments/results/hindcast``. Without it the tables are made from what is kept.
"""

import argparse
import csv
import json
import re
import shutil
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "calibration.md"
RESULTS = ROOT / "experiments" / "results"
PICTURES = ROOT / "docs" / "pictures"


def rows_of(name: str) -> list[dict[str, str]]:
    """Return the rows of a kept table."""
    with (RESULTS / name).open(newline="") as file:
        return list(csv.DictReader(file))


def at_a_glance(value: object) -> str:
    """Write a number to three digits, or nothing where there is none."""
    if value in ("", None):
        return "–"
    x = float(value)  # type: ignore[arg-type]
    return f"{x:,.0f}" if abs(x) >= 100 else f"{x:.3g}"


def header(names: list[str], right: set[str] = frozenset()) -> list[str]:  # type: ignore[assignment]
    """Return the head of a table; names in ``right`` are of numbers."""
    told = " | ".join(name.replace("_", " ") for name in names)
    return [f"| {told} |", f"| {' | '.join('---:' if n in right else '---' for n in names)} |"]


def keep(folder: Path) -> None:
    """Copy what the page needs of a hindcast's folder."""
    told = json.loads((folder / "hindcast.json").read_text())
    names = "id quantity low high unit use reliability n p05 median p95 share_inside inside by_construction".split()
    out = RESULTS / "hindcast"
    out.mkdir(exist_ok=True)
    with (out / "facts.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, names, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(row for row in told["facts"] if row["n"] is not None)
    about = {k: told[k] for k in ("scenario", "scale", "runs", "over", "share_with_siege", "score", "hours_run")}  # fmt: skip
    (out / "about.json").write_text(json.dumps(about, indent=2) + "\n")
    shutil.copy(folder / "hindcast.png", PICTURES / "calibration-hindcast.png")


def hindcast() -> str:
    """Write a row a fact: what was reported, the model before and now."""
    before = {row["id"]: row for row in rows_of("hindcast/before.csv")}
    head = "fact quantity grade use reported version_3,_median now,_5–95_% median runs_inside median_inside"
    lines = header(head.split(), right={"runs_inside"})
    for row in rows_of("hindcast/facts.csv"):
        old = before.get(row["id"])
        inside = {"True": "yes", "False": "**no**"}.get(row["inside"], "no run says")
        if row["by_construction"] == "True":
            inside = "by construction"
        share = f"{float(row['share_inside']):.0%}" if row["share_inside"] else "–"
        cells = [
            row["id"], row["quantity"], row["reliability"] or "–", row["use"],
            f"{at_a_glance(row['low'])} to {at_a_glance(row['high'])}",
            at_a_glance(old["median"]) if old else "–",
            f"{at_a_glance(row['p05'])} to {at_a_glance(row['p95'])}", at_a_glance(row["median"]),
            share, inside,
        ]  # fmt: skip
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def coverage() -> str:
    """Write what the inference tells of each fitted parameter, the most informed first."""
    kept = {row["parameter"]: row for row in rows_of("calibration/ensemble.csv")}
    numbers = "spread_inferred spread_in_the_ensemble middle_of_the_ensemble 90_%_intervals_cover"
    lines = header(["parameter", "informed", *numbers.split()], right=set(numbers.split()))
    for row in sorted(rows_of("calibration/coverage.csv"), key=lambda r: float(r["sd_of_prior"])):
        own = kept.get(row["parameter"], {})
        cells = [
            f"`{row['parameter']}`", "yes" if row["informed"] == "True" else "",
            f"{float(row['sd_of_prior']):.2f}",
            f"{float(own['sd_of_prior']):.2f}" if own else "–",
            f"{float(own['median']):.2f}" if own else "–",
            f"{float(row['covered_90']):.0%}",
        ]  # fmt: skip
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def ablations() -> str:
    """Write which fact is lost without which mechanism."""
    lines = header(["mechanism_off", "facts_lost"])
    for row in rows_of("ablations/lost.csv"):
        lines.append(f"| {row['off']} | {row['facts_lost']} |")
    return "\n".join(lines)


TABLES = {"hindcast": hindcast, "coverage": coverage, "ablations": ablations}


def renew() -> None:
    """Put every table into the page."""
    ranks = RESULTS / "calibration" / "coverage.png"
    if ranks.exists():
        shutil.copy(ranks, PICTURES / "calibration-ranks.png")
    text = PAGE.read_text()
    for name, make in TABLES.items():
        marked = re.compile(rf"(<!-- generated: {name} -->\n).*?(<!-- end: {name} -->)", re.DOTALL)
        if marked.search(text):
            made = make()
            before, after = marked.search(text).groups()  # type: ignore[union-attr]
            text = marked.sub(lambda _: f"{before}{made}\n{after}", text)  # noqa: B023
    PAGE.write_text(text)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--from", dest="folder", type=Path, help="folder of a hindcast")
    given = parser.parse_args()
    if given.folder:
        keep(given.folder)
    renew()
