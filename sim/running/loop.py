"""The hour is one visible list, `STAGES`, and a `Loop` runs it over a world, hour by hour."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

from sim.core.chance import check_seed
from sim.core.quoting import format_value
from sim.core.units import BesiegeError
from sim.outcomes.record import Record
from sim.outcomes.registry import Need
from sim.running import memory
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
from sim.world.copies import copy_world
from sim.world.world import World, create_world

if TYPE_CHECKING:
    import networkx as nx


@dataclass(frozen=True, slots=True)
class Stage:
    """A part of the hour.

    Attributes
    ----------
    name
        What it is called in `Loop.seconds`, in failures and in profiles.
    run
        Called once an hour with the `World`, which it reads and changes. It must depend on the
        world alone: ``why()`` of an agent may run the hours again.
    provides
        ``"shoppers"`` where only what honest shoppers did is made by it: a run that is asked for
        the siege alone leaves it out (`sim.running.shoppers`).

    Examples
    --------
    >>> from sim import STAGES, Siege, Stage
    >>> heard = []
    >>> listen = Stage("listen", lambda world: heard.append(world.hour))
    >>> siege = Siege("small", seed=1, scale=0.001, stages=[*STAGES, listen])
    >>> siege.run_for(3)
    >>> heard
    [0, 1, 2]
    """

    name: str
    run: Callable[[World], object]
    provides: Need = "siege"

    def __str__(self) -> str:
        name = getattr(self.run, "__qualname__", type(self.run).__qualname__)
        return f"{self.name} ({self.run.__module__}.{name})"

    def __repr__(self) -> str:
        return f"Stage({self.name!r})"


STAGES = (
    Stage("start_hour", start_hour),
    Stage("pay_attention", pay_attention),
    Stage("mobilise", mobilise),
    Stage("speak", speak),
    Stage("act", act),
    Stage("respond", respond),
    Stage("update_stores", update_stores),
    Stage("shop", shop, provides="shoppers"),
    Stage("believe", believe),
    Stage("poach", poach, provides="shoppers"),
    Stage("record_losses", record_losses, provides="shoppers"),
)
"""The stages of an hour, in order (docs/odd.md, section 3)."""


def _renew(world: World) -> None:
    world.books.renewal = renew(world)


RENEWAL = Stage("renew", _renew, provides="shoppers")
"""Who stays for another year: once, after the last hour of a run that has shoppers."""


class Loop:
    """The hours of one world.

    Parameters
    ----------
    world
        The world at hour 0.
    stages
        What an hour consists of, in order.

    Attributes
    ----------
    stages : tuple of Stage
        As given.
    seconds : dict of str to float
        Wall time (s) spent in each stage so far, by name; the renewal comes last.
    stage : Stage or None
        The stage at work; after a failure, the one that failed.

    Raises
    ------
    BesiegeError
        If the stages are no list of `Stage`, or two share a name.

    Examples
    --------
    >>> from sim.running.loop import Loop
    >>> loop = Loop.begin("small", 1, scale=0.001, hours=24).run()
    >>> loop.is_over, loop.record.hours
    (True, 24)
    >>> loop.stages[0]
    Stage('start_hour')
    >>> list(loop.seconds)[-2:]
    ['record_losses', 'renew']
    """

    def __init__(self, world: World, stages: Iterable[Stage] = STAGES) -> None:
        self.stages = check_stages(stages)
        shoppers = any(stage.provides == RENEWAL.provides for stage in self.stages)
        self._last: tuple[Stage, ...] = (RENEWAL,) if shoppers else ()
        self.seconds = dict.fromkeys([s.name for s in (*self.stages, *self._last)], 0.0)
        self.stage: Stage | None = None
        self._left: tuple[Stage, ...] = ()  # of an hour that is begun
        self._world: World | None = world

    @classmethod
    def begin(
        cls,
        scenario: Scenario | str,
        seed: int,
        *,
        network: "nx.Graph[Any] | Graph | None" = None,
        stages: Iterable[Stage] = STAGES,
        **changes: Any,
    ) -> Self:
        """Create a world at hour 0 and the loop over it; parameters are those of `Siege`.

        Raises
        ------
        BesiegeError
            For a scenario, seed, network or stages that are not allowed, or a world that does not
            fit into memory.
        """
        seed, stages = check_seed(seed), check_stages(stages)  # before any work is done
        chosen = scenario if isinstance(scenario, Scenario) else Scenario.load(scenario)
        chosen = chosen.replace(changes) if changes else chosen
        wired = None if network is None else take(network, sum(chosen.n_crowd))
        if wired is not None:
            chosen = chosen.replace(wired.telling)
        memory.require(chosen)
        return cls(create_world(chosen, seed, wired), stages)

    @property
    def world(self) -> World:
        """The world that the stages read and change."""
        if self._world is None:
            raise AttributeError("this world was released; its record and tables, once taken, stay")
        return self._world

    @property
    def scenario(self) -> Scenario:
        """The frozen scenario of the world."""
        return self.world.scenario

    @property
    def seed(self) -> int:
        """The seed of the world."""
        return self.world.seed

    @property
    def is_over(self) -> bool:
        """Whether the horizon is reached."""
        return not self._left and self.world.hour + 1 >= self.world.scenario.hours

    @property
    def record(self) -> Record:
        """Everything booked so far, from which outcomes are worked out."""
        books = self.world.books
        return books.until(books.hours)

    @property
    def record_at_renewal(self) -> Record:
        """Everything booked so far, with the renewal as it would be if this were the last hour.

        Outcomes of it are those of a run with this horizon. The world is left as it is.
        """
        return replace(self.record, renewal=renew(self.world))

    def step(self, before: str | None = None) -> None:
        """Run one hour, and the renewal after the last; once the horizon is reached, do nothing.

        Parameters
        ----------
        before
            The name of a stage to stop before; the next step does what is left of the hour.
        """
        if self.is_over:
            return
        if not self._left:
            self.world.hour += 1
        left, self._left = self._left or self.stages, ()
        for n, stage in enumerate(left):
            if stage.name == before:
                self._left = left[n:]
                return
            self._do(stage)
        if self.is_over:
            for stage in self._last:
                self._do(stage)

    def run(self, until: int | None = None) -> Self:
        """Run to the end of the horizon, or until an hour has run."""
        last = self.world.scenario.hours - 1 if until is None else until
        while (self._left or self.world.hour < last) and not self.is_over:
            self.step()
        return self

    def _do(self, stage: Stage) -> None:
        self.stage = stage
        began = time.perf_counter()
        stage.run(self.world)
        self.seconds[stage.name] += time.perf_counter() - began
        self.stage = None

    def branch(self, scenario: Scenario) -> Self:
        """Return a loop over a copy of the world, that goes on from here in another scenario.

        What the scenarios differ in must not have been read yet.
        """
        other = type(self)(copy_world(self.world, scenario), self.stages)
        other.seconds, other._left = dict(self.seconds), self._left
        return other

    def release(self) -> None:
        """Let the world's columns go at once; records and tables that were taken stay."""
        self._world = None

    def __repr__(self) -> str:
        total = sum(self.seconds.values())
        rows = [
            f"  {name:<15} {spent:>9.4f} s {spent / total if total else 0.0:>6.1%}"
            for name, spent in self.seconds.items()
        ]
        if self._world is None:
            state = "released"
        else:
            state = f"after {self.world.books.hours} of {self.scenario.hours} hours"
        return (
            "\n".join([f"<Loop of {len(self.stages)} stages, {state}, {total:.3f} s", *rows]) + ">"
        )


def check_stages(stages: Iterable[Stage]) -> tuple[Stage, ...]:
    """Return stages as a tuple.

    Raises
    ------
    BesiegeError
        If one is no `Stage`, or two share a name.
    """
    given = tuple(stages) if isinstance(stages, Iterable) else (stages,)
    for stage in given:
        if not isinstance(stage, Stage):
            raise BesiegeError(
                f"stages: given {format_value(stage)}, allowed stages, "
                'such as Stage("mine", function)'
            )
    names = [stage.name for stage in given]
    taken = {RENEWAL.name} | {name for name in names if names.count(name) > 1}
    if twice := [name for name in names if name in taken]:
        raise BesiegeError(
            f"stages: given the name {format_value(twice[0])} for two, allowed each name once"
        )
    return given
