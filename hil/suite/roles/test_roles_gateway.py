# SPDX-License-Identifier: MIT
"""Role gateway record by record: what it is given it hands on, once and in order (2.6)."""

from collections.abc import Iterator
from itertools import pairwise

import pytest

from hil.board.board import Board
from hil.board.connection import Connection
from hil.board.link import request_up
from hil.board.station import ESPNOW_CHANNEL
from hil.protocol import Ack, MessageType
from hil.suite.helpers.air.pair import counted
from hil.suite.helpers.air.raw_air import RawAir
from hil.suite.helpers.air.scripted_head import VIA, ScriptedHead, ack_of, echo_reply, frames_of
from hil.suite.helpers.air.tail_answers import check_frames
from hil.symptoms import expect
from hil.transport.espnow import FRAME_LIMIT

pytestmark = [pytest.mark.hil, pytest.mark.hil_links("espnow")]

NOBODY = "02:00:00:00:00:7e"
"""An address that no board has: each frame to it takes the radio as long as seven."""

SLOW = 60
"""Frames: the radio's driver has room for 32, the gateway for eight."""

GATEWAY_CREDIT = 16
PATIENCE_US = 5_000_000

EVENT_S = 30.0
"""Real seconds for what a board says; its own patience is 10 s."""

COUNTS = ("tx_frames", "rx_frames", "tx_bytes", "rx_bytes", "gw_dropped", "rx_bad_chunk")


def check_counts(gateway: Board, before: dict[str, int], right: dict[str, int], stage: str) -> None:
    after = counted(gateway, *right)
    found = {name: after[name] - before[name] for name in right}
    symptom = "gateway-drops" if found.get("gw_dropped", 0) else "wire-miscounted"
    expect(found == right, symptom, link=VIA, stage=stage, expected=right, got=found)


def test_a_slow_air_behind_a_fast_line_drops_nothing(
    scripted_head: ScriptedHead, small_board: Board
) -> None:
    """The host waits for room, and the gateway for its radio; what is sent stays in order."""
    head, air = scripted_head, scripted_head.air
    before, known = counted(small_board, *COUNTS), len(air.taken)
    head.send(*frames_of(head.hello()))
    air.receive()  # while it is not dealt with, a virtual gateway is not through with anything
    request = head.message(MessageType.ECHO, bytes(range(256)) * 40)
    frames = frames_of(request)
    air.send(NOBODY, *(bytes([index]) * FRAME_LIMIT for index in range(SLOW)))
    got = head.said(*frames, least=32)
    reply = frames_of(echo_reply(request), asking=range(7, 32, 8))
    check_frames("an echo behind frames that take long", reply[:32], got, "gateway-drops")
    everything = [ack_of(request, Ack(count)) for count in (8, 16, 24)]
    rest = frames_of(echo_reply(request), asking=[39])
    got = head.said(*everything, least=len(rest) - 32)
    check_frames("the rest of it", rest[32:], got, "gateway-drops")
    heard = air.rest()
    numbers = air.taken[known:]
    expect(
        numbers == list(range(known + 1, known + 1 + len(numbers))),
        "gateway-drops",
        link=VIA,
        stage="numbers of the frames that the radio was given",
        expected="each once, in order",
        got=numbers,
    )
    besides = 1 + 2  # HELLO, and strangers to make sure that all has come; each is answered once
    sent = SLOW + len(frames) + len(everything) + besides
    right = {
        "tx_frames": sent,
        "rx_frames": len(rest) + besides,
        "gw_dropped": 0,
        "rx_bad_chunk": 0,
    }
    check_counts(small_board, before, right, "stats of the gateway")
    expect(
        not heard and len(numbers) == sent and air.missing == 0,
        "gateway-drops",
        link=VIA,
        stage="records of the gateway",
        expected=f"{sent} taken, and each that came from the air with the next number",
        got=f"{len(numbers)} taken, {air.missing} numbers missing, {len(heard)} more frames",
    )


def test_what_is_no_record_is_counted(scripted_head: ScriptedHead, small_board: Board) -> None:
    head, air = scripted_head, scripted_head.air
    head.greet()
    address = bytes.fromhex(NOBODY.replace(":", ""))
    last = air.taken[-1]
    before = counted(small_board, *COUNTS)
    for number, data in (
        (0, address + b"none"),
        (last, address + b"again"),
        (last + 1, address),
        (last + 1, b"short"),
        (last + 1, address + bytes(FRAME_LIMIT + 1)),
    ):
        air.send_record(number, data)
    air.send_record(last + 3, address + bytes(FRAME_LIMIT))
    air.rest()
    check_counts(
        small_board,
        before,
        {"rx_bad_chunk": 5, "tx_frames": 1, "tx_bytes": FRAME_LIMIT, "gw_dropped": 0},
        "records that are none, and one behind missing numbers",
    )
    expect(
        air.taken[-1] == last + 3,
        "gateway-drops",
        link=VIA,
        stage="a record behind missing numbers",
        expected=f"{last + 3} taken",
        got=air.taken[-1],
    )
    head.said()


@pytest.fixture
def unheeded(
    link: Connection, clear_air: None, small_board: Board, gateway: Board
) -> Iterator[tuple[Board, RawAir]]:
    """A gateway whose host deals with nothing, ``small_board`` being about to use it."""
    small_board.disconnect()
    air = RawAir(gateway, deals=False)
    yield gateway, air
    air.close()


def test_a_host_that_does_not_deal_with_frames_is_spared_more(
    unheeded: tuple[Board, RawAir], small_board: Board
) -> None:
    """After 16 frames nothing comes for 5 s; then the host is taken to have lost them."""
    gateway, air = unheeded
    before, asked = counted(gateway, *COUNTS), counted(small_board, "tx_frames")
    console = small_board.console
    console.request("peer", mac=gateway.info.mac, channel=ESPNOW_CHANNEL)
    for _ in range(2):
        request_up(console, VIA)
        event = console.wait_event("link", EVENT_S, via=VIA)
        expect(
            event.get("code") == "edge_timeout",
            "wrong-code",
            link=VIA,
            stage="HELLO, not answered",
            expected="edge_timeout",
            got=event,
        )
    heard = air.rest()
    sent = counted(small_board, "tx_frames")["tx_frames"] - asked["tx_frames"]
    times = [each.at_us for each in heard]
    paused = times[GATEWAY_CREDIT] - times[GATEWAY_CREDIT - 1] if len(times) > 16 else 0
    quick = [after - before for before, after in pairwise(times)]
    expect(
        PATIENCE_US <= paused < PATIENCE_US + 600_000
        and all(gap < 600_000 for gap in quick if gap != paused),
        "gateway-drops",
        link=VIA,
        stage=f"{sent} frames from the air, none of which the host deals with",
        expected=f"{GATEWAY_CREDIT}, nothing for 5 s, and others",
        got=f"{len(times)} of them, ms apart: {', '.join(f'{gap / 1000:.0f}' for gap in quick)}",
    )
    right = {"rx_frames": sent, "gw_dropped": sent - len(heard), "rx_bad_chunk": 0}
    after = counted(gateway, *right)
    found = {name: after[name] - before[name] for name in right}
    expect(
        found == right,
        "wire-miscounted",
        link=VIA,
        stage="stats of the gateway",
        expected=right,
        got=found,
    )
