"""What a specification may say, the points it asks for, and what tells runs apart."""

import shlex
import subprocess
import sys
import textwrap

import numpy as np
import pytest

from sim.core.units import BesiegeError
from sim.lab.design.identity import run_key, scenario_identity
from sim.lab.design.listing import repeat_line, runs_of
from sim.lab.design.points import count_points, points_of
from sim.lab.design.spec import load
from sim.lab.storage.writing import spec_toml
from sim.responses import Response, Statement, Trigger
from sim.scenario.overrides import parse_settings
from sim.scenario.scenario import Scenario
from sim.scenario.toml import parse_toml

FEES = {"fees.new.standard": [6000, 15000]}
SPAN = {"fees.new.standard": {"low": 6000, "high": 60000}, "channel.queue_places": {"low": 10, "high": 500}}  # fmt: skip


def spec(**given):
    return {"scenario": "small", "factors": FEES, **given}


def points(**given):
    return [
        {path: level.label for path, level in point.items()}
        for point in points_of(load(spec(**given)))
    ]


def test_a_grid_has_every_combination_and_a_range_in_it_its_steps():
    factors = {**FEES, "channel.queue_places": {"low": 1, "high": 3, "steps": 3}}
    found = points(factors=factors)
    assert [(p["fees.new.standard"], p["channel.queue_places"]) for p in found] == [
        (6000, 1), (6000, 2), (6000, 3), (15000, 1), (15000, 2), (15000, 3),
    ]  # fmt: skip


@pytest.mark.faces
@pytest.mark.parametrize("kind", ["latin", "sobol", "morris", "saltelli"])
def test_a_sampled_design_stays_in_its_ranges_and_rounds_whole_numbers(kind):
    given = spec(factors=SPAN, design={"kind": kind, "samples": 8})
    found = points(factors=SPAN, design={"kind": kind, "samples": 8})
    assert len(found) == count_points(load(given))
    assert all(6000 <= p["fees.new.standard"] <= 60000 for p in found)
    assert all(isinstance(p["channel.queue_places"], int) for p in found)
    assert found == points(factors=SPAN, design={"kind": kind, "samples": 8})
    assert found != points(factors=SPAN, design={"kind": kind, "samples": 8, "seed": 9})


def test_names_may_be_sampled_and_each_level_comes_about_as_often():
    factors = {**SPAN, "response": ["silence", "protect", "deter"]}
    found = points(factors=factors, design={"kind": "latin", "samples": 30})
    names, counts = np.unique([p["response"] for p in found], return_counts=True)
    assert list(names) == ["deter", "protect", "silence"]
    assert list(counts) == [10, 10, 10]


def test_a_range_on_a_log_scale_has_its_middle_at_the_geometric_mean():
    factors = {"fees.new.standard": {"low": 100, "high": 10000, "log": True, "steps": 3}}
    middle = [p["fees.new.standard"] for p in points(factors=factors)][1]
    assert middle == pytest.approx(1000)


def test_around_a_value_is_a_share_to_either_side_and_stays_where_it_is_allowed():
    plan = load(spec(factors={"mobilisation.join_rate": {"around": 0.2}}))
    (factor,) = plan.factors
    base = factor.base.value
    assert factor.range.low == pytest.approx(0.8 * base)
    assert factor.range.high <= min(1.2 * base * 1.0000001, factor.field.high)
    with pytest.raises(BesiegeError, match="given 20 around"):
        load(spec(factors={"mobilisation.join_rate": {"around": 20}}))


def test_a_list_has_its_points_and_the_base_where_they_are_silent():
    found = points(factors={}, design={"kind": "list", "points": [{"response": "deter"}, {"graph.family": "random"}]})  # fmt: skip
    assert [p["response"] for p in found] == ["deter", "as-happened"]
    assert found[1]["graph.family"] == "random"


def test_tables_and_responses_may_be_levels_with_labels_of_their_own():
    own = Response(name="late-word", measures=(Statement(trigger=Trigger(hour=90)),))
    factors = {
        "response": ["silence", own],
        "fees.new": [{"label": "half", "value": {"standard": 15000, "premium": 30000}}],
    }
    plan = load(spec(factors=factors))
    first, second = points_of(plan)
    assert first["fees.new"].label == "half"
    assert second["response"].label == "late-word"
    planned = list(runs_of(plan))
    assert planned[0].scenario.fees.new.premium == 30000
    assert planned[1].scenario.response == own


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"runs": 0}, "runs: given 0, allowed a whole number from 1 to 1_000_000"),
        ({"rnus": 3}, "did you mean runs"),
        ({"design": {"kind": "grit"}}, "did you mean grid"),
        ({"design": {"kind": "latin"}}, "design.samples: missing"),
        ({"design": {"samples": 8}}, "design.samples: given with kind"),
        ({"design": {"kind": "sobol", "samples": 9}}, "power of two, such as 8"),
        ({"design": {"kind": "list"}}, "design.points: missing"),
        ({"factors": {"fees.new.standart": [1]}}, "did you mean fees.new.standard"),
        ({"factors": {"fees.new.standard": []}}, "factors.fees.new.standard: given an empty list"),
        ({"factors": {"fees.new.standard": [1, 1]}}, "given a level twice"),
        ({"factors": {"fees.new.standard": [-1]}}, "fees.new.standard: given -1"),
        ({"factors": {"fees.new.standard": {"low": 5}}}, "standard.high: missing"),
        ({"factors": {"fees.new.standard": {"low": 5, "high": 4}}}, "allowed only low below high"),
        ({"factors": {"fees.new.standard": {"low": 5, "hihg": 6}}}, 'no such field "hihg"'),
        ({"factors": {"fees.new.standard": {"low": -5, "high": 5}}}, "fees.new.standard: given -5"),
        ({"factors": {"graph.family": {"low": 0, "high": 1}}}, "allowed a list of levels"),
        ({"factors": {"response": ["silense"]}}, "did you mean silence"),
        ({"levers": FEES}, "given a path twice"),
        ({"keep": {"hours": ["onlin"]}}, "did you mean online"),
        ({"outcomes": ["peak"]}, "outcomes: given"),
        ({"constants": {"scale": 7}}, "constants: scale: given 7"),
        ({"scenario": "smal"}, "did you mean small"),
        ({"seed": 2**64 - 1, "runs": 2}, "seed: given"),
    ],
)
def test_what_is_not_allowed_is_refused_in_a_line_that_names_the_field(given, said):
    with pytest.raises(BesiegeError) as refused:
        load(spec(**given))
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_specification_written_out_and_read_again_asks_for_the_same_runs():
    plan = load(spec(runs=2, levers={"response": ["silence", "protect"]}, constants={"hours": 40}))
    again = load(parse_toml(spec_toml(plan).encode(), "spec.toml"))
    assert [p.key for p in runs_of(plan)] == [p.key for p in runs_of(again)]


def test_points_that_come_to_the_same_scenario_are_run_once():
    factors = {"channel.queue_places": {"low": 10, "high": 12}, **FEES}
    plan = load(spec(factors=factors, design={"kind": "latin", "samples": 32}))
    assert len(list(runs_of(plan))) <= 6 < count_points(plan)


def test_every_run_of_a_specification_is_repeated_by_its_line():
    half = {"label": "half", "value": {"standard": 15000, "premium": 30000}}
    plan = load(spec(factors={"fees.new": [half], "response": ["protect"], "announced": [None, 20]}))  # fmt: skip
    for planned in runs_of(plan):
        words = shlex.split(repeat_line(plan, planned, None, "x.toml"))
        settings = [words[i + 1] for i, w in enumerate(words) if w == "--set"]
        again = Scenario.load(words[2]).replace(parse_settings(settings))
        assert again.fingerprint == planned.scenario.fingerprint
        assert words[-1] == str(planned.seed)


def _own(answer, body):
    space = {"Statement": Statement, "__name__": "cell"}
    exec(textwrap.dedent(body), space)
    own = space["Own"](trigger=Trigger(hour=5), answer=answer)
    return Scenario.load("small").replace(response=Response(name="own", measures=(own,)))


ONE = "class Own(Statement):\n    def orders(self, view):\n        return super(Statement, self)\n"


def test_a_measure_made_in_python_counts_by_name_source_and_parameters():
    first = scenario_identity(_own(0.1, ONE))
    assert first == scenario_identity(_own(0.1, ONE))
    assert first != scenario_identity(_own(0.2, ONE))
    assert first != scenario_identity(_own(0.1, ONE.replace("Statement, self", "Own, self")))
    plain = Scenario.load("small").replace(response=Response(name="own", measures=(Statement(trigger=Trigger(hour=5), answer=0.1),)))  # fmt: skip
    assert first != scenario_identity(plain)
    assert run_key(first, 1) != run_key(first, 2)


def test_all_of_a_python_file_counts_in_what_its_measures_are(tmp_path):
    code = (
        "from sim.responses import Response, Statement, Trigger\n"
        "BASE = 0.1\n"
        "class Own(Statement):\n"
        "    def orders(self, view):\n"
        "        return super().orders(view) if BASE > 0 else None\n"
        "late = Response(name='late', measures=(Own(trigger=Trigger(hour=3)),))\n"
    )

    def key():
        base = load(spec(factors={"response": [f"{tmp_path}/mine.py:late"]}))
        return next(iter(runs_of(base))).key

    (tmp_path / "mine.py").write_text(code)
    before = key()
    assert key() == before
    (tmp_path / "mine.py").write_text(code.replace("BASE = 0.1", "BASE = -0.1"))
    assert key() != before


def test_a_field_is_a_constant_or_varied_and_not_both():
    with pytest.raises(
        BesiegeError, match=r"constants: given fees\.new\.standard, which is also varied"
    ):
        load(spec(constants={"fees.new.standard": 7000}))


def test_a_measure_may_stand_in_a_python_file_beside_the_specification(tmp_path):
    (tmp_path / "mine.py").write_text(
        "from sim.responses import Response, Statement, Trigger\n"
        "class Own(Statement):\n"
        "    def orders(self, view):\n"
        "        raise ValueError('boom')\n"
        "def boom():\n"
        "    return Response(name='boom', measures=(Own(trigger=Trigger(hour=3)),))\n"
    )
    file = tmp_path / "spec.toml"
    file.write_text('scenario = "small"\n[factors]\nresponse = ["silence", "mine.py:boom"]\n')
    plan = load(file)
    labels = [p.labels["response"] for p in runs_of(plan)]
    assert labels == ["silence", "mine.py:boom"]
    line = repeat_line(plan, list(runs_of(plan))[1], str(file), "x")
    assert line.startswith(f"besiege sweep {file} --repeat ")
    file.write_text('scenario = "small"\n[factors]\nresponse = ["mine.py:bang"]\n')
    with pytest.raises(BesiegeError, match="bang, which cannot be loaded"):
        load(file)


@pytest.mark.slow
def test_keys_do_not_depend_on_the_hashes_of_a_session():
    code = (
        "from sim.lab.design.listing import runs_of; from sim.lab.design.spec import load\n"
        "print([p.key for p in runs_of(load({'scenario': 'small', 'factors': "
        "{'response': ['silence', 'protect']}}))])"
    )
    said = [
        subprocess.run([sys.executable, "-c", code], env={"PYTHONHASHSEED": h, "PATH": ""},
                       capture_output=True, text=True, check=True).stdout
        for h in ("1", "2")
    ]  # fmt: skip
    assert said[0] == said[1] != ""


def test_a_range_of_more_steps_than_memory_holds_is_refused_and_not_laid_out():
    span = {"attention.memory": {"low": 1, "high": 2, "steps": 1_000_000_000}}
    with pytest.raises(BesiegeError, match=r"attention.memory.steps: given 1000000000, allowed"):
        load(spec(factors=span))


def test_the_points_of_a_grid_are_counted_however_many_they_are():
    span = {"low": 0.1, "high": 0.2, "steps": 100_000}
    paths = ["attention.memory", "mobilisation.noise", "shopping.nest", "stores.precaution"]
    assert count_points(load(spec(factors=dict.fromkeys(paths, span)))) == 10**20


@pytest.mark.parametrize("left_out", [None, "none"])
def test_a_level_may_leave_an_optional_field_out_and_says_so_by_none(left_out):
    plan = load(spec(factors={"announced": [left_out, 3]}))
    assert {run.scenario.announced for run in runs_of(plan)} == {None, 3}
    assert [level.label for level in plan.factors[0].levels] == ["none", 3]
    again = load(parse_toml(spec_toml(plan).encode(), "spec.toml"))
    assert [r.key for r in runs_of(again)] == [r.key for r in runs_of(plan)]
