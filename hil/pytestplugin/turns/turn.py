# SPDX-License-Identifier: MIT
"""A test's turn: what it is about is found out, and the boards are made ready for it.

``hil_turn`` comes before all fixtures of a test that stand on that, whatever their scopes: it asks
for firmware, model and cut as the test itself would, and flashes what is not on the board.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from hil.errors import BadInputError
from hil.pytestplugin.outcomes.kinds import NEEDS_BOARD, used_fixtures
from hil.pytestplugin.run import MAIN, Run
from hil.pytestplugin.stages import stage_content
from hil.pytestplugin.turns import links, needs
from hil.pytestplugin.turns.grouping import ABOUT, AT_HAND, combination_of
from hil.pytestplugin.turns.subject import Subject, as_build, as_cut, as_model

if TYPE_CHECKING:
    from hil.edge import EdgeServer
    from hil.firmware.build import FirmwareBuild
    from hil.pytestplugin.bench.bench import Bench
    from hil.pytestplugin.bench.content import Content

TURN = "hil_turn"

BOARD = "hil_board"
"""The fixture that stands behind ``board``."""


_MARKERS = {links.MARKER, needs.MARKER}
_ABOUT = frozenset(ABOUT)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Have each test that is about something begin with its turn.

    Raises:
        pytest.UsageError: a marker makes no sense.
    """
    for item in items:
        names: list[str] = getattr(item, "fixturenames", [])
        marks = {mark.name for mark in item.iter_markers()}
        if not marks.isdisjoint(_MARKERS):
            _check_markers(item)
            if needs.MARKER in marks:
                names += [name for name in (NEEDS_BOARD, BOARD) if name not in names]
        if TURN not in names and not _ABOUT.isdisjoint(names):
            names.insert(_first_about(item, names), TURN)


def _check_markers(item: pytest.Item) -> None:
    try:
        links.check_marker(item)
        needs.check_marker(item)
    except BadInputError as error:
        raise pytest.UsageError(str(error)) from None


def _first_about(item: pytest.Item, names: Sequence[str]) -> int:
    """Return the place of the first fixture that stands on what a test is about."""
    known = item._fixtureinfo.name2fixturedefs  # type: ignore[attr-defined]

    def stands_on(name: str, seen: set[str]) -> bool:
        if name in ABOUT:
            return True
        seen.add(name)
        arguments = {each for found in known.get(name, ()) for each in found.argnames}
        return any(stands_on(each, seen) for each in arguments - seen)

    return next(place for place, name in enumerate(names) if stands_on(name, set()))


@pytest.fixture
def hil_turn(request: pytest.FixtureRequest) -> None:
    """What a test begins with that is about firmware, model or cut; tests have no use for it."""
    begin(request.node)


def begin(item: pytest.Item, *, with_board: bool = False) -> None:
    """Find out what a test is about, and make the boards ready for it if it uses them.

    Args:
        item: the test, set up so far that fixtures can be asked for.
        with_board: whether it uses the board under test though its fixtures do not say so.

    Raises:
        HilError: that cannot be done, and whose fault it is.
    """
    run, names = Run.of(item.config), used_fixtures(item)
    subject = find_subject(item, with_firmware=with_board or NEEDS_BOARD in names)
    if subject.build is None:
        return
    bench: Bench = _request(item).getfixturevalue(NEEDS_BOARD)
    edge = None
    if not (bench.has_peer or subject.build.plain):
        edge = _request(item).getfixturevalue("hil_edge")
    bench.serve_by(edge)
    if with_board or BOARD in names or bench.is_in_use:
        _install(run, bench, subject, edge)
        if run.stage != MAIN:
            bench.board.console.health.require_protocol(f"the fixture {run.stage[4:]}")
            content = stage_content(run.stage, subject.build, is_test_build=bench.is_test_build)
            bench.prepare(run.stage, *content)
        bench.make_ready(run.via, run.stage)
        run.is_ready = True
        run.combination = run.results.combination
    else:
        _serve(edge, subject)
    needs.require_of_boards(item, bench)


def find_subject(item: pytest.Item, *, with_firmware: bool = False) -> Subject:
    """Find out what a test is about, and have made anew what stands on another answer.

    Args:
        item: as of :func:`begin`.
        with_firmware: whether to ask for the firmware, for which a board is opened.

    Raises:
        BadInputError: a fixture gives what is no model, cut or firmware.
    """
    run, request = Run.of(item.config), _request(item)
    model = as_model(request.getfixturevalue("hil_model"), run.models)
    if model is not run.model:
        run.remade.end("hil_cut")  # by itself it goes by the model
        run.model = model
    cut = as_cut(request.getfixturevalue("hil_cut"), model)
    build = None
    if with_firmware:
        build = as_build(request.getfixturevalue("hil_firmware"), run.builds, run.settings.console)
    planned = run.plan.subject(combination_of(item))
    own = model is planned.model and cut == planned.cut
    named = own and (build is None or planned.build in (None, build))
    subject = Subject(model, cut, build, planned.name if named else "", own and planned.fits)
    if not subject.is_handed_on_by(run.subject):
        run.remade.end(AT_HAND)
    latest = build or (run.subject.build if run.subject is not None else None)
    run.subject = replace(subject, build=latest)
    return subject


def firmware_at_hand(request: pytest.FixtureRequest) -> "FirmwareBuild":
    """Return the firmware that the test is about.

    Args:
        request: of a fixture of the harness.
    """
    run = Run.of(request.config)
    subject = run.subject
    if subject is None or subject.build is None:
        subject = find_subject(request._pyfuncitem, with_firmware=True)
    assert subject.build is not None
    return subject.build


def _install(run: Run, bench: "Bench", subject: Subject, edge: "EdgeServer | None") -> None:
    """Flash what is under test, unless it is on the board, and say what it is the first time."""
    from hil.host.terminal import columns
    from hil.results.table import identity_lines
    from hil.results.views import views

    assert subject.build is not None
    content: Content = subject.build, subject.model, subject.cut
    if subject.build.plain:
        content = subject.build, None, None
    if bench.has_installed(content, subject.name):
        return
    known = len(run.results.combinations)
    bench.install(*content, fits=subject.fits, planned=subject.name)
    if len(run.results.combinations) > known:
        shown = views(run.results.document())[run.results.combination]
        run.say(identity_lines(shown, columns()))
    run.write()
    if not subject.build.plain:
        _serve(edge, subject)
        bench.connect(edge, run.via)


def _serve(edge: "EdgeServer | None", subject: Subject) -> None:
    """Have the edge server run the tail of what is under test."""
    split = subject.model.split(subject.cut)
    if edge is not None and edge.model_id != split.model_id:
        edge.serve(split.tail, split.model_id)


def _request(item: pytest.Item) -> Any:
    """Return the test's own request, for which no fixture is of too narrow a scope."""
    return item._request  # type: ignore[attr-defined]
