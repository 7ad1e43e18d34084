# SPDX-License-Identifier: MIT
"""The fixtures by the names that tests use: each hands on one of ``hil_`` and the same name.

A project may have fixtures of its own by any of these names, of any scope; nothing of the harness
stands on them. To change what is tested a project overrides ``hil_model``, ``hil_cut`` or
``hil_firmware``.
"""

from typing import TYPE_CHECKING

import pytest

from hil.pytestplugin.turns.subject import Subject
from hil.pytestplugin.turns.turn import firmware_at_hand

if TYPE_CHECKING:
    from hil.board.board import Board
    from hil.board.connection import Connection
    from hil.board.measuring import Measuring
    from hil.console.console import Console
    from hil.edge import EdgeServer
    from hil.firmware.build import FirmwareBuild
    from hil.model.inputs.samples import Sample
    from hil.model.model import Model
    from hil.model.split import Cut
    from hil.pytestplugin.bench.bench import Bench
    from hil.pytestplugin.faults import Faults

NAMES = (
    *("board", "firmware", "model", "cut", "photos", "edge"),
    *("link", "peer", "gateway", "console", "latency", "fault"),
)


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
def firmware(
    request: pytest.FixtureRequest, hil_bench: "Bench", hil_at_hand: Subject
) -> "FirmwareBuild":
    """The firmware to flash: a ``hil.FirmwareBuild`` from --hil-firmware.

    Without the option: the image for virtual boards that belongs to these sources. To test
    another one, override ``hil_firmware``.
    """
    return firmware_at_hand(request)


@pytest.fixture(scope="session")
def model(hil_at_hand: Subject) -> "Model":
    """The full model under test: a ``hil.Model`` from --hil-model.

    To test another one, override ``hil_model``, in a conftest.py, a module or a class.
    """
    return hil_at_hand.model


@pytest.fixture(scope="session")
def cut(hil_at_hand: Subject) -> "Cut":
    """Where the model is cut: a ``hil.Cut`` from --hil-cut; override ``hil_cut`` to move it."""
    return hil_at_hand.cut


@pytest.fixture(scope="session")
def photos(hil_photos: "list[Sample]") -> "list[Sample]":
    """The photos, sorted by name: ``hil.model.inputs.photos.Photo`` with path, name and label.

    With --hil-input they are the inputs that it names, ``hil.model.inputs.tensors.TensorInput``
    with path, name, label and tensor; ``board.infer`` and ``model.input_tensor`` take both.
    """
    return hil_photos


@pytest.fixture(scope="session")
def edge(hil_edge: "EdgeServer") -> "EdgeServer":
    """The edge server, running the model's tail with reference kernels.

    Towards a virtual board it tells stated constants as its times, never this machine's.
    """
    return hil_edge


@pytest.fixture
def link(hil_connection: "Connection") -> "Connection":
    """A link of --hil-via: a test that uses it has a turn for each, ``board`` being connected so.

    A ``hil.Connection``; ``link.via`` is its name. ESP-NOW is skipped on a rig without
    a second board, unless --hil-via asks for it by name. A test may name its links itself, by
    ``pytest.mark.hil_links(...)`` or ``pytest.mark.parametrize("link", [...], indirect=True)``.
    """
    return hil_connection


@pytest.fixture
def peer(hil_peer: "Board") -> "Board":
    """The second board: flashed, booted, with the model's tail on it.

    A ``hil.Board``. If --hil-peer names it, ``board`` is connected to it; else a test says
    ``board.connect(peer, via)`` itself. It cannot carry ESP-NOW to this host meanwhile.
    """
    return hil_peer


@pytest.fixture
def gateway(hil_gateway: "Board") -> "Board":
    """The second board: flashed and booted, to carry ESP-NOW between ``board`` and ``edge``.

    A ``hil.Board`` for ``board.connect(edge, "espnow", gateway=gateway)``; ``link`` has done
    that already.
    """
    return hil_gateway


@pytest.fixture
def console(hil_console: "Console") -> "Console":
    """The board's console: requests, events, and the log of this session so far."""
    return hil_console


@pytest.fixture
def latency(hil_latency: "Measuring") -> "Measuring":
    """Measures the link that ``board`` is connected over; lost messages are counted, not raised.

    A ``hil.Measuring``: ``latency.infer(photo)`` and ``latency.rtt(size)`` return None
    where no answer came. The marker ``latency_budget`` has what was measured judged.
    """
    return hil_latency


@pytest.fixture
def fault(hil_fault: "Faults") -> "Faults":
    """Lets something befall a virtual board at a point of an inference, as docs/faults.md lists.

    ``fault("panic@invoke")`` before ``board.infer(photo)``; ``fault("reset@send=3")`` strikes the
    third time, ``fault("2:hang@load")`` the second board. With a real board the test is skipped,
    with the reason; one whose fault has not struck by its end is an error.
    """
    return hil_fault
