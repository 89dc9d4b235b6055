"""Whatever lies here is marked `faces`, but for what is slow."""

from pathlib import Path

import pytest

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items):
    for item in items:
        if item.path.is_relative_to(HERE) and not item.get_closest_marker("slow"):
            item.add_marker(pytest.mark.faces)
