# SPDX-License-Identifier: MIT
"""What a rig must stand: ``pytest -m hil --hil-board=usb -k acceptance`` (docs/bench-rig.md).

Cables, hubs, bridges, access points and radios fail where they are used again and again. The tests
run on virtual boards as well, which shows that they can pass, and nothing about any rig.
"""

from dataclasses import replace

import pytest

from hil.connection import Connection
from hil.photos import Photo
from hil.power import power_cycle
from hil.pytestplugin.recording import RecordingBoard

pytestmark = pytest.mark.hil

RESETS = 5
TURNS = 3
IMAGES = 4
INFERENCES = 6

SMALL_LEAK = 512
"""Bytes for each inference; a leaked frame or event is larger."""


def test_every_reset_starts_the_firmware_anew(board: RecordingBoard) -> None:
    sessions = {board.info.session}
    for _ in range(RESETS):
        board.reset()
        sessions.add(board.info.session)
        assert board.info.reset_reason
    assert len(sessions) == RESETS + 1


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
    assert board.info.session != session


def test_a_link_can_be_taken_down_and_up_again(
    board: RecordingBoard, link: Connection, photos: list[Photo]
) -> None:
    to = link.edge or link.tail
    assert to is not None
    expected = board.infer(photos[0])
    for _ in range(TURNS):
        board.disconnect()
        board.connect(to, link.via, gateway=link.gateway)
        found = board.infer(photos[0])
        assert found.transport_exact
        assert found.top5_ids == expected.top5_ids


def test_the_console_loses_nothing_of_an_image(board: RecordingBoard, photos: list[Photo]) -> None:
    before = board.console.request("stats")
    for photo in photos[:IMAGES]:
        board.store(board.part.input_tensor(photo))
    after = board.console.request("stats")
    assert after["rx_bad_chunk"] == before["rx_bad_chunk"]


def test_inferences_give_their_memory_back(board: RecordingBoard, photos: list[Photo]) -> None:
    board.infer(photos[0])  # what is kept from the first one on is no leak
    before = board.console.request("stats")
    for _ in range(INFERENCES):
        board.infer(photos[0])
    after = board.console.request("stats")
    reported = [each for each in ("heap_free", "dma_free", "psram_free") if each in before]
    assert reported
    for memory in reported:
        lost = int(before[memory]) - int(after[memory])
        assert lost < SMALL_LEAK * INFERENCES, f"{lost} bytes of {memory} are gone"
