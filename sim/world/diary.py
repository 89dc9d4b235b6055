"""Why agents do what they do: each term of a rule, worked out by the rule itself.

A stage calls these for the agents that are watched; nothing is kept for the others.
"""

from typing import Any

import numpy as np

from sim.core import calendar
from sim.core.chance import Block, unit, words
from sim.core.units import CALLED, N_CATEGORIES, Motion, Phase, Role, Stance
from sim.rules import attack, mobilisation, stores
from sim.rules.assembly import AssemblyInputs
from sim.rules.stores import StoreDay
from sim.world.changes import occasion_of
from sim.world.world import Diary, World

PERSON, STORE, ORGANISERS, PLATFORM = "person", "store", "organisers", "platform"

type Entry = dict[str, Any]


def watch(world: World, kind: str, row: int) -> Diary:
    """Keep an agent's diary from now on; gives the diary, which grows by the hour."""
    return world.watched.setdefault((kind, row), Diary(since=world.hour + 1))


def _rows(world: World, kind: str) -> list[int]:
    return [row for watched, row in world.watched if watched == kind]


def _write(world: World, kind: str, row: int, entry: Entry) -> None:
    date = calendar.describe(world.hour)
    world.watched[(kind, row)].entries.append({"hour": world.hour, "date": date, **entry})


def note_people(world: World) -> None:
    """Note what each watched person weighs, before people move."""
    for row in _rows(world, PERSON):
        _write(world, PERSON, row, weigh_person(world, row))


def weigh_person(world: World, row: int) -> Entry:
    """Work out every term of a person's utility, its chance to cross, and what it does."""
    p, crowd, climate = world.scenario.mobilisation, world.crowd, world.climate
    if climate is None:
        return {}
    seller = crowd.role[row] == Role.SELLER
    legitimacy = float(world.sellers.legitimacy[row]) if seller else climate.legitimacy_public
    social = mobilisation.social_pull(
        crowd.neighbours_in[row], world.ties.degree[row], world.inside.size, crowd.role.size,
        world.ties.complete,
    )  # fmt: skip
    own = (
        float(crowd.hardship[row]), legitimacy, social, float(crowd.curiosity[row]),
        float(crowd.risk[row]), float(crowd.threshold[row]), climate, p,
    )  # fmt: skip
    utility = float(mobilisation.utility(*own))
    stance = Stance(int(crowd.stance[row]))
    w0, w1, _w2, _w3 = words(world.key, Block.PERSON, world.hour, row, 0)
    number = float(unit(w0))
    if mobilisation.is_in(stance):
        factor = mobilisation.quitting_factor(seller, float(crowd.restlessness[row]), climate)
        chance = float(mobilisation.quitting_chance(utility, factor, p))
        changed = bool(mobilisation.quits(number, utility, factor, p))
        of, decision = "quitting", "quits" if changed else "stays in"
        is_in = not changed
    else:
        factor = mobilisation.joining_factor(stance, crowd.role[row], climate, p)
        chance = float(mobilisation.joining_chance(utility, factor, p))
        changed = bool(mobilisation.joins(number, utility, factor, p))
        of, decision = "joining", "joins" if changed else "stays out"
        is_in = changed
    terms = mobilisation.utility_terms(*own)
    return {
        "stance_before": stance.name,
        **{name: float(value) for name, value in terms._asdict().items()},
        "utility": utility,
        "probability_of": of,
        "chance": chance,
        "random_draw": number,
        "decision": decision,
        "online": is_in and bool(unit(w1) < climate.presence),
    }


def note_acting(world: World) -> None:
    """Note whether each watched person acts, after the attackers have acted."""
    crowd, m = world.crowd, world.scenario.mobilisation
    rows = _rows(world, PERSON)
    if not rows:
        return
    called, occasion = world.organisers.phase in CALLED, occasion_of(world)
    for row in rows:
        entries = world.watched[(PERSON, row)].entries
        if not entries or entries[-1]["hour"] != world.hour:
            continue
        entry = entries[-1]
        may = called and entry.get("online", False) and attack.attacks(crowd.role[row])
        chance = attack.acting_chance(
            crowd.utility[row], occasion, m.noise, m.tie_joins, world.scenario.attack
        )
        entry["chance_to_act"] = float(chance) if may else 0.0
        entry["stance"] = Stance(int(crowd.stance[row])).name


def note_stores(world: World, day: StoreDay) -> None:
    """Note what each watched store weighs, before stores close or reopen."""
    p, x = world.scenario.stores, world.stores
    by_category = np.empty(N_CATEGORIES)
    hit = float(stores.share_hit(day, by_category))
    for k in _rows(world, STORE):
        numbers = [float(unit(w)) for w in words(world.key, Block.STORE, world.hour, k, 0)]
        delisting = float(stores.delisting_terms(k, day, hit, by_category, p))
        quiet = 0.0 if day.attempts[k] > 0 else float(x.quiet[k]) + 1.0
        protection = world.platform.orders.void_orders
        reopening = 0.0 if x.kept_shut[k] else stores.relisting_hazard(quiet, protection, p)
        suspending = float(stores.suspending_hazard(day.refusals[k], day.normal[k], p))
        listed = bool(x.listed[k])
        number = numbers[0] if listed else numbers[1]
        chance = float(1.0 - np.exp(-(delisting if listed else reopening)))
        decision = ("closes", "stays open") if listed else ("reopens", "stays closed")
        _write(
            world,
            STORE,
            k,
            {
                "listed": listed,
                "cod_on": bool(x.cod_on[k]),
                "actions": float(day.attempts[k]),
                "false_orders": float(day.false_orders[k]),
                "normal_orders": float(day.normal[k]),
                "sold_out": bool(day.sold_out[k]),
                "share_stores_hit": hit,
                "stock": float(x.stock[k]),
                "rating": float(stores.rating(x.quality[k], x.n_honest[k], x.n_bad[k])),
                "hazard_to_close": delisting,
                "chance_to_close": chance if listed else 0.0,
                "chance_to_reopen": 0.0 if listed else chance,
                "random_draw": number,
                "decision": decision[0] if number < chance else decision[1],
                "hazard_to_suspend_cod": suspending,
            },
        )


def note_assembly(world: World, tidings: AssemblyInputs, then: Phase) -> None:
    """Note what the organisers heard in an assembly, and what they decided."""
    if (ORGANISERS, 0) not in world.watched:
        return
    entry: Entry = {"phase": world.organisers.phase.name, **tidings._asdict()}
    entry["leading"] = Motion(tidings.leading).name if tidings.leading >= 0 else "none"
    entry["decides"] = then.name
    _write(world, ORGANISERS, 0, entry)


def note_platform(world: World, in_force: list[str]) -> None:
    """Note which measures are in force, and what the platform answers."""
    if (PLATFORM, 0) not in world.watched:
        return
    entry: Entry = {"measures": ", ".join(in_force) or "none", "answer": world.platform.answer}
    entry["talks"] = world.platform.talks
    entry["legitimacy_public"] = world.platform.legitimacy_public
    entry["sanction"] = world.platform.sanction
    _write(world, PLATFORM, 0, entry)
