"""`Siege`, a Mesa model: the readable face of a world and of the loop over its hours."""

import functools
import secrets
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Self

import mesa
import networkx as nx
import numpy as np
import pandas as pd

from sim.agents import agents
from sim.agents.agent_set import KindSet
from sim.agents.agents import Consumer, Onlooker, Organisers, Platform, RivalPlatform, Seller, Store
from sim.core.chance import check_seed
from sim.core.quoting import format_value
from sim.core.units import BesiegeError
from sim.outcomes import outcomes, record
from sim.running.loop import STAGES, Loop, Stage
from sim.scenario.calls import said_in_words
from sim.scenario.scenario import Scenario
from sim.setup.graph import Graph
from sim.world import diary, networks, reasons
from sim.world.world import Diary, World

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class Siege(mesa.Model):  # type: ignore[type-arg]
    """One world: a scenario and a seed.

    Parameters
    ----------
    scenario
        A scenario, or the name of one in the library, or a TOML file.
    seed
        0 to 2**64 - 1; drawn afresh when none is given.
    rng
        Mesa's word for the seed.
    network
        A networkx graph of exactly one node for each seller and onlooker, in place of the
        scenario's family; the scenario of this world tells its hash. Nodes are 0 to n - 1, or
        have names; weights are refused, since every tie counts alike.
    stages
        What an hour consists of, in order: `STAGES`, or some of them with stages of your own, as in
        ``[*STAGES, Stage("count", function)]``.
    **changes
        Fields of the scenario to change, such as ``scale=0.05`` or ``response="protect"``.

    Raises
    ------
    BesiegeError
        For a scenario, seed or network that is not allowed.

    Examples
    --------
    >>> from sim import Siege
    >>> siege = Siege("small", seed=1, scale=0.001, hours=72)
    >>> siege.run_for(24)  # hours; `siege.step()` runs one, `siege.run()` the rest
    >>> siege
    <Siege small, scale 0.001, after 24 of 72 hours>
    >>> siege.sellers.threshold.shape  # a column of all sellers
    (50,)
    >>> siege.sellers[7].stance  # the same state, through an agent
    <Stance.OUTSIDE: 0>
    >>> len(siege.hours)
    24
    >>> siege.graph.number_of_nodes()
    350
    """

    @said_in_words
    def __init__(
        self,
        scenario: Scenario | str = "taobao-2011",
        seed: int | None = None,
        *,
        rng: int | None = None,
        network: "nx.Graph[Any] | Graph | None" = None,
        stages: Iterable[Stage] = STAGES,
        **changes: Any,
    ) -> None:
        if seed is not None and rng is not None:
            raise BesiegeError(f"rng: given {format_value(rng)} and seed {format_value(seed)}, allowed only one of them, since both set the seed")  # fmt: skip
        given = seed if seed is not None else rng
        self.seed = secrets.randbits(31) if given is None else check_seed(given)
        self.loop = Loop.begin(scenario, self.seed, network=network, stages=stages, **changes)
        self._besiege = self.loop.scenario
        super().__init__(rng=self.seed)
        self._people_the_model()
        self.datacollector = mesa.DataCollector(
            {name: functools.partial(_latest, name=name) for name in record.SERIES}
        )

    def _people_the_model(self) -> None:
        w = self.world
        self.platform, self.organisers = Platform(self), Organisers(self)
        self.rivals = [RivalPlatform(self, r) for r in range(len(self._besiege.rivals))]
        n_stores = w.stores.price.size
        self.always_there: dict[type, list[Any]] = {
            Store: [Store(self, k) for k in range(n_stores)]
        }
        self.sellers = KindSet(Seller, self, np.arange(w.n_sellers))
        self.onlookers = KindSet(Onlooker, self, np.arange(w.crowd.role.size - w.n_sellers))
        self.consumers = KindSet(Consumer, self, np.arange(w.consumers.favourite.size))
        self.stores = KindSet(Store, self, np.arange(n_stores))
        by_type: dict[Any, Any] = self._agents_by_type
        for kind in (self.sellers, self.onlookers, self.consumers, self.stores):
            by_type[kind.kind] = kind

    @property
    def scenario(self) -> Scenario:
        """The frozen scenario of this world."""
        return self._besiege

    @scenario.setter
    def scenario(self, value: Any) -> None:
        self._mesa_scenario = value

    @property
    def world(self) -> World:
        """State of the world in columns."""
        return self.loop.world

    def step(self) -> None:
        """Run one hour: every stage of `loop`, in order; after the horizon nothing moves."""
        if self.loop.is_over:
            self.running = False
            return
        self.loop.step()
        self.running = not self.loop.is_over
        self.datacollector.collect(self)

    def run(self) -> Self:
        """Run to the end of the horizon and the renewal after it."""
        left = self._besiege.hours - self.world.books.hours
        if left > 0:
            self.run_for(left)
        return self

    @property
    def record(self) -> record.Record:
        """Everything booked so far, from which outcomes are worked out."""
        return self.loop.record

    @property
    def hours(self) -> pd.DataFrame:
        """The hourly series so far, one row an hour."""
        return record.hours_table(self.world.books)

    @property
    def outcomes(self) -> dict[str, float | None]:
        """Every outcome so far, by name; those that do not exist are ``None``."""
        return outcomes.measure(self.record)

    @property
    def graph(self) -> "nx.Graph[int]":
        """The coordination graph with role, stance and threshold of every node."""
        return networks.coordination(self.world)

    def networks(self) -> "dict[str, nx.Graph[Any]]":
        """Typed graphs: ``coordination``, ``attacks``, ``moves`` and ``favourites``."""
        return networks.all_of(self.world)

    def __repr__(self) -> str:
        s = self.scenario
        done = f"after {self.world.books.hours} of" if hasattr(self, "world") else "released,"
        return f"<Siege {s.name}, scale {s.scale:g}, {done} {s.hours} hours>"

    def person(self, row: int) -> Seller | Onlooker:
        """Return the agent of a row of the crowd: sellers first, then onlookers."""
        if row < self.world.n_sellers:
            return Seller(self, row)
        return Onlooker(self, row - self.world.n_sellers)

    def agent(self, name: str) -> agents.AnyAgent:
        """Return an agent by ``KIND:ROW``, such as ``seller:7``, or by a single one's kind alone.

        Raises
        ------
        BesiegeError
            For an unknown kind or a row that is not there.

        Examples
        --------
        >>> siege = Siege("small", seed=1, scale=0.001)
        >>> siege.agent("store:12").row
        12
        >>> siege.agent("organisers").phase
        <Phase.GATHER: 0>
        """
        kind, row = reasons.find_agent(self.world, name)
        tables: dict[str, Any] = {
            "seller": self.sellers, "onlooker": self.onlookers, "consumer": self.consumers,
            "store": self.stores, "rival": self.rivals, "platform": [self.platform],
            "organisers": [self.organisers],
        }  # fmt: skip
        chosen: agents.AnyAgent = tables[kind][row]
        return chosen

    def watch(self, agent: Any) -> None:
        """Keep an agent's diary from now on, so that its `why` needs no second run.

        Raises
        ------
        BesiegeError
            For a consumer or a rival: they keep none, their `why` needs none.

        Examples
        --------
        >>> siege = Siege("small", seed=1, scale=0.001)
        >>> siege.watch(siege.sellers[7])
        >>> siege.run_for(24)
        >>> siege.sellers[7].why()["decision"].unique().tolist()
        ['stays out']
        """
        if getattr(agent, "diary_key", None) is None:
            kinds = [name for name, kind in agents.KINDS.items() if hasattr(kind, "diary_key")]
            given = getattr(agent, "kind", type(agent).__name__)
            raise BesiegeError(
                f"agent: given a {given}, which keeps no diary, allowed {', '.join(kinds)}"
            )
        kind, row = agent.diary_key
        diary.watch(self.world, kind, row)

    def replay(self, kind: str, row: int) -> Diary | None:
        """Run this world again from its seed up to now and give an agent's diary.

        What was set by hand through agents and sets is set again at its hour; none is given where
        the world still comes out another, changed in a way that is not known.
        """
        again = Loop.begin(
            self._besiege, self.seed, network=self.world.graph, stages=self.loop.stages
        )
        kept = diary.watch(again.world, kind, row)
        for change in self.world.by_hand:
            again.run(until=change.hour)
            change.kind.put(again.world, change.column, change.rows, change.value)
        again.run(until=self.world.hour)
        return kept if again.world.is_as(self.world) else None

    def release(self) -> None:
        """Let the world's columns go at once; records and tables that were taken stay.

        Mesa's models stand in circles of references, which Python clears only now and then.
        Whoever makes many calls this, or writes ``with Siege(…) as siege:``.
        """
        self.loop.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def plot(self) -> "Figure":
        """Draw the siege so far."""
        from sim.figures.plots import siege_figure

        return siege_figure(self.record, self._besiege)


def _latest(model: Siege, name: str) -> float:
    return float(model.world.books.series[name][model.world.hour])
