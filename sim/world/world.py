"""The state of one world: hour 0, and what the stages of the hour read and change."""

from dataclasses import dataclass, field, fields
from typing import Any, NamedTuple, SupportsFloat

import numpy as np

from sim.core import calendar, chance
from sim.core.state import Consumers, Crowd, Sellers, Stores, Ties
from sim.core.units import (
    F32,
    F64,
    I8,
    I16,
    I32,
    I64,
    N_CATEGORIES,
    BesiegeError,
    Bool,
    Motion,
    Phase,
    Role,
)
from sim.outcomes import record
from sim.responses import IDLE, Orders
from sim.rules.channel import Queue
from sim.rules.mobilisation import Climate
from sim.rules.shopping import Market, ShoppingParameters
from sim.rules.stores import StoreDay, blank_day
from sim.scenario.marketplace import Fees
from sim.scenario.scenario import Scenario
from sim.setup import fees, graph, population, visits
from sim.setup.fees import NOTHING_CONCEDED, NewSchedule, Payers
from sim.setup.graph import Graph
from sim.setup.population import Shelves


@dataclass(slots=True)
class Media:
    """What the public hears."""

    attention: float = 0.0
    told: set[str] = field(default_factory=set)  # news that is told once


@dataclass(slots=True)
class OrganisersState:
    """The channel's committee: one, and unknown to the platform."""

    phase: Phase = Phase.GATHER
    phase_since: int = 0
    next_phase: tuple[int, Phase] | None = None  # hour, phase
    targets: I32 = field(default_factory=lambda: np.zeros(0, np.int32))  # stores called
    called: int = -1  # hour of the last call to an assembly, -1 if none
    awaited: int = -1  # hour from which on a word has been awaited, -1 if none has
    stalled: int = -1  # hour of the last answer, or end of an ultimatum, that led to nothing
    heard: float = 0.0  # the best answer so far
    words: set[str] = field(default_factory=set)  # that have been awaited, each once
    ultimatum: int = -1  # hour an ultimatum was named, -1 if none
    deadline: int = -1
    tally: F64 = field(default_factory=lambda: np.zeros(len(Motion)))
    top_today: float = 0.0  # people, highest attendance of the day
    top_ever: float = 0.0


@dataclass(slots=True)
class Floor:
    """The speaking floor: its queue, and how many wait in it."""

    queue: Queue
    n: int = 0


@dataclass(slots=True)
class PlatformState:
    """What the platform has done and how it is seen."""

    orders: Orders = IDLE
    limit: Orders = IDLE  # those whose purchase limit holds in this hour
    answer: float = 0.0  # how far the demands are answered, 0-1
    talks: bool = False
    concession: fees.Concession = NOTHING_CONCEDED
    legitimacy_public: float = 0.0
    sanction: float = 0.0  # perceived by everybody
    undone: float = 0.0  # false actions undone of late, fading
    done: float = 0.0  # false actions of late, fading
    examined: dict[int, int] = field(default_factory=dict)  # tactic: hours looked through
    first_attack: int = -1
    calls: float = 0.0  # sellers called so far


class Actions(NamedTuple):
    """An hour's actions, one by one."""

    hour: int
    actor: I32  # row of the crowd
    store: I16
    tactic: I8
    succeeded: Bool


@dataclass(slots=True)
class Diary:
    """What a watched agent weighed, hour by hour."""

    since: int  # hour from which it is watched
    entries: list[dict[str, Any]] = field(default_factory=list)


class ByHand(NamedTuple):
    """A column set by hand, through an agent or a set."""

    hour: int  # the last that had run
    kind: Any  # class of the agents
    column: str
    rows: I64
    value: Any


@dataclass(slots=True)
class World:
    """Everything of one run. ``hour`` is the hour that runs, or the last that did."""

    scenario: Scenario
    seed: int
    key: np.uint64
    weight: float
    n_sellers: int
    sellers: Sellers
    crowd: Crowd
    stores: Stores
    consumers: Consumers
    shelves: Shelves
    market: Market
    graph: Graph
    ties: Ties
    sellers_ties: Ties  # those among sellers alone
    floor: Floor
    books: record.Record
    media: Media
    organisers: OrganisersState
    platform: PlatformState
    seller_hardship: F64  # own, without sympathy
    hardship_twin: F32  # of sellers in the quiet twin, where nothing is conceded
    out: F64  # hour, store: items of false orders that are with their buyers
    n_visits: I64  # by hour, what shoppers make of it in both worlds
    store_day: StoreDay  # what every store met in the hour
    attempts: F64  # by store, actions of the hour, blocked ones as well
    mean_hardship: float = 0.0
    hour: int = -1
    climate: Climate | None = None
    inside: I32 = field(default_factory=lambda: np.zeros(0, np.int32))  # rows in the protest
    census: I64 = field(default_factory=lambda: np.zeros((2, len(Role)), np.int64))
    actions: list[Actions] = field(default_factory=list)  # of the hours in which anybody acted
    watched: dict[tuple[str, int], Diary] = field(default_factory=dict)
    by_hand: list[ByHand] = field(default_factory=list)

    def log(self, **values: SupportsFloat) -> None:
        """Write values of the hour into the hourly series."""
        for name, value in values.items():
            self.books.series[name][self.hour] = float(value)

    def last(self, name: str) -> float:
        """Return a series' value of the hour before, 0 before the first."""
        return float(self.books.series[name][self.hour - 1]) if self.hour > 0 else 0.0

    def is_as(self, other: "World") -> bool:
        """Return whether all columns and hourly series are those of another world."""
        return all(
            np.array_equal(values, its, equal_nan=values.dtype.kind == "f")
            for values, its in zip(self._state(), other._state(), strict=True)
        )

    def _state(self) -> list[Any]:
        return [*self._columns(), *self.books.series.values()]

    def _columns(self) -> list[Any]:
        return [*self.sellers, *self.crowd, *self.stores, *self.consumers]

    @property
    def nbytes(self) -> int:
        """Bytes of the columns and books, the graph apart (it is shared)."""
        booked = (getattr(self.books, f.name) for f in fields(self.books))
        held = (*self._columns(), *booked)
        return sum(array.nbytes for array in held if isinstance(array, np.ndarray))

    @property
    def fees(self) -> Fees:
        """The fee schedules that count: where nothing is announced, the old one goes on."""
        f = self.scenario.fees
        if self.scenario.announced is not None:
            return f
        return f.model_copy(update={"new": NewSchedule.same_as(f.old)})

    @property
    def shopping(self) -> ShoppingParameters:
        """How consumers choose; where there is no rival, who would go there buys nothing."""
        p = self.scenario.shopping
        return p if self.market.rivals.size else p._replace(buy_rivals=0.0)

    @property
    def hour_of_day(self) -> int:
        """Hour of the day, 0 to 23."""
        return calendar.hour_of_day(self.hour)


def create_world(scenario: Scenario, seed: int, wired: Graph | None = None) -> World:
    """Draw the world at hour 0.

    Parameters
    ----------
    scenario
        What the world is made of.
    seed
        0 to 2**64 - 1.
    wired
        A graph with a node for each seller and onlooker, instead of the scenario's family.

    Raises
    ------
    BesiegeError
        If the scenario's graph cannot be built.
    """
    p, s = scenario.population, scenario
    n_sellers, n_onlookers = s.n_crowd
    n_consumers = round(p.n_consumers * s.scale)
    b = s.beliefs
    sellers = population.draw_sellers(p, n_sellers, seed, b.legitimacy_sellers, b.legitimacy_spread)
    crowd = population.draw_crowd(p, n_sellers, n_onlookers, s.mobilisation.staying_shape, seed)
    stores = population.draw_stores(p, s.shopping, s.stores, s.channel.visibility, seed)
    consumers = population.draw_consumers(p, s.shopping, stores, n_consumers, seed)
    shelves = population.lay_out_shelves(p, s.shopping, stores, consumers)
    everybody = n_sellers + n_onlookers
    if wired is None:
        group = np.full(everybody, N_CATEGORIES, np.int32)
        group[:n_sellers] = sellers.category
        wired = graph.build(s.graph, everybody, group, seed)
    places = s.channel.queue_places
    small_price = np.full(N_CATEGORIES, p.price_median)
    world = World(
        scenario=s,
        seed=seed,
        key=chance.key_of(seed),
        weight=1.0 / s.scale,
        n_sellers=n_sellers,
        sellers=sellers,
        crowd=crowd,
        stores=stores,
        consumers=consumers,
        shelves=shelves,
        market=_open_market(s, stores, consumers, shelves, sellers),
        graph=wired,
        ties=wired.ties,
        sellers_ties=graph.among_first(wired, n_sellers).ties,
        floor=Floor(Queue(np.zeros(places, np.int32), np.zeros(places), np.zeros(1))),
        books=record.empty(
            s.hours, np.concatenate([stores.price, small_price]), stores.margin,
            stores.click_cost, s.fees.terms.commission_share,
            np.array([r.margin for r in s.rivals]), p.price_median,
            seed,
        ),
        media=Media(),
        organisers=OrganisersState(),
        platform=PlatformState(legitimacy_public=b.legitimacy_public),
        seller_hardship=np.zeros(n_sellers),
        hardship_twin=np.zeros(n_sellers, np.float32),
        out=np.zeros((s.hours, p.n_stores)),
        n_visits=visits.draw_visits(s.shopping, n_consumers, s.hours, seed),
        store_day=blank_day(p.n_stores),
        attempts=np.zeros(p.n_stores),
    )  # fmt: skip
    weigh_fees(world)
    world.hardship_twin[:] = world.crowd.hardship[:n_sellers]
    return world


def _open_market(
    s: Scenario, stores: Stores, consumers: Consumers, shelves: Shelves, sellers: Sellers
) -> Market:
    attraction = np.array([r.attraction for r in s.rivals])
    total = float(attraction.sum())
    share = attraction / total if total > 0 else np.zeros(0)  # nobody goes where nothing attracts
    by_category = np.argsort(sellers.category, kind="stable").astype(np.int32)
    return Market(
        class_sum=shelves.class_sum,
        favourite=consumers.favourite,
        needs_cod=consumers.needs_cod,
        category=stores.category,
        first=shelves.first,
        normal=shelves.normal,
        rivals=s.shopping.buy_rivals * np.cumsum(share),
        seller=by_category,
        seller_first=population.first_of(sellers.category[by_category]),
        seller_sum=np.cumsum(sellers.turnover[by_category]),
    )


def lay_out(world: World) -> None:
    """Lay out the mall anew, where categories, brands or prices of stores were set by hand.

    Raises
    ------
    BesiegeError
        If the stores are no longer in the order of their categories.
    """
    s, stores = world.scenario, world.stores
    if stores.category.size and (
        (np.diff(stores.category) < 0).any()
        or not 0 <= stores.category[0] <= stores.category[-1] < N_CATEGORIES
    ):
        raise BesiegeError(f"stores.category: allowed 0 to {N_CATEGORIES - 1}, in ascending order")
    pull = population.pull_of(stores.brand, stores.price, s.population, s.shopping)
    stores.orders_an_hour[:] = population.expected_orders(
        stores.category, pull, s.population, s.shopping
    )
    world.books.price[: stores.price.size] = stores.price
    world.shelves = population.lay_out_shelves(s.population, s.shopping, stores, world.consumers)
    world.market = _open_market(s, stores, world.consumers, world.shelves, world.sellers)


def payers(world: World) -> Payers:
    """Return what the sellers' bills go by."""
    x = world.sellers
    return Payers(x.category, x.turnover, x.rating, x.seniority)


def weigh_fees(world: World) -> None:
    """Work out every seller's hardship, and what onlookers feel of it (docs/odd.md, 7.3).

    A seller's hardship is its own plus sympathy times the mean, clipped to 0-1; an onlooker's
    is its sympathy times the mean. The mean makes a rise that hurts nobody no cause at all.
    """
    f, x, n = world.fees, world.sellers, world.n_sellers
    before = fees.bill_before(f.old, payers(world))
    after = fees.bill(f.old, f.new, world.platform.concession, payers(world), world.weight)
    cost = fees.owed(after, f.terms) - fees.owed(before, f.terms)
    felt = world.seller_hardship
    fees.all_hardships(cost, x.margin, x.turnover, felt)
    world.mean_hardship = float(felt.mean()) if felt.size else 0.0
    crowd = world.crowd
    crowd.hardship[:n] = np.clip(felt + x.sympathy * world.mean_hardship, 0.0, 1.0)
    crowd.hardship[n:] = crowd.sympathy[n:] * world.mean_hardship
