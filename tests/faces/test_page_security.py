"""Strangers at the page: raw clients, pages of other origins in a browser, and names that bite."""

import http.server
import json
import re
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from sim.comparing.comparison import compare
from sim.lab.hindcast import hindcast
from sim.running.model import Siege
from sim.running.run import run
from sim.scenario.scenario import Scenario
from sim.views.terminal.reports import write_page
from tests.faces.raw_page import ask, cookie_of, get, message, show_page, socket_of

websockets = pytest.importorskip("websockets", reason="comes with the page's extra")

BITING = (
    """"><script>document.title='ran'</script><img src=x onerror="document.title='ran'">&'{{7*7}}"""
)
ROUTES = {
    "/readyz": 200,
    "/resourcez": 404,
    "/resourcez?verbose": 404,
    "/jupyter/api/kernels/x": 404,
    "/jupyter/api/kernels": 404,
    "/jupyter/nbextensions/": 404,
    "/jupyter/nbextensions/%00": 404,
    "/_solara/api/evict/x": 404,
    "/_solara/api/close/x": 405,
    "/_solara/cdn/": 404,
    "/_solara/cdn/%00": 404,
    "/static": 404,
    "/static/": 404,
    "/static/%00": 404,
    "/static/public/x": 404,
    "/anything": 404,
    "/any/thing": 404,
    "//evil.example/..": 404,
}


@pytest.fixture
def visitor(server, browser):
    """Return a page on which a world was run, with its websocket's kernel and its cookie."""
    context = browser.new_context()
    page = context.new_page()
    page.set_default_timeout(60_000)
    kernels = []
    page.on("websocket", lambda s: kernels.append(re.search(r"kernels/([^/]+)/", s.url)[1]))
    page.goto(server)
    page.get_by_label("Scale", exact=True).fill("0.003")
    page.get_by_role("button", name="Step", exact=True).click()
    page.locator(".b-tiles dd", has_text="1 of 336").wait_for()
    page.kernel, page.world = kernels[0], page.url.rpartition("=")[2]
    page.cookie = "; ".join(f"{c['name']}={c['value']}" for c in context.cookies())
    yield page
    context.close()


@pytest.fixture(scope="module")
def elsewhere(server):
    """Serve a stranger's page from another port, which tries all it can, and give its address."""
    tried = f"""<!DOCTYPE html><title>waiting</title>
    <iframe id=framed src="{server}/"></iframe><iframe name=posted></iframe>
    <form id=form method=post target=posted action="{server}/_solara/api/close/x?session_id=1"></form>
    <script>
    const home = "{server}", socket = home.replace("http", "ws"), got = {{}};
    const ends = (one, well, ill) => new Promise(done => {{
      one[well] = () => done("in"); one[ill] = () => done("out"); setTimeout(() => done("late"), 9000) }});
    const load = (kind, path) => {{ const one = document.createElement(kind); one.src = home + path;
      const end = ends(one, "onload", "onerror"); document.body.append(one); return end }};
    const read = (path, how) => fetch(home + path, how).then(a => a.text()).then(() => "in", () => "out");
    async function attack(world) {{
      const id = crypto.randomUUID ? crypto.randomUUID() : "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa";
      got.socket = await ends(new WebSocket(socket + "/jupyter/api/kernels/" + id + "/channels?session_id=" + id), "onopen", "onerror");
      got.page = await read("/?world=" + world, {{credentials: "include"}});
      got.download = await read("/download/" + world + "/run-1.zip", {{credentials: "include"}});
      got.posted = await read("/_solara/api/close/x?session_id=1", {{method: "POST", credentials: "include"}});
      got.header = await read("/readyz", {{headers: {{"X-Own": "1"}}}});
      got.script = await load("script", "/static/ansi.js");
      got.image = await load("img", "/static/assets/favicon.svg");
      document.getElementById("form").submit();
      return got
    }}</script>""".encode()

    class Stranger(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(tried)

        def log_message(self, *_):
            pass

    serving = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Stranger)
    threading.Thread(target=serving.serve_forever, daemon=True).start()
    yield serving.server_address[1]
    serving.shutdown()
    serving.server_close()


# ---------------------------------------------------------------- raw clients
@pytest.mark.parametrize(
    "stranger",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {},
        {"Origin": "itself", "Cookie": ""},
        {"Origin": "itself", "Cookie": "solara-session-id=x"},
        {"Origin": "http://evil.example", "Host": "evil.example"},
    ],
)
def test_a_raw_client_opens_no_websocket_as_a_stranger(server, stranger):
    said = {"Cookie": cookie_of(server), **stranger}
    if said.get("Origin") == "itself":
        said["Origin"] = server
    with pytest.raises(websockets.InvalidStatus, match=r"403|400"), socket_of(server, **said):
        pass


def test_a_raw_client_that_knows_the_address_sees_nothing_of_anothers_world(visitor, server):
    with socket_of(server, Origin=server, Cookie=visitor.cookie) as socket:
        assert "1 of 336" in show_page(socket, visitor.world)
    other = cookie_of(server)
    with socket_of(server, Origin=server, Cookie=other) as socket:
        told = show_page(socket, visitor.world)
    assert "No world yet" in told
    assert "1 of 336" not in told
    path = f"/download/{visitor.world}/run-1.zip"
    assert get(server, path, Cookie=visitor.cookie)[0] == 200
    assert get(server, path, Cookie=other)[0] == 404
    assert get(server, path)[0] == 404


def test_a_raw_client_that_knows_a_kernel_can_neither_join_nor_close_it(visitor, server):
    other = cookie_of(server)
    with suppress(websockets.ConnectionClosed), socket_of(server, visitor.kernel, Origin=server, Cookie=other) as socket:  # fmt: skip
        told = socket.recv(timeout=30)
        assert "mismatch" in told
        socket.send(message("comm_info_request", {}))
        assert "comms" not in socket.recv(timeout=30)
    for page in ("x", str(uuid.uuid4())):
        path = f"/_solara/api/close/{visitor.kernel}?session_id={page}"
        assert ask(server, "POST", path, Origin=server, Cookie=other)[0] == 204
        assert ask(server, "POST", path, Origin=server)[0] == 204
        assert ask(server, "POST", path, Origin="http://evil.example")[0] == 403
    visitor.get_by_role("button", name="Step", exact=True).click()
    visitor.locator(".b-tiles dd", has_text="2 of 336").wait_for()


@pytest.mark.parametrize(("path", "status"), ROUTES.items())
def test_every_route_that_the_page_does_not_need_is_closed(server, path, status):
    assert get(server, path)[0] == status


@pytest.mark.parametrize("path", ["x", "x?session_id=1", "x?session_id=", "%00", "..%2f.."])
def test_a_good_bye_for_no_kernel_is_no_error(server, path):
    assert ask(server, "POST", f"/_solara/api/close/{path}", Origin=server)[0] in {204, 404}


def test_headers_of_a_proxy_cannot_move_the_page_or_break_it(server):
    status, headers, body = ask(
        server, "GET", "/?world=a-world-of-ones-own", X_Forwarded_Proto="x",
        X_Forwarded_Host="evil.example", Script_Name="/evil", X_Script_Name="/evil",
    )  # fmt: skip
    assert status == 200
    assert b"evil" not in body
    assert "unsafe-inline" not in re.search("script-src[^;]+", headers["content-security-policy"])[0]  # fmt: skip
    assert "httponly" in headers["set-cookie"].lower()


UNREADABLE = {
    "no JSON": "hello",
    "no message": "{}",
    "no table": "[]",
    "nested deeply": "[" * 100_000,
    "no such kind": message("no_such_kind", {}),
    "two thousand million parts": b"\x7f\xff\xff\xff" + bytes(20),
    "huge": "x" * 2_000_000,
    "huge as bytes": bytes(2_000_000),
}


def send_and_listen(socket, sent):
    socket.send(sent)
    while True:
        socket.recv(timeout=30)


@pytest.mark.parametrize("sent", UNREADABLE.values(), ids=UNREADABLE)
def test_a_message_that_cannot_be_read_ends_its_connection_alone(server, sent):
    own = {"Origin": server, "Cookie": cookie_of(server)}
    with socket_of(server, **own) as beside, socket_of(server, **own) as socket:
        with pytest.raises(websockets.ConnectionClosed):
            send_and_listen(socket, sent)
        assert "No world yet" in show_page(beside, "a-world-of-ones-own")


def test_fifty_raw_clients_at_once_are_all_served(server):
    cookie = cookie_of(server)

    def visit(n):
        with socket_of(server, Origin=server, Cookie=cookie) as socket:
            return show_page(socket, f"world-number-{n}")

    with ThreadPoolExecutor(50) as pool:
        assert all("No world yet" in told for told in pool.map(visit, range(50)))
    assert get(server, "/readyz")[0] == 200


# ---------------------------------------------------------------- pages of another origin
@pytest.mark.parametrize("name", ["127.0.0.1", "evil.example"])
def test_a_page_of_another_origin_gets_nothing_and_changes_nothing(visitor, server, elsewhere, name):  # fmt: skip
    page = visitor.context.new_page()
    answers = []
    page.on("response", lambda r: answers.append((r.request.method, r.status)))
    page.goto(f"http://{name}:{elsewhere}/")
    got = page.evaluate("world => attack(world)", visitor.world)
    assert got == dict.fromkeys(got, "out")
    assert len(got) == 7
    page.wait_for_timeout(500)
    framed = [f.url for f in page.frames if f.url.startswith(server) or "chrome-error" in f.url]
    assert framed
    assert page.frame_locator("#framed").get_by_role("button").count() == 0
    posts = {status for method, status in answers if method == "POST"}
    assert posts <= {403}
    visitor.get_by_role("button", name="Step", exact=True).click()
    visitor.locator(".b-tiles dd", has_text="2 of 336").wait_for()


def test_a_name_that_was_rebound_to_this_machine_is_refused(browser, server):
    page = browser.new_page()
    answer = page.goto(server.replace("127.0.0.1", "evil.example"))
    assert answer.status == 400
    assert "--allow-host" in page.locator("body").inner_text()
    page.close()


def test_the_pages_own_good_bye_is_no_strangers(visitor):
    with visitor.expect_event("requestfinished", lambda r: "/api/close/" in r.url) as said:
        visitor.evaluate(
            f"navigator.sendBeacon('/_solara/api/close/{visitor.kernel}?session_id=x')"
        )
    assert said.value.response().status == 204


# ---------------------------------------------------------------- names that bite
def test_what_is_typed_on_the_page_is_shown_and_not_obeyed(visitor):
    visitor.get_by_label("Seed", exact=True).fill(BITING)
    fault = visitor.locator(".b-fault", has_text="seed: given")
    fault.wait_for()
    assert "<script>" in fault.inner_text()
    assert visitor.title() == "Besiege"
    assert visitor.locator("img[src=x]").count() == 0


def test_a_script_that_was_smuggled_into_the_page_does_not_run(visitor):
    visitor.evaluate(
        """() => { const box = document.createElement('div');
        box.innerHTML = '<img src=x onerror="document.title=\\'ran\\'">';
        document.body.append(box);
        const script = document.createElement('script');
        script.textContent = "document.title='ran'"; document.body.append(script) }"""
    )
    visitor.wait_for_timeout(300)
    assert visitor.title() == "Besiege"


@pytest.fixture(scope="module")
def biting():
    """Return a small scenario whose every name is meant to be obeyed."""
    table = Scenario.load("small").replace(scale=0.001, hours=48, response="protect").to_dict()
    table |= {"name": BITING, "description": BITING}
    table["response"] |= {"name": BITING, "description": BITING}
    return Scenario.parse(table)


def shown_by(browser, path):
    """Open a file in a browser and give its text; fail if a script has run in it."""
    page = browser.new_page()
    page.goto(path.as_uri())
    page.wait_for_timeout(300)
    assert page.title() != "ran"
    assert page.locator("script, img[src=x]").count() == 0
    assert all(page.locator("img").evaluate_all("them => them.map(i => i.naturalWidth > 0)"))
    text = page.locator("body").inner_text()
    page.close()
    return text


def test_reports_show_biting_names_as_they_are_written(browser, biting, tmp_path):
    folder = run(biting, seed=1).save(tmp_path / "run")
    assert BITING in shown_by(browser, write_page(folder, tmp_path / "run.html"))
    found = compare([biting.response, "silence"], scenario=biting, runs=2, workers=1)
    assert BITING in shown_by(browser, found.report(tmp_path / "compare.html"))


def test_a_notebook_shows_biting_names_as_they_are_written(browser, biting, tmp_path):
    siege, result = Siege(biting, seed=1), run(biting, seed=1)
    tables = [t._repr_html_() for t in (result.hours, result.stores.assign(name=BITING))]
    for thing in (siege, result, siege.person(0)):
        assert not hasattr(thing, "_repr_html_")
    path = tmp_path / "tables.html"
    path.write_text("<title>safe</title>" + "".join(tables), encoding="utf-8")
    assert "<script>" in shown_by(browser, path)


LONG = "n" * 3000


@pytest.mark.parametrize("name", ["$\\nosuch{$", "$", "a_b^c$d$", "../../x", "a/b", LONG])
def test_names_that_are_formulas_paths_or_long_spoil_no_picture_and_no_file(name, tmp_path):
    table = Scenario.load("small").replace(scale=0.001, hours=48, response="protect").to_dict()
    table["name"] = table["response"]["name"] = name
    scenario, inside = Scenario.parse(table), tmp_path / "inside"
    folder = run(scenario, seed=1).save(inside / "run")
    write_page(folder, inside / "run.html")
    found = compare([scenario.response, "silence"], scenario=scenario, runs=2, workers=1)
    found.save(inside / "compare")
    found.report(inside / "compare.html")
    hindcast(scenario, 2, workers=1, construction=False).save(inside / "hindcast")
    assert list(tmp_path.iterdir()) == [inside]
    assert json.loads((inside / "run" / "outcomes.json").read_text("utf-8"))["scenario"] == name
