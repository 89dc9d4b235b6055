"""Facts that cannot fail: found in worlds drawn from the priors, which are kept."""

import json

import numpy as np
import pytest

from sim.core import caches
from sim.lab import construction
from sim.lab.construction import PriorRuns, is_constant
from sim.lab.hindcast import hindcast
from sim.lab.readings import Reader
from sim.outcomes.facts import load_facts
from sim.scenario.scenario import Scenario

TABLE = """id,pattern,quantity,outcome,low,high,unit,window,use,source
A1,x,always the same,"at(phase, 3)",0,0,x,x,check,me
A2,x,moves,"max(online, 0, 40)",1,1e6,people,x,check,me
A3,x,exists nowhere,"until(hour_truce, 40)",1,60,hour,x,check,me
A4,x,put in,,1,1,x,x,input,me
"""
WORLD = Scenario.load("small").replace(scale=0.002, hours=40)


@pytest.mark.parametrize(
    ("values", "constant"),
    [
        ([], False),
        ([3.0], False),  # one run tells nothing
        ([3.0, 3.0], True),
        ([3.0] * 19 + [4.0], True),
        ([3.0] * 18 + [4.0, 5.0], False),
        ([4.0] + [3.0] * 19, True),  # whichever comes first
        ([1.0, 1.0 + 1e-10], True),
        ([1.0, 1.0 + 1e-8], False),
        ([1e9, 1e9 + 0.5], True),
        ([0.0, 1e-10, -1e-10], True),
        (list(range(40)), False),
    ],
)
def test_a_value_that_nearly_all_runs_share_is_constant(values, constant):
    assert is_constant(np.array(values, float)) is constant


@pytest.fixture
def facts(tmp_path, monkeypatch):
    monkeypatch.setattr(construction, "MEMBERS", 4)
    monkeypatch.setattr(construction, "user_cache", lambda: tmp_path / "home")
    path = tmp_path / "facts.csv"
    path.write_text(TABLE, encoding="utf-8")
    return path


def test_a_fact_without_a_way_to_fail_counts_for_nothing(facts):
    found = hindcast(WORLD, 2, facts=facts, workers=1)
    rows = {row["id"]: row for row in found.to_dict()["facts"]}
    assert [rows[f"A{i}"]["by_construction"] for i in (1, 2, 3, 4)] == [True, False, False, None]
    assert rows["A1"]["inside"] is True
    assert rows["A1"]["counted"] is False
    assert found.score["by_construction"] == 1
    assert sum(found.score.values()) == 3
    assert found.to_dict()["construction"] == {"ensemble": "wide", "members": 4, "scale": 0.002}


def test_what_the_priors_say_is_kept_and_not_run_again(facts, tmp_path, monkeypatch):
    seen = []
    first = hindcast(WORLD, 1, facts=facts, workers=1, progress=lambda *n: seen.append(n))
    assert seen[-1] == (5, 5)  # one run and four beside
    [file] = (tmp_path / "home" / "facts").iterdir()
    seen.clear()
    again = hindcast(WORLD, 1, facts=facts, workers=1, progress=lambda *n: seen.append(n))
    assert seen[-1] == (1, 1)
    assert again.to_dict() == first.to_dict()
    monkeypatch.setattr("sim.lab.storage.kept.MODEL_VERSION", -1)
    hindcast(WORLD, 1, facts=facts, workers=1)  # of another version of the model
    assert len(list((tmp_path / "home" / "facts").iterdir())) == 2
    assert json.loads(file.read_text())[0]["A3"] is None


@pytest.mark.parametrize(
    "damaged",
    [b"", b"[]", b"{}", b"null", b"[1, 2, 3, 4]", b'[{"A1": 0.0}]', b"\xff\xfe", b"[" * 90_000],
)
def test_kept_values_that_are_damaged_are_made_anew(facts, tmp_path, damaged):
    reader = Reader(load_facts(facts), 40)
    PriorRuns(WORLD, reader).judge(1, lambda *_: None)
    [file] = (tmp_path / "home" / "facts").iterdir()
    whole = file.read_bytes()
    file.write_bytes(damaged)
    again = PriorRuns(WORLD, reader)
    assert len(again) == 4
    assert again.judge(1, lambda *_: None).by_construction == {"A1"}
    assert file.read_bytes() == whole


def test_a_home_that_takes_no_file_costs_only_time(facts, monkeypatch):
    reader = Reader(load_facts(facts), 40)
    for home in (None, facts / "no folder"):
        monkeypatch.setattr(construction, "user_cache", lambda home=home: home)
        assert PriorRuns(WORLD, reader).judge(1, lambda *_: None).by_construction == {"A1"}
    assert caches.user_cache is not construction.user_cache


def test_worlds_beside_are_small_and_keep_what_was_set_by_hand(facts):
    reader = Reader(load_facts(facts), 40)
    large = Scenario.load("taobao-2011").replace({"scale": 1.0, "mobilisation.noise": 0.5})
    beside = PriorRuns(large, reader)
    worlds = [task.scenario for task in beside._tasks]
    assert beside.scale == construction.SCALE
    assert {w.scale for w in worlds} == {construction.SCALE}
    assert {w.mobilisation.noise for w in worlds} == {0.5}
    assert len({w.attention.memory for w in worlds}) == 4
