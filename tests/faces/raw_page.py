"""A client of the page that is no browser: it says of itself whatever it likes."""

import http.client
import json
import uuid
from contextlib import contextmanager


def ask(server, method, path, **headers):
    """Send a request just as it is written, dots and all, and give status, headers and body."""
    connection = http.client.HTTPConnection(server.removeprefix("http://"), timeout=240)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    try:
        connection.request(method, path, headers=named)
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()
    finally:
        connection.close()


def get(server, path, **headers):
    """Ask for a path, and give status and body."""
    status, _, body = ask(server, "GET", path, **headers)
    return status, body


def cookie_of(server):
    """Visit the page and give the secret that a browser would keep."""
    _, headers, _ = ask(server, "GET", "/?world=a-world-of-ones-own")
    return headers["set-cookie"].split(";")[0]


@contextmanager
def socket_of(server, kernel=None, **headers):
    """Open the websocket of a kernel, as the page's own script does."""
    from websockets.sync.client import connect  # comes with the page's extra

    kernel = kernel or str(uuid.uuid4())
    place = server.removeprefix("http://")
    address = f"ws://{place}/jupyter/api/kernels/{kernel}/channels?session_id={uuid.uuid4()}"
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    with connect(address, additional_headers=named, max_size=None, open_timeout=240) as socket:
        yield socket


def message(kind, content):
    """Return a message of the kernel's protocol."""
    header = {"msg_id": uuid.uuid4().hex, "session": "s", "username": "", "version": "5.2", "date": "2011-10-11T00:00:00Z", "msg_type": kind}  # fmt: skip
    return json.dumps({"header": header, "parent_header": {}, "metadata": {}, "channel": "shell", "content": content, "buffers": []})  # fmt: skip


def show_page(socket, world):
    """Ask a kernel for the page of a world, and give everything that is sent until it is there."""
    comm = uuid.uuid4().hex
    opened = {"comm_id": comm, "target_name": "solara.control", "data": {}}
    asked = {"method": "run", "args": {"path": f"/?world={world}", "themes": {"light": {}, "dark": {}}, "dark": False}}  # fmt: skip
    socket.send(message("comm_open", opened))
    socket.send(message("comm_msg", {"comm_id": comm, "data": asked}))
    told = ""
    while '"finished"' not in told:
        part = socket.recv(timeout=240)
        told += part if isinstance(part, str) else part.decode("utf-8", "replace")
    return told
