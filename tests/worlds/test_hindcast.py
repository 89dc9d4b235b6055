"""Facts beside the simulation: intervals over runs, shares inside, inputs apart."""

import json

import numpy as np
import pandas as pd
import pytest

from sim.core.units import BesiegeError
from sim.lab.hindcast import hindcast
from sim.views.page.studies import show_hindcast
from sim.views.terminal.hindcast_text import tell_hindcast

TABLE = """id,pattern,quantity,outcome,low,high,unit,window,use,source
A1,crowd,peak,"until(peak_online, 60)",1,1e6,people,always,calibrate,made up
A2,crowd,peak,"until(peak_online, 60)",1,2,people,always,check,made up
A3,crowd,truce,"until(hour_truce, 60)",1,60,hour,always,check,made up
A5,crowd,later,"max(online, 70, 73)",1,2,people,always,check,made up
A4,fees,fee,,6000,6000,yuan,always,input,made up
"""


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    facts = tmp_path_factory.mktemp("facts") / "facts.csv"
    facts.write_text(TABLE)
    return hindcast("small", 5, seed=3, facts=facts, workers=1, hours=72)


def test_every_fact_has_its_interval_and_its_share_of_runs(result):
    a1, a2, a3, a5, a4 = result.to_dict()["facts"]
    peaks = result.values["A1"]
    assert a1["median"] == np.median(peaks)
    assert (a1["p05"], a1["p95"]) == tuple(np.quantile(peaks, [0.05, 0.95]))
    assert (a1["n"], a1["share_inside"], a1["inside"]) == (5, 1.0, True)
    assert (a2["share_inside"], a2["inside"]) == (0.0, False)
    assert (a3["n"], a3["median"], a3["share_inside"], a3["inside"]) == (0, None, 0.0, False)
    assert a5["n"] == 0
    assert [a5[q] for q in ("p05", "median", "share_inside", "inside")] == [None] * 4
    assert [a4[q] for q in ("n", "median", "share_inside", "inside")] == [None] * 4


def test_runs_have_their_own_seeds_and_the_same_ones_next_time(result):
    assert result.values.seed.tolist() == [3, 4, 5, 6, 7]
    again = hindcast("small", 2, seed=4, workers=1, hours=72)
    assert again.values["attacked"].tolist() == result.values["attacked"].tolist()[1:3]
    assert np.array_equal(again.online, result.online[1:3])


def test_a_hindcast_is_plain_json_and_leaves_a_picture(result, tmp_path):
    told = json.loads(json.dumps(result.to_dict(), allow_nan=False))
    assert told["runs"] == 5
    assert told["share_with_siege"] == 1.0
    result.save(tmp_path)
    left = {p.name for p in tmp_path.iterdir()}
    assert left == {"scenario.toml", "hindcast.json", "runs.parquet", "hindcast.png"}
    texts = [t.get_text() for t in result.plot().axes[1].texts]
    assert "not defined in any run" in texts
    assert "not defined within the horizon" in texts


def test_a_fact_beyond_the_horizon_is_told_and_does_not_count_as_missed(result, tmp_path, capsys):
    tell_hindcast(result, tmp_path)
    told = capsys.readouterr().out
    assert "Not defined within the horizon, and not counted: A5." in told
    assert "check: the simulated median is inside the reported range for 0 of 2 facts." in told
    page = show_hindcast(result)
    assert "For 1 of 3 reported facts" in page
    assert "not defined within the horizon" in page


def test_runs_of_different_horizons_are_refused_before_any_is_done():
    draws = pd.DataFrame({"hours": [48, 60]})
    with pytest.raises(BesiegeError, match="hours: given 48 and 60, allowed one horizon"):
        hindcast("small", 2, ensemble=draws, workers=1)


def test_no_runs_and_no_seed_are_refused_with_a_word():
    with pytest.raises(BesiegeError, match="--runs: given 0"):
        hindcast("small", 0)
    with pytest.raises(BesiegeError, match="seed: given"):
        hindcast("small", 1, seed=-1)
