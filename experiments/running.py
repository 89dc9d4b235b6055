"""What all experiments share: read the specification, sweep, analyse, keep what is small."""

import importlib
import os
import tomllib
from pathlib import Path

from experiments.keeping import write
from sim import MODEL_VERSION, __version__, lab, sweep
from sim.lab.analysis.pictures import save_pictures
from sim.lab.analysis.tables import analyse

HERE = Path(__file__).parent
QUICK = {"scale": 0.002, "hours": 60}
COMMANDS = {"ablations", "closeness", "epidemic", "infer", "simulate"}
"""Experiments that are no sweep: they have a `carry_out` of their own."""


def names():
    """Name the experiments that are sweeps."""
    files = [p for p in HERE.iterdir() if p.suffix in {".toml", ".py"}]
    return sorted(
        p.stem
        for p in files
        if p.stem
        not in {
            "__init__",
            "__main__",
            "calibrating",
            "fees",
            "keeping",
            "running",
            "smoothing",
            *COMMANDS,
        }
    )


def load(name):
    """Return an experiment's specification, and what it works out afterwards if it does."""
    file = HERE / f"{name}.toml"
    if file.exists():
        return tomllib.loads(file.read_text()), None
    module = importlib.import_module(f"experiments.{name}")
    return module.spec(), getattr(module, "afterwards", None)


def shrink(spec):
    """Make a specification small: a small world, two levels of each factor, two runs."""
    out = {**spec, "runs": 2, "constants": {**spec.get("constants", {}), **QUICK}}
    for role in ("levers", "uncertainties", "factors"):
        table = spec.get(role, {})
        out[role] = {
            path: [value[0], value[-1]] if isinstance(value, list) else value
            for path, value in table.items()
        }
    if "scale" in out.get("factors", {}):
        out["factors"]["scale"] = [0.002, 0.004]
        out["constants"].pop("scale")
    if "samples" in spec.get("design", {}):
        out["runs"], out["design"] = 1, {**spec["design"], "samples": 2}
    return out


def run_experiment(name, out, *, quick=False, workers=2, keep=None, **more):
    """Run an experiment and say what was found.

    Parameters
    ----------
    name
        One of `names`.
    out
        Folder of the sweep; one that is there is gone on with.
    quick
        Whether to run the small form.
    workers
        Processes.
    keep
        Folder for pictures and tables.
    **more
        What else an experiment takes that is no sweep.
    """
    module = importlib.import_module(f"experiments.{name}") if name in COMMANDS else None
    if module is not None:
        return module.carry_out(out, quick=quick, workers=workers, keep=keep, **more)
    spec, afterwards = load(name)
    runs = sweep(shrink(spec) if quick else spec, out=out, workers=workers)
    seconds = lab.open(out).timing.wall_seconds.sum()
    found = analyse(out)
    if found.faults:
        raise RuntimeError(f"{name}: {found.faults}")
    tables = found.tables | (afterwards(out) if afterwards else {})
    head = (
        f"# {spec['name']}\n\n{spec['question']}\n\n"
        f"{len(runs)} runs, {found.n_failed} failed, design {found.design}, "
        f"constants {spec.get('constants', {})}, seeds {spec.get('seed', 1)} to "
        f"{spec.get('seed', 1) + spec['runs'] - 1}; besiege {__version__}, "
        f"MODEL_VERSION {MODEL_VERSION}; {seconds:.0f} s of runs, on {os.cpu_count()} cores.\n"
    )
    if keep is not None:
        write((keep,), tables)
        pictures = save_pictures(found, keep)
        (keep / "result.md").write_text(
            head + "\n" + "\n".join(f"![]({p})" for p in pictures) + "\n"
        )
    return (
        head
        + "\n"
        + "\n\n".join(f"{t}\n{table.head(40).to_string()}" for t, table in tables.items())
    )
