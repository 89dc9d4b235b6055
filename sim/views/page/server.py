"""The web page's server: Solara's routes, downloads, and nothing from the network."""

import re
import secrets
import socket
import tempfile
import threading
import zipfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib import import_module
from io import BytesIO
from pathlib import Path
from typing import Any

from sim.core.quoting import format_value, quote
from sim.core.units import BesiegeError
from sim.views.page.guard import Guard, policy_of

MISSING = "dashboard: its packages are not installed, required: the extra dashboard (uv sync --extra dashboard)"
_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
_REMEMBERED = 30 * 24 * 3600
"""Seconds for which a browser keeps its secret after the last visit."""
_LONGEST_MESSAGE = 1_000_000
"""Bytes of a message from a page; the longest that a page sends is some thousand."""
MOST_KERNELS = 100
"""Of pages, open or left; a kernel costs a thread and a megabyte and waits an hour for its page."""
_DRAWING = threading.Lock()  # matplotlib draws one figure at a time


def serve(host: str, port: int, say: Callable[[str], None], named: Sequence[str] = ()) -> None:
    """Serve the page until interrupted.

    Parameters
    ----------
    host, port
        The address it is bound to.
    say
        Called with a line for the user.
    named
        Further names under which it may be asked for.

    Raises
    ------
    BesiegeError
        If the extra is not installed, the address cannot be bound, or a name is none.
    """
    check_installed()
    listening = _bind(host, port)
    import uvicorn

    app = make_app(host, named)
    where = f"[{host}]" if ":" in host else host
    say(f"Besiege is running at http://{where}:{listening.getsockname()[1]} (press Ctrl-C to stop)")
    from sim.views.page.sessions import SESSIONS, warm_up

    warm_up()
    config = uvicorn.Config(
        app, log_level="warning", access_log=False, timeout_graceful_shutdown=2,
        ws_max_size=_LONGEST_MESSAGE, proxy_headers=False, server_header=False,
    )  # fmt: skip
    try:
        uvicorn.Server(config).run(sockets=[listening])
    finally:
        SESSIONS.close()


def check_installed() -> None:
    """Refuse to go on without the extra.

    Raises
    ------
    BesiegeError
        If it is not installed.
    """
    try:
        for name in ("solara", "starlette", "uvicorn"):
            import_module(name)
    except ImportError:
        raise BesiegeError(MISSING) from None


def _bind(host: str, port: int) -> socket.socket:
    """Take the address before anything slow happens."""
    if not 0 <= port <= 65_535:
        raise BesiegeError(f"--port: given {port}, allowed a whole number from 0 to 65_535")
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except (OSError, UnicodeError):
        raise BesiegeError(
            f"--host: given {format_value(host)}, allowed an address of this machine"
        ) from None
    listening = socket.socket(found[0], socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind(found[4])
        listening.listen(128)  # who comes before all is imported waits, and is not refused
    except OSError as error:
        listening.close()
        said = f"given {quote(host)} and {port}, allowed an address and a free port of this machine"
        raise BesiegeError(f"--host, --port: {said} ({error.strerror})") from None
    return listening


def make_app(host: str = "127.0.0.1", named: Sequence[str] = ()) -> Guard:
    """Return the server's application, guarded.

    Parameters
    ----------
    host
        The address it is served on.
    named
        Further names under which it may be asked for.

    Raises
    ------
    BesiegeError
        If what was named is no name of a host.
    """
    import solara.server.starlette as solara_server
    from solara.server import server, settings
    from solara.server.app import AppScript, apps
    from starlette.applications import Starlette
    from starlette.routing import Mount, Route, WebSocketRoute
    from starlette.staticfiles import StaticFiles

    settings.telemetry.mixpanel_enable = False  # nobody is told of the page's use
    settings.kernel.cull_timeout = "1h"
    settings.theme.title = "Besiege"
    settings.theme.show_banner = False
    settings.theme.loader = "plain"
    apps["__default__"] = AppScript("sim.views.page.page")
    # Every route is named here, so that a service of Solara's is open only where the page needs
    # it. What files Solara lacks it would fetch from a content network: here they come from its
    # package of assets or not at all.
    routes = [
        Route("/", _page),
        Route("/download/{world}/{name}", _download),
        Route("/readyz", solara_server.readyz),
        Route("/_solara/api/close/{kernel}", _close, methods=["POST"]),
        WebSocketRoute("/jupyter/api/kernels/{kernel_id}/channels", _channels),
        Mount("/_solara/cdn", app=StaticFiles(directory=settings.assets.proxy_cache_dir)),
        Mount("/static/assets", app=solara_server.StaticAssets()),
        Mount("/static", app=StaticFiles(directory=server.solara_static)),
        Mount("/jupyter/nbextensions", app=solara_server.StaticNbFiles()),
    ]
    app = Starlette(
        routes=routes, lifespan=solara_server.lifespan, middleware=solara_server.middleware
    )
    app.router.redirect_slashes = False
    return Guard(app, host, named)


async def _page(request: Any) -> Any:
    """Return the page; a visit without a world in its address gets one.

    The browser keeps a secret of its own beside the address: a world is shown to both together.
    """
    from solara.server import server
    from starlette.responses import HTMLResponse, RedirectResponse

    if not _ID.fullmatch(request.query_params.get("world", "")):
        return RedirectResponse(f"/?world={secrets.token_urlsafe(12)}")
    page = server.read_root("/", "")
    kept = {
        "Content-Security-Policy": policy_of(page, request.headers["host"]),
        "Cache-Control": "no-store",
    }
    response = HTMLResponse(page, headers=kept)
    owner = _owner(request) or secrets.token_urlsafe(24)
    response.set_cookie(
        server.COOKIE_KEY_SESSION_ID, owner, max_age=_REMEMBERED, httponly=True, samesite="lax"
    )
    return response


def _owner(request: Any) -> str | None:
    """Return the secret of a browser, if it has shown one."""
    from solara.server import server

    owner = server.get_session_id_cookie(request.cookies) or ""
    return owner if _ID.fullmatch(owner) else None


async def _channels(socket: Any) -> None:
    """Let a page speak with its kernel; who never asked for the page has none."""
    import solara.server.starlette as solara_server
    from starlette.concurrency import run_in_threadpool

    asked = (socket.path_params["kernel_id"], socket.query_params.get("session_id", ""))
    if _owner(socket) is None or not all(_ID.fullmatch(part) for part in asked):
        await socket.close(1008)
        return
    await run_in_threadpool(_let_kernels_go)
    await solara_server.kernel_connection(socket)


def _close(request: Any) -> Any:
    """Let a page's kernel go, if the page that says good-bye is its own; tell nobody else."""
    from solara.server import kernel_context
    from starlette.responses import Response

    kernel = kernel_context.contexts.get(request.path_params["kernel"])
    page = request.query_params.get("session_id", "")
    if kernel and kernel.session_id == _owner(request) and page in kernel.page_status:
        with suppress(KeyError):  # Solara forgets a kernel's threads; one may end meanwhile
            kernel.page_close(page)
    return Response(status_code=204)


def _let_kernels_go() -> None:
    """Close kernels whose pages went without a word, the oldest first, if there are too many."""
    from solara.server.kernel_context import PageStatus, contexts

    kernels = list(contexts.values())
    left = [k for k in kernels if PageStatus.CONNECTED not in tuple(k.page_status.values())]
    for kernel in left[: max(0, len(kernels) - MOST_KERNELS)]:
        with suppress(KeyError):  # as in _close
            kernel.close(reason="too many")


def _download(request: Any) -> Any:
    """Return a file that is made on the spot from a session's worlds; no path is ever read."""
    from starlette.responses import PlainTextResponse, Response

    from sim.views.page.sessions import SESSIONS

    name, owner = request.path_params["name"], _owner(request)
    session = SESSIONS.find(owner, request.path_params["world"]) if owner else None
    make = _makers().get(name)
    if session is None or make is None:
        return PlainTextResponse("There is no such download.\n", status_code=404)
    try:
        content = make(session)
    except LookupError:
        return PlainTextResponse("There is nothing to download yet.\n", status_code=404)
    kind = "application/zip" if name.endswith(".zip") else "text/html; charset=utf-8"
    headers = {
        "Content-Disposition": f'attachment; filename="besiege-{name}"',
        "Cache-Control": "no-store",
    }
    return Response(content, media_type=kind, headers=headers)


def _makers() -> dict[str, Callable[[Any], bytes]]:
    return {
        "run-1.zip": lambda s: _run_folder(s, 0),
        "run-2.zip": lambda s: _run_folder(s, 1),
        "report-1.html": lambda s: _run_report(s, 0),
        "report-2.html": lambda s: _run_report(s, 1),
        "compare.zip": lambda s: _folder_of(_found(s, "compare").save),
        "compare.html": _comparison,
        "hindcast.zip": lambda s: _folder_of(_found(s, "hindcast").save),
    }


def _found(session: Any, kind: str) -> Any:
    study = session.studies.get(kind)
    if study is None or study.result is None:
        raise LookupError(kind)
    return study.result


def _run_folder(session: Any, n: int) -> bytes:
    from sim.running.run import result_of

    return _folder_of(session.use(n, result_of).save)


def _run_report(session: Any, n: int) -> bytes:
    from sim.running.run import result_of
    from sim.views.terminal.reports import write_page

    result = session.use(n, result_of)
    with tempfile.TemporaryDirectory(prefix="besiege-") as folder, _DRAWING:
        return write_page(result.save(folder), Path(folder) / "report.html").read_bytes()


def _comparison(session: Any) -> bytes:
    from sim.comparing.brief import brief_of
    from sim.figures.report import to_html

    with _DRAWING:
        return to_html(brief_of(_found(session, "compare"))).encode()


def _folder_of(save: Callable[[Path], Any]) -> bytes:
    """Save into a folder that is gone at once, and give it packed."""
    packed = BytesIO()
    with tempfile.TemporaryDirectory(prefix="besiege-") as folder, _DRAWING:
        save(Path(folder))
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(Path(folder).iterdir()):
                archive.write(path, path.name)
    return packed.getvalue()
