"""What is compared: responses, at hours, under fee schedules."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sim.core.quoting import LONGEST_NAME, format_value, quote, short
from sim.core.units import BesiegeError
from sim.responses import Response
from sim.scenario.library import load_fees, load_response
from sim.scenario.overrides import check_hour
from sim.scenario.scenario import Scenario
from sim.scenario.schema import steps_of
from sim.setup.fees import NewSchedule

type ResponseLike = str | Path | Response
type FeeLike = str | Path | NewSchedule


@dataclass(frozen=True, slots=True)
class Policy:
    """One way the platform may go: a name, and the scenario in which it goes it."""

    name: str
    response: str
    fee: str | None  # None: the scenario's own
    scenario: Scenario


def policies_of(
    scenario: Scenario,
    responses: Sequence[ResponseLike],
    fees: Sequence[FeeLike] = (),
    begin: int | Sequence[int] = (),
) -> list[Policy]:
    """Cross responses, the hours at which they begin, and fee schedules.

    Parameters
    ----------
    scenario
        The world.
    responses
        Names of the library, such as ``protect`` or ``protect@60``, TOML files, or responses.
    fees
        Names of the library, TOML files, or schedules; none for the scenario's own.
    begin
        Hours at which each response that has a measure begins; none for its own.

    Raises
    ------
    BesiegeError
        For a name that is unknown, or if there is nothing to compare.
    """
    if isinstance(responses, (str, Path, Response)):
        responses = [responses]
    loaded = [r if isinstance(r, Response) else load_response(r) for r in responses]
    if not loaded:
        raise BesiegeError("responses: given none, allowed at least one")
    begins: Sequence[Any] = begin if isinstance(begin, (list, tuple, range)) else [begin]
    hours = [check_hour(hour, "begin") for hour in begins]
    if hours and not any(response.measures for response in loaded):
        names = short(", ".join(response.name for response in loaded), LONGEST_NAME)
        raise BesiegeError(f"begin: given {hours[0]}, allowed only with a response that has a measure; {names} has none")  # fmt: skip
    timed: list[Response] = []
    for response in loaded:
        timed += [response.at(h) for h in hours] if hours and response.measures else [response]
    schedules: list[tuple[str | None, NewSchedule | None]] = [(None, None)]
    if fees:
        given = [fees] if isinstance(fees, (str, Path, NewSchedule)) else fees
        schedules = [_named(fee, n) for n, fee in enumerate(given)]
    policies: list[Policy] = []
    for fee, schedule in schedules:
        world = scenario if schedule is None else scenario.replace({"fees.new": schedule})
        for response in timed:
            plain = response.name if fee is None else f"{response.name} · {fee}"
            taken = sum(re.sub(r" \(\d+\)$", "", p.name) == plain for p in policies)
            name = f"{plain} ({taken + 1})" if taken else plain
            policies.append(Policy(name, response.name, fee, world.replace(response=response)))
    return policies


def check_not_overruled(changes: Mapping[str, Any], fees: Sequence[FeeLike]) -> None:
    """Refuse changes of the scenario that what is compared would overrule.

    Raises
    ------
    BesiegeError
        For a change of the response, of new fees where schedules are given, or for hours that
        are no horizon.
    """
    for path, value in changes.items():
        steps = steps_of(path)
        if steps[:1] == ("response",):
            raise BesiegeError(f"{quote(path)}: given {format_value(value)}, allowed in a comparison: none; name each response instead")  # fmt: skip
        if fees and steps[:1] == ("fees",):
            raise BesiegeError(
                f"{quote(path)}: given {format_value(value)} and fee schedules, allowed only one of the two"
            )
        if steps == ("hours",) and isinstance(value, (list, tuple)):
            raise BesiegeError(f"hours: given {format_value(value)}, allowed a whole number, the horizon; to set when responses begin, use begin")  # fmt: skip


def _named(fee: FeeLike, n: int) -> tuple[str, NewSchedule]:
    if isinstance(fee, NewSchedule):
        return f"fee {n + 1}", fee
    return Path(fee).stem if isinstance(fee, Path) else Path(str(fee)).stem, load_fees(fee)
