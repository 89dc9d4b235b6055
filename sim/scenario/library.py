"""What the library holds, and responses and fee schedules loaded by name or from a file."""

import re
from pathlib import Path

from pydantic import BaseModel, ValidationError

from sim.core.quoting import quote
from sim.core.units import BesiegeError
from sim.responses import Response
from sim.scenario.messages import explain
from sim.scenario.toml import library_list, prepare, read
from sim.setup.fees import NewSchedule


def scenario_list() -> list[tuple[str, str]]:
    """Return name and description of the scenarios in the library."""
    return library_list("scenarios")


def response_list() -> list[tuple[str, str]]:
    """Return name and description of the responses in the library."""
    return library_list("responses")


def fee_list() -> list[tuple[str, str]]:
    """Return name and description of the fee schedules in the library."""
    return library_list("fees")


def load_response(source: str | Path) -> Response:
    """Load a response by its name in the library or from a TOML file.

    ``protect@60`` is `protect` begun at hour 60, ``protect@+12`` twelve hours later.

    Raises
    ------
    BesiegeError
        For an unknown name, an unreadable file or a field that is not allowed.
    """
    name, moved = str(source), re.fullmatch(r"(.+)@([+-]?)(\d{1,5})", str(source))
    response = _load(moved[1] if moved else source, "responses", Response)
    if moved is None:
        return response
    try:
        hours = int(moved[3])
        return response.later(int(moved[2] + moved[3])) if moved[2] else response.at(hours)
    except BesiegeError as error:
        raise BesiegeError(f"{quote(name)}: {error}") from None


def load_fees(source: str | Path) -> NewSchedule:
    """Load a new fee schedule by its name or from a TOML file, with the errors of a response."""
    return _load(source, "fees", NewSchedule)


def _load[T: BaseModel](source: str | Path, folder: str, kind: type[T]) -> T:
    data = read(source, folder)
    if "name" in kind.model_fields:
        data.setdefault("name", Path(source).stem)
    else:  # told by `besiege fees` alone
        for told in ("name", "description"):
            data.pop(told, None)
    try:
        return kind.model_validate(prepare(data, kind), strict=True)
    except ValidationError as error:
        raise BesiegeError(f"{quote(str(source))}: {explain(error, kind)}") from None
    except BesiegeError as error:
        raise BesiegeError(f"{quote(str(source))}: {error}") from None
