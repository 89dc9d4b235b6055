"""Sequential Monte Carlo by pyABC with our own runs: resumable, equal for any number of workers."""

from pathlib import Path

import cloudpickle
import loky
import numpy as np
import pyabc
from pyabc.sampler import Sampler

from sim.lab.execution.pool import ONE_THREAD

BATCH = 32


def _one(packed, seed):
    np.random.seed(seed)  # noqa: NPY002 - pyABC draws from this generator and takes no other
    return cloudpickle.loads(packed)()


class RunnerSampler(Sampler):
    """Tries are numbered and each has its own seed, so a generation does not depend on workers."""

    def __init__(self, workers, seed):
        super().__init__()
        self.workers, self.seed = workers, seed

    def sample_until_n_accepted(
        self, n, simulate_one, t, *, max_eval=np.inf, all_accepted=False, ana_vars=None
    ):
        """Simulate tries in their order until ``n`` are accepted."""
        sample, tried, accepted = self._create_empty_sample(), 0, 0
        packed = cloudpickle.dumps(simulate_one)
        while accepted < n and tried < max_eval:
            seeds = [(self.seed + 100_003 * (t + 2) + tried + i) % 2**32 for i in range(BATCH)]
            for particle in self._map(packed, seeds):
                tried += 1
                sample.append(particle)
                accepted += particle.accepted
                if accepted == n:
                    break
        self.nr_evaluations_ = tried
        sample.ok = accepted >= n
        return sample

    def _map(self, packed, seeds):
        if self.workers == 1:
            return (_one(packed, seed) for seed in seeds)
        pool = loky.get_reusable_executor(max_workers=self.workers, timeout=300, env=ONE_THREAD)
        return pool.map(_one, [packed] * len(seeds), seeds)


class Within(pyabc.Distribution):
    """Uniform over the part of the unit cube that history matching left.

    Parameters
    ----------
    names
        Of the parameters.
    space
        What tells whether a point is ruled out.
    pool
        Points drawn from that part, from which the first generation is taken.
    """

    def __init__(self, names, space, pool):
        super().__init__({name: pyabc.RV("uniform", 0, 1) for name in names})
        self.order, self.space, self.pool = names, space, pool

    def copy(self):
        """Return a copy, as pyABC asks for."""
        return Within(self.order, self.space, self.pool)

    def rvs(self, *args, **kwargs):
        """Draw a point."""
        at = np.random.randint(len(self.pool))  # noqa: NPY002 - the generator seeded for pyABC
        row = self.pool[at]
        return pyabc.Parameter(dict(zip(self.order, row.tolist(), strict=True)))

    def pdf(self, x):
        """Return 1 where nothing rules the point out, else 0."""
        at = np.array([[x[name] for name in self.order]])
        inside = ((at >= 0) & (at <= 1)).all()
        return float(inside and self.space.worst(at)[0] < 3.0)


def smc(folder, prior, model, distance, *, members, generations, workers, seed, say):
    """Run or go on with a sequential Monte Carlo, and give the last population.

    Parameters
    ----------
    folder
        Holds ``abc.db``; generations in it are not done again.
    model
        From parameters to a dict of arrays.
    distance
        From such a dict to a number; what is observed is distance 0.

    Returns
    -------
    tuple
        Points of the unit cube (particle, parameter), their weights, and a table of generations.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    db, nothing = f"sqlite:///{folder / 'abc.db'}", {"facts": np.zeros(1)}
    sampler = RunnerSampler(workers, seed)

    def begin(eps):
        return pyabc.ABCSMC(
            model, prior, lambda x, x_0: distance(x), population_size=members, eps=eps,
            sampler=sampler,
        )  # fmt: skip

    abc = begin(pyabc.QuantileEpsilon(alpha=0.5))
    if (folder / "abc.db").exists():
        abc.load(db)
    else:
        abc.new(db, nothing)
    while (t := abc.history.max_t + 1) < generations:
        if t > 0:  # one generation at a time, so that a stopped one begins again in the same way
            before = abc.history.get_weighted_distances(t - 1).sort_values("distance")
            below = before["distance"][before["w"].cumsum() >= 0.5 * before["w"].sum()]
            abc = begin(pyabc.ConstantEpsilon(float(below.iloc[0])))
            abc.load(db)
        np.random.seed((seed + t) % 2**32)  # noqa: NPY002 - as in `_one`, for this process
        abc.run(max_nr_populations=1)
        told = abc.history.get_all_populations().iloc[-1]
        say(f"generation {t}: distance below {told.epsilon:.3g}, {int(told.samples)} runs")
        if told.epsilon <= 0.0:
            break
    frame, weights = abc.history.get_distribution()
    generations_told = abc.history.get_all_populations()
    generations_told = generations_told[generations_told.t >= 0][
        ["t", "epsilon", "samples", "particles"]
    ]
    return frame[prior.order].to_numpy(), np.asarray(weights), generations_told
