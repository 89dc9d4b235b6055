"""Whatever lies here is marked `faces`, but for what is slow; and the page, served and visited."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faces.raw_page import get

HERE = Path(__file__).parent
FLAGS = ["--no-sandbox", "--disable-background-networking", "--disable-component-update"]
NAMES = "MAP evil.example 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
"""A stranger's name that leads to this machine; no other name leads anywhere."""


def pytest_collection_modifyitems(items):
    for item in items:
        if item.path.is_relative_to(HERE) and not item.get_closest_marker("slow"):
            item.add_marker(pytest.mark.faces)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """Serve the page on a port of its own and give its address."""
    command = [sys.executable, "-c", "from sim.cli import main; main()", "dashboard", "--port=0"]
    serving = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, cwd=tmp_path_factory.mktemp("page"),
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    try:
        found = re.search(r"http://127\.0\.0\.1:(\d+)", serving.stdout.readline())
        assert get(found[0], "/readyz")[0] == 200  # from a cold start this takes its time
        yield found[0]
    finally:
        serving.terminate()
        assert serving.wait(30) is not None


@pytest.fixture(scope="module")
def browser():
    """Return the system's Chromium, that reaches nothing but this machine."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        found = playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=[*FLAGS, f"--host-resolver-rules={NAMES}"],
        )
        yield found
        found.close()
