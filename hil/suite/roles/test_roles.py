# SPDX-License-Identifier: MIT
"""Head and tail on two boards: the one asks, the other answers as an edge server would."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from hil.board.board import Board
from hil.board.connection import Connection
from hil.board.link import bring_up, take_down
from hil.errors import BoardRefused, EdgeError
from hil.firmware.build import FirmwareBuild
from hil.pytestplugin.options import Settings
from hil.sim.process import Lab
from hil.suite.helpers.air.pair import counted, echo, infer
from hil.symptoms import Misbehaviour, expect

pytestmark = pytest.mark.hil

SIZES = (0, 1, 1_444, 1_445, 7_475, 7_476, 20_000)
"""Bytes of an echo: none, one, one fragment of UDP and a byte more, 32 of ESP-NOW and a byte more,
14 of UDP and 86 of ESP-NOW."""

LOSS = 0.1
ROUGH: dict[str, dict[str, Any]] = {
    via: {"loss": LOSS, "duplicate": 0.05, "reorder": 0.1, "jitter_us": 2_000}
    for via in ("udp", "espnow")
} | {"ble": {"loss": LOSS, "jitter_us": 2_000}}
"""What the links of a rough pair are like, as in a link file."""

FRAGMENTS = {"udp": 5 + 14, "espnow": 30 + 86, "ble": 1}
"""Of an activation and of a long echo, there or back."""

EXCESS = 1.5
"""A fragment that is lost is sent again, and may be lost again; few others may be sent with it."""

LONGEST_US = {"udp": 1_000_000, "espnow": 3_000_000, "ble": 1_500_000}
"""Simulated time of an inference's wait and of a long echo, each, whatever is lost."""


@pytest.fixture
def tail(link: Connection, small_board: Board, peer: Board) -> Board:
    """The second board as tail; ``small_board`` is connected to it over ``link``."""
    if small_board.connection is None or small_board.connection.tail is not peer:
        small_board.connect(peer, link.via)
    return peer


def test_a_tail_on_a_board_answers_as_an_edge_server_does(
    clear_air: None, tail: Board, small_board: Board, digits: list[Path]
) -> None:
    names = ("rx_messages", "tx_messages", "infer_ok", "infer_err", "resent", "rx_bad_frame")
    before = counted(tail, *names)
    for digit in digits[:3]:
        inference = infer(small_board, digit, "with the tail on a board")
    for size in SIZES:
        trip = echo(small_board, size, "with the tail on a board")
        assert trip.wire is not None
        expect(
            trip.wire.resent == 0,
            "sent-too-often",
            link=trip.via,
            stage=f"an echo of {size} bytes, undisturbed",
            expected="every frame sent once",
            got=f"{trip.wire.resent} of {trip.wire.frames} sent again",
        )
    after = counted(tail, *names)
    messages = 3 + len(SIZES)
    right = (messages, messages, 3, 0, 0, 0)
    for name, expected in zip(names, right, strict=True):
        found = after[name] - before[name]
        expect(
            found == expected,
            "sent-too-often" if name == "resent" else "wire-miscounted",
            link=inference.via,
            stage=f"{name} of the tail",
            expected=f"{expected} more",
            got=found,
        )


def test_a_head_goes_and_comes_back(tail: Board, small_board: Board, digits: list[Path]) -> None:
    """The tail goes on listening, and takes the head's second HELLO for a new beginning."""
    link = small_board.connection
    assert link is not None
    for turn in range(2):
        infer(small_board, digits[turn], "before the head goes")
        try:
            take_down(small_board.console, link.via)
            bring_up(small_board.console, link.via)
        except (EdgeError, BoardRefused) as failure:
            raise Misbehaviour(
                "unanswered",
                link=link.via,
                stage="the head comes back",
                expected="a link that is up",
                got=failure,
            ) from failure
        echo(small_board, 1, "the head has come back")
        infer(small_board, digits[2 + turn], "the head has come back")


@pytest.fixture(scope="module")
def rough_pair(firmware: FirmwareBuild) -> Iterator[tuple[Board, Board]]:
    """Head and tail of the small model on two virtual boards, whose links lose packets."""
    from hil.model.model import Model
    from hil.resources import resource

    if not firmware.app.simulated:
        pytest.skip(
            "what lies between two real boards cannot be impaired from here; "
            "the host's end of a link can (test_repair.py)."
        )
    model = Model.load(resource("models/ties"))
    with (
        Lab.start(boards=2, link=ROUGH, seed=7) as lab,
        Board.open(lab=lab) as head,
        Board.open(lab=lab, index=1) as tail,
    ):
        with ThreadPoolExecutor(2) as side_by_side:
            flashing = [
                side_by_side.submit(board.flash, firmware, model, role=role)
                for board, role in ((head, "head"), (tail, "tail"))
            ]
        for each in flashing:
            each.result()
        yield head, tail


@pytest.mark.parametrize("via", ROUGH)
def test_between_two_boards_losses_are_repaired_both_ways(
    small_board: Board,
    rough_pair: tuple[Board, Board],
    hil_settings: Settings,
    digits: list[Path],
    via: str,
) -> None:
    if via not in hil_settings.via:
        pytest.skip(f"--hil-via does not name {via}.")
    head, tail = rough_pair
    try:
        head.connect(tail, via)
    except (EdgeError, BoardRefused) as failure:
        raise Misbehaviour(
            "loss-not-repaired",
            link=via,
            stage="HELLO, both boards' frames being lost at times",
            expected="a link that is up",
            got=failure,
        ) from failure
    before = counted(tail, "resent")["resent"]
    resent = time_us = 0
    turns = 2
    for digit in digits[:turns]:
        inference = infer(head, digit, "frames being lost")
        trip = echo(head, 20_000, "frames being lost")
        assert inference.wire is not None
        assert trip.wire is not None
        assert trip.us is not None
        resent += inference.wire.resent + trip.wire.resent
        time_us = max(time_us, trip.us, inference.stages.wait_us)
    back = counted(tail, "resent")["resent"] - before
    share = EXCESS * LOSS / (1 - LOSS)
    most = 0 if via == "ble" else round(turns * (share * FRAGMENTS[via] + 2))
    for who, found in (("head", resent), ("tail", back)):
        expect(
            found <= most,
            "sent-too-often",
            link=via,
            stage=f"fragments that the {who} sent again, {LOSS:.0%} being lost",
            expected=f"at most {most}",
            got=found,
        )
    expect(
        time_us <= LONGEST_US[via],
        "repaired-late",
        link=via,
        stage=f"the longest of {turns} inferences and echoes, {LOSS:.0%} of the frames being lost",
        expected=f"at most {LONGEST_US[via] / 1e6:g} s",
        got=f"{time_us / 1e6:.3f} s",
    )
