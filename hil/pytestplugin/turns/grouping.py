# SPDX-License-Identifier: MIT
"""A test's turns for each combination of ``--hil-matrix``, and their order."""

from collections.abc import Generator, Sequence
from typing import Any

import pytest

from hil.errors import BadInputError
from hil.pytestplugin.options import Settings
from hil.pytestplugin.outcomes.kinds import NEEDS_BOARD
from hil.pytestplugin.turns.links import parameters_of
from hil.pytestplugin.turns.matrix import Combination, Matrix

COMBINATION = "hil_combination"
"""The fixture that gives a test as many turns as the matrix has combinations."""

AT_HAND = "hil_at_hand"
"""The fixture that stands behind ``firmware``, ``model`` and ``cut``."""

SUBJECT = ("hil_firmware", "hil_model", "hil_cut")
"""The fixtures that say what a test is about, which a project may override."""

ABOUT = (NEEDS_BOARD, AT_HAND, *SUBJECT)
"""Fixtures by one of which a test is about something."""

_MATRIX: pytest.StashKey[Matrix | None] = pytest.StashKey()


def matrix_of(config: pytest.Config) -> Matrix | None:
    """Return what --hil-matrix names; None without it.

    Raises:
        BadInputError: it cannot be used.
    """
    if _MATRIX not in config.stash:
        path = Settings.of(config).matrix
        config.stash[_MATRIX] = None if path is None else Matrix.load(path)
    return config.stash[_MATRIX]


def combination_of(item: pytest.Item) -> Combination | None:
    """Return the combination that it is the turn of."""
    callspec = getattr(item, "callspec", None)
    named = None if callspec is None else callspec.params.get(COMBINATION)
    return find_combination(item.config, named)


def find_combination(config: pytest.Config, named: object) -> Combination | None:
    """Return a combination of the matrix.

    Args:
        config: of the session.
        named: its name, or itself; None for none.

    Raises:
        BadInputError: there is none of that name.
    """
    if named is None or isinstance(named, Combination):
        return named
    matrix = matrix_of(config)
    known = matrix.combinations if matrix is not None else ()
    found = next((each for each in known if each.name == named), None)
    if found is None:
        names = ", ".join(map(str, known)) or "none, without --hil-matrix"
        raise BadInputError(f"There is no combination {named!r}; there are {names}.")
    return found


def rank_of(item: pytest.Item) -> int:
    """Return the place of a test's combination in the matrix; -1 in a test without."""
    combination = combination_of(item)
    matrix = item.config.stash.get(_MATRIX, None)
    if combination is None or matrix is None:
        return -1
    return matrix.combinations.index(combination)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_generate_tests(metafunc: pytest.Metafunc) -> Generator[None]:
    """Give a test that is about something a turn for each combination.

    What it is about is asked for by the test itself, so that overrides may have any scope; pytest
    is told of it while it looks for parameters, for an override may have some.

    A file that makes no sense is refused when everything has been collected.
    """
    names = metafunc.fixturenames
    own = list(names)
    if any(name in names for name in ABOUT):
        _extend(metafunc, SUBJECT)
        _parametrize(metafunc)
    yield
    names[:] = own


def _parametrize(metafunc: pytest.Metafunc) -> None:
    try:
        matrix = matrix_of(metafunc.config)
    except BadInputError:
        return
    named = COMBINATION in parameters_of(metafunc.definition)
    if matrix is not None and COMBINATION in metafunc.fixturenames and not named:
        metafunc.parametrize(
            COMBINATION,
            matrix.combinations,
            indirect=True,
            scope="session",
            ids=[each.name for each in matrix.combinations],
        )


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put tests of a combination together, among the places that such tests have.

    So the board is flashed once for each, whatever other turns they have.
    """
    places = [i for i, item in enumerate(items) if combination_of(item) is not None]
    if not places:
        return
    turns = [items[place] for place in places]
    for place, item in zip(places, sorted(turns, key=rank_of), strict=True):
        items[place] = item


def _extend(metafunc: pytest.Metafunc, wanted: Sequence[str]) -> None:
    """Add fixtures to those that pytest knows a test to use, with those that they stand on."""
    known: Any = metafunc._arg2fixturedefs
    manager = metafunc.definition.session._fixturemanager
    missing = list(wanted)
    while missing:
        name = missing.pop(0)
        if name in metafunc.fixturenames or name == "request":
            continue
        metafunc.fixturenames.append(name)
        definitions = manager.getfixturedefs(name, metafunc.definition) or ()
        known.setdefault(name, definitions)
        for each in reversed(definitions):
            missing += each.argnames
            if name not in each.argnames:
                break
