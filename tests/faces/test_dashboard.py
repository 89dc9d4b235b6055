"""The web page in a real browser, cut off from the network: every control, download and refusal."""

import io
import json
import re
import time
import zipfile

import pytest

from sim.io import parquet
from sim.running.run import run
from sim.scenario.scenario import Scenario
from tests.faces.raw_page import get

SOON = 30_000
"""Milliseconds in which the page answers at the latest; much less on an idle machine."""


@pytest.fixture
def visit(server, browser):
    """Open the page as a visitor of one's own; whatever goes wrong in it fails the test."""
    wrong, contexts = [], []

    def look_after(page):
        page.on("console", lambda m: wrong.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on(
            "response", lambda r: wrong.append(f"{r.status} {r.url}") if r.status > 399 else None
        )
        page.on("request", lambda r: None if r.url.startswith((server, "data:", "blob:")) else wrong.append(r.url))  # fmt: skip

    def open_page(address="", width=1440, height=900, beside=None):
        context = beside and beside.context
        if context is None:
            context = browser.new_context(viewport={"width": width, "height": height})
            contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(SOON)
        look_after(page)
        page.goto(address or server)
        page.get_by_role("button", name="Reset").wait_for()
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert wrong == []


def open_menu(page, label):
    field = page.get_by_label(label, exact=True)
    field.locator("xpath=ancestor::div[contains(@class, 'v-select__slot')]").click()


def choose(page, label, value):
    open_menu(page, label)
    pick(page, value)


def pick(page, value):
    opened = page.locator(".menuable__content__active")  # the last one may still be fading out
    opened.get_by_role("option", name=value, exact=True).click()
    page.locator(
        ".v-select__selection", has_text=re.compile(f"^{re.escape(value)}$")
    ).first.wait_for()


def type_in(page, **texts):
    for label, text in texts.items():
        page.get_by_label(label.replace("_", " "), exact=True).fill(text)


def press(page, name):
    button = page.get_by_role("button", name=name, exact=True)
    button.click()


def run_to_the_end(page):
    press(page, "Run")
    page.get_by_role("status").filter(has_text="Finished.").wait_for()


def quick(page, hours="60", scale="0.003"):
    type_in(page, Scale=scale, Hours=hours)
    choose(page, "Pace", "as fast as possible")


def hours_done(page, column=0):
    tile = (
        page.locator(".b-tiles")
        .nth(column)
        .locator("div", has_text="hours simulated")
        .locator("dd")
    )
    return int(tile.inner_text().split()[0])


def wait_for_hours(page, hours):
    page.locator(".b-tiles dd", has_text=re.compile(f"^{hours} of ")).first.wait_for()


def download(page, name):
    with page.expect_download() as coming:
        page.locator(".b-downloads").get_by_role("link", name=name).click()
    return coming.value.path().read_bytes()


def unpack(packed):
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def pictures(page):
    return page.locator("figure.b-chart svg").evaluate_all("them => them.map(one => one.outerHTML)")


def test_a_visit_gets_an_address_and_an_empty_page_that_says_what_to_do(visit):
    page = visit()
    assert re.search(r"\?world=[\w-]{12,}$", page.url)
    assert "press Run" in page.locator(".b-blank").inner_text()
    assert "After a run" in page.locator(".b-downloads").inner_text()
    assert page.title() == "Besiege"


def test_every_choice_reaches_the_world_that_is_run(visit, tmp_path):
    page = visit()
    choose(page, "Scenario", "small")
    choose(page, "New fees", "phased")
    choose(page, "Response", "protect")
    type_in(page, Response_begins_at_hour="50", Scale="0.004", Hours="70", Seed="7")
    choose(page, "Pace", "as fast as possible")
    run_to_the_end(page)
    files = unpack(download(page, "Run folder"))
    assert {"scenario.toml", "outcomes.json", "columns.json", "siege.png", "hours.parquet", "stores.parquet", "rivals.parquet", "sellers.parquet"} == set(files)  # fmt: skip
    (tmp_path / "it.toml").write_bytes(files["scenario.toml"])
    asked = Scenario.load("small").replace(
        fees="phased", response="protect@50", scale=0.004, hours=70
    )
    assert Scenario.load(tmp_path / "it.toml").fingerprint == asked.fingerprint
    saved = json.loads(files["outcomes.json"])
    assert saved["seed"] == 7
    expected = run(asked, seed=7).outcomes
    assert {name: entry["value"] for name, entry in saved["outcomes"].items()} == expected


def test_the_report_of_a_run_is_a_page_with_picture_and_command(visit):
    page = visit()
    quick(page)
    run_to_the_end(page)
    report = download(page, "Report, as-happened").decode()
    assert "One siege under as-happened" in report
    assert "data:image/png;base64," in report
    assert "besiege run scenario.toml --seed 1 --scale 0.003" in report
    assert 'src="http' not in report


def test_each_step_is_an_hour_and_redraws_the_pictures(visit):
    page = visit()
    quick(page)
    press(page, "Step")
    wait_for_hours(page, 1)
    first = pictures(page)
    assert len(first) == 1  # the people; of the rest words say that there is nothing yet
    press(page, "Step")
    wait_for_hours(page, 2)
    assert "2 of 60" in page.locator(".b-tiles").inner_text()
    assert page.locator("figure.b-network circle").count() > 30
    run_to_the_end(page)
    later = pictures(page)
    assert len(later) > 1
    assert first[0] not in later


def test_pause_stops_the_world_and_run_takes_it_up_again(visit):
    page = visit()
    type_in(page, Scale="0.003")
    choose(page, "Pace", "6 hours per second")
    press(page, "Run")
    wait_for_hours(page, r"[1-9]\d*")
    press(page, "Pause")
    page.get_by_role("button", name="Run", exact=True).wait_for()
    stands = hours_done(page)
    page.wait_for_timeout(1500)
    assert hours_done(page) == stands
    assert f"Paused at hour {stands} of 336." in page.get_by_role("status").inner_text()
    choose(page, "Pace", "as fast as possible")
    run_to_the_end(page)
    assert hours_done(page) == 336
    press(page, "Reset")
    wait_for_hours(page, 0)


def test_a_run_shows_crowd_attacks_stores_money_people_and_who_pays(visit):
    page = visit()
    quick(page, hours="120", scale="0.01")
    run_to_the_end(page)
    for title in ("The crowd", "Attacks", "Stores that protect themselves", "Losses of big stores"):
        chart = page.locator("figure.b-chart", has_text=title).first
        assert chart.locator("svg path").count() > 3
    colours = page.locator("figure.b-network circle").evaluate_all("them => [...new Set(them.map(c => c.getAttribute('fill')))]")  # fmt: skip
    assert len(colours) > 1
    assert "first attack" in page.locator(".b-events").inner_text()
    assert "all parties" in page.locator(".b-paid").inner_text()
    assert "people gathered" in page.locator(".b-story").inner_text()


@pytest.mark.parametrize(
    ("label", "given", "said"),
    [
        ("Scale", "0", "scale: given 0, allowed a number from 0.001 to 1 (share)"),
        (
            "Scale",
            "7",
            "scale: given 7, allowed on this page at most 0.2; besiege run accepts up to 1",
        ),
        ("Hours", "many", 'hours: given "many", allowed a whole number from 1 to 10_000 (h)'),
        ("Seed", "-1", "seed: given -1, allowed a whole number"),
        ("Response begins at hour", "soon", 'hour: given "soon", allowed a whole number from 0'),
    ],
)
def test_what_is_not_allowed_is_said_beside_its_field_and_nothing_runs(visit, label, given, said):
    page = visit()
    field = page.get_by_label(label, exact=True)
    was = field.input_value()
    field.fill(given)
    fault = page.locator(".b-fault", has_text=said)
    fault.wait_for()
    below = fault.bounding_box()["y"] - field.bounding_box()["y"]
    assert 0 < below < 60
    for name in ("Run", "Step", "Reset"):
        assert page.get_by_role("button", name=name, exact=True).is_disabled()
    field.fill(was)
    fault.wait_for(state="detached")
    assert page.get_by_role("button", name="Run", exact=True).is_enabled()


def test_a_field_that_appears_leaves_an_open_menu_open(visit):
    page = visit()
    beside = visit(page.url, beside=page)
    open_menu(page, "Pace")
    choose(beside, "Second response, for comparison", "protect")
    page.get_by_label("Second response begins at hour", exact=True).wait_for()
    pick(page, "as fast as possible")
    beside.locator(".v-select__selection", has_text="as fast as possible").wait_for()


def test_two_visitors_have_worlds_of_their_own(visit):
    one, other = visit(), visit()
    for page, seed in ((one, "3"), (other, "4")):
        quick(page)
        type_in(page, Seed=seed)
        run_to_the_end(page)
    assert one.url != other.url
    seeds = [
        json.loads(unpack(download(p, "Run folder"))["outcomes.json"])["seed"] for p in (one, other)
    ]
    assert seeds == [3, 4]
    assert pictures(one)[0] != pictures(other)[0]


def test_a_reload_finds_the_world_and_the_choices_again_even_while_it_runs(visit):
    page = visit()
    type_in(page, Scale="0.003", Seed="5")
    choose(page, "Pace", "6 hours per second")
    press(page, "Run")
    wait_for_hours(page, "[3-9]")
    page.reload()
    page.locator(".b-tiles").first.wait_for()
    assert page.get_by_label("Seed", exact=True).input_value() == "5"
    seen = hours_done(page)
    assert seen >= 3
    page.wait_for_function(f"parseInt(document.querySelector('.b-tiles dd').innerText) > {seen}")
    press(page, "Pause")
    page.get_by_role("button", name="Run", exact=True).wait_for()
    stands = hours_done(page)
    page.reload()
    wait_for_hours(page, stands)


def test_two_responses_stand_side_by_side_in_the_same_world(visit, tmp_path):
    page = visit()
    quick(page, hours="72", scale="0.005")
    choose(page, "Response", "silence")
    choose(page, "Second response, for comparison", "protect")
    type_in(page, Second_response_begins_at_hour="60")
    run_to_the_end(page)
    assert page.locator("h2.b-name").all_inner_texts() == ["silence", "protect@60"]
    left, right = (page.locator(".b-tiles").nth(n).bounding_box() for n in (0, 1))
    assert left["y"] == right["y"]
    assert left["x"] + left["width"] < right["x"]
    tables = []
    for name in ("silence", "protect@60"):
        path = tmp_path / f"{name}.parquet"
        path.write_bytes(unpack(download(page, f"Run folder, {name}"))["hours.parquet"])
        tables.append(parquet.read(path))
    assert tables[0][:60].equals(tables[1][:60])
    assert not tables[0].equals(tables[1])


def test_many_worlds_compare_the_responses_and_give_a_report(visit):
    page = visit()
    quick(page)
    choose(page, "Second response, for comparison", "silence")
    page.get_by_role("tab", name="Many worlds").click()
    type_in(page, Worlds="1")
    page.locator(".b-fault", has_text="worlds: given 1, allowed a whole number from 2").wait_for()
    assert page.get_by_role("button", name="Compare").is_disabled()
    type_in(page, Worlds="2")
    page.locator(".b-fault").wait_for(state="detached")
    press(page, "Compare")
    page.locator(".b-answer").wait_for()
    assert page.locator("figure.b-chart:visible").count() == 2
    assert "all parties" in page.locator("table:visible").first.inner_text()
    report = download(page, "Comparison, report").decode()
    assert "Two ways to respond to a siege" in report
    assert {"comparison.json", "runs.parquet", "scenario.toml"} <= set(unpack(download(page, "Comparison, folder")))  # fmt: skip


def test_a_study_that_takes_long_can_be_stopped(visit):
    page = visit()
    type_in(page, Scale="0.02")
    page.get_by_role("tab", name="Hindcast").click()
    type_in(page, Worlds="100")
    press(page, "Run the hindcast")
    page.locator(".b-state", has_text=re.compile("of 100 runs done")).wait_for()
    press(page, "Stop")
    page.get_by_role("button", name="Run the hindcast").wait_for()
    assert "Nothing here yet" in page.locator(".b-found").inner_text()


def test_the_hindcast_lays_reported_facts_beside_the_worlds(visit):
    page = visit()
    quick(page, hours="200", scale="0.005")
    page.get_by_role("tab", name="Hindcast").click()
    type_in(page, Worlds="2")
    press(page, "Run the hindcast")
    page.locator(".b-facts").wait_for()
    assert page.locator(".b-facts tbody tr").count() > 10
    assert page.locator("figure.b-chart:visible .b-box").count() > 2
    assert "hindcast.json" in unpack(download(page, "Hindcast, folder"))


def test_others_are_served_while_a_large_world_runs(visit, server):
    page = visit()
    type_in(page, Scale="0.1")
    choose(page, "Pace", "as fast as possible")
    press(page, "Run")
    page.locator(".b-tiles").first.wait_for()
    waits = []
    for _ in range(20):
        began = time.perf_counter()
        assert get(server, "/readyz")[0] == 200
        waits.append(time.perf_counter() - began)
    assert sorted(waits)[10] < 1.0
    press(visit(), "Step")
    page.get_by_role("button", name=re.compile("Pause|Run")).first.wait_for()


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (390, 844)])
def test_nothing_is_cut_off_at_the_width_of_a_desktop_or_a_phone(visit, width, height):
    page = visit(width=width, height=height)
    quick(page)
    choose(page, "Second response, for comparison", "silence")
    run_to_the_end(page)
    wide, room = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert wide <= room
    out = page.evaluate(
        """() => [...document.querySelectorAll('.b-page .b-chart, .b-tiles dd, .b-page button, .b-page h2')]
            .filter(one => one.scrollWidth > one.clientWidth + 1 || one.getBoundingClientRect().right > innerWidth)
            .map(one => one.className + ' ' + one.innerText)"""
    )
    assert out == []


@pytest.mark.parametrize(
    "path",
    [
        "/download/{world}/../../../../../../etc/passwd",
        "/download/{world}/..%2f..%2f..%2f..%2fetc%2fpasswd",
        "/download/..%2f..%2f..%2fetc/passwd",
        "/download/{world}/scenario.toml",
        "/download/{world}/run-3.zip",
        "/download/nobodys-world/run-1.zip",
        "/static/public/../../../../../../etc/passwd",
        "/static/assets/..%2f..%2f..%2f..%2f..%2fetc%2fpasswd",
        "/static/..%2fapp.py",
        "/_solara/cdn/../../../../../../../etc/passwd",
        "/_solara/cdn/..%2f..%2f..%2fpyvenv.cfg",
        "/_solara/cdn/vega@5.21.0",
        "/jupyter/nbextensions/..%2f..%2f..%2fpyvenv.cfg",
        "/etc/passwd",
        "//etc/passwd",
    ],
)
def test_no_path_leads_to_a_file_that_is_not_the_pages(server, path):
    status, body = get(server, path.format(world="a-world-of-nobody"))
    assert status in {307, 400, 403, 404, 405}
    assert b"root:" not in body
    assert b"home =" not in body


def test_no_name_but_the_worlds_own_downloads_is_given(visit, server):
    page = visit()
    quick(page)
    press(page, "Step")
    wait_for_hours(page, 1)
    world = page.url.rpartition("=")[2]
    own = "; ".join(f"{c['name']}={c['value']}" for c in page.context.cookies())
    assert get(server, f"/download/{world}/run-1.zip", Cookie=own)[0] == 200
    for name in (
        "run-2.zip",
        "compare.zip",
        "scenario.toml",
        "..%2f..%2f..%2fetc%2fpasswd",
        "..",
        "../../../etc/passwd",
    ):
        assert get(server, f"/download/{world}/{name}", Cookie=own)[0] == 404


def test_the_charts_fit_the_page_that_mesa_itself_draws():
    import solara
    from mesa.visualization import SolaraViz

    from sim.running.model import Siege
    from sim.views.page.panels import PANELS

    siege = Siege("small", seed=1, scale=0.003)
    siege.run_for(50)
    _, drawn = solara.render(SolaraViz(siege, components=list(PANELS)), handle_error=False)
    drawn.close()
    texts = [panel(siege).kwargs["unsafe_innerHTML"] for panel in PANELS]
    for title in ("The crowd", "Attacks", "Who is connected to whom"):
        assert any(title in text and "<svg" in text for text in texts)
