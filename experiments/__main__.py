"""Run an experiment: ``python -m experiments NAME [--quick] [--out DIR] [--workers N]``."""

import argparse
from pathlib import Path

from experiments.running import COMMANDS, names, run_experiment

parser = argparse.ArgumentParser(prog="python -m experiments", description=__doc__)
parser.add_argument("name", choices=sorted([*names(), *COMMANDS]))
parser.add_argument("--quick", action="store_true", help="few runs of a small world")
parser.add_argument("--out", type=Path, help="folder of the sweep")
parser.add_argument("--keep", type=Path, help="folder for pictures and tables that are to be kept")
parser.add_argument("--workers", type=int, default=2)
parser.add_argument("--runs", type=int, help="simulate: runs of the table; infer: sets run whole")
given = parser.parse_args()
out = given.out or Path("runs/experiments") / (given.name + ("-quick" if given.quick else ""))
more = {"runs": given.runs} if given.name in {"infer", "simulate"} else {}
told = run_experiment(
    given.name, out, quick=given.quick, workers=given.workers, keep=given.keep, **more
)
print(told)
