"""The web page's server: Solara's routes, downloads, and nothing from the network."""

import ipaddress
import re
import secrets
import socket
import tempfile
import threading
import warnings
import zipfile
from collections.abc import Callable
from importlib import import_module
from io import BytesIO
from pathlib import Path
from typing import Any

from sim.units import BesiegeError

MISSING = (
    "dashboard: the page's packages are not installed; allowed after: uv sync --extra dashboard"
)
_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
_DRAWING = threading.Lock()  # matplotlib draws one figure at a time


def serve(host: str, port: int, say: Callable[[str], None]) -> None:
    """Serve the page until interrupted.

    Raises
    ------
    BesiegeError
        If the extra is not installed, or the address cannot be bound.
    """
    check_installed()
    listening = _bind(host, port)
    import uvicorn

    app = make_app(host)
    where = f"[{host}]" if ":" in host else host
    say(f"Besiege is at http://{where}:{listening.getsockname()[1]} (Ctrl-C ends it)")
    from sim.views.dashboard_store import STORE, warm_up

    warm_up()
    config = uvicorn.Config(app, log_level="warning", access_log=False, timeout_graceful_shutdown=2)
    try:
        uvicorn.Server(config).run(sockets=[listening])
    finally:
        STORE.close()


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
        raise BesiegeError(f"--host: given {host}, allowed an address of this machine") from None
    listening = socket.socket(found[0], socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind(found[4])
        listening.listen(128)  # who comes before all is imported waits, and is not refused
    except OSError as error:
        listening.close()
        said = f"given {host} and {port}, allowed an address and a free port of this machine"
        raise BesiegeError(f"--host, --port: {said} ({error.strerror})") from None
    return listening


def make_app(host: str = "127.0.0.1") -> Any:
    """Give the server's application (a `starlette.applications.Starlette`)."""
    warnings.filterwarnings("ignore", message="Cookies with samesite=none")
    import solara.server.starlette as solara_server
    from solara.server import settings
    from solara.server.app import AppScript, apps
    from starlette.applications import Starlette
    from starlette.middleware import Middleware
    from starlette.middleware.trustedhost import TrustedHostMiddleware
    from starlette.routing import Mount, Route
    from starlette.staticfiles import StaticFiles

    settings.telemetry.mixpanel_enable = False  # nobody is told of the page's use
    settings.kernel.cull_timeout = "1h"
    settings.theme.title = "Besiege"
    settings.theme.show_banner = False
    settings.theme.loader = "plain"
    apps["__default__"] = AppScript("sim.views.dashboard_page")
    # Solara would fetch what it lacks from a content network: here files come from its
    # package of assets or not at all.
    assets = Mount("/_solara/cdn", app=StaticFiles(directory=settings.assets.proxy_cache_dir))
    kept = [r for r in solara_server.routes if getattr(r, "path", "") not in ("/", "/_solara/cdn")]
    ours = [
        Route("/", _page),
        Route("/download/{world}/{name}", _download),
        assets,
    ]
    local = Middleware(TrustedHostMiddleware, allowed_hosts=["localhost", "127.0.0.1", "[::1]", "::1"])  # fmt: skip
    middleware = [*([local] if is_loopback(host) else []), *solara_server.middleware]
    return Starlette(routes=[*ours, *kept], lifespan=solara_server.lifespan, middleware=middleware)


def is_loopback(host: str) -> bool:
    """Say whether only this machine can reach a host; then a foreign name is an attack."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


async def _page(request: Any) -> Any:
    """Give the page; a visit without a world in its address gets one."""
    import solara.server.starlette as solara_server
    from starlette.responses import RedirectResponse

    if not _ID.fullmatch(request.query_params.get("world", "")):
        return RedirectResponse(f"/?world={secrets.token_urlsafe(12)}")
    return await solara_server.root(request)


def _download(request: Any) -> Any:
    """Give a file that is made on the spot from a session's worlds; no path is ever read."""
    from starlette.responses import PlainTextResponse, Response

    from sim.views.dashboard_store import STORE

    name = request.path_params["name"]
    session = STORE.find(request.path_params["world"])
    make = _makers().get(name)
    if session is None or make is None:
        return PlainTextResponse("There is no such download.", status_code=404)
    try:
        content = make(session)
    except LookupError:
        return PlainTextResponse("There is nothing to download yet.", status_code=404)
    kind = "application/zip" if name.endswith(".zip") else "text/html; charset=utf-8"
    headers = {"Content-Disposition": f'attachment; filename="besiege-{name}"'}
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
    from sim.runs import result_of

    return _folder_of(session.use(n, result_of).save)


def _run_report(session: Any, n: int) -> bytes:
    from sim.runs import result_of
    from sim.views.pages import write_page

    result = session.use(n, result_of)
    with tempfile.TemporaryDirectory(prefix="besiege-") as folder, _DRAWING:
        return write_page(result.save(folder), Path(folder) / "report.html").read_bytes()


def _comparison(session: Any) -> bytes:
    from sim.comparing.brief import brief_of
    from sim.views.report import to_html

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
