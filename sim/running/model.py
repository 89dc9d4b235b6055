"""The hour is one visible list: `STAGES`, run by `Siege`, a Mesa model."""

import functools
import gc
import secrets
import weakref
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
from sim.running import memory
from sim.scenario.calls import said_in_words
from sim.scenario.messages import unknown_name
from sim.scenario.scenario import Scenario
from sim.setup.graph import Graph, take
from sim.stages.attack import act
from sim.stages.beliefs import believe
from sim.stages.channel import speak
from sim.stages.crowd import mobilise, pay_attention, start_hour
from sim.stages.ledger import record_losses
from sim.stages.platform import respond
from sim.stages.rivals import poach, renew
from sim.stages.shopping import shop
from sim.stages.stores import update_stores
from sim.world import diary, networks
from sim.world.world import Diary, World, create_world

if TYPE_CHECKING:
    from matplotlib.figure import Figure

STAGES = (
    start_hour,
    pay_attention,
    mobilise,
    speak,
    act,
    respond,
    update_stores,
    shop,
    believe,
    poach,
    record_losses,
)
"""The stages of an hour, in order (docs/odd.md, section 3)."""


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
    **changes
        Fields of the scenario to change, such as ``scale=0.05`` or ``response="protect"``.

    Raises
    ------
    BesiegeError
        For a scenario, seed or network that is not allowed.
    """

    @said_in_words
    def __init__(
        self,
        scenario: Scenario | str = "taobao-2011",
        seed: int | None = None,
        *,
        rng: int | None = None,
        network: "nx.Graph[Any] | Graph | None" = None,
        **changes: Any,
    ) -> None:
        _make_room()
        if seed is not None and rng is not None:
            raise BesiegeError(f"rng: given {rng} and seed {seed}, allowed only one of them, since both set the seed")  # fmt: skip
        given = seed if seed is not None else rng
        self.seed = secrets.randbits(31) if given is None else check_seed(given)
        super().__init__(rng=self.seed)
        chosen = scenario if isinstance(scenario, Scenario) else Scenario.load(scenario)
        self._besiege = chosen.replace(changes) if changes else chosen
        wired = None if network is None else take(network, sum(self._besiege.n_crowd))
        if wired is not None:
            self._besiege = self._besiege.replace(wired.telling)
        memory.require(self._besiege)
        self.world: World = create_world(self._besiege, self.seed, wired)
        _HELD[self] = self.world.nbytes
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

    def step(self) -> None:
        """Run one hour: every stage of `STAGES`, in order; after the horizon nothing moves."""
        if self.world.hour + 1 >= self._besiege.hours:
            self.running = False
            return
        self.world.hour += 1
        for stage in STAGES:
            stage(self.world)
        if self.world.hour + 1 == self._besiege.hours:
            self.world.books.renewal = renew(self.world)
            self.running = False
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
        books = self.world.books
        return books.until(books.hours)

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
        """
        kind, _, row = name.partition(":")
        tables: dict[str, Any] = {
            "seller": self.sellers, "onlooker": self.onlookers, "consumer": self.consumers,
            "store": self.stores, "rival": self.rivals, "platform": [self.platform],
            "organisers": [self.organisers],
        }  # fmt: skip
        if kind not in tables:
            row = "".join(c for c in name if c.isdecimal()) or "ROW"
            names = [k if k in {"platform", "organisers"} else f"{k}:{row}" for k in tables]
            raise BesiegeError(unknown_name("agent", name, names))
        table = tables[kind]
        if not (row or "0").isdecimal() or int(row or 0) >= len(table):
            raise BesiegeError(
                f"agent: given {format_value(name)}, allowed {kind}:0 to {kind}:{len(table) - 1}"
            )
        chosen: agents.AnyAgent = table[int(row or 0)]
        return chosen

    def watch(self, agent: Any) -> None:
        """Keep an agent's diary from now on, so that its `why` needs no second run.

        Raises
        ------
        BesiegeError
            For a consumer or a rival: they keep none, their `why` needs none.
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
        again = Siege(self._besiege, seed=self.seed, network=self.world.graph)
        kept = diary.watch(again.world, kind, row)
        for change in self.world.by_hand:
            again._run_until(change.hour)
            change.kind.put(again.world, change.column, change.rows, change.value)
        again._run_until(self.world.hour)
        return kept if again.world.is_as(self.world) else None

    def _run_until(self, hour: int) -> None:
        if hour > self.world.hour:
            self.run_for(hour - self.world.hour)

    def release(self) -> None:
        """Let the world's columns go at once; records and tables that were taken stay."""
        vars(self).pop("world", None)
        _HELD.pop(self, None)

    def plot(self) -> "Figure":
        """Draw the siege so far."""
        from sim.figures.plots import siege_figure

        return siege_figure(self.record, self._besiege)


_HELD: "weakref.WeakKeyDictionary[Siege, int]" = weakref.WeakKeyDictionary()
"""Bytes of the columns of every siege that was not cleared yet, as they were at hour 0."""

MOST_BYTES = 150_000_000
"""New worlds that hold more than this together are looked through for those nobody uses."""

_in_use = 0


def _make_room() -> None:
    """Clear worlds that nobody uses any more.

    A Mesa model stands in circles of references, which Python clears late, since it counts
    objects and not the megabytes that they hold. A look takes as long as there are objects, so
    worlds that were in use at the last one do not call for another.
    """
    global _in_use
    held = sum(_HELD.values())
    _in_use = min(_in_use, held)
    if held > _in_use + MOST_BYTES:
        gc.collect()
        _in_use = sum(_HELD.values())


def _latest(model: Siege, name: str) -> float:
    return float(model.world.books.series[name][model.world.hour])
