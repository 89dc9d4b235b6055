"""Reports of what lies in a folder, and what `besiege show` says of it."""

import json

import pytest

from sim import cli, compare, hindcast, run, sweep
from sim.core.units import BesiegeError
from sim.views.terminal.reports import write_page
from tests.small_worlds import small_scenario

SWEEP = {
    "name": "two-fees", "question": "Does the fee matter?", "runs": 2, "outcomes": ["peak_online"],
    "factors": {"fees.new.standard": [6000, 60000]},
}  # fmt: skip


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """Leave a folder of each kind."""
    base = tmp_path_factory.mktemp("kept")
    world = small_scenario(hours=50)
    run(world, seed=2).save(base / "run")
    compare(["silence", "protect"], scenario=world, runs=2, workers=1).save(base / "comparison")
    sweep({**SWEEP, "scenario": world}, out=base / "sweep", workers=1, quiet=True)
    hindcast(world, runs=2, workers=1, construction=False).save(base / "hindcast")
    return base


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("run", ["people were online", "Who pays", "peak_online", "data:image/png;base64"]),
        ("comparison", ["Two ways to respond to a siege", "data:image/svg+xml;base64"]),
        ("sweep", ["Does the fee matter?", "fees.new.standard", "Outcomes by factor"]),
    ],
)
def test_the_report_of_a_folder_is_one_page_that_says_what_lies_there(kept, tmp_path, kind, said):
    page = write_page(kept / kind, tmp_path / "page.html").read_text()
    for words in said:
        assert words in page
    assert "://" not in page.replace("http://www.w3.org", "")


@pytest.mark.parametrize("kind", ["run", "comparison", "sweep", "hindcast"])
def test_show_knows_every_kind_of_folder(kept, capsys, kind):
    cli.show(kept / kind, json=True)
    assert json.loads(capsys.readouterr().out)
    cli.show(kept / kind, json=False)
    assert str(kept / kind) in capsys.readouterr().out


def test_a_folder_of_nothing_is_refused_with_what_is_allowed(tmp_path):
    for folder, found in ((tmp_path, "contains none"), (tmp_path / "no", "no such folder")):
        with pytest.raises(BesiegeError, match=found):
            write_page(folder, tmp_path / "page.html")


def test_a_hindcast_has_no_report_and_says_what_it_has(kept, tmp_path):
    with pytest.raises(BesiegeError, match=r"hindcast\.png"):
        write_page(kept / "hindcast", tmp_path / "page.html")
