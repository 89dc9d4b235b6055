"""Who may speak to the page, and what browsers are told to refuse for it."""

import hashlib
import ipaddress
import logging
import re
from base64 import b64encode
from collections.abc import Iterable
from typing import Any

from sim.core.quoting import format_value
from sim.core.units import BesiegeError

LOG = logging.getLogger(__name__)
_HOST = re.compile(r"(\[[0-9a-f:.]{2,45}\]|[a-z0-9._-]{1,253})(?::\d{1,5})?", re.IGNORECASE)
_INLINE = re.compile(r"<script(?![^>]*\ssrc=)[^>]*>(.*?)</script>", re.DOTALL)
_UNASKED = {b"script-name", b"x-script-name"}
"""Headers, with all ``x-forwarded-…``, by which a client could tell Solara another address."""
MOST_SOCKETS = 200
"""Websockets that are open at once; each page of a browser has one, and one costs a thread."""

CLOSED = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
HEADERS = {
    "Content-Security-Policy": CLOSED,
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",  # no-referrer would take the Origin from the page's own POST
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
"""Sent with every answer, where the answer has none of its own."""


def policy_of(html: str, host: str) -> str:
    """Return a page's ``Content-Security-Policy``: its own files and inline scripts, no others.

    Vue makes functions of its templates (``unsafe-eval``), and Vuetify as well as the charts set
    styles (``unsafe-inline``, of styles alone). Inline scripts are told by their hashes, so one
    that was smuggled in does not run.

    Parameters
    ----------
    html
        The page as it is sent.
    host
        The request's ``Host``, checked: some browsers do not take a websocket for ``'self'``.
    """
    digests = [hashlib.sha256(script.encode()).digest() for script in _INLINE.findall(html)]
    scripts = " ".join(f"'sha256-{b64encode(digest).decode()}'" for digest in digests)
    return (
        f"{CLOSED}; script-src 'self' 'unsafe-eval' {scripts}; style-src 'self' 'unsafe-inline'; "
        f"img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self' ws://{host} wss://{host}"
    )


def allowed_hosts(host: str, named: Iterable[str] = ()) -> frozenset[str]:
    """Return the names by which the page may be asked for: this machine's own and those named.

    Parameters
    ----------
    host
        The address the page is served on.
    named
        Names under which others reach it, without a port.

    Raises
    ------
    BesiegeError
        If what was named is no name of a host.
    """
    for name in named:
        if _name_of(_in_brackets(name)) is None or name.count(":") == 1:
            raise BesiegeError(
                f"--allow-host: given {format_value(name)}, allowed only a host name or an address, "
                "such as siege.example.org"
            )
    own = ("localhost", "127.0.0.1", "::1", host, *named)
    return frozenset(name.lower().strip("[]") for name in own)


def _in_brackets(name: str) -> str:
    return f"[{name}]" if name.count(":") > 1 and not name.startswith("[") else name


def _name_of(host: str) -> str | None:
    """Return the name in a ``Host``, without its port; none if it is not well formed."""
    found = _HOST.fullmatch(host)
    return found[1].lower().strip("[]") if found else None


def _is_address(name: str) -> bool:
    try:
        return bool(ipaddress.ip_address(name))
    except ValueError:
        return False


def _is_any(host: str) -> bool:
    """Return whether an address stands for every address of this machine."""
    return host == "" or (_is_address(host) and ipaddress.ip_address(host).is_unspecified)


class Guard:
    """Refuse strangers before they reach an ASGI application, and send `HEADERS` with its answers.

    A web site that a visitor has open elsewhere can make the browser ask for this page. It cannot
    hide where it is from: the request's ``Origin`` is then another than its ``Host``. If it gave
    its own name this machine's address (DNS rebinding), ``Host`` is a name that nobody allowed.

    Parameters
    ----------
    app
        The application.
    host
        The address it is served on. If that stands for every address of the machine, any address
        in numbers may be asked for: only a name can be given to a machine by strangers.
    named
        Further names under which it may be asked for.
    """

    def __init__(self, app: Any, host: str, named: Iterable[str] = ()) -> None:
        self.app = app
        self._hosts = allowed_hosts(host, named)
        self._any_address = _is_any(host)
        self._n_sockets = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer a request, or hand it on."""
        kind = scope["type"]
        if kind == "http":
            refused = self._refusal(scope, scope["method"] not in {"GET", "HEAD"})
            app = self.app if refused is None else _answer(*refused)
            await app(_plain(scope), receive, _with_headers(send))
        elif kind == "websocket":
            if self._refusal(scope, True) or self._n_sockets >= MOST_SOCKETS:
                await send({"type": "websocket.close", "code": 1008})  # before it is open: 403
                return
            await self._speak(_plain(scope), receive, send)
        else:
            await self.app(scope, receive, send)

    async def _speak(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve a websocket; what it sends can end nothing but itself."""

        async def hear() -> Any:
            message = await receive()
            if message.get("bytes") is not None:
                # The page sends text. Of a binary message Solara believes how many parts it
                # claims to have, and makes room for two thousand million of them.
                raise ValueError("a binary message")
            return message

        self._n_sockets += 1
        try:
            await self.app(scope, hear, send)
        except Exception as error:
            cause = error
            while isinstance(cause, ExceptionGroup):
                cause = cause.exceptions[0]
            LOG.warning(
                "A page sent an unreadable message and was disconnected: %s",
                format_value(str(cause)),
            )
        finally:
            self._n_sockets -= 1

    def _refusal(self, scope: Any, needs_origin: bool) -> tuple[int, str] | None:
        """Say why a request is refused: status and words; none if it is not."""
        if "\0" in scope["path"]:  # no file's name has it, and asking for one is an error
            return 404, "Not Found\n"
        host = _header(scope, b"host")
        name = _name_of(host)
        if name is None or not (
            name in self._hosts or (self._any_address and _is_address(name))
        ):  # fmt: skip
            known = ", ".join(sorted(self._hosts))
            return 400, (
                f"Host: given {format_value(host)}, allowed {known}; "
                "to allow another: besiege dashboard --allow-host NAME\n"
            )
        origins = [value for key, value in scope["headers"] if key == b"origin"]
        own = {f"{scheme}://{host}".lower() for scheme in ("http", "https")}
        if (needs_origin and not origins) or any(o.decode("latin-1").lower() not in own for o in origins):  # fmt: skip
            return 403, "Origin: allowed only this page\n"
        return None


def _header(scope: Any, name: bytes) -> str:
    """Return a header that must be there once; empty if it is not."""
    found = [value for key, value in scope["headers"] if key == name]
    return str(found[0].decode("latin-1")) if len(found) == 1 else ""


def _plain(scope: Any) -> Any:
    """Return a request without what a client may only say of itself through a proxy."""
    kept = [
        (key, value)
        for key, value in scope["headers"]
        if key not in _UNASKED and not key.startswith(b"x-forwarded-")
    ]
    return {**scope, "headers": kept}


def _answer(status: int, words: str) -> Any:
    from starlette.responses import PlainTextResponse

    return PlainTextResponse(words, status_code=status)


def _with_headers(send: Any) -> Any:
    async def sending(message: Any) -> None:
        if message["type"] == "http.response.start":
            had = {key.lower() for key, _ in message.get("headers", [])}
            more = [(k.lower().encode(), v.encode()) for k, v in HEADERS.items()]
            added = [(key, value) for key, value in more if key not in had]
            message = {**message, "headers": [*message.get("headers", []), *added]}
        await send(message)

    return sending
