# SPDX-License-Identifier: MIT
"""What a rig must stand: ``pytest -m hil --hil-board=usb -k acceptance`` (docs/bench-rig.md).

Cables, hubs, bridges, access points and radios fail where they are used again and again. The tests
run on virtual boards as well, which shows that they can pass, and nothing about any rig.
"""

from dataclasses import replace

import pytest

from hil.board.connection import Connection
from hil.model.inputs.samples import Sample
from hil.pytestplugin.bench.recording import RecordingBoard
from hil.rig.power import power_cycle
from hil.symptoms import expect

pytestmark = pytest.mark.hil

RESETS = 5
TURNS = 3
IMAGES = 4
INFERENCES = 6

SMALL_LEAK = 512
"""Bytes for each inference; a leaked frame or event is larger."""


def test_every_reset_starts_the_firmware_anew(board: RecordingBoard) -> None:
    sessions = {board.info.session}
    for turn in range(1, RESETS + 1):
        board.reset()
        session, reason = board.info.session, board.info.reset_reason
        stage = f"reset {turn}"
        expect(
            session not in sessions,
            "session-repeated",
            stage=stage,
            expected="a new session",
            got=f"{session:08x} again",
        )
        expect(
            bool(reason),
            "reset-unexplained",
            stage=stage,
            expected="a reason of the start",
            got="none",
        )
        sessions.add(session)


def test_a_power_cycle_brings_the_board_back(board: RecordingBoard) -> None:
    command = board.spec.power_cycle
    if board.lab is not None:
        command = board.lab.boards[0].power_cycle
    if command is None:
        pytest.skip("the rig has no power_cycle command for this board (hil.toml).")
    session = board.info.session
    with board.lend_port() as port:
        power_cycle(replace(board.spec, port=port, power_cycle=command), print)
    board.reset()
    expect(
        board.info.session != session,
        "session-repeated",
        stage="power cycle",
        expected="a new session",
        got=f"{session:08x} again",
    )


def test_a_link_can_be_taken_down_and_up_again(
    board: RecordingBoard, link: Connection, photos: list[Sample]
) -> None:
    to = link.edge or link.tail
    assert to is not None
    expected = board.infer(photos[0])
    for turn in range(1, TURNS + 1):
        board.disconnect()
        board.connect(to, link.via, gateway=link.gateway)
        found = board.infer(photos[0])
        stage = f"inference after reconnection {turn}"
        expect(
            found.transport_exact,
            "altered-activation",
            link=link.via,
            stage=stage,
            expected=f"CRC-32 {found.activation_crc:08x} of the activation at the tail",
            got=f"{found.received_crc:08x}",
        )
        expect(
            found.top5_ids == expected.top5_ids,
            "other-answer",
            link=link.via,
            stage=stage,
            expected=f"the classes {expected.top5_ids} as before",
            got=found.top5_ids,
        )


def test_the_console_loses_nothing_of_an_image(board: RecordingBoard, photos: list[Sample]) -> None:
    before = board.console.request("stats")
    for photo in photos[:IMAGES]:
        board.store(board.part.input_tensor(photo))
    after = board.console.request("stats")
    counts = [stats.get("rx_bad_chunk") for stats in (before, after)]
    expect(
        None not in counts,
        "figures-missing",
        stage="stats",
        expected="rx_bad_chunk",
        got="none",
    )
    expect(
        counts[1] == counts[0],
        "chunk-lost",
        stage=f"{IMAGES} images over the console",
        expected=f"rx_bad_chunk to stay {counts[0]}",
        got=counts[1],
    )


def test_inferences_give_their_memory_back(board: RecordingBoard, photos: list[Sample]) -> None:
    board.infer(photos[0])  # what is kept from the first one on is no leak
    before = board.console.request("stats")
    for _ in range(INFERENCES):
        board.infer(photos[0])
    after = board.console.request("stats")
    known = ("heap_free", "dma_free", "psram_free")
    reported = [each for each in known if each in before and each in after]
    stage = f"stats around {INFERENCES} inferences"
    expect(
        bool(reported),
        "figures-missing",
        stage=stage,
        expected="heap_free, dma_free or psram_free",
        got="none of them",
    )
    for memory in reported:
        lost = int(before[memory]) - int(after[memory])
        expect(
            lost < SMALL_LEAK * INFERENCES,
            "memory-leak",
            stage=stage,
            expected=f"{memory} less than {SMALL_LEAK * INFERENCES} bytes smaller",
            got=f"{lost} bytes",
        )
