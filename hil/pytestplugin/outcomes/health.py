# SPDX-License-Identifier: MIT
"""The session's end: how its boards have fared is entered, and said of those that fared badly."""

from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from hil.errors import HilError
from hil.host.columns import fold
from hil.host.printable import printable
from hil.host.terminal import columns
from hil.pytestplugin.options import log_directory
from hil.pytestplugin.run import Run
from hil.pytestplugin.workers import have_results
from hil.shortage import telling_shortages

if TYPE_CHECKING:
    from _pytest.terminal import TerminalReporter

    from hil.board.board import Board
    from hil.health.history import Health
    from hil.health.limits import HealthLimits
    from hil.health.store import Store

_KEY = "hil_health"
"""Under which a worker hands over what it has to say."""

_SAID: pytest.StashKey[list[str]] = pytest.StashKey()


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> Generator[None, Any, Any]:
    """Enter the session into what is known of its boards, once all else is written.

    That it cannot be is told, and is no fault of the tests.
    """
    result = yield
    said = session.config.stash.setdefault(_SAID, [])
    try:
        with telling_shortages():
            said.extend(_enter_all(session.config))
    except (HilError, OSError) as error:
        said.append(str(error))
    if (output := getattr(session.config, "workeroutput", None)) is not None:
        output[_KEY] = [ascii(each)[1:-1] for each in said]  # xdist passes on no odd names
    return result


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Keep what a worker of pytest-xdist has to say."""
    told = getattr(node, "workeroutput", {}).get(_KEY, [])
    node.config.stash.setdefault(_SAID, []).extend(told)


def pytest_terminal_summary(terminalreporter: "TerminalReporter", config: pytest.Config) -> None:
    """Say which boards fared badly, and which are set aside from now on."""
    for said in config.stash.get(_SAID, []):
        for line in fold(said, columns(), f"{'health':<10} "):
            terminalreporter.write_line(printable(line, "\t"))


def _enter_all(config: pytest.Config) -> Iterator[str]:
    """Enter what this process knows of boards; yield what is to be said of them."""
    run = Run.under_way(config)
    with_boards = run is not None and run.bench is not None
    if not with_boards and not have_results(config):
        return
    from hil.health.store import Store
    from hil.rig.file import RigFile

    limits = RigFile.find([config.invocation_params.dir, config.rootpath]).health
    if not limits.enabled:
        return
    store = Store.find()
    if run is None or run.bench is None:
        yield from _compare(log_directory(config) / "results.json", store, limits)
        return
    for number, board in enumerate(run.bench.rig.boards):
        health = _enter_board(run, store, limits, board, under_test=not number)
        if health is not None:
            mac = board.told.mac.lower() if board.told else board.port
            named = board.spec.place or board.spec.name or mac
            yield from _said(board.spec.name or mac, named, health, limits)


def _said(title: str, named: str, health: "Health", limits: "HealthLimits") -> Iterator[str]:
    """Yield what is to be said of a board that fares badly.

    Args:
        title: what to call it.
        named: how a command names it.
        health: how it fares.
        limits: that it is judged by.
    """
    if health.quarantined:
        yield f"{title} is {health}; 'hil boards heal {named}' takes it back."
    elif health.faults:
        rest = f"{health.bad} of its last {health.sessions} sessions were bad"
        yield f"{title}: {'; '.join(health.faults)}; {rest}, {limits.bad} set it aside."


def _compare(path: Path, store: "Store", limits: "HealthLimits") -> Iterator[str]:
    """Enter which boards of several workers differ from the others."""
    from hil.health.books import enter
    from hil.health.entry import Compared, now
    from hil.results.boards.differing import deviations
    from hil.results.reading import read_document

    document = read_document(path)
    boards = {each["name"]: each for each in document.get("boards", [])}
    for name, found in deviations(document, limits).items() if len(boards) > 1 else ():
        key = store.last_at(boards[name]["port"])
        if key is not None:
            health = enter(store, key, Compared(now(), found), limits)
            yield from _said(name, name, health, limits)


def _enter_board(
    run: Run, store: "Store", limits: "HealthLimits", board: "Board", *, under_test: bool
) -> "Health | None":
    """Enter the session for a board; None where it has no life beyond the session."""
    from hil.health.assessment import assess, assess_second
    from hil.health.books import enter
    from hil.health.entry import Session, Sighting, now
    from hil.rig.quarantine import key_of, whereabouts

    spec, document = board.spec, run.results.document()
    if spec.virtual:
        return None
    known = whereabouts(spec.port, spec.mac, place=spec.place, name=spec.name)
    record = document["board"] if under_test else None
    mac = board.told.mac.lower() if board.told else (record["mac"] if record else None)
    simulated = board.told.simulated if board.told else bool(record and record["simulated"])
    sighting = Sighting(spec.name, known.place, board.port, mac or known.mac, simulated)
    key = key_of(store, sighting, known)
    if key is None:
        return None
    if under_test:
        signs = assess(document, board.port, run.results.explained)
    else:
        signs = assess_second(document, board.port)
    return enter(store, key, Session(now(), sighting, signs), limits)
