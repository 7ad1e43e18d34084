# SPDX-License-Identifier: MIT
"""The links that concern a test: those of --hil-via, less what its marker or parameters leave out.

``@pytest.mark.hil_links("udp", "ble")`` gives a test with the fixture ``link`` a turn for these
only; one without that fixture is connected over the first of them.
"""

import pytest

from hil.errors import BadInputError
from hil.links import LINKS, parse_links
from hil.pytestplugin.options import Settings

LINK = "hil_link"
"""The fixture that stands behind ``link``: it gives a test as many turns as there are links."""

MARKER = "hil_links"


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker."""
    config.addinivalue_line(
        "markers",
        f"{MARKER}(*names): a test with the fixture link has a turn for these only; another one is "
        "connected over the first of them.",
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give a test with the fixture ``link`` a turn for each link of the run that concerns it.

    Options and markers that make no sense are refused when everything has been collected.
    """
    if LINK in metafunc.fixturenames and "link" not in parameters_of(metafunc.definition):
        try:
            via = Settings.of(metafunc.config).via
        except BadInputError:
            via = LINKS
        marked = _marked(metafunc.definition)
        turns = [each for each in via if marked is None or each in marked]
        metafunc.parametrize(LINK, turns, indirect=True, scope="session")


def check_marker(item: pytest.Item) -> None:
    """Refuse a marker that names no link.

    Raises:
        BadInputError: one of a test's markers makes no sense.
    """
    for mark in item.iter_markers(MARKER):
        if not mark.args or mark.kwargs or not all(isinstance(each, str) for each in mark.args):
            raise BadInputError(
                f"The marker {MARKER} of {item.nodeid} must name links, as in "
                f'{MARKER}("udp", "ble"); there are {", ".join(LINKS)}.'
            )
        parse_links(",".join(mark.args), f"The marker {MARKER} of {item.nodeid}")


def link_of(item: pytest.Item) -> str | None:
    """Return the link that it is the turn of, in a test with the fixture ``link``.

    None also where no link of the run concerns it: pytest skips it, having put in a mark.
    """
    callspec = getattr(item, "callspec", None)
    if callspec is None:
        return None
    named = LINK in getattr(item, "fixturenames", ()) and callspec.params.get("link")
    via = named or callspec.params.get(LINK)
    return via if isinstance(via, str) else None


def choose_link(item: pytest.Item, settings: Settings) -> str | None:
    """Return the link that a test is to find; None for the first of the run.

    Args:
        item: the test, which is skipped if none of the run's links concerns it.
        settings: of the run.

    Raises:
        BadInputError: the test's parameter is no link.
    """
    via, marked = link_of(item), _marked(item)
    if via is not None and via not in settings.via:
        parse_links(via, "the test's parameter link")
        pytest.skip(f"it is about {via}, which --hil-via leaves out.")
    if marked is None:
        return via
    if via is not None and via not in marked:
        pytest.skip(f"its marker {MARKER} leaves {via} out.")
    if via is None:
        via = next((each for each in settings.via if each in marked), None)
        if via is None:
            pytest.skip(f"it is about {', '.join(marked)}, which --hil-via leaves out.")
    return via


def _marked(node: pytest.Item) -> tuple[str, ...] | None:
    """Return the links that the nearest marker names; None without one."""
    marker = node.get_closest_marker(MARKER)
    return None if marker is None else marker.args


def parameters_of(definition: pytest.Item) -> set[str]:
    """Return the names that a test's marks ``parametrize`` give values to."""
    found: set[str] = set()
    for mark in definition.iter_markers("parametrize"):
        names = mark.kwargs.get("argnames", next(iter(mark.args), ()))
        found.update(names.replace(",", " ").split() if isinstance(names, str) else names)
    return found
