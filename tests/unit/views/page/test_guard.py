"""Who is let in to the page: hosts, origins and headers."""

import asyncio
import re

import pytest

from sim.core.units import BesiegeError
from sim.views.page import guard as page_guard
from sim.views.page.guard import HEADERS, Guard, allowed_hosts, policy_of

pytest.importorskip("starlette")


def answered(guard, kind="http", method="GET", path="/", frames=(), **headers):
    """Ask a guarded application once and give all that it sends."""
    named = [(k.replace("_", "-").lower().encode(), v.encode()) for k, v in headers.items()]
    scope = {"type": kind, "method": method, "path": path, "headers": named}
    waiting, sent = list(frames), []

    async def receive():
        return waiting.pop(0)

    async def send(message):
        sent.append(message)

    asyncio.run(guard(scope, receive, send))
    return sent


class Inner:
    """An application that notes what reaches it and answers like any other."""

    def __init__(self):
        self.reached = []

    async def __call__(self, scope, receive, send):
        self.reached.append(scope)
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.accept"})
        else:
            own = [(b"content-security-policy", b"its own")] if scope["path"] == "/own" else []
            await send({"type": "http.response.start", "status": 200, "headers": own})
            await send({"type": "http.response.body", "body": b""})


def status_of(*guarding, kind="http", **asked):
    inner = Inner()
    sent = answered(Guard(inner, *guarding), kind, **asked)
    assert bool(inner.reached) == (sent[0].get("status") == 200)
    return sent[0]["status"]


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:8765", 200),
        ("LOCALHOST", 200),
        ("[::1]:80", 200),
        ("127.0.0.2:8765", 200),
        ("siege.example.org", 200),
        ("evil.example", 400),
        ("127.0.0.1.evil.example", 400),
        ("evil.siege.example.org", 400),
        ("evil@127.0.0.1", 400),
        ("127.0.0.1:evil", 400),
        ("127.0.0.1, evil.example", 400),
        ("192.168.0.9", 400),
        ("2130706433", 400),
        ("[::2]", 400),
        ("", 400),
    ],
)
def test_only_known_names_of_the_page_are_answered(host, status):
    assert status_of("127.0.0.2", ["siege.example.org"], Host=host) == status


def test_a_request_without_a_host_or_with_a_nul_in_its_path_is_refused():
    assert status_of("127.0.0.1") == 400
    assert status_of("127.0.0.1", Host="127.0.0.1", path="/static/\0") == 404


@pytest.mark.parametrize(
    ("bound", "host", "status"),
    [
        ("0.0.0.0", "192.168.0.9:80", 200),
        ("::", "[fe80::1]:80", 200),
        ("::", "10.0.0.1", 200),
        ("0.0.0.0", "evil.example", 400),
        ("0.0.0.0", "2130706433", 400),
        ("192.168.0.9", "192.168.0.10", 400),
    ],
)
def test_a_page_for_every_address_answers_to_addresses_but_not_to_strange_names(bound, host, status):  # fmt: skip
    assert status_of(bound, Host=host) == status


OWN = "http://127.0.0.1:8765"


@pytest.mark.parametrize(
    ("method", "origin", "status"),
    [
        ("GET", None, 200),
        ("GET", OWN, 200),
        ("POST", OWN, 200),
        ("POST", OWN.replace("http", "https"), 200),
        ("POST", None, 403),
        ("DELETE", None, 403),
        *[(method, origin, 403) for method in ("GET", "POST", "OPTIONS") for origin in (
            "null", "", "http://evil.example", "http://127.0.0.1:8766", "http://127.0.0.1",
            "http://localhost:8765", f"{OWN}.evil.example", f"{OWN}/", "file://",
        )],
    ],
)  # fmt: skip
def test_only_the_page_itself_may_change_anything(method, origin, status):
    named = {} if origin is None else {"Origin": origin}
    assert status_of("127.0.0.1", method=method, Host="127.0.0.1:8765", **named) == status


@pytest.mark.parametrize(
    "named",
    [{}, {"Origin": "http://evil.example"}, {"Origin": "null"}, {"Origin": OWN, "Host": "evil.example"}],
)  # fmt: skip
def test_a_websocket_of_strangers_is_never_opened(named):
    inner = Inner()
    sent = answered(Guard(inner, "127.0.0.1"), "websocket", **{"Host": "127.0.0.1:8765", **named})
    assert sent == [{"type": "websocket.close", "code": 1008}]
    assert inner.reached == []


def speak(guard, frame):
    known = {"Host": "127.0.0.1:8765", "Origin": OWN}
    return answered(guard, "websocket", frames=[frame], **known)


def test_a_websocket_of_the_page_is_opened_but_for_what_is_no_text(caplog):
    guard = Guard(Inner(), "127.0.0.1")
    opened = [{"type": "websocket.accept"}]
    assert speak(guard, {"type": "websocket.receive", "text": "{}"}) == opened
    assert speak(guard, {"type": "websocket.receive", "bytes": b"\x7f\xff\xff\xff"}) == []
    assert [r.getMessage() for r in caplog.records] == [
        'A page sent an unreadable message and was disconnected: "a binary message"'
    ]
    assert speak(guard, {"type": "websocket.receive", "text": "{}"}) == opened


def test_websockets_that_are_too_many_are_refused_until_others_close(monkeypatch):
    monkeypatch.setattr(page_guard, "MOST_SOCKETS", 0)
    text = {"type": "websocket.receive", "text": "{}"}
    assert speak(Guard(Inner(), "127.0.0.1"), text)[0]["type"] == "websocket.close"
    monkeypatch.setattr(page_guard, "MOST_SOCKETS", 1)
    guard = Guard(Inner(), "127.0.0.1")
    assert [speak(guard, text)[0]["type"] for _ in range(3)] == ["websocket.accept"] * 3


def test_every_answer_has_the_headers_and_keeps_its_own():
    for path, host, policy in (
        ("/", "127.0.0.1", HEADERS["Content-Security-Policy"]),
        ("/own", "127.0.0.1", "its own"),
        ("/", "evil.example", HEADERS["Content-Security-Policy"]),
    ):
        sent = answered(Guard(Inner(), "127.0.0.1"), path=path, Host=host)
        headers = [(k.decode(), v.decode()) for k, v in sent[0]["headers"]]
        assert dict(headers)["content-security-policy"] == policy
        assert dict(headers)["x-frame-options"] == "DENY"
        assert dict(headers)["x-content-type-options"] == "nosniff"
        assert len(headers) == len(dict(headers))


def test_what_a_client_says_of_a_proxy_does_not_reach_the_application():
    inner = Inner()
    answered(
        Guard(inner, "127.0.0.1"), Host="127.0.0.1", X_Forwarded_Proto="x", X_Forwarded_Host="y",
        Script_Name="/evil", X_Script_Name="/evil", Accept="*/*",
    )  # fmt: skip
    assert {key for key, _ in inner.reached[0]["headers"]} == {b"host", b"accept"}


@pytest.mark.parametrize("name", ["", "http://x", "a b", "x:80", "a/b", "[::1", "*"])
def test_a_name_that_is_no_host_is_refused_with_one_line(name):
    with pytest.raises(BesiegeError, match=r"^--allow-host: given .*, allowed only a host name"):
        allowed_hosts("127.0.0.1", [name])


def test_a_name_may_be_written_in_capitals_or_be_an_address():
    hosts = allowed_hosts("127.0.0.1", ["Siege.Example.org", "fe80::1", "[fe80::2]"])
    assert {"siege.example.org", "fe80::1", "fe80::2"} <= hosts


def test_a_pages_policy_allows_its_own_inline_scripts_and_no_other():
    page = '<script src="/a.js"></script><script>one()</script>\n<script type="module">\ntwo()</script>'
    policy = policy_of(page, "127.0.0.1:1")
    assert len(re.findall("'sha256-", policy)) == 2
    scripts = re.search(r"script-src ([^;]+)", policy)[1]
    assert "unsafe-inline" not in scripts
    assert "frame-ancestors 'none'" in policy
    assert policy_of(page.replace("one", "evil"), "127.0.0.1:1") != policy
