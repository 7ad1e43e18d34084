# SPDX-License-Identifier: MIT
"""Tests in files whose names are no UTF-8: pytest's cache and JUnit file cannot write them."""

from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

import pytest

from hil.host.printable import printable


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Have pytest's cache keep such names escaped, where there are any."""
    cache = getattr(config, "cache", None)
    if cache is None or all(_is_utf8(item.nodeid) for item in items):
        return
    keep = cache.set

    def set_escaped(key: str, value: Any) -> None:
        keep(key, _escaped(value))

    cache.set = set_escaped


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Escape such names in what pytest is about to write as JUnit."""
    for plugin in session.config.pluginmanager.get_plugins():
        for element in _cases(plugin):
            element.attrib = _escaped(element.attrib)


def _cases(plugin: Any) -> Iterator[ElementTree.Element]:
    """Return what the writer of the JUnit file has made of each test, and what is inside."""
    for reporter in getattr(plugin, "node_reporters_ordered", ()):
        yield from reporter.to_xml().iter()


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _escaped(value: Any) -> Any:
    if isinstance(value, str):
        return value if _is_utf8(value) else printable(value)
    if isinstance(value, dict):
        return {_escaped(key): _escaped(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_escaped(item) for item in value]
    return value
