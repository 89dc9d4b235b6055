"""The parameters that the facts of 2011 do not rule out.

Question: which sets of assumed values reproduce what was reported? The steps are kept in the
folder, so that none is done twice: a screening of every parameter with a declared prior (Morris);
waves of history matching over those that matter;
sequential Monte Carlo (approximate Bayesian computation) in the space that is left; a check of
every set at a larger scale. Only facts of use ``calibrate`` are looked at.
"""

import dataclasses
import datetime
import functools
import hashlib
import time

import numpy as np
import pandas as pd
import tomli_w
from scipy.stats import qmc

from experiments.keeping import write
from sim import MODEL_VERSION, Scenario, __version__
from sim.io import parquet
from sim.lab.analysis import matching
from sim.lab.design import points
from sim.lab.design.spec import load
from sim.lab.execution.pool import Task, run_many
from sim.lab.execution.tasks import execute
from sim.lab.readings import read
from sim.outcomes.facts import load_facts
from sim.scenario.schema import fields_of

BASE = "taobao-2011"
HOURS = 144  # no fact looks further
SEED = 2011
PART = 128  # runs a file


@dataclasses.dataclass(frozen=True)
class Size:
    """How much is run."""

    trajectories: int = 4  # of the screening
    n_matter: int = 16  # parameters that are fitted
    waves: tuple = ((640, 0.01), (400, 0.02), (128, 0.02))  # points, scale
    members: int = 132
    generations: int = 3
    abc_scale: float = 0.02
    check: tuple = (0.05, 2)  # scale, seeds
    table: int = 10_240  # runs from the prior, for the test of the inference
    held_out: int = 200


# Worlds must be large, or chance would rule out every one of the few sets.
QUICK = Size(2, 4, ((60, 0.005), (40, 0.005)), 12, 2, 0.005, (0.01, 2), 240, 20)


def base():
    """Return the world that is calibrated, at the declared values."""
    return Scenario.load(BASE).replace(hours=HOURS)


def priors(scenario):
    """Return path, low and high of every parameter with a declared prior."""
    return [(f.path, f.prior.low, f.prior.high) for f in fields_of(scenario) if f.prior]


def facts_fitted():
    """Return the facts that are fitted."""
    return tuple(f for f in load_facts() if f.use == "calibrate")


def facts_read():
    """Return every fact that a run can be asked for."""
    return tuple(f for f in load_facts() if f.outcome)


def uniform(k, seed):
    """Return what draws so many points of the unit cube of k sides."""
    rng = np.random.default_rng(seed)
    return lambda n: rng.random((n, k))


def scaled(x, ranges):
    """Return parameter values at points of the unit cube."""
    low, high = (np.array([p[i] for p in ranges]) for i in (1, 2))
    return low + x * (high - low)


def completed(x, matter):
    """Return every parameter with a prior: what matters as asked, the others drawn.

    A parameter that no fact feels is as uncertain after the facts as before. Its draw is a
    function of the point, so that a point stands for one set of values.
    """
    every = priors(base())
    places = [[p[0] for p in every].index(m[0]) for m in matter]
    rest = [i for i in range(len(every)) if i not in places]
    cube = np.empty((len(x), len(every)))
    cube[:, places] = x
    for row, point in zip(cube, np.asarray(x, float), strict=True):
        row[rest] = np.random.default_rng(seed_of(point)).random(len(rest))
    return [p[0] for p in every], scaled(cube, every)


def seed_of(point):
    """Return the seed of a run by its parameters, so that a try repeated is the same."""
    return int.from_bytes(hashlib.sha256(np.asarray(point, float).tobytes()).digest()[:4], "big")


def simulate(folder, x, matter, scale, seeds, workers=1, first=None):
    """Run a point a row, the ``first`` of them, and give the facts' values; what is done stays.

    Returns
    -------
    pandas.DataFrame
        Row, seed, whether anybody attacked, and each fact's value.
    """
    world, facts = base().replace(scale=scale), facts_read()
    paths, values = completed(np.asarray(x), matter)
    folder.mkdir(parents=True, exist_ok=True)
    told = values.tobytes() + repr((paths, scale, list(seeds), MODEL_VERSION)).encode()
    digest, note = hashlib.sha256(told).hexdigest(), folder / "points.txt"
    if note.exists() and note.read_text() != digest:
        raise SystemExit(f"{folder}: holds runs of other points; give another --out")
    note.write_text(digest)
    tables = []
    for start in range(0, first or len(values), PART):
        part = folder / f"part-{start:06d}.parquet"
        if not part.exists():
            tasks = [
                Task(str(i), world.replace(dict(zip(paths, values[i].tolist(), strict=True))), seeds[i],
                     (), functools.partial(read, facts))
                for i in range(start, min(start + PART, len(values)))
            ]  # fmt: skip
            parquet.write(
                table_of(run_many(tasks, workers=workers), seeds), part.with_suffix(".tmp")
            )
            part.with_suffix(".tmp").rename(part)
        tables.append(parquet.read(part))
    return pd.concat(tables, ignore_index=True)


def table_of(done, seeds):
    """Return a table of what runs brought home, in the order of their keys."""
    rows = []
    for d in sorted(done, key=lambda d: int(d.key)):
        if d.failure is not None:
            raise SystemExit(f"a run failed: {d.failure.error}")
        attacked = float((d.row["cum_actions"] or 0) > 0)
        rows.append({"row": int(d.key), "seed": seeds[int(d.key)], "attacked": attacked, **d.extra})
    return pd.DataFrame(rows).astype(float)


def on_scales(runs):
    """Return the fitted facts of a table of runs on their scales."""
    facts = facts_fitted()
    return matching.compared(runs[[f.id for f in facts]].to_numpy(float), facts, HOURS)


def screen(folder, size, workers, say):
    """Find the parameters that matter, by Morris's elementary effects in discrepancies."""
    scenario, facts = base(), facts_fitted()
    every = priors(scenario)
    plan = load({
        "name": "screening", "question": "Which parameters move the facts?", "scenario": scenario,
        "runs": 1, "seed": SEED, "design": {"kind": "morris", "samples": size.trajectories, "levels": 4},
        "uncertainties": {p: {"low": low, "high": high} for p, low, high in every},
    })  # fmt: skip
    x = points.sample(plan)
    # One seed for all, so that an effect comes from the parameter and not from chance.
    runs = simulate(folder / "screening", x, every, size.waves[-1][1], [SEED] * len(x), workers)
    y = on_scales(runs) / matching.discrepancies(facts)
    table = pd.DataFrame(index=[p[0] for p in every])
    for j, fact in enumerate(facts):
        found = points.salib("analyze.morris").analyze(
            points.problem_of(plan), x, y[:, j], num_levels=4, seed=1
        )
        table[fact.id] = np.asarray(found["mu_star"])
    table["mean"] = table.mean(axis=1)
    order = table.sort_values("mean", ascending=False).index[: size.n_matter]
    table["matters"] = table.index.isin(order)
    say(
        f"screening: {len(x)} runs of {len(every)} parameters; {len(order)} go on: {', '.join(order)}"
    )
    table = table.sort_values("mean", ascending=False).rename_axis("parameter").reset_index()
    return [p for p in every if p[0] in set(order)], table


def prior_table(folder, size, matter, n, workers):
    """Return the first ``n`` runs from the prior: points of the unit cube, and the runs."""
    x = qmc.LatinHypercube(len(matter), rng=SEED).random(size.table)
    seeds = [SEED + i for i in range(size.table)]
    runs = simulate(folder / "prior", x, matter, size.waves[0][1], seeds, workers, n)
    return x[: len(runs)], runs


def match(folder, size, matter, workers, say):
    """Rule parameters out, wave by wave; give what is left and a table of the waves."""
    facts, rows, every = facts_fitted(), [], []
    space = matching.Space(facts)
    for wave, (n, scale) in enumerate(size.waves, 1):
        if wave == 1:
            x, runs = prior_table(folder, size, matter, n, workers)
        else:
            x, share = space.sample(n, uniform(len(matter), SEED + wave))
            seeds = [SEED + 1_000_000 * wave + i for i in range(n)]
            runs = simulate(folder / f"wave-{wave}", x, matter, scale, seeds, workers)
        y = on_scales(runs)
        every.append((x, y))
        emulator = matching.Emulator.fit(x, y)
        space = dataclasses.replace(space, waves=(*space.waves, emulator))
        inside = matching.distances(y, facts) == 0.0
        _, share = space.sample(200, uniform(len(matter), SEED + 50 + wave))
        rows.append({
            "wave": wave, "runs": len(x), "scale": scale, "share_left": share,
            "share_with_siege": runs["attacked"].mean(), "facts_inside": inside.sum(axis=1).mean(),
            "all_inside": inside.all(axis=1).mean(),
            **{f"explained_{f.id}": e for f, e in zip(facts, emulator.explained, strict=True)},
        })  # fmt: skip
        say(f"wave {wave}: {len(x)} runs, {inside.sum(axis=1).mean():.1f} of {len(facts)} facts inside, "
            f"all in {inside.all(axis=1).mean():.1%}; {share:.2g} of the cube is left")  # fmt: skip
    pooled = matching.Emulator.fit(*(np.concatenate(part) for part in zip(*every, strict=True)))
    return space, pooled, pd.DataFrame(rows)


def likeliest(space, emulator, k, n=600, among=30_000):
    """Return the points at which an emulator expects the facts to be missed least.

    The first generation starts there. The weights of the later ones, prior over proposal, do not
    depend on where it started.
    """
    x, _ = space.sample(among, uniform(k, SEED + 99))
    off = matching.distances(emulator.predict(x), space.facts)
    misfit = ((off / matching.discrepancies(space.facts)) ** 2).sum(axis=1)
    return x[np.argsort(misfit, kind="stable")[:n]]


def infer(folder, size, matter, space, emulator, workers, say):
    """Run the sequential Monte Carlo within the space that is left."""
    from experiments.smc import Within, smc  # pyABC is an extra

    facts, names = facts_fitted(), [p[0].replace(".", "__") for p in matter]
    world, read_all = base().replace(scale=size.abc_scale), functools.partial(read, facts)

    def model(point):
        x = np.array([point[name] for name in names])
        paths, values = completed(x[None, :], matter)
        changed = world.replace(dict(zip(paths, values[0].tolist(), strict=True)))
        done = execute(Task("0", changed, seed_of(x), (), read_all))
        if done.failure is not None:
            raise RuntimeError(done.failure.error)
        return {"facts": np.array([done.extra[f.id] for f in facts], float)}

    def distance(simulated):
        y = matching.compared(simulated["facts"][None, :], facts, HOURS)
        off = matching.distances(y, facts) / matching.discrepancies(facts)
        return float(np.sqrt((off**2).sum()))

    pool = likeliest(space, emulator, len(matter))
    prior = Within(names, space, pool)
    return smc(folder / "smc", prior, model, distance, members=size.members,
               generations=size.generations, workers=workers, seed=SEED, say=say)  # fmt: skip


def confirm(folder, size, matter, points, workers, say):
    """Run every set at a larger scale and keep those that no fact rules out, the best first."""
    facts, (scale, n) = facts_fitted(), size.check
    x = np.repeat(points, n, axis=0)
    seeds = [SEED + 9_000_000 + i for i in range(len(x))]
    runs = simulate(folder / "members", x, matter, scale, seeds, workers)
    y = on_scales(runs).reshape(len(points), n, len(facts))
    chance = y.var(axis=1, ddof=1).mean(axis=0) / n if n > 1 else np.zeros(len(facts))
    found = matching.implausibility(y.mean(axis=1), chance[None, :], facts)
    worst, total = found.max(axis=1), np.sqrt((found**2).sum(axis=1))
    kept = np.flatnonzero(worst < matching.CUT_OFF)
    inside = (matching.distances(y, facts) == 0.0).reshape(-1, len(facts)).mean(axis=0)
    told = pd.DataFrame(
        {
            "fact": [f.id for f in facts],
            "share_inside": inside,
            "ruled_out": (found >= matching.CUT_OFF).sum(axis=0),
        }
    )
    say(f"check: {len(kept)} of {len(points)} sets are not ruled out at scale {scale}")
    # Ties, all facts inside, go to the set nearest to the middle of the others, in all parameters.
    low, high = (np.array([p[i] for p in priors(base())]) for i in (1, 2))
    cube = (completed(points, matter)[1] - low) / (high - low)
    spread = ((cube - np.median(cube[kept], axis=0)) ** 2).sum(axis=1)
    best = kept[np.lexsort((spread[kept], total[kept].round(6)))[0]] if len(kept) else -1
    return kept, best, told


def carry_out(out, *, quick=False, workers=2, keep=None):
    """Calibrate from the screening to the ensemble, going on where an earlier start ended.

    Parameters
    ----------
    out
        Folder of all runs.
    keep
        Folder for the tables that are kept.
    """
    began, size, said = time.perf_counter(), QUICK if quick else Size(), []
    out.mkdir(parents=True, exist_ok=True)

    def say(line):
        said.append(line)
        print(f"{time.perf_counter() - began:7.0f} s  {line}", flush=True)

    matter, screening = screen(out, size, workers, say)
    space, pooled, waves = match(out, size, matter, workers, say)
    points, _, generations = infer(out, size, matter, space, pooled, workers, say)
    kept, best, told = confirm(out, size, matter, points, workers, say)
    tables = {"screening": screening, "waves": waves, "generations": generations, "members": told}
    order = np.random.default_rng(SEED).permutation(kept)
    paths, members = completed(points[order], matter)
    made = {
        "by": "python -m experiments calibration" + (" --quick" if quick else ""),
        "version": __version__, "model_version": MODEL_VERSION, "seed": SEED,
        "date": datetime.date.today().isoformat(), "hours": HOURS,
        "facts": [f.id for f in facts_fitted()],
    }  # fmt: skip
    if not len(members):
        raise SystemExit("calibration: the facts rule out every set; give it more runs")
    write_ensemble(out / "calibrated.toml", paths, members, order.tolist().index(best), made)
    say(
        f"{len(members)} members in {out / 'calibrated.toml'}; their place is sim/library/ensembles/"
    )
    write((keep,), tables)
    return "\n".join(said)


def write_ensemble(path, paths, members, best, made):
    """Write an ensemble as TOML: a row a member, a column a parameter."""
    head = tomli_w.dumps({
        "name": "calibrated", "description": f"{len(members)} parameter sets that the facts of 2011 do not rule out",
        "scenario": BASE, "best": best, "parameters": list(paths), "made": made,
    })  # fmt: skip
    table, made_part = head.split("[made]", 1)
    rows = "\n".join("  [" + ", ".join(f"{float(v):.6g}" for v in row) + "]," for row in members)
    path.write_text(f"{table}members = [\n{rows}\n]\n\n[made]{made_part}")
