"""The versions that results carry."""

from importlib.metadata import version

__version__ = version("besiege")

MODEL_VERSION = 3
"""Rises whenever equal scenarios and seeds give other results; see CHANGELOG.md."""
