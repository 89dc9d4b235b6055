"""The world at hour 0 (5), and what its agents and stages ask of it."""

import mesa
import numpy as np

from sim.core.calendar import shopping_shape
from sim.core.units import N_CATEGORIES, Role
from sim.setup.graph import Graph, build
from tests.reference.books import Books
from tests.reference.crowd import Onlooker, Person, Seller
from tests.reference.dice import Dice, running_sums
from tests.reference.fees import Concession, FeeTable
from tests.reference.organisers import Organisers
from tests.reference.platform import Platform
from tests.reference.renewal import Renewal
from tests.reference.shopping import Consumer, Market
from tests.reference.stores import Store


class RivalPlatform(mesa.Agent):
    """A rival that courts sellers and shoppers."""

    def __init__(self, model, row, p):
        super().__init__(model)
        self.row = row
        self.yearly_fee, self.attraction, self.effort = p.yearly_fee, p.attraction, p.effort
        self.margin, self.promise_after = p.margin, p.promise_after

    def has_promised(self, hour):
        """Tell whether it has promised a frozen fee (7.5)."""
        if self.promise_after is None:
            return False
        return 0 <= self.model.platform.first_attack <= hour - self.promise_after


class City(mesa.Model):
    """All agents, drawn from a scenario."""

    def __init__(self, scenario, seed, network: Graph | None = None):
        super().__init__(rng=0)  # its own generators draw nothing
        self.parameters, self.seed = scenario, seed  # Mesa has its own `scenario`
        self.dice, self.weight = Dice(seed), 1.0 / scenario.scale
        self.hour = 0
        p, s = scenario.population, scenario.scale
        n_sellers, n_onlookers = round(p.n_sellers * s), round(p.n_onlookers * s)
        self.platform = Platform(self)
        self.organisers = Organisers(self)
        self.sellers = [Seller(self, i) for i in range(n_sellers)]
        onlookers = [Onlooker(self, n_sellers + i, i) for i in range(n_onlookers)]
        self.crowd: list[Person] = [*self.sellers, *onlookers]
        self.rivals = [RivalPlatform(self, r, p) for r, p in enumerate(scenario.rivals)]
        self._found_stores(p.n_stores)
        self.market = Market(self)
        self.consumers = [
            Consumer(self, j, self.market.favourite_of(j)) for j in range(round(p.n_consumers * s))
        ]
        self.market.count_consumers(self.consumers)
        self._join_neighbours(network)
        self.fees = FeeTable(scenario, self.weight)
        self.work_out_hardship(Concession())
        for seller in self.sellers:
            seller.hardship_twin = seller.hardship
        self.attention = 0.0
        self.told: set[str] = set()
        self.count_inside = self.count_reporters = 0
        self.books = Books(scenario.hours, p.n_stores, len(self.rivals))
        self.renewal: dict[str, Renewal] = {}

    # Creation

    def _found_stores(self, n):
        self.stores = [Store(self, k) for k in range(n)]
        mean_brand = float(np.mean([store.brand for store in self.stores]))
        by_category = [[s for s in self.stores if s.category == c] for c in range(N_CATEGORIES)]
        served = [stores for stores in by_category if stores]
        for stores in served:
            in_category = running_sums(store.pull for store in stores)[-1]
            for store in stores:
                store.open_for_business(store.pull / in_category, len(served), mean_brand)

    def _join_neighbours(self, network):
        n, n_sellers = len(self.crowd), len(self.sellers)
        groups = np.full(n, N_CATEGORIES, np.int32)
        groups[:n_sellers] = [seller.category for seller in self.sellers]
        graph = network or build(self.parameters.graph, n, groups, self.seed)
        self.is_complete = graph.complete
        for person in self.crowd:
            rows = graph.neighbours[graph.offsets[person.row] : graph.offsets[person.row + 1]]
            person.neighbours = [self.crowd[j] for j in rows]
        for seller in self.sellers:
            seller.colleagues = [x for x in seller.neighbours if isinstance(x, Seller)]

    def work_out_hardship(self, concession):
        """Work out everybody's hardship from the fees and a concession (7.3)."""
        own = self.fees.own_hardships(self.sellers, concession)
        self.mean_hardship = float(np.mean(own)) if own else 0.0
        for seller, hardship in zip(self.sellers, own, strict=True):
            seller.feel(hardship, self.mean_hardship)
        for person in self.crowd[len(self.sellers) :]:
            person.feel(self.mean_hardship)

    # Asked by many

    @property
    def hour_of_day(self):
        return self.hour % 24

    @property
    def day(self):
        """The day's shape of shopping at this hour."""
        return float(shopping_shape()[self.hour_of_day])

    @property
    def is_announced(self):
        return self.parameters.announced is not None and self.hour >= self.parameters.announced

    def write(self, **series):
        """Write values of this hour into the books."""
        for name, value in series.items():
            self.books.series[name][self.hour] = value

    def read_before(self, name):
        """Read a series at the hour before, 0 at hour 0."""
        return float(self.books.series[name][self.hour - 1]) if self.hour > 0 else 0.0

    def leaves(self, person):
        """Let a person quit between two rounds of mobilisation."""
        person.quit()
        person.tell_neighbours()
        self.count_inside -= 1
        self.count_reporters -= person.role == Role.REPORTER

    def rival_drawn(self, u):
        """Give a rival drawn by attraction (7.12)."""
        at, r = u * self.market.attraction, 0
        while r < len(self.rivals) - 1 and at >= self.rivals[r].attraction:
            at = at - self.rivals[r].attraction
            r += 1
        return self.rivals[r]
