"""The hour is one visible list: `STAGES`, run by `Siege`, a Mesa model."""

import secrets
from typing import Any

import mesa
import networkx as nx
import pandas as pd

from sim.record import SERIES
from sim.scenario import Scenario
from sim.stages.attack import act
from sim.stages.beliefs import believe
from sim.stages.channel import speak
from sim.stages.crowd import look_at_the_calendar, mobilise, pay_attention
from sim.stages.ledger import keep_ledger
from sim.stages.platform import respond
from sim.stages.rivals import poach, renew
from sim.stages.shopping import shop
from sim.stages.stores import keep_store
from sim.world import World, found

STAGES = (
    look_at_the_calendar,
    pay_attention,
    mobilise,
    speak,
    act,
    respond,
    keep_store,
    shop,
    believe,
    poach,
    keep_ledger,
)
"""The stages of an hour, in order (model.md section 3)."""


class Siege(mesa.Model):  # type: ignore[type-arg]
    """One world: a scenario and a seed."""

    def __init__(
        self,
        scenario: Scenario | str = "taobao-2011",
        seed: int | None = None,
        network: "nx.Graph[Any] | None" = None,
        **changes: Any,
    ) -> None:
        self.seed = secrets.randbits(31) if seed is None else int(seed)
        super().__init__(rng=self.seed)
        chosen = Scenario.load(scenario) if isinstance(scenario, str) else scenario
        self._besiege = s = chosen.but(changes) if changes else chosen
        self.world: World = found(s, self.seed, network)

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

    @property
    def hours(self) -> pd.DataFrame:
        """The hourly series so far, one row an hour."""
        books = self.world.books
        return pd.DataFrame({name: books.series[name][: books.hours] for name in SERIES})
