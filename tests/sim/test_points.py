# SPDX-License-Identifier: MIT
"""What befalls a virtual board at a point of an inference is told as what it is, and passes."""

import re
import time
from collections.abc import Iterator

import numpy as np
import pytest

from hil.board.board import Board
from hil.edge import EdgeServer
from hil.errors import (
    BadInputError,
    BluetoothError,
    BoardPanic,
    HilError,
    InfrastructureError,
    LabError,
)
from hil.model.model import Model
from hil.sim.faults import power
from hil.sim.process import Lab

BOUND_S = 10.0
"""What a fault that is noticed at once may take, many times over."""

STAGES = ("image", "load", "invoke", "send", "wait", "result")


class Bench:
    """A flashed board, its edge server, and what an inference takes after a fault."""

    def __init__(self, lab: Lab, board: Board, edge: EdgeServer, model: Model) -> None:
        self.lab = lab
        self.board = board
        self._edge = edge
        self._images = np.random.default_rng(1)
        self._shape = model.input.shape
        self._model = model

    def infer(self) -> None:
        """Infer on an image that is not on the board yet; the result is right or it raises."""
        image = self._images.integers(0, 256, self._shape, np.uint8)
        assert self.board.infer(image).top5_ids == self._model.top5_ids(image)

    def restore(self, via: str, gateway: Board | None = None) -> None:
        """Bring the board back to where it can infer."""
        self.board.reset()
        self.board.connect(self._edge, via, gateway=gateway)


@pytest.fixture(scope="module")
def bench(lab: Lab, model: Model) -> Iterator[Bench]:
    with Board.open(lab=lab) as board:
        board.flash(None, model)
        split = board.part.split
        assert split is not None
        with EdgeServer(split.tail, split.model_id, stopwatch=board.stopwatch) as edge:
            yield Bench(lab, board, edge, model)


def struck(bench: Bench, fault: str, via: str = "udp") -> HilError | None:
    """Return what an inference raises while a fault strikes; it is over by the bound."""
    bench.restore(via)
    bench.lab.arm(fault)
    began = time.monotonic()
    error = None
    try:
        bench.infer()
    except HilError as caught:
        error = caught
    assert time.monotonic() - began < BOUND_S
    assert bench.lab.disarm() == ()
    return error


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("via", ["udp", "tcp", "ble"])
@pytest.mark.parametrize(
    ("blow", "sentence"),
    [
        ("panic", r"panic'ed \(LoadProhibited\), in injected_fault"),
        ("hang", r"watchdog fired: .*: (?:node|inference) \(CPU 0\)"),
        ("reset", r"reset itself without being asked: rst:0x1 \(POWERON\)"),
        ("brownout", r"supply voltage dropped: .*rst:0xf \(BROWNOUT_RST\), brown-out"),
    ],
)
def test_what_ends_the_firmware_in_a_stage_is_its_failure_and_the_next_inference_is_right(
    bench: Bench, blow: str, sentence: str, via: str, stage: str
) -> None:
    error = struck(bench, f"{blow}@{stage}", via)
    assert type(error) is BoardPanic
    assert re.search(sentence, str(error)), str(error)
    bench.restore(via)
    bench.infer()


@pytest.mark.parametrize("stage", ["boot", *STAGES])
@pytest.mark.parametrize("blow", ["noise", "half-line", "long-line", "bad-utf8"])
def test_what_else_comes_over_the_line_changes_nothing(bench: Bench, blow: str, stage: str) -> None:
    bench.restore("udp")
    bench.lab.arm(f"{blow}@{stage}")
    if stage == "boot":
        bench.restore("udp")
    began = time.monotonic()
    bench.infer()
    assert time.monotonic() - began < BOUND_S
    assert bench.lab.disarm() == ()


@pytest.mark.parametrize("stage", ["invoke", "send", "wait"])
@pytest.mark.parametrize(
    ("blow", "via", "kind", "sentence"),
    [
        ("wifi-off", "udp", InfrastructureError, "access point has been lost meanwhile"),
        ("wifi-off", "tcp", InfrastructureError, "access point has been lost meanwhile"),
        ("out-of-range", "ble", BluetoothError, "out of range meanwhile; bring it closer"),
    ],
)
def test_what_befalls_the_air_is_the_rigs_and_passes(
    bench: Bench, blow: str, via: str, kind: type[HilError], sentence: str, stage: str
) -> None:
    error = struck(bench, f"{blow}@{stage}", via)
    assert type(error) is kind
    assert sentence in str(error)
    bench.restore(via)
    bench.infer()


def test_a_channel_that_has_moved_is_the_rigs_and_the_link_can_be_opened_anew(
    lab: Lab, bench: Bench
) -> None:
    with Board.open(lab=lab, index=1) as gateway:
        gateway.flash(None, None)
        bench.restore("espnow", gateway)
        lab.arm("channel@send")
        with pytest.raises(InfrastructureError, match="moved to another channel; connect it anew"):
            bench.infer()
        bench.restore("espnow", gateway)
        bench.infer()


def test_a_hang_amid_the_model_is_the_inference_tasks(bench: Bench) -> None:
    assert ": inference (CPU 0)" in str(struck(bench, "hang@invoke"))


def test_a_reset_amid_a_start_costs_another_which_is_noted(bench: Bench) -> None:
    noted = len(bench.board.notes)
    bench.lab.arm("reset@boot")
    bench.board.reset()
    assert bench.lab.disarm() == ()
    assert any("2 starts until it answered" in note for note in bench.board.notes[noted:])


def test_a_port_that_goes_amid_a_start_is_waited_for(bench: Bench) -> None:
    bench.lab.arm("unplug@boot")
    bench.board.reset()
    assert bench.lab.disarm() == ()
    bench.restore("udp")
    bench.infer()


def test_a_board_that_panics_at_each_start_is_one_that_does_not_boot(bench: Bench) -> None:
    bench.lab.arm("panic@boot=every")
    with pytest.raises(BoardPanic, match="injected_fault"):
        bench.board.reset()
    assert bench.lab.disarm() == ()
    bench.restore("udp")


def test_a_fault_strikes_at_the_same_simulated_time_in_every_lab(model: Model) -> None:
    def uptime() -> str:
        with Lab.start(faults=["hang@wait=2"]) as lab, Board.open(lab=lab) as board:
            board.flash(None, model)
            split = board.part.split
            assert split is not None
            with EdgeServer(split.tail, split.model_id, stopwatch=board.stopwatch) as edge:
                bench = Bench(lab, board, edge, model)
                board.connect(edge, "udp")
                bench.infer()
                with pytest.raises(BoardPanic):
                    bench.infer()
            (line,) = (each.text for each in board.console.log if "got triggered" in each.text)
            return line

    assert uptime() == uptime()


def test_the_second_boards_fault_leaves_the_first_alone(bench: Bench) -> None:
    bench.restore("udp")
    bench.lab.arm("panic@invoke", index=1)
    bench.infer()
    assert bench.lab.waiting(1) == bench.lab.disarm(1) == ("panic@invoke",)
    assert bench.lab.waiting(1) == ()


def test_what_is_no_fault_is_refused_by_host_and_lab(lab: Lab) -> None:
    with pytest.raises(BadInputError, match="There is no fault 'panic@lunch'"):
        lab.arm("panic@lunch")
    host, _, port = lab._switches.rpartition(":")
    with pytest.raises(LabError, match=r"did not arm a fault of board 1: There is no fault 'x'"):
        power.inject(host, int(port), "arm", 1, "x")
    with pytest.raises(LabError, match=r"board 3: the lab has nothing to"):
        lab.arm("panic@invoke", index=2)
