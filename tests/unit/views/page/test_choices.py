"""What a visitor chooses: checked field by field, and made into scenarios."""

from dataclasses import replace

import pytest

from sim.scenario.library import load_fees
from sim.views.page.choices import Choices, check

FAULTY = [
    ("scenario", "taobao", "scenario: given \"taobao\", allowed calm, small, taobao-2011 did you mean taobao-2011?"),
    ("scenario", "/etc/hostname.toml", "scenario: given"),
    ("fee", "phase", "fee: given \"phase\""),
    ("response", "protekt", "did you mean protect?"),
    ("response", "protect@60", "response: given \"protect@60\""),
    ("other", "../x.toml", "other: given \"../x.toml\""),
    ("hour", "-1", "hour: given -1, allowed a whole number from 0 to 10_000"),
    ("hour", "2011-10-11T11:30:00", "allowed a full hour"),
    ("scale", "", "scale: given \"\", allowed a number from 0.001 to 1"),
    ("scale", "0.3", "allowed on this page at most 0.2"),
    ("hours", "1001", "allowed on this page at most 1000"),
    ("seed", "1.5", "seed: given 1.5, allowed a whole number"),
    ("worlds", "101", "worlds: given 101, allowed a whole number from 2 to 100"),
]  # fmt: skip


@pytest.mark.parametrize(("field", "given", "said"), FAULTY)
def test_what_is_wrong_with_a_choice_is_told_by_its_field(field, given, said):
    checked = check(replace(Choices(), **{field: given}))
    assert list(checked.faults) == [field]
    assert all(part in checked.faults[field] for part in said.split(" did "))
    assert bool(checked.scenarios) == (field == "worlds")


def test_choices_make_a_world_for_each_response_with_everything_chosen():
    chosen = Choices("small", "phased", "protect", "60", "silence", "", "0.005", "100", "9", "5")
    checked = check(chosen)
    assert [s.response.name for s in checked.scenarios] == ["protect@60", "silence"]
    assert {(s.scale, s.hours) for s in checked.scenarios} == {(0.005, 100)}
    assert checked.scenarios[0].fees.new == load_fees("phased")
    assert (checked.seed, checked.worlds) == (9, 5)


def test_a_date_is_an_hour_at_which_a_response_may_begin():
    checked = check(Choices(hour="2011-10-12T12:00:00"))
    assert checked.scenarios[0].response.name == "as-happened@60"
