"""Whole scenarios drawn by hypothesis from what is declared: a new field comes by itself."""

import copy
from typing import Literal, get_args, get_origin

from hypothesis import strategies as st

from sim.core.texts import control_character
from sim.core.units import BesiegeError
from sim.responses import Response, Trigger, measures
from sim.scenario.scenario import Scenario
from sim.scenario.schema import is_list, is_table, kinds_of, parts, tag_of

# So that a world costs some hundredths of a second. People are counted at full size, of whom
# the scale takes a part.
MOST_PEOPLE, MOST_CONSUMERS, MOST_STORES = 60, 300, 25
HOURS = st.integers(1, 60)
SOON = st.integers(0, 70)
"""Hours at which something may begin: within the horizon or shortly after it."""

FEW = {"rivals": 3, "measures": 3, "deposits": 3, "refunds": 3, "tiers": 3, "all": 2, "any": 2}
"""How many entries of a list are drawn at most."""

NAMES = st.text(max_size=5).filter(lambda text: control_character(text) is None)

ELSEWHERE = {
    "name": NAMES,
    "description": st.just(""),
    "path": st.just(""),
    "announced": st.none() | SOON,
    "hour": st.none() | SOON,
    "graph.family": st.sampled_from(
        ["small_world", "scale_free", "communities", "random", "ring", "complete", "none"]
    ),
}
"""What is not drawn from its declaration: sizes, texts, and files that would have to exist."""


def bounds_of(info):
    """Return the range a number may have, and whether its low end is left out."""
    told = {type(m).__name__.lower(): m for m in info.metadata}
    low = told["ge"].ge if "ge" in told else told["gt"].gt if "gt" in told else None
    return low, told["le"].le if "le" in told else None, "gt" in told


def numbers(info, whole):
    """Draw from the whole range, its ends and the default more often than chance would."""
    low, high, above = bounds_of(info)
    often = [v for v in (low, high) if v is not None and not (above and v == low)]
    if whole:
        anywhere = st.integers(low, high)
    else:
        often = [float(v) for v in often]
        anywhere = st.floats(low, high, exclude_min=above, allow_nan=False)
        if low is not None and high is not None and high > 100 * max(low, 1e-6):
            # where a range spans many powers of ten, each is as likely as the other
            least = max(low, 1e-6 * high)
            powers = st.floats(0.001, 1).map(
                lambda u: float(min(high, least * (high / least) ** u))
            )
            anywhere |= powers
    if not info.is_required() and info.default is not None:
        often.append(info.default)
    return st.sampled_from(often) | anywhere if often else anywhere


def _kind_and_start(entry):
    return entry.get("shop", "any"), entry.get("turnover_from", 0.0)


def field(name, info, path, depth):  # noqa: C901 - a table of cases
    """Draw what one field may be."""
    for key in (path, name):
        if key in ELSEWHERE:
            return ELSEWHERE[key]
    kinds = kinds_of(info.annotation)
    kind = kinds[0]
    if get_origin(kind) is Literal:
        drawn = st.sampled_from(get_args(kind))
    elif is_list(kind):
        entries = kinds_of(get_args(kind)[0])
        if is_table(entries[0]) and depth == 2:  # a trigger in a trigger in a trigger
            drawn = st.just([])
        elif is_table(entries[0]):
            one = st.one_of([table(e, path, depth + (e is Trigger)) for e in entries])
            apart = "turnover_from" in parts(entries[0])  # two of a kind from the same turnover
            by = _kind_and_start if apart else None  # are refused
            drawn = st.lists(one, max_size=FEW[name], unique_by=by)
        else:
            drawn = st.just(info.default)
    elif kind is Trigger:
        return st.one_of(soon_after_an_attack(), table(kind, path, depth))
    elif is_table(kind):
        return table(kind, path, depth)
    elif kind is bool:
        drawn = st.booleans()
    elif kind is str:
        drawn = NAMES
    else:
        drawn = numbers(info, kind is int)
    return st.none() | drawn if type(None) in get_args(info.annotation) else drawn


def soon_after_an_attack():
    """Draw a trigger that is met if there is an attack, soon after it."""
    return st.fixed_dictionaries({"hours_after_first_attack": st.integers(0, 10)})


def table(kind, path="", depth=0):
    """Draw a table: all of its fields, or some with the others as they are by default."""
    fields = {
        name: field(name, info, f"{path}.{name}" if path else name, depth)
        for name, info in parts(kind).items()
    }
    needed = {name: drawn for name, drawn in fields.items() if parts(kind)[name].is_required()}
    if (tag := tag_of(kind)) is not None:
        needed["kind"] = st.just(tag)
    free = {name: drawn for name, drawn in fields.items() if name not in needed}
    return st.fixed_dictionaries(needed, optional=free)


def leaves(kind=Scenario, path=""):
    """Return every field, lists whole, by its dotted path."""
    for name, info in parts(kind).items():
        at = f"{path}.{name}" if path else name
        inner = kinds_of(info.annotation)[0]
        if is_table(inner) and inner is not Response:
            yield from leaves(inner, at)
        else:
            yield at, field(name, info, at, 0)


FIELDS = dict(leaves())
SIEGE = {
    "announced": 1, "scale": 0.01, "channel": {"quorum": 1.0, "assembly_hour": 12},
    "mobilisation": {"join_rate": 0.3, "efficacy_half": 1000.0}, "stores": {"stock_days": 2.0},
    "population": {"seller_threshold_mean": 0.7, "onlooker_threshold_mean": 0.7},
}  # fmt: skip
"""A siege within a day, when it is not drawn otherwise."""
MEASURE = st.one_of([table(kind, "response.measures") for kind in measures().values()])
SIZED = {f"population.n_{kind}" for kind in ("sellers", "onlookers", "consumers", "stores")}
MOST_ACTIONS = 20_000
"""Actions, and wishes to speak, that all people together may come to in an hour."""


@st.composite
def scenarios(draw):
    """Draw a legal scenario of a tiny world over a short horizon.

    Up to forty fields are drawn anew, the others are by default or as in a short siege: more
    than hypothesis can hold would be needed to draw all of them at once.
    """
    given = copy.deepcopy(SIEGE) if draw(st.integers(0, 3)) else {}
    given["hours"] = draw(st.sampled_from([40, 60]) | HOURS)
    if draw(st.booleans()):
        given["response"] = {"measures": draw(st.lists(MEASURE, min_size=1, max_size=3))}
    n = draw(st.sampled_from([0, 2, 5, 12, 40]))
    for path in draw(st.lists(st.sampled_from(list(FIELDS)), min_size=n, max_size=n, unique=True)):
        if path not in SIZED:
            put(given, path, draw(FIELDS[path]))
    if draw(st.booleans()):  # too few worlds would draw it among all the other fields
        put(given, "graph.family", draw(FIELDS["graph.family"]))
    scale = given.setdefault("scale", 0.01)
    usual = Scenario().replace({k: given[k] for k in ("attack", "channel") if k in given})
    a, most = usual.attack, MOST_PEOPLE / scale
    rates = a.purchase_rate + a.review_rate + a.refusal_rate * a.escalation_refusals + a.click_rate
    heaviest = max(rates * max(1.0, a.escalation), usual.channel.request_rate, 1e-9)
    sizes = given.setdefault("population", {})
    for name, limit in (
        ("n_sellers", min(most, MOST_ACTIONS / heaviest)),
        ("n_onlookers", min(most, MOST_ACTIONS / heaviest)),
        ("n_consumers", MOST_CONSUMERS / scale),
    ):
        sizes[name] = draw(st.just(int(limit)) | st.integers(0, int(limit)))
    sizes["n_stores"] = draw(st.integers(1, MOST_STORES))
    return legal(given)


def put(table, path, value):
    """Write a value into a nested dict."""
    first, _, rest = path.partition(".")
    if rest:
        put(table.setdefault(first, {}), rest, value)
    else:
        table[first] = value


def legal(given):
    """Make a scenario; of two shares that are allowed alone and not together one is left out."""
    for _ in TOGETHER:
        try:
            return Scenario(**given)
        except BesiegeError as error:
            table, _, name = str(error).partition(":")[0].partition(".")
            if f"{table}.{name}" not in TOGETHER:
                raise
            for other in TOGETHER[f"{table}.{name}"]:
                given.get(table, {}).pop(other, None)
    return Scenario(**given)


TOGETHER = {
    "shopping.buy_rivals": ("buy_rivals", "buy_mall"),
    "population.reporter_share": ("reporter_share", "sympathiser_share"),
    "population.other_shop_share": ("other_shop_share", "franchise_share"),
}
