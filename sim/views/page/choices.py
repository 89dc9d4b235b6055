"""What a visitor of the page has chosen, as text, and the worlds or the faults it makes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import Any

from sim.core.chance import check_seed
from sim.core.quoting import format_value
from sim.core.units import BesiegeError
from sim.responses import Response
from sim.scenario.library import load_response
from sim.scenario.messages import unknown_name
from sim.scenario.overrides import declared_at, parse_settings, read_hour, value_of
from sim.scenario.scenario import Scenario
from sim.scenario.toml import library_names

OWN = "as in the scenario"
"""The fee schedule that is chosen where none is."""
NONE = "none"
"""The second response that is chosen where none is."""
LARGEST = {"scale": 0.2, "hours": 1000}
"""Of a world on the page: larger ones take minutes and a gigabyte, and have the command line."""
MOST_WORLDS = 100
"""Of a comparison or a hindcast on the page."""


@dataclass(frozen=True)
class Choices:
    """Every field of the page, as it was chosen or typed."""

    scenario: str = "taobao-2011"
    fee: str = OWN
    response: str = "as-happened"
    hour: str = ""
    other: str = NONE
    other_hour: str = ""
    scale: str = "0.01"
    hours: str = "336"
    seed: str = "1"
    worlds: str = "10"


@dataclass(frozen=True)
class Checked:
    """What choices come to: worlds side by side, none if a field of theirs is wrong."""

    scenarios: tuple[Scenario, ...] = ()
    seed: int = 0
    worlds: int = field(default=0, compare=False)  # of a study: no other world comes of it
    faults: Mapping[str, str] = field(default_factory=dict, compare=False)


@lru_cache(maxsize=256)
def check(choices: Choices) -> Checked:
    """Check every field by itself, so that each fault stands beside its field."""
    faults: dict[str, str] = {}

    def attempt[T](name: str, read: Callable[[], T]) -> T | None:
        try:
            return read()
        except BesiegeError as error:
            faults[name] = str(error)
            return None

    base = attempt("scenario", lambda: Scenario.load(_named("scenario", choices.scenario)))
    scenario = base or Scenario()
    changes: dict[str, Any] = {}
    for name in ("scale", "hours"):
        text = getattr(choices, name)
        given = attempt(name, partial(_changed, scenario, name, text))
        changes |= {name: given} if given is not None else {}
    if choices.fee != OWN:
        changes |= {"fees": attempt("fee", lambda: _named("fee", choices.fee)) or "old-fees"}
    responses = [attempt("response", lambda: _response("response", choices.response))]
    hours = [("hour", choices.hour)]
    if choices.other != NONE:
        responses.append(attempt("other", lambda: _response("other", choices.other)))
        hours.append(("other_hour", choices.other_hour))
    timed = [
        attempt(name, partial(_begun, r, name, text))
        for r, (name, text) in zip(responses, hours, strict=True)
        if r is not None
    ]
    seed = attempt("seed", lambda: check_seed(_whole(choices.seed)))
    worlds = attempt("worlds", lambda: _between("worlds", choices.worlds, 2, MOST_WORLDS))
    if faults.keys() - {"worlds"} or seed is None:
        return Checked(faults=faults)
    world = scenario.replace(changes)
    scenarios = tuple(world.replace(response=response) for response in timed if response)
    return Checked(scenarios, seed, worlds or 0, faults)


def _named(field: str, name: str, folder: str = "") -> str:
    """Return a name of the library: a file of the server's is nobody's business here."""
    names = library_names(folder or f"{field}s")
    if name not in names:
        raise BesiegeError(unknown_name(field, name, names))
    return name


def _response(field: str, name: str) -> Response:
    return load_response(_named(field, name, "responses"))


def _changed(scenario: Scenario, name: str, text: str) -> Any:
    """Read a field of the scenario; its own declaration says what is allowed."""
    given = parse_settings([f"{name}={text.strip()}"])
    value = given[name]
    if type(value) in {int, float} and value > LARGEST[name]:
        raise BesiegeError(
            f"{name}: given {format_value(value)}, allowed on this page at most {LARGEST[name]:g}; "
            f"besiege run accepts up to {declared_at(name).high or 0:g}"
        )
    return getattr(scenario.replace(given), name)


def _begun(response: Response, name: str, text: str) -> Response:
    """Return a response begun at the hour that was typed; its own hours if none was."""
    if not text.strip():
        return response
    hour = read_hour(text, name)
    return response.at(hour) if response.measures else response


def _whole(text: str) -> Any:
    return value_of(text.strip())


def _between(name: str, text: str, low: int, high: int) -> int:
    value = _whole(text)
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise BesiegeError(
            f"{name}: given {format_value(value)}, allowed a whole number from {low} to {high}"
        )
    return value
