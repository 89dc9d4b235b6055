"""Keywords: one word means one thing, and one that does not exist is refused with the nearest."""

import pytest

import sim.cli
from sim import Siege, compare, hindcast, run, sweep
from sim.core.units import BesiegeError


def test_hours_is_the_horizon_of_a_comparison_with_two_responses_and_with_one():
    c = compare(["silence", "protect"], scenario="small", runs=1, hours=3, workers=1)
    assert c.scenario.hours == 3
    assert c.hours["hour"].max() == 2
    one = compare(["protect"], scenario="small", runs=1, hours=3, workers=1)
    assert one.scenario.hours == 3
    assert one.policies == ["protect"]


@pytest.mark.parametrize("begin", [2, [2], (2,), range(2, 3)])
def test_begin_is_the_hour_at_which_responses_begin(begin):
    c = compare(["silence", "protect"], scenario="small", runs=1, hours=4, begin=begin, workers=1)
    assert c.policies == ["silence", "protect@2"]


WRONG = [
    (lambda: compare(["silence"], scenario="small", worker=2), "did you mean workers"),
    (lambda: compare(["silence"], scenario="small", hour=[3]), "did you mean hours"),
    (lambda: compare(["silence"], scenario="small", hours=[46, 58]), "responses begin, use begin"),
    (lambda: compare(["silence"], scenario="small", begin=3), "a response that has a measure"),
    (lambda: compare(["protect"], scenario="small", begin=[-1]), "begin: given -1"),
    (lambda: compare(["protect"], scenario="small", begin="noon"), 'begin: given "noon"'),
    (lambda: compare(["silence"], scenario="small", response="protect"), "response: given"),
    (lambda: compare(["silence"], "phased", scenario="small", **{"fees.new.standard": 1}), "fees.new.standard: given 1 and fee schedules"),
    (lambda: compare(["silence"], scenario="small", workers=0), "--workers: given 0"),
    (lambda: compare(["silence"], scenario="small", runs=2.5), "--runs: given 2.5"),
    (lambda: compare(["silence"], scenario="small", runs=True), "--runs: given true"),
    (lambda: compare(), "compare: missing a required argument: 'responses'"),
    (lambda: hindcast("small", 1, workers=0), "--workers: given 0"),
    (lambda: hindcast("small", 1, fact="facts.csv"), "did you mean facts"),
    (lambda: run("small", sead=3), "did you mean seed"),
    (lambda: run("small", **{"fees.new.standrad": 3}), "did you mean fees.new.standard"),
    (lambda: sweep({"name": "a"}, worker=2), "did you mean workers"),
    (lambda: Siege("small", sede=3), "did you mean seed"),
    (lambda: Siege("small", seed=1, rng=2), "both set the seed"),
    (lambda: Siege("small", 1, 2), "Siege: too many positional arguments"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "said"), WRONG, ids=[said for _, said in WRONG])
def test_a_wrong_keyword_is_refused_in_one_line_with_what_was_meant(call, said):
    with pytest.raises(BesiegeError) as stop:
        call()
    assert said in str(stop.value)
    assert "\n" not in str(stop.value)


def test_the_command_takes_begin_and_warns_of_its_old_name(monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)
    told = {}
    for option in ("--begin", "--hour"):
        words = ["compare", "silence", "protect", "--scenario=small", "--hours=4", "--runs=1"]
        monkeypatch.setattr("sys.argv", ["besiege", *words, "--workers=1", "--quiet", option, "2"])
        with pytest.raises(SystemExit) as stop:
            sim.cli.main()
        out, err = capsys.readouterr()
        assert (stop.value.code or 0, out) == (0, "runs/compare\n")
        told[option] = err
    assert told["--begin"] == ""
    assert "renamed to --begin" in told["--hour"]


@pytest.mark.parametrize("setting", ["response=deter", "response.name=x"])
def test_a_setting_that_a_comparison_would_overrule_is_refused(monkeypatch, capsys, tmp_path, setting):  # fmt: skip
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["besiege", "compare", "silence", "--set", setting])
    with pytest.raises(SystemExit) as stop:
        sim.cli.main()
    assert stop.value.code == 2
    assert "none; name each response instead" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda: compare(None, scenario="small"), "responses"),
        (lambda: compare(5, scenario="small"), "responses"),
        (lambda: compare(["silence"], scenario="small", out=5), "out"),
        (lambda: compare(["silence"], scenario="small", progress=5), "progress"),
        (lambda: compare(["silence"], scenario="small", executor=5), "executor"),
        (lambda: hindcast("small", 1, facts=5), "facts"),
        (lambda: hindcast("small", 1, out=["x"]), "out"),
        (lambda: run("small", 1, own=5), "own"),
        (lambda: sweep({}, out=b"x"), "out"),
        (lambda: sweep({}, executor="processes"), "executor"),
    ],
)
def test_an_argument_of_another_kind_is_refused_before_any_run(make, name):
    with pytest.raises(BesiegeError, match=rf"^{name}: given [^\n]+, allowed [^\n]+$"):
        make()
