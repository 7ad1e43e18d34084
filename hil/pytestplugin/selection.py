# SPDX-License-Identifier: MIT
"""Which tests need a board, and the lines that say on which one they will run."""

import pytest

from hil.errors import BadInputError, HilError
from hil.host.columns import fold
from hil.host.terminal import columns
from hil.links import LINKS
from hil.pytestplugin.options import Settings
from hil.pytestplugin.outcomes.kinds import NEEDS_BOARD, needs_board
from hil.pytestplugin.run import HANGING, LINK, SAMPLES, Run, is_dry
from hil.shortage import check_memory, telling_shortages


def pytest_configure(config: pytest.Config) -> None:
    """Register the markers."""
    config.addinivalue_line(
        "markers",
        "hil: needs a board; set by itself on every test that uses board, link, console or edge.",
    )
    config.addinivalue_line(
        "markers",
        "hil_links(*names): a test with the fixture link has a turn for these only.",
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give a test with the fixture ``link`` a turn for each link of the run that concerns it.

    Options that make no sense are refused when everything has been collected.
    """
    if LINK in metafunc.fixturenames and not _names_links(metafunc.definition):
        try:
            via = Settings.of(metafunc.config).via
        except BadInputError:
            via = LINKS
        marker = metafunc.definition.get_closest_marker("hil_links")
        turns = [each for each in via if marker is None or each in marker.args]
        metafunc.parametrize(LINK, turns, indirect=True, scope="session")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs a board before ``-m hil`` is applied."""
    for item in items:
        if NEEDS_BOARD in getattr(item, "fixturenames", ()):
            item.add_marker("hil", append=False)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    """Begin the run if there is anything to run on a board.

    Raises:
        pytest.UsageError: an option, ``hil.toml`` or ``budgets.toml`` cannot be used.
    """
    if is_dry(session.config) or not any(map(needs_board, session.items)):
        return
    try:
        check_memory()
        with telling_shortages():
            run = Run.of(session.config)
            run.begin()
            run.plan, run.build  # noqa: B018 - now, to refuse what makes no sense before any test
            if any(SAMPLES in getattr(item, "fixturenames", ()) for item in session.items):
                run.samples  # noqa: B018 - likewise
    except HilError as error:
        if (known := Run.known(session.config)) is not None:
            known.note_error(error)
        if isinstance(error, BadInputError):
            raise pytest.UsageError(str(error)) from None
        pytest.exit(str(error), returncode=error.exit_code)


def pytest_report_collectionfinish(config: pytest.Config) -> list[str]:
    """Say which board, model and cut the hil tests will use; identity follows once it is known."""
    run = Run.under_way(config)
    if run is None:
        return []
    lines = run.plan.header(run.settings.via, run.plain)
    scaling = "" if run.plain else run.plan.scaling(run.settings)
    if scaling:
        lines.append(f"hil: {scaling}")
    return [part for line in lines for part in fold(line, columns(), rest=HANGING)]


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


def _names_links(definition: pytest.Item) -> bool:
    """Whether a mark ``parametrize`` names the links of a test."""
    for mark in definition.iter_markers("parametrize"):
        names = mark.kwargs.get("argnames", next(iter(mark.args), ()))
        listed = names.replace(",", " ").split() if isinstance(names, str) else names
        if "link" in listed:
            return True
    return False
