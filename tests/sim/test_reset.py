# SPDX-License-Identifier: MIT
"""The auto-reset circuit, driven as the tools in use drive it."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hil.sim.board import VirtualBoard
from hil.sim.chip.chip import esp32s3, virtual_mac
from hil.sim.chip.nor import MIB, NorFlash
from hil.sim.chip.reset import AutoResetCircuit, Edge, ResetReason

# Steps are (dtr, rts); None leaves a line alone. Sequences: esp_pylib.serial_reset.
CLASSIC = [(False, None), (None, True), (True, None), (None, False), (False, None)]
CLASSIC_WITH_REWRITES = [
    (0, None),
    (None, 1),
    (0, None),
    (1, None),
    (None, 0),
    (1, None),
    (0, None),
]
UNIX_TIGHT = [(False, False), (True, True), (False, True), (True, False), (False, False)]
HARD = [(None, True), (None, False)]
THROUGH_BOTH_ON = [(False, True), (True, True), (False, False)]
OPEN_WITH_PYSERIAL = [(True, None), (None, True)]
FROM_A_MONITOR = [*OPEN_WITH_PYSERIAL, (False, None), (None, True), (None, False)]


@pytest.mark.parametrize(
    ("steps", "edges"),
    [
        (CLASSIC, [Edge.HOLD, Edge.DOWNLOAD]),
        (CLASSIC_WITH_REWRITES, [Edge.HOLD, Edge.DOWNLOAD]),
        (UNIX_TIGHT, [Edge.HOLD, Edge.DOWNLOAD]),
        (HARD, [Edge.HOLD, Edge.RUN]),
        (THROUGH_BOTH_ON, [Edge.HOLD, Edge.RUN]),
        (OPEN_WITH_PYSERIAL, []),
        ([*OPEN_WITH_PYSERIAL, (False, False)], []),
        (FROM_A_MONITOR, [Edge.HOLD, Edge.RUN]),
    ],
    ids=["classic", "rewrites", "unix-tight", "hard", "both-on", "open", "open-close", "monitor"],
)
def test_a_tools_sequence_resets_the_chip_as_it_means_to(
    steps: list[tuple[bool | None, bool | None]], edges: list[Edge]
) -> None:
    circuit = AutoResetCircuit()
    seen = [circuit.set(dtr=dtr, rts=rts) for dtr, rts in steps]
    assert [edge for edge in seen if edge] == edges


@given(st.lists(st.tuples(st.booleans(), st.booleans())))
def test_every_release_follows_a_hold(steps: list[tuple[bool, bool]]) -> None:
    circuit = AutoResetCircuit()
    held = False
    for dtr, rts in steps:
        edge = circuit.set(dtr=dtr, rts=rts)
        assert edge is None or (edge is Edge.HOLD) is not held
        if edge is not None:
            held = edge is Edge.HOLD
        if (dtr, rts) == (False, True):
            assert held
        elif dtr != rts or not dtr:
            assert not held


@given(st.lists(st.booleans()))
def test_without_rts_nothing_resets(dtr_steps: list[bool]) -> None:
    circuit = AutoResetCircuit()
    assert all(circuit.set(dtr=dtr) is None for dtr in dtr_steps)


def test_a_reason_reads_as_the_rom_prints_it() -> None:
    assert str(ResetReason.RTC_SW_CPU_RST) == "rst:0xc (RTC_SW_CPU_RST)"


class Restless:
    """An application that restarts the board while it is being booted, the first three times."""

    def __init__(self, board: VirtualBoard, alive: list["Restless"]) -> None:
        self._alive = alive
        self._alive.append(self)
        if len(alive) < 3:
            board.restart(ResetReason.RTCWDT_SYS_RST)

    def feed(self, data: bytes) -> None:
        pass

    def halt(self) -> None:
        self._alive[self._alive.index(self)] = None


def test_an_application_that_restarts_the_board_while_booting_is_halted() -> None:
    async def scenario() -> list[Restless | None]:
        made: list[Restless | None] = []
        board = VirtualBoard(
            esp32s3(virtual_mac(1)), NorFlash(MIB), lambda board, _: Restless(board, made)
        )
        await board.start()
        for _ in range(10):
            await asyncio.sleep(0)
        alive = list(made)
        await board.close()
        assert made == [None] * 3
        return alive

    first, second, third = asyncio.run(scenario())
    assert first is second is None
    assert third is not None
