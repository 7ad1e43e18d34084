# SPDX-License-Identifier: MIT
"""What a link does to frames is repaired, and shows in no result.

The host loses, doubles, holds back and alters frames at its own end, so that this is the same on a
rig and on virtual boards. Seeds are fixed; which frames they meet is the board's doing.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

import pytest

from hil.board.board import Board
from hil.board.connection import Connection
from hil.edge import EdgeServer
from hil.errors import BoardRefused, MessageLost
from hil.inference.inference import Inference
from hil.suite.helpers.undisturbed import check_same
from hil.symptoms import Misbehaviour, expect
from hil.transport.impairment.plan import Ways

pytestmark = pytest.mark.hil

lossy = pytest.mark.hil_links("udp", "espnow")
"""Links that lose frames and repair that themselves; TCP and BLE leave it to what lies below."""

NOTHING_PASSES = "the tail is on the peer: nothing passes this host that it could impair."

LONG = 20_000
"""Bytes: 14 datagrams, 86 frames of ESP-NOW, of which 32 may be on the way, and ACKs tell of 65."""


@dataclass(frozen=True)
class Trouble:
    """What is done to frames, and what it may cost.

    Attributes:
        name: of it, in messages.
        plan: arguments of :meth:`hil.EdgeServer.impair`.
        cost: frames sent again, at most, for each frame that was.
        images: how many are inferred.
    """

    name: str
    plan: dict[str, Any] = field(hash=False)
    cost: float
    images: int = 3


TROUBLES = (
    Trouble("loss of requests", {"loss": 0.2, "ways": "rx"}, 1.0),
    Trouble("loss of answers", {"loss": 0.2, "ways": "tx"}, 1.0),
    Trouble("frames that come twice", {"duplicate": 0.5}, 0.0),
    Trouble("overtaking", {"reorder": 0.3}, 0.5),
    Trouble("delay into the next message", {"delay": 0.1, "delay_frames": 40}, 1.0),
    Trouble("delay behind a time-out", {"delay": 0.2, "delay_frames": 3}, 1.0),
)


@lossy
@pytest.mark.parametrize("trouble", TROUBLES, ids=lambda each: each.name.replace(" ", "-"))
def test_frames_are_repaired_and_results_stay_exact(
    link: Connection,
    small_board: Board,
    undisturbed: dict[Path, Inference],
    trouble: Trouble,
) -> None:
    edge = impaired_end(link)
    frames = resent = 0
    with edge.impair(**trouble.plan, seed=len(link.via)) as air:
        for digit in list(undisturbed)[: trouble.images]:
            inference = answered(small_board, digit, link.via, trouble.name)
            check_same(inference, undisturbed[digit], trouble.name)
            assert inference.wire is not None
            frames += inference.wire.frames
            resent += inference.wire.resent
    expect(
        resent <= trouble.cost * frames,
        "sent-too-often",
        link=link.via,
        stage=trouble.name,
        expected=f"at most {trouble.cost:g} of {frames} frames sent again",
        got=f"{resent}; {air}",
    )


@pytest.mark.parametrize("ways", get_args(Ways))
def test_an_altered_bit_is_refused_and_leaves_nothing_behind(
    plain_link: Connection, small_board: Board, undisturbed: dict[Path, Inference], ways: Ways
) -> None:
    """Frames have no checksum of their own, messages do (docs/protocol.md, 1.2)."""
    link = plain_link
    if link.edge is None:
        pytest.skip(NOTHING_PASSES)
    first, second = list(undisturbed)[:2]
    with link.edge.impair(corrupt=1, ways=ways, seed=3) as air:
        try:
            found = small_board.infer(first)
        except (BoardRefused, MessageLost) as refusal:
            code = refusal.code
        else:
            code = ""
            check_same(found, undisturbed[first], "altered bits")
    expect(
        code in ("protocol", "edge_lost"),
        "damage-not-noticed",
        link=link.via,
        stage=f"inference of {first.name} with altered bits, {ways}",
        expected="a refusal for its CRC-32 (protocol), or the connection ended (edge_lost)",
        got=f"{code or 'a result'}; {air}",
    )
    if not link.stands():
        small_board.connect(link.edge, link.via, gateway=link.gateway)
    check_same(small_board.infer(second), undisturbed[second], "after altered bits")


@lossy
@pytest.mark.parametrize("ways", ["rx", "tx"])
def test_a_message_beyond_the_window_is_repaired(
    link: Connection, small_board: Board, ways: Ways
) -> None:
    edge = impaired_end(link)
    with edge.impair(loss=0.1, reorder=0.1, ways=ways, seed=2) as air:
        trip = small_board.rtt(LONG)
    expect(
        not trip.lost,
        "loss-not-repaired",
        link=link.via,
        stage=f"an echo of {LONG} bytes",
        expected="it to come back",
        got=f"{trip.code}; {air}",
    )


def test_what_arrives_in_order_is_not_sent_again(link: Connection, small_board: Board) -> None:
    """Slow air behind a fast serial line included: nothing is dropped where nothing is lost."""
    for size in (1, LONG):
        trip = small_board.rtt(size)
        assert trip.wire is not None
        expect(
            trip.wire.resent == 0 and not trip.lost,
            "sent-too-often",
            link=link.via,
            stage=f"an echo of {size} bytes, undisturbed",
            expected="every frame sent once",
            got=f"{trip.wire.resent} of {trip.wire.frames} sent again",
        )


def impaired_end(link: Connection) -> EdgeServer:
    """Return the end of the link that can be impaired, or skip."""
    if link.edge is None:
        pytest.skip(NOTHING_PASSES)
    return link.edge


def answered(board: Board, digit: Path, via: str, trouble: str) -> Inference:
    try:
        return board.infer(digit)
    except MessageLost as lost:
        raise Misbehaviour(
            "loss-not-repaired",
            link=via,
            stage=f"inference of {digit.name}, {trouble}",
            expected="an answer",
            got=f"{lost.code}",
        ) from lost
    except BoardRefused as refusal:
        raise Misbehaviour(
            "repaired-wrongly",
            link=via,
            stage=f"inference of {digit.name}, {trouble}",
            expected="an answer",
            got=f"a refusal: {refusal}",
        ) from refusal
