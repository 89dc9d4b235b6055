"""Facts tables: read, refused with a word, and held beside a run."""

import csv

import numpy as np
import pytest

from sim.core.units import BesiegeError, Tactic
from sim.outcomes.facts import COLUMNS, USES, Fact, beside, load_facts
from sim.outcomes.record import empty

GOOD = {
    "id": "X1", "pattern": "crowd", "quantity": "online at noon", "outcome": "at(online, 12)",
    "low": "100", "high": "200", "unit": "people", "window": "noon", "use": "check", "source": "me",
}  # fmt: skip


@pytest.fixture
def table(tmp_path):
    """Write a table of rows, each the good one with some cells changed."""

    def write(*rows, columns=tuple(GOOD)):
        path = tmp_path / "mine.csv"
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, columns, extrasaction="ignore")
            writer.writeheader()
            writer.writerows({**GOOD, **row} for row in rows)
        return path

    return write


def refusal(path):
    with pytest.raises(BesiegeError) as caught:
        load_facts(path)
    said = str(caught.value)
    assert "\n" not in said
    return said


def test_the_library_holds_the_facts_of_2011():
    facts = load_facts()
    assert len({f.id for f in facts}) == len(facts) >= 40
    assert {f.use for f in facts} == set(USES)
    assert all(f.low <= f.high for f in facts)
    assert [f.id for f in facts if not f.outcome and f.use != "input"] == []
    assert {f.reliability[0] for f in facts} == {"A", "B", "C"}
    graded = {f.id: f.reliability for f in facts}
    assert (graded["N01"], graded["N11"], graded["N15"], graded["F05"]) == ("A", "B-", "A-", "B")
    read_off = {f.id for f in facts if f.outcome}
    assert read_off >= {"N01", "N03", "N05", "N06", "N11", "N13", "N15", "N19", "F38"}


def test_an_older_table_has_no_grades_and_a_newer_one_has_them(table):
    assert [(f.reliability, f.note) for f in load_facts(table({}))] == [("", "")]
    columns = (*GOOD, "note", "reliability")
    graded = table({"reliability": "B-", "note": "seen\nonce"}, {"id": "X2"}, columns=columns)
    assert [(f.reliability, f.note) for f in load_facts(graded)] == [("B-", "seen once"), ("", "")]


@pytest.mark.parametrize(
    ("given", "grade", "note"),
    [
        ("A", "A", "mine"), ("C+", "C+", "mine"),
        ("B: one witness", "B", "one witness; mine"),
        ("A for 21:00, C for the rest", "A", "for 21:00, C for the rest; mine"),
        ("A-, printed twice", "A-", "printed twice; mine"), ("", "", "mine"),
    ],
)  # fmt: skip
def test_a_grade_may_be_followed_by_its_reason(table, given, grade, note):
    columns = (*GOOD, "reliability", "note")
    [fact] = load_facts(table({"reliability": given, "note": "mine"}, columns=columns))
    assert (fact.reliability, fact.note) == (grade, note)


@pytest.mark.parametrize(
    ("given", "hint"),
    [("D", ""), ("good", ""), ("Average", ""), ("B--", ""), ("AB", ""), ("1", ""), ("+A", ""),
     ("b-", "; did you mean B-?"), ("a: agency", "; did you mean A?")],
)  # fmt: skip
def test_an_unknown_grade_is_refused_with_those_that_there_are(table, given, hint):
    said = refusal(table({"reliability": given}, columns=(*GOOD, "reliability")))
    assert f'mine.csv line 2: column reliability: given "{given}", allowed A, B or C' in said
    assert said.endswith(f"or nothing{hint}")


def test_a_table_of_ones_own_is_read_as_it_stands(table):
    fact = load_facts(table({}))[0]
    assert fact == Fact(
        "X1", "crowd", "online at noon", "at(online, 12)", 100.0, 200.0, "people", "noon",
        "check", "me",
    )  # fmt: skip
    assert load_facts(str(table({}))) == (fact,)


def test_columns_may_come_in_any_order_beside_others_and_rows_may_be_blank(tmp_path):
    columns = [*reversed(COLUMNS), "remark"]
    row = ",".join(f'"{GOOD.get(c, "mine")}"' for c in columns)
    path = tmp_path / "mine.csv"
    path.write_text(f"\ufeff{', '.join(columns)}\n\n{row}\n,,,\n", encoding="utf-8")
    assert load_facts(path)[0].outcome == "at(online, 12)"


def test_only_what_is_put_in_needs_no_outcome(table):
    assert load_facts(table({"use": "input", "outcome": ""}))[0].outcome == ""
    assert "column outcome: given nothing" in refusal(table({"outcome": ""}))


@pytest.mark.parametrize(
    ("cells", "parts"),
    [
        ({"low": "many"}, ["column low", 'given "many"', "allowed a number"]),
        ({"high": ""}, ["column high", 'given ""', "allowed a number"]),
        ({"high": "inf"}, ["column high", 'given "inf"']),
        ({"low": "nan"}, ["column low", 'given "nan"']),
        ({"low": "300"}, ["columns low, high", "given 300 and 200", "low <= high"]),
        (
            {"use": "calibrat"},
            ["column use", 'given "calibrat"', "derived", "did you mean calibrate?"],
        ),
        ({"use": ""}, ["column use", 'given ""']),
        (
            {"outcome": "peak_onlin"},
            ["column outcome", '"peak_onlin"', "did you mean peak_online?"],
        ),
        ({"outcome": "at(crowd, 12)"}, ["column outcome", '"crowd"', "allowed the series online"]),
        ({"id": ""}, ["column id", "given nothing"]),
    ],
)
def test_a_wrong_cell_is_refused_with_file_line_column_given_and_allowed(table, cells, parts):
    said = refusal(table({}, {"id": "X2", **cells}))
    assert [p for p in ["mine.csv line 3", *parts] if p not in said] == []


def test_a_name_may_stand_only_once(table):
    assert 'column id: given "X1" twice' in refusal(table({}, {}))


@pytest.mark.parametrize("column", COLUMNS)
def test_a_missing_column_is_named(table, column):
    said = refusal(table({}, columns=[c for c in GOOD if c != column]))
    assert f"mine.csv line 1: column {column}: missing" in said


def test_a_misspelt_column_is_recognised(table):
    columns = ["quantiti" if c == "quantity" else c for c in GOOD]
    assert 'did you mean "quantiti"' in refusal(table({"quantiti": "x"}, columns=columns))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "given an empty file"),
        (",".join(COLUMNS), "given no fact"),
        ("id,low\n", "column pattern: missing"),
        (",".join(COLUMNS) + "\nX1,a,b,at(online, 12),1,2,c,d,check,me\n", "needs quotes"),
        (",".join(COLUMNS) + "\nX1,a\n", "line 2: given 2 values, allowed 10"),
        (",".join(COLUMNS) + '\n"X1,a\n', "not CSV"),
    ],
)
def test_a_file_that_is_no_table_is_refused(tmp_path, text, said):
    path = tmp_path / "mine.csv"
    path.write_text(text, encoding="utf-8")
    assert said in refusal(path)


def test_a_file_that_cannot_be_read_is_refused(tmp_path):
    (tmp_path / "binary.csv").write_bytes(b"\xff\xfe\x00\x00\x81")
    for path in (tmp_path / "none.csv", tmp_path, tmp_path / "binary.csv", "a\0b.csv"):
        assert "cannot be read" in refusal(path)


@pytest.fixture
def record():
    """Two days of one store and a crowd of 150 that never attacks."""
    r = empty(48, np.ones(2), np.ones(1), np.ones(1), 0.0, np.ones(1), 1.0)
    r.hours = 48
    r.series["online"][:] = 150.0
    return r


@pytest.mark.parametrize(
    ("cells", "value", "inside"),
    [
        ({}, 150.0, True),
        ({"low": "150", "high": "150"}, 150.0, True),
        ({"low": "151"}, 150.0, False),
        ({"high": "149"}, 150.0, False),
        ({"outcome": "", "use": "input"}, None, None),
        ({"outcome": "hour_first_attack"}, None, False),
        ({"outcome": "until(hour_first_attack, 48)"}, None, False),
        ({"outcome": "at(online, 48)"}, None, None),
        ({"outcome": "until(peak_online, 72)"}, None, None),
    ],
)
def test_a_fact_beside_a_run_is_inside_outside_or_open(table, record, cells, value, inside):
    [reading] = beside(record, load_facts(table(cells)))
    assert (reading.value, reading.inside) == (value, inside)


def test_every_fact_of_the_library_finds_its_place_beside_a_run(record):
    record.actions[10, 0, Tactic.CLICK] = 5.0
    facts = load_facts()
    readings = beside(record, facts)
    assert [r.fact for r in readings] == list(facts)
    assert [r.fact.id for r in readings if r.inside is not None and not r.fact.outcome] == []


def test_a_header_with_a_control_character_is_refused_in_one_line(tmp_path):
    (tmp_path / "facts.csv").write_text("id,p\x0battern,quantity\n", encoding="utf-8")
    with pytest.raises(BesiegeError) as caught:
        load_facts(tmp_path / "facts.csv")
    assert len(str(caught.value).splitlines()) == 1
    assert '"p\\u000battern"' in str(caught.value)


ROW = "{},p,q,peak_online,1,2,people,w,check,s\n"


@pytest.mark.parametrize(
    ("ids", "says"),
    [
        (["seed"], 'given "seed", allowed any name but seed and attacked'),
        (["F1", "Attacked"], 'given "Attacked", allowed any name'),
        (["f1", "F1"], 'given "F1" twice, allowed once'),
    ],
)
def test_the_id_of_a_fact_is_no_other_columns_name(ids, says, tmp_path):
    table = ",".join(COLUMNS) + "\n" + "".join(map(ROW.format, ids))
    (tmp_path / "facts.csv").write_text(table, encoding="utf-8")
    with pytest.raises(BesiegeError, match=f"facts.csv: column id: {says}"):
        load_facts(tmp_path / "facts.csv")
