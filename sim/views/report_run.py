"""The report of one run: its story, its picture, who pays and every outcome."""

from collections.abc import Mapping

from sim.money import balance
from sim.outcomes import OUTCOMES, Value
from sim.record import Record
from sim.scenario import Scenario
from sim.version import MODEL_VERSION, __version__
from sim.views.numbers import written
from sim.views.plots import siege_figure
from sim.views.report import Brief, Grid, Picture, Section
from sim.views.story import story


def brief_of_run(
    record: Record, scenario: Scenario, outcomes: Mapping[str, Value], command: str = ""
) -> Brief:
    """Work out what the report of a run says.

    Parameters
    ----------
    record
        What the run left behind.
    scenario
        What it was a run of.
    outcomes
        `sim.outcomes.measure` of the record.
    command
        What repeats the run.
    """
    sections = [
        Section("Hour by hour", pictures=[Picture(siege_figure(record, scenario), "The siege")]),
        _who_pays(record),
        _outcomes(outcomes),
    ]
    facts = [
        ("world", f"{scenario.name}: {scenario.description or 'no description'}"),
        ("response", f"{scenario.response.name}: {scenario.response.description or 'no description'}"),
        ("seed", str(record.seed)),
        ("scale", f"{scenario.scale:g} of sellers, onlookers and shoppers; all big stores"),
        ("hours", f"{record.hours} of {scenario.hours} from 10 October 2011"),
        ("versions", f"besiege {__version__}, model {MODEL_VERSION}"),
        ("scenario fingerprint", scenario.fingerprint),
    ]  # fmt: skip
    return Brief(
        title=f"A siege under {scenario.response.name}",
        question=f"What happens in one world of {scenario.name} if the platform answers with {scenario.response.name}?",
        answer=story(record, scenario, outcomes),
        sections=[s for s in sections if s.pictures or s.grid],
        facts=facts,
        command=command,
    )


def _who_pays(record: Record) -> Section:
    if record.hours == 0:
        return Section("Who pays")
    books = balance(record)
    losses = {
        "platform": books.platform, "big stores": books.stores, "small sellers": books.sellers,
        "shoppers": books.shoppers, "rivals": books.rivals, "all together": books.social,
    }  # fmt: skip
    rows = [
        [who, f"{yuan / 1e6:,.2f}".replace("-", "\N{MINUS SIGN}")] for who, yuan in losses.items()
    ]
    note = "Against the same world with neither protest nor response; below 0 is gained. What one pays another cancels in the sum."
    return Section(
        "Who pays", grid=Grid(["party", "million yuan lost"], rows, note, frozenset({5}))
    )


def _outcomes(outcomes: Mapping[str, Value]) -> Section:
    rows = [
        [name, written(value, OUTCOMES[name].unit), OUTCOMES[name].unit, OUTCOMES[name].label]
        for name, value in outcomes.items()
    ]
    return Section("Every outcome", grid=Grid(["outcome", "value", "unit", "meaning"], rows))
