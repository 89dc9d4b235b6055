"""Comparisons: paired on the same random numbers, exact where they must be."""

import dataclasses
import json
import math
import re

import numpy as np
import pandas as pd
import pytest

from sim import Scenario, compare
from sim.comparing import robust, statistics
from sim.comparing.brief import _turning
from sim.comparing.comparison import Comparison
from sim.comparing.sentences import answer
from sim.core.units import BesiegeError
from sim.io.saving import PageError
from sim.responses import Measure, Response, Trigger

WORLD = Scenario.load("taobao-2011").replace(
    {"scale": 0.01, "population.n_consumers": 100_000, "hours": 90}
)
# A protest that begins with the assembly of the first evening, so that runs may be short.
EARLY = WORLD.replace(
    {
        "channel.quorum": 100.0,
        "channel.muster_after": 0,
        "population.sympathiser_share": 0.1,
        "hours": 60,
    }
)


class Fails(Measure):
    """A measure that breaks the run it is in."""

    def orders(self, view):
        raise RuntimeError("as asked")


CLICKS = Response(
    name="clicks refunded",
    measures=({"kind": "refund-clicks", "trigger": Trigger(hour=20), "delay": 1},),
)


@pytest.fixture(scope="module")
def made():
    return compare(["silence", "silence", CLICKS, "deter"], scenario=EARLY, runs=3, workers=1)


def test_silence_against_silence_differs_by_exactly_nothing(made):
    again = made.differences[made.differences["policy"] == "silence (2)"]
    there = again[again["n"] > 0]  # what is null in both has no difference
    assert len(there) > 50
    assert (there["mean"] == 0).all()
    assert (there.loc[there["n"] > 1, ["low", "high"]] == 0).all(axis=None)


def test_runs_have_a_row_for_each_policy_and_world(made):
    assert made.policies == ["silence", "silence (2)", "clicks refunded", "deter"]
    assert len(made.runs) == 12
    assert made.runs["seed"].unique().tolist() == [1, 2, 3]
    assert {"peak_online", "platform_loss", "total_social_loss"} <= set(made.runs)


def test_a_difference_is_the_mean_over_worlds_of_what_differs(made):
    wide = made.runs.pivot(index="run", columns="policy", values="cum_store_loss")
    row = made.differences.set_index(["policy", "outcome"]).loc[("deter", "cum_store_loss")]
    assert row["mean"] == pytest.approx((wide["deter"] - wide["silence"]).mean())
    assert row["low"] <= row["mean"] <= row["high"]
    assert row["unit"] == "yuan"


def test_refunds_alone_leave_the_crowd_untouched_and_pairing_gains_threefold(made):
    rows = made.differences.set_index(["policy", "outcome"]).loc["clicks refunded"]
    assert rows.loc["peak_online", "mean"] == 0
    assert rows.loc["cum_ad_refund", "mean"] > 0
    assert rows.loc["cum_seller_loss", "ratio"] == math.inf
    assert rows.loc["total_social_loss", "ratio"] >= 3


def test_policies_are_equal_up_to_the_hour_of_the_first_measure(made):
    begins = made.runs.set_index(["policy", "run"])["hour_first_measure"]
    hours = made.hours.set_index(["policy", "run", "hour"]).sort_index()
    for run in range(3):
        h = int(begins[("deter", run)])
        first, other = hours.loc[("silence", run)], hours.loc[("deter", run)]
        assert first[:h].equals(other[:h])
        assert not first.equals(other)


def test_regret_is_never_negative_and_the_shares_of_being_best_sum_to_one(made):
    assert (made.regret["expected"] >= 0).all()
    assert (made.regret["maximum"] >= made.regret["expected"]).all()
    assert made.regret.groupby("loss")["p_best"].sum().to_list() == pytest.approx([1.0, 1.0])


def test_a_saved_comparison_is_read_back_the_same(made, tmp_path):
    made.save(tmp_path)
    again = Comparison.load(tmp_path)
    assert again.policies == made.policies
    pd.testing.assert_frame_equal(again.differences, made.differences)
    json.loads((tmp_path / "comparison.json").read_text())
    json.dumps(made.to_dict(), allow_nan=False)


def test_the_report_is_one_file_that_says_what_it_must(made, tmp_path):
    page = made.report(tmp_path / "report.html").read_text()
    for word in (
        "Who pays", "does not predict", "gives no advice to attackers", "standard error, paired",
        "largest possible ratio", "seeds 1 to 3", "Assumptions and limits", "clicks refunded",
    ):  # fmt: skip
        assert word in page
    assert "://" not in page.replace("http://www.w3.org", "")
    assert page.count("data:image/svg+xml;base64,") >= 4


def test_a_comparison_draws_what_each_policy_costs_under_a_headline(made):
    figure = made.plot("What it costs")
    assert "What it costs" in [text.get_text() for text in figure.texts]
    (ax,) = figure.axes
    assert [label.get_text() for label in ax.get_yticklabels()] == made.policies


def test_a_run_that_fails_is_a_row_and_the_others_are_whole():
    broken = Response(name="broken", measures=(Fails(trigger=Trigger(hour=2)),))
    c = compare(["silence", broken], scenario=WORLD.replace(hours=4), runs=2, workers=1)
    assert len(c.failed) == 2
    assert c.failed["error"].str.contains("as asked").all()
    assert c.runs[c.runs["policy"] == "silence"]["cum_actions"].notna().all()
    assert c.differences[c.differences["policy"] == "broken"]["n"].eq(0).all()


def test_fees_are_crossed_and_counted_against_old_fees():
    c = compare(
        ["silence"], ["old-fees", "as-announced-2011"], scenario=WORLD.replace(hours=12), runs=2,
        workers=1, ensemble=None,
    )  # fmt: skip
    assert c.policies == ["silence · old-fees", "silence · as-announced-2011"]
    old = c.runs[c.runs["fee"] == "old-fees"]
    assert (old["total_social_loss_vs_old_fees"] == 0).all()
    assert (old["platform_loss_vs_old_fees"] == 0).all()
    new = c.runs[c.runs["fee"] == "as-announced-2011"]
    assert (new["platform_loss_vs_old_fees"] < 0).all()
    paid = new["cum_seller_loss_vs_old_fees"] + new["platform_loss_vs_old_fees"]
    rest = (
        new["cum_store_loss"] + new["cum_consumer_surplus_loss"] - new["cum_rival_gain_vs_old_fees"]
    )
    assert (paid + rest).to_numpy() == pytest.approx(
        new["total_social_loss_vs_old_fees"].to_numpy()
    )


def test_an_ensemble_gives_every_policy_of_a_world_the_same_parameters():
    ranges = {"attack.purchase_rate": (0.1, 1.0), "channel.quorum": (100.0, 200.0)}
    c = compare(
        ["silence", "deter"], scenario=WORLD.replace(hours=3), runs=4, ensemble=ranges, workers=1
    )
    drawn = c.runs.pivot(index="run", columns="policy", values="attack.purchase_rate")
    assert (drawn["silence"] == drawn["deter"]).all()
    assert drawn["silence"].nunique() == 4
    assert c.factors == list(ranges)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"responses": ["protekt"]}, "did you mean protect"),
        ({"responses": ["silence"], "fees": ["phase"]}, "did you mean phased"),
        ({"responses": ["silence"], "runs": 0}, "--runs"),
        ({"responses": ["silence"], "ensemble": "assume"}, "allowed none, calibrated, wide"),
        ({"responses": []}, "at least one"),
    ],
)
def test_wrong_input_is_refused_in_one_line_that_helps(given, said):
    with pytest.raises(BesiegeError, match=said):
        compare(given.pop("responses"), scenario=WORLD, **{"runs": 1} | given)


def test_standard_errors_and_their_bound_are_those_of_two_correlated_samples():
    generator = np.random.default_rng(1)
    a = generator.normal(0, 2, 500)
    b = 1.5 * a
    found = statistics.errors(a, b)
    assert found["ratio"] == pytest.approx(found["largest_ratio"])
    apart = statistics.errors(a, generator.normal(0, 2, 500))
    assert apart["ratio"] == pytest.approx(1.0, abs=0.1)
    assert statistics.errors(a, a + 1.0)["ratio"] > 1e6


def table(winner_loses_when):
    """Make a table of runs whose ranking turns where it is told."""
    rng = np.random.default_rng(2)
    x, y = rng.uniform(0, 1, 200), rng.uniform(0, 1, 200)
    turns = winner_loses_when(x)
    rows = []
    for policy, loss in (("a", np.where(turns, 2.0, 0.0)), ("b", np.ones(200))):
        rows.append(pd.DataFrame({
            "policy": policy, "run": range(200), "x": x, "y": y, "error": "",
            "total_social_loss": loss, "platform_loss": -loss,
        }))  # fmt: skip
    return Comparison(WORLD, ["a", "b"], pd.concat(rows), pd.DataFrame(), {"factors": ["x", "y"]})


@pytest.mark.faces
def test_the_box_in_which_the_usual_winner_loses_is_found():
    found = robust.where_it_turns(table(lambda x: x > 0.7))
    assert found["winner"] == "a"
    assert list(found["box"]) == ["x"]
    assert found["box"]["x"][0] == pytest.approx(0.7, abs=0.08)
    assert found["coverage"] > 0.85
    assert found["density"] > 0.85


@pytest.mark.faces
def test_the_box_is_looked_for_among_numbers_and_the_words_left_out_are_named(tmp_path):
    numbers = table(lambda x: x > 0.7)
    n = len(numbers.runs)
    runs = numbers.runs.assign(family="ring", absent=np.where(np.arange(n) % 2, 3.0, np.nan))
    factors = ["family", "x", "absent", "y"]
    c = dataclasses.replace(numbers, runs=runs, about={"factors": factors})
    found = robust.where_it_turns(c)
    assert found["words"] == ["family", "absent"]
    assert found["box"] == robust.where_it_turns(numbers)["box"]
    (told,) = _turning(c)
    assert "Only numeric parameters were searched, without family, absent." in " ".join(told.words)
    alone = dataclasses.replace(c, about={"factors": ["family"]})
    assert "box" not in robust.where_it_turns(alone)


def test_an_ensemble_of_words_is_compared_saved_and_reported(tmp_path):
    path = tmp_path / "draws.csv"
    path.write_text("graph.family,mobilisation.tie_joins,announced\nring,true,none\nnone,false,3\n")
    c = compare(
        ["silence", "deter"], scenario=WORLD.replace(hours=3), runs=2, ensemble=path, workers=1
    )
    c.save(tmp_path / "out")
    c.report(tmp_path / "out" / "report.html")
    again = Comparison.load(tmp_path / "out").runs
    assert again["graph.family"].tolist() == ["ring", "none"] * 2
    assert again["mobilisation.tie_joins"].tolist() == [True, False] * 2
    assert again["announced"].isna().tolist() == [True, False] * 2


def test_an_ensemble_may_not_make_the_fees_that_are_compared_alike():
    with pytest.raises(BesiegeError, match=r"given fees\.new\.standard beside fees to compare"):
        compare(
            ["silence"], ["phased"], scenario=WORLD, runs=2, workers=1,
            ensemble={"fees.new.standard": [6000, 9000]},
        )  # fmt: skip


def test_policies_that_nothing_beats_on_both_losses_are_on_the_front():
    c = table(lambda x: x > 2.0)
    assert robust.pareto(c)["on_front"].tolist() == [True, True]
    worse = c.runs.assign(platform_loss=c.runs["total_social_loss"])
    front = robust.pareto(dataclasses.replace(c, runs=worse)).set_index("policy")["on_front"]
    assert front.to_dict() == {"a": True, "b": False}


def a_tie(more):
    """Return a comparison in which the second policy costs `more` than the first in a world."""
    rng = np.random.default_rng(3)
    base = rng.normal(5e7, 1e7, 40)
    losses = {
        "a": base + 9e7,
        "b": base,
        "c": base + (more + rng.normal(0, 5e6, 40) if more else 0.0),
    }
    rows = [
        pd.DataFrame({
            "policy": p, "run": range(40), "response": p, "fee": None, "error": "",
            "hour_first_attack": 40.0, "hour_end": 300.0,
            "hour_first_measure": np.where(np.arange(40) < 10, np.nan, 41.0), "total_social_loss": loss,
            **dict.fromkeys(("platform_loss", "cum_store_loss", "cum_seller_loss",
                             "cum_consumer_surplus_loss", "cum_rival_gain", "peak_online",
                             "hours_attack", "cum_actions", "n_stores_attacked"), loss),
        })
        for p, loss in losses.items()
    ]  # fmt: skip
    return Comparison(
        WORLD,
        ["a", "b", "c"],
        pd.concat(rows),
        pd.DataFrame(),
        {"ensemble": "none", "told": {"c": {"measures": ["calls"]}}},
    )


def test_the_answer_says_whether_the_best_is_told_from_the_next():
    apart, close, same = (answer(a_tie(more))[0] for more in (3e7, 1e5, 0.0))
    assert "b costs all parties together the least" in apart
    assert re.search(
        r"90 million yuan less than a \(.*The next best, c, costs \d\d million yuan more", apart
    )
    assert "do not show" not in apart
    assert "do not show which of the two is better" in close
    assert "is the same in every world" in same
    not_known = answer(a_tie(0.0))[2]
    assert "No measure began in 25 % of the worlds under c." in not_known.replace("\u00a0", " ")


def test_a_comparison_in_which_every_run_failed_says_so_in_its_report(tmp_path):
    scenario = Scenario.load("small").replace({"scale": 0.001, "hours": 2, "graph.family": "file", "graph.path": "nosuch.csv"})  # fmt: skip
    found = compare(["silence", "protect"], scenario=scenario, runs=1, workers=1)
    assert len(found.failed) == 2
    with pytest.raises(PageError, match=r"every run failed; the first error: [^\n]*nosuch\.csv"):
        found.report(tmp_path / "report.html")
