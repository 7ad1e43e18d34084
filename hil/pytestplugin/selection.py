# SPDX-License-Identifier: MIT
"""Which tests need a board, and the lines that say on which one they will run."""

import pytest

from hil.errors import BadInputError, HilError
from hil.host.columns import fold
from hil.host.terminal import columns
from hil.pytestplugin.outcomes.kinds import NEEDS_BOARD, needs_board
from hil.pytestplugin.run import HANGING, SAMPLES, Run, is_dry
from hil.shortage import check_memory, telling_shortages


def pytest_configure(config: pytest.Config) -> None:
    """Register the markers."""
    config.addinivalue_line(
        "markers",
        "hil: needs a board; set by itself on every test that uses board, link, console or edge.",
    )


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
                run.samples(run.plan.model)
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
