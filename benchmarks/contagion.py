"""Complex contagion on one random graph: the engine beside Mesa, NDlib and a bare loop.

    uv run --group benchmarks python benchmarks/contagion.py [--rounds R] [--json]
                                                             [--check] [--write]

One graph of 50,000 people with ten neighbours on average. Who has joined stays; another joins
once the share of its neighbours inside reaches a threshold, the same for all; all decide by how
things stood after the step before. Thirty steps from the same first members. Every one of the
four must count the same members after each step, or nothing is told.

*Engine*: the stage of mobilisation itself, with the scenario's switches: only social pull
counts, no noise (``tie_joins``: a tie joins), who wants to joins at once, nobody quits, members
are always online. The first members are people whose threshold nobody could miss. The stage
looks up every column and weighs every term, though their weights are 0; it draws no numbers, as
it never does where all probabilities are 0 or 1.
*Mesa*: one agent a person, its neighbours in a list, two sweeps of ``agents.do`` a step.
*NDlib*: its ``ThresholdModel``. *Floor*: a numba loop over a count of neighbours inside that
does nothing but the rule. *Frontier*: the same, visiting only those whose count has changed.

The second table switches the rest of the full rule on, one part after the other.
"""

import argparse
import json
import sys
import time
from pathlib import Path
from statistics import median

import mesa
import numba
import numpy as np

from sim.running.model import Siege
from sim.stages.crowd import mobilise

N, MEAN_DEGREE, STEPS, SEED = 50_000, 10.0, 30, 1
THRESHOLD = 0.34
SEEDS_SHARE = 0.128
AIM = 100.0
"""Times faster than Mesa and NDlib, a person and step."""

BASELINE = Path(__file__).with_name("contagion.json")
SLACK = 0.7
"""A ratio below this part of the baseline's is called a loss of speed."""

SWITCHES = {
    "announced": 0,
    "hours": STEPS + 2,
    "scale": 1.0,
    "population.n_sellers": N,
    "population.n_onlookers": 0,
    "population.n_consumers": 0,
    "population.n_stores": 1,
    "population.seller_threshold_mean": THRESHOLD,
    "population.seller_threshold_sd": 0.0,
    "graph.family": "random",
    "graph.mean_degree": MEAN_DEGREE,
    "mobilisation.weight_grievance": 0.0,
    "mobilisation.weight_social": 1.0,
    "mobilisation.weight_attention": 0.0,
    "mobilisation.weight_risk": 0.0,
    "mobilisation.noise": 0.0,
    "mobilisation.join_rate": 1.0,
    "mobilisation.quit_rate": 0.0,
    "mobilisation.return_factor": 1.0,
    "mobilisation.presence_top": 1.0,
    "mobilisation.presence_power": 0.0,
}
"""The scenario in which the stage of mobilisation is Watts's (2002) cascade."""

TERMS = {
    "social pull alone": {},
    "+ grievance": {"mobilisation.weight_grievance": 1e-9},
    "+ attention": {"mobilisation.weight_attention": 1e-9},
    "+ risk": {"mobilisation.weight_risk": 1e-9},
    "+ presence by the hour": {
        "mobilisation.presence_top": 0.85,
        "mobilisation.presence_power": 0.57,
    },
    "+ noise": {"mobilisation.noise": 0.004},
    "+ quitting": {"mobilisation.quit_rate": 0.023},
    "+ a joining rate of 0.027": {"mobilisation.join_rate": 0.027},
}
"""Parts of the full rule, each on top of those above. Weights are so small that the same people
join: what is measured is the work and not another cascade, up to the last two rows."""


def siege_of(**changes):
    """Return a world whose first members want in whatever the others do."""
    siege = Siege("taobao-2011", seed=SEED, **{**SWITCHES, **changes})
    siege.world.crowd.threshold[first_members()] = -1.0
    return siege


def first_members():
    """Return the rows of those who begin."""
    return np.random.default_rng(SEED).permutation(N)[: int(SEEDS_SHARE * N)]


def run_engine(siege):
    """Return the members after each step and the seconds; hour 0 lets the first ones in."""
    world = siege.world
    counts, seconds = [], 0.0
    for hour in range(STEPS + 1):
        world.hour = hour
        begun = time.process_time()
        mobilise(world)
        seconds += (time.process_time() - begun) if hour else 0.0
        counts.append(int(world.census[0].sum()))
    return counts, seconds


class Person(mesa.Agent):
    """Who joins once enough neighbours have."""

    def __init__(self, model, active):
        super().__init__(model)
        self.active = self.will_be_active = active
        self.friends = []

    def decide(self):
        """Look at the neighbours as they were after the last step."""
        if self.active or not self.friends:
            return
        n_active = 0
        for friend in self.friends:
            n_active += friend.active
        self.will_be_active = n_active / len(self.friends) >= self.model.threshold

    def settle(self):
        """Do what was decided."""
        self.active = self.will_be_active


class PlainContagion(mesa.Model):
    """The cascade as its rule says."""

    def __init__(self, offsets, neighbours, first):
        super().__init__(rng=SEED)
        self.threshold = THRESHOLD
        begin = set(first.tolist())
        people = [Person(self, i in begin) for i in range(offsets.size - 1)]
        near, at = neighbours.tolist(), offsets.tolist()
        for i, person in enumerate(people):
            person.friends = [people[j] for j in near[at[i] : at[i + 1]]]

    def step(self):
        """Let all decide, then all settle."""
        self.agents.do("decide")
        self.agents.do("settle")


def run_mesa(graph, first):
    """Return what `run_engine` gives, of plain Mesa."""
    model = PlainContagion(graph.offsets, graph.neighbours, first)
    counts, seconds = [first.size], 0.0
    for _ in range(STEPS):
        begun = time.process_time()
        model.step()
        seconds += time.process_time() - begun
        counts.append(sum(person.active for person in model.agents))
    return counts, seconds


def run_ndlib(graph, first):
    """Return what `run_engine` gives, of NDlib's threshold model."""
    from ndlib.models import ModelConfig
    from ndlib.models.epidemics import ThresholdModel

    model = ThresholdModel(graph.to_networkx())
    config = ModelConfig.Configuration()
    config.add_model_initial_configuration("Infected", first.tolist())
    for i in range(N):
        config.add_node_configuration("threshold", i, THRESHOLD)
    model.set_initial_status(config)
    counts, seconds = [], 0.0
    for step in range(STEPS + 1):
        begun = time.process_time()
        told = model.iteration(node_status=False)
        seconds += (time.process_time() - begun) if step else 0.0
        counts.append(int(told["node_count"][1]))
    return counts, seconds


@numba.njit
def cascade(offsets, neighbours, degree, first, threshold, steps, counts):
    """Run the rule and nothing else, over a count of neighbours inside."""
    n = degree.size
    inside, near = np.zeros(n, np.bool_), np.zeros(n, np.int32)
    new, n_new = np.empty(n, np.int32), 0
    for i in first:
        inside[i] = True
        new[n_new] = i
        n_new += 1
    n_in = n_new
    counts[0] = n_in
    for step in range(steps):
        for k in range(n_new):
            i = new[k]
            for e in range(offsets[i], offsets[i + 1]):
                near[neighbours[e]] += 1
        n_new = 0
        for i in range(n):
            if not inside[i] and degree[i] > 0 and near[i] / degree[i] >= threshold:
                inside[i] = True
                new[n_new] = i
                n_new += 1
        n_in += n_new
        counts[step + 1] = n_in


@numba.njit
def frontier(offsets, neighbours, degree, first, threshold, steps, counts):
    """Do the same, looking only at neighbours of those who joined in the step before."""
    n = degree.size
    inside, near = np.zeros(n, np.bool_), np.zeros(n, np.int32)
    new, next_new, n_new = np.empty(n, np.int32), np.empty(n, np.int32), 0
    for i in first:
        inside[i] = True
        new[n_new] = i
        n_new += 1
    n_in = n_new
    counts[0] = n_in
    for step in range(steps):
        n_next = 0
        for k in range(n_new):
            i = new[k]
            for e in range(offsets[i], offsets[i + 1]):
                j = neighbours[e]
                near[j] += 1
                if not inside[j] and near[j] / degree[j] >= threshold:
                    inside[j] = True
                    next_new[n_next] = j
                    n_next += 1
        new, next_new, n_new = next_new, new, n_next
        n_in += n_new
        counts[step + 1] = n_in


def run_loop(loop, graph, first):
    """Return what `run_engine` gives, of one of the two loops."""
    counts = np.zeros(STEPS + 1, np.int64)
    begun = time.process_time()
    loop(graph.offsets, graph.neighbours, graph.degree, first, THRESHOLD, STEPS, counts)
    return counts.tolist(), time.process_time() - begun


def measure(rounds):
    """Run all of them in turn, check that they agree, and give nanoseconds a person and step."""
    graph, first = siege_of().world.graph, first_members()
    runners = {
        "engine": lambda: run_engine(siege_of()),
        "mesa": lambda: run_mesa(graph, first),
        "ndlib": lambda: run_ndlib(graph, first),
        "floor": lambda: run_loop(cascade, graph, first),
        "frontier": lambda: run_loop(frontier, graph, first),
    }
    for name in ("engine", "floor", "frontier"):
        runners[name]()  # compiled, loaded, warm
    seconds = {name: [] for name in runners}
    members = None
    for round_ in range(rounds):
        for name, run in runners.items():
            for _ in range(1 if name in {"mesa", "ndlib"} else 5):
                counts, spent = run()
                members = members or counts
                if counts != members:
                    raise SystemExit(f"contagion: {name} counts {counts}, the engine {members}")
                seconds[name].append(spent)
            print(f"round {round_ + 1} of {rounds}: {name} {spent:.3f} s", file=sys.stderr)
    ns = {name: median(some) / (N * STEPS) * 1e9 for name, some in seconds.items()}
    terms, given = {}, {}
    for name, change in TERMS.items():
        given |= change
        spent = [run_engine(siege_of(**given)) for _ in range(1 + 5 * rounds)][1:]
        terms[name] = {
            "nanoseconds": median(s for _, s in spent) / (N * STEPS) * 1e9,
            "in_at_the_end": spent[0][0][-1] / N,
        }
    return {
        "people": N, "mean_degree": MEAN_DEGREE, "steps": STEPS, "threshold": THRESHOLD,
        "members": members, "nanoseconds": ns, "terms": terms,
        "ratios": {f"{name}/engine": ns[name] / ns["engine"] for name in ("mesa", "ndlib")}
        | {"engine/floor": ns["engine"] / ns["floor"]},
    }  # fmt: skip


def tell(found):
    """Write what was found for people."""
    ns, members = found["nanoseconds"], found["members"]
    lines = [
        f"{N:,} people, {STEPS} steps, members {members[0]:,} to {members[-1]:,}, the same in all "
        f"after each step (the last joins in step {members.index(members[-1])}).",
        "Nanoseconds a person and step (medians):",
        *(f"  {name:10}{t:10.2f}   engine: {t / ns['engine']:.1f} times as fast" for name, t in ns.items()),
        "The engine's stage, the full rule part by part:",
        *(f"  {name:28}{t['nanoseconds']:8.2f}   in at the end {t['in_at_the_end']:.1%}"
          for name, t in found["terms"].items()),
    ]  # fmt: skip
    return "\n".join(lines)


def check(found):
    """Hold the ratios to those of the baseline; give what has become worse."""
    if not BASELINE.is_file():
        raise SystemExit("contagion: no baseline to hold it to; --write makes one")
    before = json.loads(BASELINE.read_text("utf-8"))["ratios"]
    worse = []
    for name, ratio in found["ratios"].items():
        better = before[name] / ratio if name == "engine/floor" else ratio / before[name]
        print(f"{name}: {ratio:.1f}, in the baseline {before[name]:.1f}", file=sys.stderr)
        if better < SLACK:
            worse.append(name)
    return worse


if __name__ == "__main__":
    reader = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    reader.add_argument("--json", action="store_true")
    reader.add_argument("--rounds", type=int, default=3)
    reader.add_argument("--check", action="store_true", help="exit 1 if slower than the baseline")
    reader.add_argument("--write", action="store_true", help="write the baseline anew")
    asked = reader.parse_args()
    result = measure(asked.rounds)
    print(json.dumps(result) if asked.json else tell(result))
    if asked.write:
        BASELINE.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    if asked.check and (slower := check(result)):
        raise SystemExit(f"contagion: slower than the baseline by more than a third: {slower}")
