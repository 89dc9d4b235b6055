"""What the server refuses before it serves, each in one line."""

import socket
import sys

import pytest

import sim.cli
from sim.views.page import server


def refused(monkeypatch, capsys, *arguments):
    monkeypatch.setattr(sys, "argv", ["besiege", "dashboard", *arguments])
    with pytest.raises(SystemExit) as stop:
        sim.cli.main()
    lines = [li for li in capsys.readouterr().err.splitlines() if not li.startswith("Compiling")]
    assert stop.value.code == 2
    assert len(lines) == 1
    return lines[0]


def test_a_missing_extra_is_one_line_that_names_the_command(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "solara", None)
    assert "uv sync --extra dashboard" in refused(monkeypatch, capsys)


def test_an_address_that_cannot_be_had_is_one_line(monkeypatch, capsys):
    monkeypatch.setattr(server, "check_installed", lambda: None)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert "a free port" in refused(monkeypatch, capsys, f"--port={port}")
    assert "--port: given 70000" in refused(monkeypatch, capsys, "--port=70000")
    assert '--host: given "no.such.host.invalid"' in refused(monkeypatch, capsys, "--host=no.such.host.invalid")  # fmt: skip


def test_the_page_is_bound_to_this_machine_unless_told():
    import inspect

    assert inspect.signature(sim.cli.dashboard).parameters["host"].default == "127.0.0.1"
