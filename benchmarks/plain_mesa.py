"""The mobilisation stage written as plain Mesa agents, timed beside the engine's own stage.

    uv run python benchmarks/plain_mesa.py [--json] [--scale S] [--hours H] [--rounds R]

One `mesa.Agent` a person, its neighbours in a list, every hour two sweeps of
``model.agents.do``: all decide by how things stand, then all settle. Utility, probabilities,
presence and phases are those of sim/rules/mobilisation.py, with the same parameters, persons,
graph and first hour; attention, legitimacy, sanction and phase stay as they were then, in the
engine as here. Random numbers come from ``model.random``, since the
engine's keyed generator is slow in plain Python: so this favours Mesa. It also makes the two
agree in distribution only; how closely is printed.

Two plain models run. "As written" is what the equation says. "Hurried" has the engine's trick
as well: an outsider whose number no utility could make join is passed over. Two moments: quiet
hours after the announcement, nearly everybody outside, and busy ones at the height of the siege.
"""

import argparse
import copy
import json
import math
import time
from statistics import median

import mesa

from sim.core import calendar
from sim.core.units import Role, Stance
from sim.rules import mobilisation
from sim.running.model import Siege
from sim.stages.crowd import mobilise

SEED = 1
MOMENTS = {"quiet": 12, "busy": 80}
"""First hour of each: soon after the announcement of hour 11, and in the attack."""

LARGE_SCALES = (0.1, 1.0)
"""Where the engine's stage is timed alone as well."""


def sigmoid(x, noise):
    """Give 1/(1 + exp(-x/noise)); the noise is not 0 here."""
    return 1.0 / (1.0 + math.exp(-x / noise))


class Person(mesa.Agent):
    """A seller or an onlooker, as the equation says."""

    def __init__(self, model, role, hardship, legitimacy, curiosity, risk, threshold, stance):
        super().__init__(model)
        self.role = role
        self.is_seller = role == Role.SELLER
        self.hardship = hardship
        self.legitimacy = legitimacy
        self.curiosity = curiosity
        self.risk = risk
        self.threshold = threshold
        self.is_in = stance not in (Stance.OUTSIDE, Stance.QUIT)
        self.has_quit = stance == Stance.QUIT
        self.will_be_in = self.is_in
        self.online = False
        self.wish = 0.0
        self.hours_in = 0
        self.friends = []

    def decide(self):
        """Draw the hour's number and decide by it."""
        self.weigh(self.model.random.random())

    def weigh(self, u):
        """Work out the utility, and whether to be in; nobody else sees it yet."""
        m, p = self.model, self.model.parameters
        friends = self.friends
        n_in = 0
        for friend in friends:
            if friend.is_in:
                n_in += 1
        legitimacy = self.legitimacy if self.is_seller else m.legitimacy_public
        self.wish = wish = (
            p.weight_grievance * self.hardship * (1.0 - legitimacy) * m.efficacy
            + p.weight_social * (n_in / len(friends) if friends else 0.0)
            + p.weight_attention * m.attention * self.curiosity
            - p.weight_risk * self.risk * m.sanction
            - self.threshold
        )
        if self.is_in:
            factor = m.quit_factor_sellers if self.is_seller else m.quit_factor_onlookers
            self.will_be_in = u >= min(1.0, p.quit_rate * factor) * sigmoid(-wish, p.noise)
        else:
            back = p.return_factor if self.has_quit else 1.0
            self.will_be_in = u < p.join_rate * m.join_factor * back * sigmoid(wish, p.noise)

    def settle(self):
        """Do what was decided; who is in is online or not."""
        if self.will_be_in:
            self.is_in = True
            self.has_quit = False
            self.hours_in += 1
            m = self.model
            self.online = m.random.random() < m.presence
            m.n_in += 1
            if self.online:
                m.n_online += 1
        elif self.is_in:
            self.is_in = self.online = False
            self.has_quit = True


class HurriedPerson(Person):
    """The same, passing over an outsider that no utility could make join."""

    def decide(self):
        """Draw the hour's number; go on if it could matter."""
        u = self.model.random.random()
        if self.is_in or u < self.model.most:
            self.weigh(u)


class PlainMobilisation(mesa.Model):
    """The crowd of a siege from its hour on, its climate given."""

    def __init__(self, siege, person, seed):
        super().__init__(rng=seed)
        world = siege.world
        crowd, n = world.crowd, world.n_sellers
        self.parameters = p = world.scenario.mobilisation
        self.hour = world.hour
        self.weight = world.weight
        self.online = world.books.series["online"][world.hour]
        self.attention = world.media.attention
        self.sanction = world.platform.sanction
        self.legitimacy_public = world.platform.legitimacy_public
        done = world.platform.done
        self.undone = min(1.0, world.platform.undone / done) if done > 0 else 0.0
        factors = mobilisation.phase_factors(world.organisers.phase, p)
        self.join_factor, self.quit_factor_sellers, self.quit_factor_onlookers = factors
        self.most = p.join_rate * self.join_factor
        self.n_in = self.n_online = 0
        legitimacy = world.sellers.legitimacy.tolist() + [0.0] * (crowd.role.size - n)
        columns = (
            crowd.role.tolist(), crowd.hardship.tolist(), legitimacy, crowd.curiosity.tolist(),
            crowd.risk.tolist(), crowd.threshold.tolist(), crowd.stance.tolist(),
        )  # fmt: skip
        people = [person(self, *row) for row in zip(*columns, strict=True)]
        offsets, neighbours = world.graph.offsets.tolist(), world.graph.neighbours.tolist()
        for i, one in enumerate(people):
            one.friends = [people[j] for j in neighbours[offsets[i] : offsets[i + 1]]]

    def step(self):
        """Run one hour."""
        self.hour += 1
        p = self.parameters
        crowd = self.online / (self.online + p.efficacy_half)
        floor = p.efficacy_floor
        self.efficacy = (floor + (1.0 - floor) * crowd) * (1.0 - self.undone)
        shape = calendar.presence_shape()
        self.presence = float(mobilisation.presence(shape, calendar.hour_of_day(self.hour), p))
        self.n_in = self.n_online = 0
        self.agents.do("decide")
        self.agents.do("settle")
        self.online = self.n_online * self.weight


def siege_at(scale, hour):
    """Give a siege that stands at the end of the hour before ``hour``.

    Of consumers there are few: the stage does not look at them.
    """
    siege = Siege("taobao-2011", seed=SEED, scale=scale, **{"population.n_consumers": 100_000})
    siege.run_for(hour)
    return siege


class Engine:
    """The engine's stage alone, from the same hour again and again."""

    def __init__(self, siege):
        self.world = world = siege.world
        self.hour = world.hour
        self.first = copy.deepcopy((world.crowd, world.inside, world.census))

    def run(self, hours):
        """Give the seconds of each hour, and the members and the people online in each."""
        world = self.world
        world.hour = self.hour
        world.crowd, world.inside, world.census = copy.deepcopy(self.first)
        seconds, online, n_in = [], [], []
        for _ in range(hours):
            world.hour += 1
            begun = time.perf_counter()
            mobilise(world)
            seconds.append(time.perf_counter() - begun)
            online.append(int(world.census[1].sum()))
            n_in.append(int(world.census[0].sum()))
        return seconds, online, n_in


def run_plain(siege, person, hours, seed):
    """Give what `Engine.run` gives, of plain Mesa."""
    model = PlainMobilisation(siege, person, seed)
    seconds, online, n_in = [], [], []
    for _ in range(hours):
        begun = time.perf_counter()
        model.step()
        seconds.append(time.perf_counter() - begun)
        online.append(model.n_online)
        n_in.append(model.n_in)
    return seconds, online, n_in


def compare(scale, moment, hours, rounds):
    """Run the engine's stage and both plain models in turn, from the same hour."""
    siege = siege_at(scale, MOMENTS[moment])
    n = siege.world.crowd.role.size
    engine = Engine(siege)
    engine.run(2)  # warm
    runs = {"engine": [], "plain": [], "hurried": []}
    for seed in range(rounds):
        runs["engine"].append(engine.run(hours))
        engine.run(0)  # back to the first hour, from which the plain models are made
        runs["plain"].append(run_plain(siege, Person, hours, seed))
        runs["hurried"].append(run_plain(siege, HurriedPerson, hours, seed))
    ns = {
        name: median(t for seconds, _, _ in some for t in seconds) / n * 1e9
        for name, some in runs.items()
    }
    online = {name: median(sum(o) / hours for _, o, _ in some) for name, some in runs.items()}
    return {
        "n_people": n,
        "mean_degree": float(siege.world.ties.degree.mean()),
        "share_in": sum(runs["engine"][0][2]) / hours / n,
        "nanoseconds": ns,
        "mean_online": online,
        "online_over_engine": {k: v / online["engine"] for k, v in online.items()},
        "times_faster": ns["plain"] / ns["engine"],
        "times_faster_than_hurried": ns["hurried"] / ns["engine"],
    }


def engine_alone(scale, hours, rounds):
    """Give the engine's nanoseconds a person and hour, by moment."""
    found = {}
    for moment, hour in MOMENTS.items():
        siege = siege_at(scale, hour)
        engine = Engine(siege)
        engine.run(2)
        seconds = [t for _ in range(rounds) for t in engine.run(hours)[0]]
        found[moment] = median(seconds) / siege.world.crowd.role.size * 1e9
    return found


def measure(scale, hours, rounds):
    """Compare at every moment, and time the engine alone at the scales of the targets."""
    moments = {moment: compare(scale, moment, hours, rounds) for moment in MOMENTS}
    found = {
        "scale": scale,
        "hours": hours,
        "rounds": rounds,
        "moments": moments,
        "engine_nanoseconds_at": {s: engine_alone(s, hours, rounds) for s in LARGE_SCALES},
        "times_faster": moments["busy"]["times_faster"],
    }
    return {**found, "lines": tell(found)}


def tell(found):
    """Write what was found for people."""
    n = found["moments"]["busy"]["n_people"]
    lines = [
        "",
        f"Mobilisation beside plain Mesa: {n:,} people, {found['hours']} hours, "
        f"{found['rounds']} times in turn; nanoseconds a person and hour (medians):",
        f"  {'':7}{'in':>7}{'engine':>9}{'plain':>9}{'hurried':>9}{'plain/engine':>14}"
        f"{'hurried/engine':>16}{'online, plain/engine':>22}",
    ]
    for moment, m in found["moments"].items():
        ns = m["nanoseconds"]
        lines.append(
            f"  {moment:7}{m['share_in']:7.1%}{ns['engine']:9.1f}{ns['plain']:9.0f}"
            f"{ns['hurried']:9.0f}{m['times_faster']:14.0f}{m['times_faster_than_hurried']:16.0f}"
            f"{m['online_over_engine']['plain']:22.3f}"
        )
    for scale, ns in found["engine_nanoseconds_at"].items():
        told = ", ".join(f"{t:.1f} in {moment} hours" for moment, t in ns.items())
        lines.append(f"  The engine's stage at s = {scale}: {told}.")
    return lines


if __name__ == "__main__":
    reader = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    reader.add_argument("--json", action="store_true")
    reader.add_argument("--scale", type=float, default=0.05)
    reader.add_argument("--hours", type=int, default=30)
    reader.add_argument("--rounds", type=int, default=5)
    asked = reader.parse_args()
    result = measure(asked.scale, asked.hours, asked.rounds)
    print(json.dumps(result) if asked.json else "\n".join(result["lines"]))
