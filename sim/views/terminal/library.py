"""What commands print of the library: names, an entry as a file, measures with parameters."""

import json
from typing import Any

import tomli_w
from pydantic import BaseModel
from pydantic.fields import FieldInfo


def print_entry(thing: BaseModel, *, as_json: bool) -> None:
    """Print one entry of the library as the TOML file that would give it."""
    if as_json:
        print(json.dumps(thing.model_dump(mode="json", exclude_none=True), indent=2))
        return
    print(tomli_w.dumps(_filled(thing.model_dump(exclude_none=True))))


def _filled(value: Any) -> Any:
    """Leave out empty lists, which say nothing."""
    if isinstance(value, dict):
        return {k: _filled(v) for k, v in value.items() if v != ()}
    return [_filled(v) for v in value] if isinstance(value, tuple) else value


def print_measures() -> None:
    """Print every measure with its parameters, those that all share first."""
    from sim.responses import Measure, measures

    print("\nMeasures that a response may contain. Each has a trigger and these parameters:")
    common = dict(Measure.model_fields)
    _tell_fields(common)
    for kind, measure in measures().items():
        print(f"  {kind:20} {(measure.__doc__ or '').splitlines()[0]}")
        own = measure.model_fields.items()
        _tell_fields({n: i for n, i in own if n not in common or i.default != common[n].default})


def _tell_fields(fields: dict[str, FieldInfo]) -> None:
    for name, info in fields.items():
        extra = info.json_schema_extra
        if isinstance(extra, dict):
            default = _value(info.default)
            print(f"      {name:22} {info.description}, {extra.get('unit')}, default {default}")


def _value(default: float | None) -> str:
    if default is None:
        return "none"
    return f"{default:,.0f}" if default >= 1000 else f"{default:g}"


def print_names(rows: list[tuple[str, str]], *, as_json: bool) -> None:
    """Print names with what each says of itself."""
    if as_json:
        print(json.dumps(dict(rows), indent=2))
    else:
        width = max(len(name) for name, _ in rows) + 2
        print("\n".join(f"{name:{width}}{told}" for name, told in rows))
