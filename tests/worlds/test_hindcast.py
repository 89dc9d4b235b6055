"""Facts beside the simulation: intervals over runs, shares inside, inputs apart."""

import json

import numpy as np
import pandas as pd
import pytest

from sim import run
from sim.core.units import BesiegeError
from sim.lab.hindcast import hindcast
from sim.views.page.studies import show_hindcast
from sim.views.terminal.hindcast_text import tell_hindcast

TABLE = """id,pattern,quantity,outcome,low,high,unit,window,use,source,same_as,reliability
A1,crowd,peak,"until(peak_online, 60)",1,1e6,people,always,calibrate,made up,,B-
A2,crowd,peak,"until(peak_online, 60)",1,2,people,always,check,made up,A1,
A3,crowd,truce,"until(hour_truce, 60)",1,60,hour,always,check,made up,,
A5,crowd,later,"max(online, 70, 73)",1,2,people,always,check,made up,,
A4,fees,fee,,6000,6000,yuan,always,input,made up,,A
"""


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    facts = tmp_path_factory.mktemp("facts") / "facts.csv"
    facts.write_text(TABLE)
    return hindcast("small", 5, seed=3, facts=facts, workers=1, hours=72, construction=False)


def test_every_fact_has_its_interval_and_its_share_of_runs(result):
    a1, a2, a3, a5, a4 = result.to_dict()["facts"]
    peaks = result.values["A1"]
    assert a1["median"] == np.median(peaks)
    assert (a1["p05"], a1["p95"]) == tuple(np.quantile(peaks, [0.05, 0.95]))
    assert (a1["n"], a1["share_inside"], a1["inside"]) == (5, 1.0, True)
    assert (a2["share_inside"], a2["inside"]) == (0.0, False)
    assert a3["n"] == 0
    assert [a3[q] for q in ("median", "share_inside", "inside")] == [None] * 3
    assert (a5["n"], a5["inside"]) == (5, False)
    assert [a4[q] for q in ("n", "median", "share_inside", "inside", "counted")] == [None] * 5
    assert [a["reliability"] for a in (a1, a2, a4)] == ["B-", None, "A"]


def test_runs_go_on_for_a_later_hour_and_outcomes_are_those_of_the_horizon(result, tmp_path):
    assert result.online.shape == (5, 73)
    alone = run("small", 3, hours=72)
    facts = tmp_path / "facts.csv"
    plain = ["share_sellers_leaving", "total_social_loss", "cum_actions", "hour_end"]
    lines = [f"P{i},x,x,{name},0,1,x,x,check,me" for i, name in enumerate(plain)]
    facts.write_text("\n".join([TABLE.splitlines()[0].removesuffix(",same_as,reliability"), *lines, "L,x,x,\"at(online, 90)\",0,1,x,x,check,me"]))  # fmt: skip
    found = hindcast("small", 1, seed=3, facts=facts, ensemble="none", construction=False, workers=1, hours=72)  # fmt: skip
    assert found.online[0][:72].tolist() == alone.record.series["online"].tolist()
    said = found.values.iloc[0]
    for i, name in enumerate(plain):
        value = alone.outcomes[name]
        assert said[f"P{i}"] == value or (value is None and np.isnan(said[f"P{i}"])), name
    assert alone.outcomes["total_social_loss"] is not None
    longer = run("small", 3, hours=91)
    assert said["L"] == longer.record.series["online"][90]
    assert longer.outcomes["cum_actions"] != alone.outcomes["cum_actions"]


def test_the_score_counts_each_fact_once_and_says_what_no_run_says(result):
    assert result.score == {"met": 1, "missed": 1, "by_construction": 0, "absent": 1}
    rows = {row["id"]: row for row in result.to_dict()["facts"]}
    assert [rows[i]["counted"] for i in ("A1", "A2", "A3", "A5")] == [True, False, True, True]
    assert rows["A2"]["same_as"] == "A1"
    assert rows["A1"]["by_construction"] is None  # nobody looked


def test_runs_have_their_own_seeds_and_the_same_ones_next_time(result):
    assert result.values.seed.tolist() == [3, 4, 5, 6, 7]
    again = hindcast("small", 2, seed=4, workers=1, hours=72, construction=False)
    assert again.values["attacked"].tolist() == result.values["attacked"].tolist()[1:3]
    assert np.array_equal(again.online[:, :73], result.online[1:3])


def test_a_hindcast_is_plain_json_and_leaves_a_picture(result, tmp_path):
    told = json.loads(json.dumps(result.to_dict(), allow_nan=False))
    assert told["runs"] == 5
    assert told["share_with_siege"] == 1.0
    result.save(tmp_path)
    left = {p.name for p in tmp_path.iterdir()}
    assert left == {"scenario.toml", "hindcast.json", "runs.parquet", "hindcast.png"}
    texts = [t.get_text() for t in result.plot().axes[1].texts]
    assert "no run says" in texts
    said = [t.get_text() for t in result.plot().texts]
    assert said[0] == "1 of 2 reported facts are met"
    assert "no run says for 1" in said[1]
    assert next(iter(told)) == "score"


def test_text_and_page_tell_the_score_first_and_what_is_not_counted(result, tmp_path, capsys):
    tell_hindcast(result, tmp_path)
    told = capsys.readouterr().out
    assert told.startswith("Score: 1 of 2 reported facts are met; no run says for 1.")
    assert "No run says, so not counted: A3." in told
    assert "Nearly the same as another fact or derived, so not counted: A2." in told
    assert "check: the simulated median is inside the reported range for 0 of 1 facts." in told
    page = show_hindcast(result)
    assert "1 of 2 reported facts are met; no run says for 1" in page
    assert "no run says</td>" in page


def test_runs_of_different_horizons_are_refused_before_any_is_done():
    draws = pd.DataFrame({"hours": [48, 60]})
    with pytest.raises(BesiegeError, match="hours: given 48 and 60, allowed one horizon"):
        hindcast("small", 2, ensemble=draws, workers=1)


def test_no_runs_and_no_seed_are_refused_with_a_word():
    with pytest.raises(BesiegeError, match="--runs: given 0"):
        hindcast("small", 0)
    with pytest.raises(BesiegeError, match="seed: given"):
        hindcast("small", 1, seed=-1)
