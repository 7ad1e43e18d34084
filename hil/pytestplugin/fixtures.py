# SPDX-License-Identifier: MIT
"""The fixtures; what they need is imported when the first test asks for it.

All are made once for a session. Before each test that uses it, the board is brought back to what
these docstrings promise, whatever an earlier test did to it.
"""

from collections.abc import Iterator
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from hil.pytestplugin.options import Settings
from hil.pytestplugin.run import MAIN, Run

if TYPE_CHECKING:
    from collections.abc import Callable

    from hil.board.board import Board
    from hil.board.connection import Connection
    from hil.console.console import Console
    from hil.edge import EdgeServer
    from hil.firmware.build import FirmwareBuild
    from hil.model.inputs.samples import Sample
    from hil.model.model import Model
    from hil.model.predictions import Predictions
    from hil.model.split import Cut
    from hil.pytestplugin.bench.bench import Bench
    from hil.results import Results


@pytest.fixture(scope="session")
def hil_settings(request: pytest.FixtureRequest) -> Settings:
    """What the --hil-* options say, as a ``hil.pytestplugin.options.Settings``."""
    return Run.of(request.config).settings


@pytest.fixture(scope="session")
def hil_results(request: pytest.FixtureRequest) -> "Results":
    """What goes into results.json; a test may add judgements and predictions of its own."""
    return Run.of(request.config).results


@pytest.fixture(scope="session")
def hil_bench(
    request: pytest.FixtureRequest, record_testsuite_property: "Callable[[str, object], None]"
) -> "Iterator[Bench]":
    """The open board before anything is flashed; tests ask for ``board``."""
    from hil.errors import InfrastructureError
    from hil.pytestplugin.bench.bench import Bench

    run = Run.of(request.config)
    run.begin()  # where a test asks for a board that did not seem to need one
    run.record_property = record_testsuite_property
    rig = run.plan.rig
    if isinstance(rig, InfrastructureError):
        raise rig
    run.bench = Bench(rig, run.results, run.say_who)
    yield run.bench
    run.bench.close()


@pytest.fixture(scope="session")
def firmware(request: pytest.FixtureRequest, hil_bench: "Bench") -> "FirmwareBuild":
    """The firmware to flash: a ``hil.FirmwareBuild`` from --hil-firmware.

    Without the option: the image for virtual boards that belongs to these sources.
    """
    from hil.firmware.build import firmware_for

    return Run.of(request.config).build or firmware_for(hil_bench.board.port)


@pytest.fixture(scope="session")
def model(request: pytest.FixtureRequest) -> "Model":
    """The full model under test: a ``hil.Model`` from --hil-model."""
    return Run.of(request.config).plan.model


@pytest.fixture(scope="session")
def cut(request: pytest.FixtureRequest) -> "Cut":
    """Where the model is cut: a ``hil.model.split.Cut`` from --hil-cut."""
    return Run.of(request.config).plan.cut


@pytest.fixture(scope="session")
def hil_samples(request: pytest.FixtureRequest) -> "list[Sample]":
    """What --hil-photos or --hil-input names; tests ask for ``photos``."""
    return Run.of(request.config).samples


@pytest.fixture(scope="session")
def photos(hil_samples: "list[Sample]") -> "list[Sample]":
    """The photos, sorted by name: ``hil.model.inputs.photos.Photo`` with path, name and label.

    With --hil-input they are the inputs that it names, ``hil.model.inputs.tensors.TensorInput``
    with path, name, label and tensor; ``board.infer`` and ``model.input_tensor`` take both.
    """
    return hil_samples


@pytest.fixture(scope="session")
def hil_predictions(request: pytest.FixtureRequest) -> "Iterator[Predictions | None]":
    """What reference models have given in earlier runs (--hil-cache)."""
    from hil.model.predictions import Predictions

    run = Run.of(request.config)
    if run.settings.cache is None:
        yield None
        return
    with closing(Predictions(run.settings.cache)) as predictions:
        yield predictions
    if predictions.problem:
        run.say([f"hil: {predictions.problem}"])


@pytest.fixture(scope="session")
def hil_edge(
    hil_bench: "Bench",
    firmware: "FirmwareBuild",
    model: "Model",
    cut: "Cut",
    hil_predictions: "Predictions | None",
) -> "Iterator[EdgeServer]":
    """The server behind ``edge``."""
    from hil.edge import EdgeServer, FixedStopwatch
    from hil.sim.clock import host_work

    split = model.split(cut)
    host, stopwatch, kept = "0.0.0.0", None, None
    if firmware.app.simulated:
        host, kept = "127.0.0.1", hil_predictions
        stopwatch = FixedStopwatch(host_work.TOTAL_US, host_work.INVOKE_US)
    tail = split.tail, split.model_id
    with EdgeServer(*tail, host=host, stopwatch=stopwatch, kept=kept) as server:
        yield server


@pytest.fixture(scope="session")
def edge(hil_edge: "EdgeServer") -> "EdgeServer":
    """The edge server, running the model's tail with reference kernels.

    Towards a virtual board it tells stated constants as its times, never this machine's.
    """
    return hil_edge


@pytest.fixture(scope="session")
def hil_board(
    request: pytest.FixtureRequest,
    hil_bench: "Bench",
    firmware: "FirmwareBuild",
    model: "Model",
    cut: "Cut",
) -> "Board":
    """The board behind ``board``: what stands on it needs no fixture of a user's in between."""
    from hil.host.terminal import columns
    from hil.results.table import identity_lines

    run = Run.of(request.config)
    own = (run.settings.model, run.settings.cut) == (None, None)
    hil_bench.install(firmware, *(None, None) if firmware.plain else (model, cut), fits=own)
    run.say(identity_lines(run.results.document(), columns()))
    run.write()
    if firmware.plain:
        return hil_bench.board
    edge = None if hil_bench.has_peer else request.getfixturevalue(_sessions(request, "edge"))
    hil_bench.connect(edge, run.settings.via[0])
    return hil_bench.board


@pytest.fixture(scope="session")
def board(hil_board: "Board") -> "Board":
    """The board under test: flashed, booted, and connected over the first link of --hil-via.

    A ``hil.Board`` with the firmware and the model's head on it. ``board.infer(photo)`` runs
    one inference end to end, with the tail on ``edge``, or on ``peer`` if --hil-peer names one. A
    test may reset it or load another model; it may also crash it if it resets it afterwards.

    With firmware that does not speak hil's console (--hil-console) the board is flashed and
    started, and that is all: ``board.console.expect(...)`` looks for what it says.
    """
    return hil_board


@pytest.fixture(scope="session")
def hil_link(request: pytest.FixtureRequest) -> str | None:
    """The name of the link that it is the turn of; None in a test that names its links itself."""
    via: str | None = getattr(request, "param", None)
    return via


@pytest.fixture
def link(
    request: pytest.FixtureRequest, hil_link: str | None, hil_bench: "Bench", board: "Board"
) -> "Connection":
    """A link of --hil-via: a test that uses it has a turn for each, ``board`` being connected so.

    A ``hil.Connection``; ``link.via`` is its name. ESP-NOW is skipped on a rig without
    a second board, unless --hil-via asks for it by name. A test may name its links itself, by
    ``pytest.mark.parametrize("link", [...], indirect=True)``.
    """
    board.console.health.require_protocol("the fixture link")
    run = Run.of(request.config)
    if not run.is_ready:
        hil_bench.make_ready(run.via, run.stage)
    if run.stage != MAIN:
        request.getfixturevalue(run.stage)
    assert board.connection is not None
    return board.connection


@pytest.fixture
def peer(hil_bench: "Bench", board: "Board") -> "Board":
    """The second board: flashed, booted, with the model's tail on it.

    A ``hil.Board``. If --hil-peer names it, ``board`` is connected to it; else a test says
    ``board.connect(peer, via)`` itself. It cannot carry ESP-NOW to this host meanwhile.
    """
    return hil_bench.peer()


@pytest.fixture
def gateway(hil_bench: "Bench", board: "Board") -> "Board":
    """The second board: flashed and booted, to carry ESP-NOW between ``board`` and ``edge``.

    A ``hil.Board`` for ``board.connect(edge, "espnow", gateway=gateway)``; ``link`` has done
    that already.
    """
    return hil_bench.gateway()


@pytest.fixture
def console(board: "Board") -> "Console":
    """The board's console: requests, events, and the log of this session so far."""
    return board.console


def _sessions(request: pytest.FixtureRequest, name: str) -> str:
    """Return the name of a fixture that the whole session can use.

    Args:
        request: of a fixture of the session.
        name: of one that a project may have put its own in place of: made for each test if it
            likes, and then for its tests only.
    """
    found = request._fixturemanager.getfixturedefs(name, request._pyfuncitem)
    return name if found is None or found[-1].scope == "session" else f"hil_{name}"
