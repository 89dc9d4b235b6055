"""All agents of a kind as columns, and as a Mesa agent set."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Self, overload

import mesa
import numpy as np
from mesa.agentset import AbstractAgentSet, GroupBy

from sim.agents.row_agent import RowAgent
from sim.core.quoting import format_value
from sim.world.columns import CODES

type Rows = np.ndarray


class KindSet[A: RowAgent](AbstractAgentSet[Any]):
    """The agents of one kind: columns by name, agents by row, Mesa's set on top.

    Parameters
    ----------
    kind
        The agents' class.
    model
        The `Siege` they belong to.
    rows
        The rows it holds, in order.

    Examples
    --------
    >>> from sim import Siege
    >>> sellers = Siege("small", seed=1, scale=0.001).sellers
    >>> len(sellers), len(sellers.where(sellers.category == 3))
    (50, 1)
    >>> sellers.select(at_most=3)[0].row
    0
    """

    def __init__(self, kind: type[A], model: mesa.Model, rows: Rows) -> None:  # type: ignore[type-arg]
        self.kind, self.model, self.rows = kind, model, rows
        self.random = model.random

    def __getattr__(self, name: str) -> np.ndarray:
        if name.startswith("__") or "kind" not in self.__dict__:  # asked for while being copied
            raise AttributeError(name)
        if name not in self.kind.columns:
            near = f"{self.kind.__name__} has no column {format_value(name)}"
            raise AttributeError(f"{near}; allowed {', '.join(sorted(self.kind.columns))}")
        values = self.kind.columns[name](self.model.world)  # type: ignore[attr-defined]
        return values if self._is_whole(values.size) else values[self.rows]

    def _is_whole(self, n: int) -> bool:
        size = self.rows.size
        return size == n and (
            size == 0 or (self.rows[0] == 0 and bool((np.diff(self.rows) == 1).all()))
        )

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self.kind.columns})

    def __len__(self) -> int:
        return int(self.rows.size)

    def __setattr__(self, name: str, value: Any) -> None:
        kind = self.__dict__.get("kind")
        if kind is None or name not in kind.columns:
            super().__setattr__(name, value)
            return
        kind.put(self.model.world, name, self.rows, value)  # type: ignore[attr-defined]

    @overload
    def __getitem__(self, i: int) -> A: ...

    @overload
    def __getitem__(self, i: slice) -> Self: ...

    def __getitem__(self, i: int | slice) -> A | Self:
        if isinstance(i, slice):
            return self._some(self.rows[i])
        if not -len(self) <= i < len(self):
            there = f"0 to {len(self) - 1}" if len(self) else "none, the set is empty"
            raise IndexError(f"{self.kind.kind}: given {i}, allowed {there}")
        return self._agent(int(self.rows[i]))

    def __iter__(self) -> Iterator[A]:
        return (self._agent(int(row)) for row in self.rows)

    def __contains__(self, agent: object) -> bool:
        return isinstance(agent, self.kind) and agent.model is self.model and agent.row in self.rows

    def __repr__(self) -> str:
        return f"<KindSet of {len(self)} {self.kind.kind}s: {', '.join(sorted(self.kind.columns))}>"

    def _agent(self, row: int) -> A:
        always_there = self.model.always_there.get(self.kind)  # type: ignore[attr-defined]
        return always_there[row] if always_there else self.kind(self.model, row)

    def _some(self, rows: Iterable[int]) -> Self:
        return type(self)(self.kind, self.model, np.fromiter(rows, np.int64))

    def _update(self, agents: Iterable[Any]) -> Self:
        self.rows = np.fromiter((a.row for a in agents), np.int64)
        return self

    def select(
        self,
        filter_func: Callable[[A], bool] | None = None,
        at_most: float = float("inf"),
        inplace: bool = False,
        agent_type: type[Any] | None = None,
    ) -> Self:
        """Select agents by a predicate, as `mesa.agentset.AgentSet.select` does."""
        most = (
            int(len(self) * at_most) if isinstance(at_most, float) and at_most <= 1.0 else at_most
        )
        rows: list[int] = []
        if agent_type is None or issubclass(self.kind, agent_type):
            for agent in self:
                if len(rows) >= most:
                    break
                if filter_func is None or filter_func(agent):
                    rows.append(agent.row)
        if inplace:
            self.rows = np.array(rows, np.int64)
            return self
        return self._some(rows)

    def where(self, chosen: np.ndarray) -> Self:
        """Select by a mask over the set, such as ``sellers.where(sellers.grievance > 0.5)``."""
        return self._some(self.rows[np.asarray(chosen, np.bool_)])

    def get(
        self,
        attr_names: str | list[str],
        handle_missing: str = "error",
        default_value: Any = None,
    ) -> Any:
        """Return one attribute of all agents, or several; columns come as they are."""
        if not isinstance(attr_names, str):
            each = [self.get(n, handle_missing, default_value) for n in attr_names]
            return [list(values) for values in zip(*each, strict=True)]
        if attr_names in self.kind.columns:
            values = self.kind.columns[attr_names](self.model.world)  # type: ignore[attr-defined]
            told = values[self.rows].tolist()
            return list(map(CODES[attr_names], told)) if attr_names in CODES else told
        if handle_missing not in {"error", "default"}:
            raise ValueError(
                f"handle_missing: given {format_value(handle_missing)}, allowed error or default"
            )
        if handle_missing == "default":
            return [getattr(agent, attr_names, default_value) for agent in self]
        return [getattr(agent, attr_names) for agent in self]

    def groupby(self, by: Callable[[Any], Any] | str, result_type: str = "agentset") -> GroupBy:
        """Group agents by an attribute or a function of each."""
        keys = self.get(by) if isinstance(by, str) else [by(agent) for agent in self]
        groups: dict[Any, list[int]] = {}
        for key, row in zip(keys, self.rows.tolist(), strict=True):
            groups.setdefault(key, []).append(row)
        sets: dict[Any, Any] = {key: self._some(rows) for key, rows in groups.items()}
        if result_type == "agentset":
            return GroupBy(sets)
        return GroupBy({key: list(some) for key, some in sets.items()})

    def to_list(self) -> list[A]:
        """Return the agents as a list."""
        return list(self)

    def shuffle(self, inplace: bool = False) -> Self:
        """Put the rows in another order, by the model's own generator."""
        rows = self.rows.tolist()
        self.random.shuffle(rows)
        return self._reordered(rows, inplace)

    def sort(
        self, key: Callable[[Any], Any] | str, ascending: bool = False, inplace: bool = False
    ) -> Self:
        """Sort by an attribute or a function of each agent, largest first unless told."""
        keys = self.get(key) if isinstance(key, str) else [key(agent) for agent in self]
        order = sorted(range(len(self)), key=keys.__getitem__, reverse=not ascending)
        return self._reordered([int(self.rows[i]) for i in order], inplace)

    def _reordered(self, rows: list[int], inplace: bool) -> Self:
        if not inplace:
            return self._some(rows)
        self.rows = np.array(rows, np.int64)
        return self

    def do(self, method: str | Callable[..., Any], *args: Any, **kwargs: Any) -> Self:
        """Call a method, or a function of the agent, on each."""
        self.map(method, *args, **kwargs)
        return self

    def shuffle_do(self, method: str | Callable[..., Any], *args: Any, **kwargs: Any) -> Self:
        """Do so in an order drawn by the model's own generator."""
        self.shuffle().do(method, *args, **kwargs)
        return self

    def map(self, method: str | Callable[..., Any], *args: Any, **kwargs: Any) -> list[Any]:
        """Call a method, or a function of the agent, on each and collect the results."""
        if isinstance(method, str):
            return [getattr(agent, method)(*args, **kwargs) for agent in self]
        return [method(agent, *args, **kwargs) for agent in self]

    def add(self, agent: Any) -> None:
        """Refuse: the population is fixed at hour 0."""
        raise TypeError("the population is fixed at hour 0, so no agent can be added")

    def discard(self, agent: Any) -> None:
        """Take an agent out of this set; it stays in the world."""
        if agent in self:
            self.rows = self.rows[self.rows != agent.row]

    def remove(self, agent: Any) -> None:
        """Take an agent out of this set; it stays in the world."""
        if agent not in self:
            raise KeyError(agent)
        self.discard(agent)
