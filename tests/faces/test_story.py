"""The story says what happened in a run, and what did not, whatever the outcome."""

import re
from dataclasses import replace

import numpy as np
import pytest

from sim.core.calendar import describe
from sim.core.units import Cause, Phase, Tactic
from sim.figures.story import (
    LINES,
    begun,
    count,
    events_of,
    lost_or_gained,
    million,
    percent,
    story,
    ultimatums_of,
)
from sim.outcomes.outcomes import measure
from sim.outcomes.record import NextYear, Renewal, empty
from sim.responses import measures
from sim.running.model import Siege
from sim.scenario.scenario import Scenario
from tests.small_worlds import with_every_store

HOURS = 240
YEAR = NextYear(5e8, 5e7, 0.0, 1e8, 1e7, 0.4, 0.3)


def quiet_record(hours=HOURS):
    """Return ten days of four stores in which nothing happens."""
    r = empty(
        hours, np.full(6, 100.0), np.full(4, 0.2), np.full(4, 1.0), 0.03, np.array([0.1]), 90.0
    )
    r.hours = hours
    r.orders[:] = r.orders_twin[:] = 10.0
    r.series["queue_wait"][:] = r.series["share_focal"][:] = np.nan
    none = np.zeros(0, np.int8)
    r.renewal = Renewal(YEAR, YEAR, none, none, np.zeros(1), np.zeros(1))
    return r


def siege_record():
    """Return a siege: first attack at 45, truce from 105 to 144, escalation, the end at 189."""
    r = quiet_record()
    s = r.series
    s["online"][12:200] = 8000.0
    s["online"][94] = 50_000.0
    s["online_sellers"][94] = 1000.0
    s["phase"][45:105], s["phase"][105:144] = Phase.ATTACK, Phase.TRUCE
    s["phase"][144:189], s["phase"][189:] = Phase.ESCALATE, Phase.DISSOLVE
    s["new_attackers"][45] = 1234.0
    r.actions[45:105, 2, Tactic.BAD_REVIEW] = 500.0
    r.actions[45:105, 1, Tactic.CLICK] = 125.0
    s["share_focal"][45:105] = 0.75
    r.delisted[60:110, 2] = True
    r.cod_off[60:110, 1] = True
    r.loss[60, 2, Cause.CLOSED] = 3.2e6
    s["mall_sales_twin"][:], s["mall_sales"][:] = 100_000.0, 50_000.0
    s["rival_sales"][:] = 10_000.0
    measures_then = Scenario.load("taobao-2011").response.measures
    r.begun = {m: taken.trigger.hour for m, taken in enumerate(measures_then)}
    return r


def tell(record, scenario):
    lines = story(record, scenario, measure(record))
    for line in lines:
        assert line.endswith("."), line
        assert not re.search(r"\bnan\b|\binf\b|None|-\d|  |\n|\.\.", line), line
    return " ".join(lines)


@pytest.fixture(scope="module")
def taobao():
    return Scenario.load("taobao-2011").replace({"hours": HOURS})


@pytest.mark.parametrize(
    ("said", "number"),
    [("0", 0), ("490", 490), ("640", 640.0), ("47,400", 47_360), ("1,230", 1234), ("761,000", 760_528), ("1,000", 999.6), ("3", 3.2)],
)  # fmt: skip
def test_numbers_are_rounded_to_three_digits_for_reading(said, number):
    assert count(number) == said


@pytest.mark.parametrize(
    ("said", "loss"),
    [
        ("neither lost nor gained", 0.0), ("lost less than 0.01 million yuan", 4000.0),
        ("lost 0.35 million yuan", 351_000.0), ("gained 3.2 million yuan", -3.18e6),
        ("lost 467 million yuan", 466.6e6), ("gained 1,800 million yuan", -1.8e9),
    ],
)  # fmt: skip
def test_the_sign_of_an_amount_is_said_in_words(said, loss):
    assert lost_or_gained(loss) == said


def test_shares_and_amounts_are_rounded_for_reading():
    assert [percent(x) for x in (0, 0.0002, 0.0103, 0.414, 1.0)] == [
        "0.0 %", "less than 0.1 %", "1.0 %", "41 %", "100 %",
    ]  # fmt: skip
    assert million(12_345_678) == "12 million yuan"


def test_a_siege_is_told_from_its_announcement_to_the_renewal(taobao):
    said = tell(siege_record(), taobao)
    for part in (
        "announced on 10 October 11:00",
        "From 10 October 12:00 on, people gathered in a voice channel; 8,000 of them were online when the attack began",
        "first attack came on 11 October 21:00, 34 hours after the announcement",
        "The crowd was largest on 13 October 22:00: 50,000 people were online",
        "1,000 of them were sellers (2.0 %)",
        "1,230 people attacked",
        "37,500 false actions: 0 false purchases, 30,000 bad reviews",
        "2 of 4 big stores suffered at least 100 false actions in a single day",
        "The worst day of any store was 12 October, with 12,000 false actions",
        "75 % of all attempts were aimed at stores that the organisers had named",
        "2 of 4 big stores protected themselves or sold out: 1 took goods off sale (at most 1 at the same time) and 1 suspended",
        "Of the attacked stores, 50 % took goods off sale",
        "A truce began on 14 October 09:00, with an ultimatum set to expire on 16 October 00:00. When it expired, the organisers called for a heavier attack",
        "on 12 October 12:00 it reported the attacks to the police",
        "on 17 October 16:00 it kept the old fee for 9 months, withdrew 50 % of the deposit increase and provided 1,000 million yuan",
        "The regulator made a statement on 15 October 20:00",
        "Dangdang promised on 14 October 07:00 to freeze its fee",
        "lost sales of 12 million yuan, of which rivals won 2.4 million yuan",
        "dissolved the siege on 17 October 21:00. From 15 October 00:00 on, no day had 5 % of the busiest day's false actions.",
        "people were still online on its last day",
        "Compared with the same 10 days without a protest or a response, big stores lost 3.2 million yuan",
        "At the yearly renewal, 40.0 % of the sellers leave",
    ):  # fmt: skip
        assert part in said


def test_a_calm_world_is_told_as_one_where_nothing_happened():
    said = tell(quiet_record(), Scenario.load("calm"))
    for part in (
        "Nothing was announced", "Nobody protested", "No big store took goods off sale",
        "The platform did nothing.", "No rival promised to freeze its fee", "nobody lost or gained anything",
        "as they would have done without a protest or a response",
    ):  # fmt: skip
        assert part in said
    assert "attack" not in said
    assert "truce" not in said


def test_a_crowd_that_never_attacks_is_told_with_what_was_wanted(taobao):
    record = quiet_record()
    record.series["online"][12:] = 2000.0
    record.series["online_sellers"][12:] = 2000.0
    said = tell(record, taobao.replace({"response": "protect"}))
    assert "There was no attack before the run ended on 20 October 00:00: at most 2,000 people were online at the daily assembly, and the organisers needed 3,000" in said  # fmt: skip
    assert "The platform did nothing. Planned measures that never began: ratings restored, false orders voided and clicks refunded" in said  # fmt: skip
    assert "(100.0 %)" in said or "(100 %)" in said
    assert "onlookers" not in said
    assert "up to 2,000 people were still online on its last day" in said
    assert "truce" not in said
    assert "dissolved" not in said


def test_an_attack_called_in_vain_is_told_as_such(taobao):
    record = quiet_record()
    record.series["online"][12:] = 4000.0
    record.series["phase"][45:] = Phase.ATTACK
    said = tell(record, taobao)
    assert "called an attack on 11 October 21:00, but nobody acted" in said


def test_a_run_stopped_before_the_announcement_says_so(taobao):
    said = tell(quiet_record(8), taobao.replace({"hours": 8}))
    assert "were due to be announced on 10 October 11:00, after the end of the run" in said


def test_a_record_cut_short_counts_no_next_year(taobao):
    said = tell(siege_record().until(100), taobao)
    assert "The run ended before the yearly renewal" in said
    assert "At the yearly renewal" not in said
    assert "The organisers called no truce" in said
    assert "The organisers never dissolved the siege" in said


def test_before_the_first_hour_there_is_nothing_to_tell(taobao):
    empty = siege_record().until(0)
    assert story(empty, taobao, measure(empty)) == ["No hour has run yet."]


def test_hours_that_have_not_run_are_not_told(taobao):
    record = replace(siege_record(), hours=100, renewal=None)
    cut = siege_record().until(100)
    assert story(record, taobao, measure(cut)) == story(cut, taobao, measure(cut))


def test_a_truce_that_still_holds_and_one_that_was_put_off_are_told(taobao):
    record = siege_record()
    record.series["phase"][144:] = Phase.TRUCE
    said = tell(record, taobao)
    assert "with an ultimatum set to expire on 20 October 00:00 after an extension; the truce was still in force when the run ended" in said  # fmt: skip
    record.series["phase"][150:] = Phase.DISSOLVE
    said = tell(record, taobao)
    assert "after an extension. On 16 October 06:00, the organisers called off the siege" in said


def test_a_siege_without_a_response_says_that_the_platform_did_nothing(taobao):
    said = tell(siege_record(), taobao.replace({"response": "silence"}))
    assert "The platform did nothing." in said
    assert "regulator" not in said


def test_talks_are_told_when_they_began_and_when_they_did_not(taobao):
    talk = {"kind": "open-talks", "trigger": {"hour": 50}}
    seeking = taobao.replace({"response": {"name": "talk", "measures": [talk]}})
    record = siege_record()
    record.begun = {0: 50}
    assert "The platform never reached the committee" in tell(record, seeking)
    record.series["new_contacts"][40] = 1.0
    record.talks_began = 70
    assert "Talks with the committee began on 12 October 22:00" in tell(record, seeking)
    record.begun = {}
    assert "which did not seek talks" in tell(record, taobao)


def test_without_rivals_nobody_promises_and_nobody_wins(taobao):
    record = siege_record()
    record.series["rival_sales"][:] = 0.0
    said = tell(record, taobao.replace({"rivals": []}))
    assert "No rival promised to freeze its fee. The mall lost sales of 12 million yuan, and rivals won none" in said  # fmt: skip


def test_a_world_without_an_announcement_can_still_be_told_of_an_attack():
    assert "The first attack came on 11 October 21:00." in tell(
        siege_record(), Scenario.load("calm")
    )


@pytest.mark.parametrize("kind", measures())
def test_every_measure_brings_its_own_words(kind):
    made = measures()[kind](trigger={"hour": 1})
    assert made.label
    assert made.past_tense or kind == "regulator"


# ---------------------------------------------------------------- real runs
@pytest.mark.parametrize(
    "trigger",
    [
        {"hour": 50},
        {"hours_after_first_attack": 7},
        {"online_above": 9000.0},
        {"after_ultimatum": 3},
        {"after_deadline": 1},
        {"any": [{"hour": 130}, {"after_ultimatum": 20}]},
        {"all": [{"hour": 60}, {"online_above": 20_000.0}]},
        {"hour": 9999},
    ],
)
def test_a_measure_is_told_to_begin_when_it_began_in_the_run(trigger):
    told = {"kind": "statement", "answer": 0.3, "trigger": {"after_ultimatum": 1}}
    paid = {"kind": "statement", "answer": 0.0, "trigger": trigger, "cost_per_hour": 7.0}
    response = {"name": "mine", "measures": [told, paid]}
    siege = Siege("taobao-2011", seed=1, scale=0.01, hours=220, response=response)
    siege.run_for(220)
    record = siege.world.books
    cost = record.series["response_cost"]
    first = int(cost.argmax()) if cost.any() else None
    assert begun(record, siege.scenario)[1][1] == first


def test_the_ultimatum_is_told_as_the_organisers_named_it():
    told = {"kind": "statement", "answer": 0.3, "trigger": {"hour": 100}}
    response = {"name": "mine", "measures": [told]}
    siege = Siege("taobao-2011", seed=1, scale=0.01, hours=200, response=response)
    siege.run_for(200)
    organisers = siege.world.organisers
    found = ultimatums_of(siege.world.books, siege.scenario)[-1]
    assert (found.begins, found.deadline) == (organisers.ultimatum, organisers.deadline)


def test_the_first_truce_is_told_and_that_there_were_more(taobao):
    record = siege_record()
    phase = record.series["phase"]
    phase[:] = Phase.ATTACK
    phase[105:144] = phase[180:200] = Phase.TRUCE
    said = tell(record, taobao)
    assert "A truce began on 14 October 09:00" in said
    assert (
        "the organisers resumed the attack. They called a truce again on 17 October 12:00." in said
    )


@pytest.mark.parametrize(
    ("scenario", "changes"),
    [
        ("taobao-2011", {}),
        ("taobao-2011", {"response": "silence"}),
        ("taobao-2011", {"response": "protect"}),
        ("taobao-2011", {"hours": 30}),
        ("taobao-2011", {"hours": 1}),
        ("calm", {}),
        ("calm", {"response": "as-happened"}),
    ],
)
def test_the_story_of_a_run_agrees_with_its_outcomes(scenario, changes):
    siege = with_every_store(scenario, **changes)
    record = siege.world.books
    outcomes = measure(record)
    said = tell(record, siege.scenario)
    first, peak = outcomes["hour_first_attack"], outcomes["hour_peak_online"]
    assert ("The first attack came" in said) == (first is not None)
    assert ("Nobody protested" in said) == (peak is None)
    if first is not None:
        assert f"first attack came on {describe(int(first))}" in said
    if peak is not None:
        assert f"{describe(int(peak))}: {count(outcomes['peak_online'])} people were online" in said
    hours = [e.hour for e in events_of(record, siege.scenario)]
    assert hours == sorted(hours)
    assert len(story(record, siege.scenario, outcomes)) <= len(LINES)
