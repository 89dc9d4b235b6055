"""The story of a run, in about a dozen plain lines."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from sim.core.calendar import HOURS_A_DAY, describe
from sim.core.units import CALLED, Phase
from sim.figures.events import Event, begun, events_of, first_attack, ultimatums_of
from sim.figures.numbers import count, lost_or_gained, million, percent
from sim.outcomes.closed import ClosedRecord
from sim.outcomes.payments import Accounts, balance
from sim.outcomes.record import Record
from sim.outcomes.registry import Value
from sim.scenario.scenario import Scenario


class Told(NamedTuple):
    """What the lines are written from."""

    record: ClosedRecord
    scenario: Scenario
    outcomes: Mapping[str, Value]
    events: list[Event]

    def get(self, outcome: str) -> float:
        """Return an outcome, 0 where it does not exist."""
        return self.outcomes.get(outcome) or 0.0

    @property
    def attacked(self) -> bool:
        """Whether there was a false action."""
        return self.get("cum_actions") > 0

    @property
    def end(self) -> str:
        """When the run ended."""
        return describe(self.record.hours)


def story(record: Record, scenario: Scenario, outcomes: Mapping[str, Value]) -> list[str]:
    """Tell a run in about a dozen plain lines.

    Parameters
    ----------
    record
        What the run left behind.
    scenario
        What it was a run of.
    outcomes
        `sim.outcomes.outcomes.measure` of the record.

    Returns
    -------
    list of str
        One sentence or two each, in the order of the events.
    """
    if record.hours == 0:
        return ["No hour has run yet."]
    done = ClosedRecord.of(record.until(record.hours))
    told = Told(done, scenario, outcomes, events_of(done, scenario))
    return [line for tell in LINES if (line := tell(told))]


def _announcement(t: Told) -> str:
    start = t.scenario.announced
    if start is None:
        return "Nothing was announced."
    if start >= t.record.hours:
        return (
            f"The new fees were due to be announced on {describe(start)}, after the end of the run."
        )
    return f"The new fees were announced on {describe(start)}."


def _gathering(t: Told) -> str:
    online = t.record.series["online"]
    if not online.any():
        return f"Nobody protested: the channel stayed empty until the run ended on {t.end}."
    line = f"From {describe(int((online > 0).argmax()))} on, people gathered in a voice channel"
    first = first_attack(t.record)
    if first is None:
        return f"{line}."
    return f"{line}; {count(online[first])} of them were online when the attack began."


def _attack(t: Told) -> str | None:
    first, p = first_attack(t.record), t.scenario.channel
    if first is not None:
        line = f"The first attack came on {describe(first)}"
        start = t.scenario.announced
        return (
            f"{line}, {first - start} hours after the announcement."
            if start is not None
            else f"{line}."
        )
    if t.get("peak_online") == 0:
        return None
    called = np.flatnonzero(np.isin(t.record.series["phase"], CALLED))
    if called.size:
        return f"The organisers called an attack on {describe(int(called[0]))}, but nobody acted."
    met = t.record.series["online"][p.assembly_hour :: HOURS_A_DAY]
    most = f"at most {count(met.max())} people were" if met.any() else "nobody was"
    return (
        f"There was no attack before the run ended on {t.end}: {most} online at the daily "
        f"assembly, and the organisers needed {count(p.quorum)} to call an attack."
    )


def _crowd(t: Told) -> str | None:
    hour = t.outcomes.get("hour_peak_online")
    if hour is None:
        return None
    return f"The crowd was largest on {describe(int(hour))}: {count(t.get('peak_online'))} people were online."


def _people(t: Told) -> str | None:
    if t.outcomes.get("hour_peak_online") is None:
        return None
    sellers, share = t.get("n_sellers_at_peak"), t.get("share_sellers_at_peak")
    whole = f"{count(sellers)} of them were sellers ({percent(share)})" if sellers else "No seller was among them"  # fmt: skip
    rest = "the others were onlookers: curious people, sympathisers and reporters"
    line = whole if share == 1.0 else f"{whole}; {rest}"
    if t.attacked:
        line += f". {count(t.get('cum_attackers'))} people attacked at least once"
    return f"{line}."


def _actions(t: Told) -> str | None:
    if not t.attacked:
        return None
    kinds = (
        ("cum_purchases", "false purchases"),
        ("cum_bad_reviews", "bad reviews"),
        ("cum_refusals", "refused cash-on-delivery orders"),
        ("cum_clicks", "false ad clicks"),
    )
    listed = ", ".join(f"{count(t.get(name))} {word}" for name, word in kinds)
    return f"They carried out {count(t.get('cum_actions'))} false actions: {listed}."


def _targets(t: Told) -> str | None:
    if not t.attacked:
        return None
    r, n = t.record, t.get("n_stores_attacked")
    by_store = r.actions.sum(axis=(0, 2))
    top = np.sort(by_store)[-5:].sum() / by_store.sum()
    days = r.day_actions
    line = f"{count(n)} of {r.first} big stores" if n else "No big store"
    line += " suffered at least 100 false actions in a single day"
    line += f"; the five most attacked stores suffered {percent(top)} of all false actions"
    if days.any():
        day = describe(int(days.max(axis=1).argmax()) * HOURS_A_DAY).rpartition(" ")[0]
        line += f". The worst day of any store was {day}, with {count(days.max())} false actions, not counting ad clicks"  # fmt: skip
    focal = share_on_target(r)
    if focal is not None:
        line += (
            f". {percent(focal)} of all attempts were aimed at stores that the organisers had named"
        )
    return f"{line}."


def share_on_target(record: Record) -> float | None:
    """Return the share of attempts aimed at the target of their hour, if there were any."""
    s, done = record.series, record.actions.sum(axis=(1, 2))
    share = s["share_focal"]
    weight = np.where(np.isfinite(share), done + s["new_blocked"], 0.0)
    total = float(weight.sum())
    return float((np.nan_to_num(share) * weight).sum()) / total if total > 0 else None


def _stores(t: Told) -> str:
    r, n = t.record, int(t.get("n_stores_disrupted"))
    if n == 0:
        return "No big store took goods off sale or suspended cash on delivery."
    closed, off = int(r.delisted.any(axis=0).sum()), int(r.cod_off.any(axis=0).sum())
    line = f"{n} of {r.first} big stores protected themselves or sold out: {closed} took goods off sale"
    most = int(r.delisted.sum(axis=1).max(initial=0))
    line += f" (at most {most} at the same time)" if closed else ""
    line += f" and {off} suspended cash on delivery"
    share = t.outcomes.get("share_attacked_delisted")
    line += f". Of the attacked stores, {percent(share)} took goods off sale" if share is not None else ""  # fmt: skip
    return f"{line}."


def _truce(t: Told) -> str | None:
    if not t.attacked:
        return None
    truces = ultimatums_of(t.record, t.scenario)
    if not truces:
        return "The organisers called no truce."
    u, later = truces[0], truces[1:]
    line = f"A truce began on {describe(u.begins)}, with an ultimatum set to "
    line += f"expire on {describe(u.deadline)}{' after an extension' if u.prolonged else ''}"
    if u.ends is None:
        return f"{line}; the truce was still in force when the run ended on {t.end}."
    then = {
        Phase.ESCALATE: "the organisers called for a heavier attack",
        Phase.ATTACK: "the organisers resumed the attack",
        Phase.DISSOLVE: "the organisers called off the siege",
    }
    when = "When it expired" if u.ends >= u.deadline else f"On {describe(u.ends)}"
    line = f"{line}. {when}, {then.get(u.then, 'the truce ended')}."
    if later:
        again = _and([f"on {describe(truce.begins)}" for truce in later])
        line += f" They called a truce again {again}."
    return line


def _elsewhere(t: Told) -> str | None:
    diverted = np.flatnonzero(t.record.series["phase"] == Phase.DIVERT)
    if not diverted.size:
        return None
    return f"From {describe(int(diverted[0]))} on, the organisers called for another target than the stores."


def _platform(t: Told) -> str:
    acted = [e for e in t.events if e.past_tense and e.kind not in ("promise", "regulator")]
    if acted:
        by_hour: dict[int, list[str]] = {}
        for event in acted:
            by_hour.setdefault(event.hour, []).append(event.past_tense)
        listed = (f"on {describe(hour)} it {_and(deeds)}" for hour, deeds in by_hour.items())
        line = f"The platform acted: {'; '.join(listed)}."
    else:
        line = "The platform did nothing."
    waiting = [
        m.label for m, hour in begun(t.record, t.scenario) if hour is None and m.kind != "regulator"
    ]
    return line + (f" Planned measures that never began: {_and(waiting)}." if waiting else "")


def _talks(t: Told) -> str | None:
    sought = [hour for m, hour in begun(t.record, t.scenario) if m.kind == "open-talks"]
    since = [hour for hour in sought if hour is not None]
    if not since:
        called = t.record.series["new_contacts"].any()
        return "The committee contacted the platform, which did not seek talks." if called else None
    if 0 <= t.record.talks_began < t.record.hours:
        return f"Talks with the committee began on {describe(t.record.talks_began)}."
    return "The platform never reached the committee, so there were no talks."


def _outside(t: Told) -> str | None:
    hours = [hour for m, hour in begun(t.record, t.scenario) if m.kind == "regulator"]
    if not hours:
        return None
    spoke = [hour for hour in hours if hour is not None]
    return (
        f"The regulator made a statement on {describe(min(spoke))}."
        if spoke
        else "The regulator made no statement."
    )


def _rivals(t: Told) -> str:
    promises = [
        f"{e.past_tense} promised on {describe(e.hour)} to freeze its fee"
        for e in t.events
        if e.kind == "promise"
    ]
    line = _and(promises) if promises else "No rival promised to freeze its fee"
    won, lost = t.get("cum_rival_sales_gain"), t.get("cum_mall_sales_loss")
    if lost > 0 and won > 0:
        line += f". The mall lost sales of {million(lost)}, of which rivals won {million(won)}"
    elif lost > 0:
        line += f". The mall lost sales of {million(lost)}, and rivals won none of them"
    else:
        line += ". The mall lost no sales"
    return f"{line}."


def _end(t: Told) -> str | None:
    r, top = t.record, t.get("peak_online")
    if top == 0:
        return None
    parts = []
    dissolved = np.flatnonzero(r.series["phase"] == Phase.DISSOLVE)
    if dissolved.size:
        parts.append(f"The organisers dissolved the siege on {describe(int(dissolved[0]))}.")
    elif t.attacked:
        parts.append("The organisers never dissolved the siege.")
    ended = t.outcomes.get("hour_end")
    if ended is not None:
        parts.append(f"From {describe(int(ended))} on, no day had 5 % of the busiest day's false actions.")  # fmt: skip
    elif t.attacked:
        parts.append("The siege was not over when the run ended.")
    left = r.series["online"][-HOURS_A_DAY:].max()
    parts.append(f"The run ended on {t.end}; up to {count(left)} people were still online on its last day.")  # fmt: skip
    return " ".join(parts)


def _money(t: Told) -> str:
    days = t.record.hours / HOURS_A_DAY
    span = f"{days:.3g} days" if days != 1 else "day"
    return f"Compared with the same {span} without a protest or a response, {_paid(balance(replace(t.record, renewal=None)))}."


def _next_year(t: Told) -> str:
    if t.record.renewal is None:
        return "The run ended before the yearly renewal, so next year is not counted."
    return f"Including next year's fees and second shops, {_paid(t.record.accounts)}."


def _paid(books: Accounts) -> str:
    loss = {
        "big stores": books.stores, "small sellers": books.sellers, "shoppers": books.shoppers,
        "the platform": books.platform, "rivals": books.rivals,
    }  # fmt: skip
    if all(abs(yuan) < 0.5 for yuan in loss.values()):
        return "nobody lost or gained anything"
    return ", ".join(f"{who} {lost_or_gained(yuan)}" for who, yuan in loss.items())


def _leaving(t: Told) -> str | None:
    if t.outcomes["share_sellers_leaving"] is None or t.record.renewal is None:
        return None
    run, twin = t.record.renewal.run, t.record.renewal.twin
    here, there = (
        (f"{100 * year.share_leaving:.1f} %", f"{100 * year.share_multihoming:.1f} %")
        for year in (run, twin)
    )
    line = f"At the yearly renewal, {here[0]} of the sellers leave the mall and {here[1]} keep a second shop (what moving costs and brings is assumed)"  # fmt: skip
    if here == there:
        return f"{line}, as they would have done without a protest or a response."
    return f"{line}; without a protest or a response it would have been {there[0]} and {there[1]}."


def _and(words: list[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


LINES: tuple[Callable[[Told], str | None], ...] = (
    _announcement, _gathering, _attack, _crowd, _people, _actions, _targets, _stores, _truce,
    _elsewhere, _platform, _talks, _outside, _rivals, _end, _money, _next_year, _leaving,
)  # fmt: skip
"""The story, line by line; one that has nothing to say is left out."""
