# SPDX-License-Identifier: MIT
"""What stands behind the fixtures of ``short``; the plugin itself and the suite use these.

The names begin with ``hil_``, so that a project may have a ``model`` or a ``link`` of its own. What
they need is imported when the first test asks for it. Before each test that uses it, the board is
brought back to what ``short`` promises, whatever an earlier test did to it.
"""

from collections.abc import Iterator
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from hil.pytestplugin.options import Settings
from hil.pytestplugin.outcomes.dormancy import wake
from hil.pytestplugin.run import Run
from hil.pytestplugin.turns.grouping import find_combination
from hil.pytestplugin.turns.matrix import Combination
from hil.pytestplugin.turns.rounds import Rounds
from hil.pytestplugin.turns.subject import Subject, as_build, as_model
from hil.pytestplugin.turns.turn import begin, find_subject, firmware_at_hand

if TYPE_CHECKING:
    from collections.abc import Callable

    from hil.board.board import Board
    from hil.board.connection import Connection
    from hil.board.measuring import Measuring
    from hil.console.console import Console
    from hil.edge import EdgeServer
    from hil.firmware.build import FirmwareBuild
    from hil.model.inputs.samples import Sample
    from hil.model.model import Model
    from hil.model.predictions import Predictions
    from hil.model.split import Cut
    from hil.pytestplugin.bench.bench import Bench
    from hil.pytestplugin.faults import Faults
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
    wake(request._pyfuncitem)  # where a test asks for a board that did not seem to need one
    run.begin()
    run.record_property = record_testsuite_property
    rig = run.plan.rig
    if isinstance(rig, InfrastructureError):
        raise rig
    run.bench = Bench(rig, run.results, run.say_who, run.settings.breaker)
    yield run.bench
    run.bench.close()


@pytest.fixture(scope="session")
def hil_combination(request: pytest.FixtureRequest) -> Combination | None:
    """The combination of --hil-matrix that it is the turn of; None without the option.

    A test that is about a model has a turn for each; it may name some of them itself, by
    ``pytest.mark.parametrize("hil_combination", [...], indirect=True)``.
    """
    return find_combination(request.config, getattr(request, "param", None))


@pytest.fixture(scope="session")
def hil_firmware(
    request: pytest.FixtureRequest, hil_combination: Combination | None, hil_bench: "Bench"
) -> "FirmwareBuild":
    """The firmware to flash: from --hil-matrix or --hil-firmware; a project may override it.

    An override of any scope, or a parameter, gives a ``hil.FirmwareBuild`` or a path.
    """
    from hil.firmware.build import firmware_for

    run = Run.of(request.config)
    if (given := getattr(request, "param", None)) is not None:
        return as_build(given, run.builds, run.settings.console)
    planned = run.plan.subject(hil_combination).build or run.build
    return planned or firmware_for(hil_bench.board.port)


@pytest.fixture(scope="session")
def hil_model(request: pytest.FixtureRequest, hil_combination: Combination | None) -> "Model":
    """The full model to test: from --hil-matrix or --hil-model; a project may override it.

    An override of any scope, or a parameter, gives a ``hil.Model`` or a path.
    """
    run = Run.of(request.config)
    if (given := getattr(request, "param", None)) is not None:
        return as_model(given, run.models)
    return run.plan.subject(hil_combination).model


@pytest.fixture(scope="session")
def hil_cut(
    request: pytest.FixtureRequest, hil_combination: Combination | None
) -> "Cut | str | int":
    """Where to cut it: from --hil-matrix or --hil-cut, else as the model says.

    An override of any scope, or a parameter, gives a ``hil.Cut``, a name or an index. A model that
    a project has put in place of the option's is cut where its manifest says.
    """
    run = Run.of(request.config)
    run.remade.note(request)
    if (given := getattr(request, "param", None)) is not None:
        cut: Cut | str | int = given
        return cut
    planned = run.plan.subject(hil_combination)
    if run.model is None or run.model is planned.model:
        return planned.cut
    return run.model.default_cut


@pytest.fixture(scope="session")
def hil_at_hand(request: pytest.FixtureRequest) -> Subject:
    """What stands behind ``firmware``, ``model`` and ``cut``.

    It ends, and with it what stands on it, where a test is about something else.
    """
    run = Run.of(request.config)
    run.remade.note(request)
    return run.subject or find_subject(request._pyfuncitem)


@pytest.fixture(scope="session")
def hil_photos(request: pytest.FixtureRequest, hil_at_hand: Subject) -> "list[Sample]":
    """What --hil-photos or --hil-input names."""
    return Run.of(request.config).samples(hil_at_hand.model)


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
    request: pytest.FixtureRequest, hil_bench: "Bench", hil_predictions: "Predictions | None"
) -> "Iterator[EdgeServer]":
    """The edge server; a project may override it, in any scope."""
    from hil.edge import EdgeServer, FixedStopwatch
    from hil.sim.clock import host_work

    build = firmware_at_hand(request)
    subject = Run.of(request.config).subject
    assert subject is not None
    split = subject.model.split(subject.cut)
    host, stopwatch, kept = "0.0.0.0", None, None
    if build.app.simulated:
        host, kept = "127.0.0.1", hil_predictions
        stopwatch = FixedStopwatch(host_work.TOTAL_US, host_work.INVOKE_US)
    tail = split.tail, split.model_id
    with EdgeServer(*tail, host=host, stopwatch=stopwatch, kept=kept) as server:
        yield server


@pytest.fixture(scope="session")
def hil_board(request: pytest.FixtureRequest, hil_bench: "Bench") -> "Board":
    """The board under test; the test's turn has made it ready."""
    if not Run.of(request.config).is_ready:  # asked for in the midst of a test
        begin(request._pyfuncitem, with_board=True)
    return hil_bench.board


@pytest.fixture(scope="session")
def hil_link(request: pytest.FixtureRequest) -> str | None:
    """The name of the link that it is the turn of; None in a test that names its links itself."""
    via: str | None = getattr(request, "param", None)
    return via


@pytest.fixture
def hil_connection(
    request: pytest.FixtureRequest, hil_link: str | None, hil_board: "Board"
) -> "Connection":
    """The link that the board is connected over."""
    hil_board.console.health.require_protocol("the fixture link")
    if not Run.of(request.config).is_ready:
        begin(request._pyfuncitem, with_board=True)
    assert hil_board.connection is not None
    return hil_board.connection


@pytest.fixture
def hil_peer(hil_bench: "Bench", hil_board: "Board") -> "Board":
    """The second board, with the tail on it."""
    return hil_bench.peer()


@pytest.fixture
def hil_gateway(hil_bench: "Bench", hil_board: "Board") -> "Board":
    """The second board, to carry ESP-NOW."""
    return hil_bench.gateway()


@pytest.fixture
def hil_console(hil_board: "Board") -> "Console":
    """The board's console."""
    return hil_board.console


@pytest.fixture
def hil_latency(hil_board: "Board") -> "Measuring":
    """Measures the link that the board is connected over, in spite of lost messages."""
    from hil.board.measuring import Measuring

    return Measuring(hil_board)


@pytest.fixture
def hil_fault(hil_board: "Board") -> "Iterator[Faults]":
    """Sets faults that befall a virtual board at a point; they end with the test."""
    from hil.pytestplugin.faults import Faults

    faults = Faults(hil_board.lab)
    yield faults
    faults.end()


@pytest.fixture
def hil_rounds(request: pytest.FixtureRequest) -> Rounds:
    """The rounds of a latency test, to be gone through by ``for``.

    ``for number in hil_rounds("rtt_small"): ...`` measures ``--hil-rounds`` times, and with
    ``--hil-confidence`` as often as it takes to decide what the marker ``latency_budget`` asks.
    """
    assert isinstance(request.node, pytest.Item)
    return Rounds(request.node)
