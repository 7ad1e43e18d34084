# SPDX-License-Identifier: MIT
"""The session's end: how its boards have fared is entered, and becomes part of its results."""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from hil.errors import HilError
from hil.host.columns import fold
from hil.host.printable import printable
from hil.host.terminal import columns
from hil.pytestplugin.run import Run
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


def enter(config: pytest.Config, run: Run) -> None:
    """Enter the session into what is known of its boards, and how they fare into its results.

    That it cannot be is told, and is no fault of the tests.
    """
    with _telling(config) as said:
        said.extend(_enter_all(config, run))


def compare(config: pytest.Config, document: dict[str, Any]) -> None:
    """Enter which boards of several workers differ from the others; as :func:`enter`.

    Args:
        config: of the controller.
        document: of all boards, by ``docs/results.schema.json``; says then how they fare.
    """
    if all(each["health"] is None for each in document["boards"]):
        return
    from hil.health.store import Store

    with _telling(config):
        _compare(document, Store.find(), _limits(config))


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> Generator[None, Any, Any]:
    """Hand over what a worker of pytest-xdist has to say, once its session is entered."""
    result = yield
    if (output := getattr(session.config, "workeroutput", None)) is not None:
        said = session.config.stash.get(_SAID, [])
        output[_KEY] = [ascii(each)[1:-1] for each in said]  # xdist passes on no odd names
    return result


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Keep what a worker of pytest-xdist has to say."""
    told = getattr(node, "workeroutput", {}).get(_KEY, [])
    node.config.stash.setdefault(_SAID, []).extend(told)


def pytest_terminal_summary(terminalreporter: "TerminalReporter", config: pytest.Config) -> None:
    """Say what the closing table does not: of boards that are not in the results, of troubles."""
    for said in config.stash.get(_SAID, []):
        for line in fold(said, columns(), f"{'health':<10} "):
            terminalreporter.write_line(printable(line, "\t"))


@contextmanager
def _telling(config: pytest.Config) -> Iterator[list[str]]:
    """Yield what is to be said in the end; what goes wrong in the ``with`` block is added."""
    said = config.stash.setdefault(_SAID, [])
    try:
        with telling_shortages():
            yield said
    except (HilError, OSError) as error:
        said.append(str(error))


def _limits(config: pytest.Config) -> "HealthLimits":
    from hil.rig.file import RigFile

    return RigFile.find([config.invocation_params.dir, config.rootpath]).health


def _enter_all(config: pytest.Config, run: Run) -> Iterator[str]:
    """Enter what this process knows of boards; yield what is to be said of those not in results."""
    if run.bench is None:
        return
    from hil.health.store import Store
    from hil.results.boards.health import health_record, health_sentence

    limits = _limits(config)
    if not limits.enabled:
        return
    store = Store.find()
    for number, board in enumerate(run.bench.rig.boards):
        health = _enter_board(run, store, limits, board, under_test=not number)
        if health is None:
            continue
        mac = board.told.mac.lower() if board.told else board.port
        record = health_record(health, board.spec.place or board.spec.name or mac, limits)
        if not number and run.results.board is not None:
            run.results.health = record
        elif sentence := health_sentence(board.spec.name or mac, record):
            yield sentence


def _compare(document: dict[str, Any], store: "Store", limits: "HealthLimits") -> None:
    """Enter which boards of several workers differ from the others."""
    from hil.health.books import enter
    from hil.health.entry import Compared, now
    from hil.results.boards.differing import deviations
    from hil.results.boards.health import health_record
    from hil.results.writing import plain

    found = deviations(document, limits)
    for board in document["boards"]:
        if board["health"] is None or board["name"] not in found:
            continue  # of a worker that was killed no session is entered to which this could belong
        key = store.last_at(board["port"])
        if key is not None:
            health = enter(store, key, Compared(now(), found[board["name"]]), limits)
            board["health"] = plain(health_record(health, board["health"]["named"], limits))


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
