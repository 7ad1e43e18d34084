# SPDX-License-Identifier: MIT
"""The counters of ``stats``: each moves by what it counts, and by nothing else."""

from pathlib import Path
from typing import Any

import pytest

from hil.board.board import Board
from hil.board.connection import Connection
from hil.console.console import Console
from hil.console.exchange import exchange
from hil.protocol.console.line import Refusal
from hil.pytestplugin.options import Settings
from hil.suite.helpers.console.raw import FIRST, PATIENCE_S, Reply, answered, numbered, say
from hil.symptoms import expect

pytestmark = pytest.mark.hil

OF_MESSAGES = ("tx_messages", "rx_messages", "infer_ok", "infer_err")
OF_FRAMES = ("tx_frames", "tx_bytes", "rx_frames", "rx_bytes", "resent", "polls")
OF_DAMAGE = ("rx_bad_frame", "rx_bad_crc", "rx_bad_chunk", "rx_duplicate", "gw_dropped")
COUNTERS = (*OF_MESSAGES, *OF_FRAMES, *OF_DAMAGE)

OVERHEAD = 28
"""Bytes of a message beside its payload: header, length, model id, CRC."""

ECHO = 100
"""Bytes of a round trip: a frame there and one back on every link."""


STRANGE: tuple[tuple[str, dict[str, Any], str, dict[str, int]], ...] = (
    (
        "a frame of another session",
        {"foreign": 1.0, "foreign_in": ("session",)},
        "foreign",
        {"rx_bad_frame": 1},
    ),
    ("a frame that comes twice", {"duplicate": 1.0}, "duplicated", {"rx_duplicate": 1}),
    ("a frame with a flipped bit", {"corrupt": 1.0}, "corrupted", {"rx_bad_crc": 1}),
)
"""What is done to frames on their way to the board, how that is counted here, and there."""


def counters(console: Console, stage: str) -> Reply:
    return say(console, b"", stage)


def check(stage: str, link: Connection, start: Reply, end: Reply, wanted: dict[str, int]) -> None:
    """Expect counters to have moved by ``wanted``; those that it lacks, not at all."""
    moved = {key: end.count(key) - start.count(key) for key in COUNTERS}
    amiss = [key for key in COUNTERS if moved[key] != wanted.get(key, 0)]
    expect(
        not amiss,
        "miscounted",
        link=link.via,
        stage=stage,
        expected={key: wanted.get(key, 0) for key in amiss},
        got={key: moved[key] for key in amiss},
    )


def cost_of(event: dict[str, str]) -> dict[str, int]:
    """Return how a message and its answer are to be counted, as its event tells."""
    frames, wire, resent = (int(event[key]) for key in ("frames", "wire", "resent"))
    messages = {"tx_messages": 1, "rx_messages": 1}
    return {**messages, "tx_frames": frames, "tx_bytes": wire, "resent": resent}


def as_it_came(start: Reply, end: Reply, *names: str) -> dict[str, int]:
    """Return how counters have moved that the other side decides on."""
    return {name: end.count(name) - start.count(name) for name in names}


def loses(board: Board, settings: Settings) -> bool:
    """Tell whether the air may lose, double or delay frames."""
    return not board.simulated or settings.link is not None


def test_messages_and_frames_are_counted_as_they_pass(
    small_board: Board, link: Connection, digits: list[Path], hil_settings: Settings
) -> None:
    console = small_board.console
    by_air = ["rx_frames", "rx_bytes", "polls"]
    if loses(small_board, hil_settings):
        by_air.append("rx_duplicate")
    small_board.store(small_board.part.input_tensor(digits[0]))
    before = counters(console, "before an inference")
    infer = answered(console, "infer", via=link.via)
    between = counters(console, "behind an inference")
    came = as_it_came(before, between, *by_air)
    check("an inference", link, before, between, {**came, **cost_of(infer), "infer_ok": 1})
    expect(
        came["rx_frames"] > 0 and came["rx_bytes"] > OVERHEAD,
        "miscounted",
        link=link.via,
        stage="an inference",
        expected="the frames and bytes of a RESULT",
        got=came,
    )
    rtt = answered(console, "rtt", via=link.via, size=ECHO)
    after = counters(console, "behind a round trip")
    back = {"rx_frames": int(rtt["frames"]), "rx_bytes": int(rtt["wire"])}  # it is what went out
    if loses(small_board, hil_settings):
        back = as_it_came(between, after, *by_air)
    check("a round trip", link, between, after, {**back, **cost_of(rtt)})


def test_a_failed_inference_is_counted_as_one(
    small_board: Board, link: Connection, digits: list[Path]
) -> None:
    edge, split = link.edge, small_board.part.split
    if edge is None:
        pytest.skip("the tail is on the peer, which cannot be told to refuse.")
    assert split is not None
    console = small_board.console
    small_board.store(small_board.part.input_tensor(digits[0]))
    before = counters(console, "before a refused inference")
    edge.serve(split.tail, split.model_id ^ 1)
    try:
        event = exchange(console, "infer", PATIENCE_S, via=link.via)
    finally:
        edge.serve(split.tail, split.model_id)
    after = counters(console, "behind a refused inference")
    expect(
        event.get("code") == "model_mismatch",
        "refusal-misleads",
        link=link.via,
        stage="an inference that the edge server refuses",
        expected="code model_mismatch",
        got=event,
    )
    came = as_it_came(before, after, *OF_FRAMES)
    wanted = {"tx_messages": 1, "rx_messages": 1, "infer_err": 1}
    check("a refused inference", link, before, after, {**came, **wanted})


@pytest.mark.hil_links("udp", "espnow")
@pytest.mark.parametrize(
    ("what", "plan", "done", "counted"),
    STRANGE,
    ids=[each[0].replace(" ", "-") for each in STRANGE],
)
def test_what_is_amiss_with_frames_is_counted_as_what_it_is(
    small_board: Board,
    plain_link: Connection,
    what: str,
    plan: dict[str, Any],
    done: str,
    counted: dict[str, int],
    hil_settings: Settings,
) -> None:
    link = plain_link
    if loses(small_board, hil_settings):
        pytest.skip("what the air itself loses and doubles is counted, too.")
    if link.edge is None:
        pytest.skip("the tail is on the peer: nothing passes this host that it could impair.")
    console = small_board.console
    before = counters(console, f"before {what}")
    with link.edge.impair(**plan, ways="tx", seed=2) as air:
        exchange(console, "rtt", PATIENCE_S, via=link.via, size=ECHO)
        after = counters(console, f"behind {what}")
    times = getattr(air.tx, done)
    wanted = {key: number * times for key, number in counted.items()}
    messages = {"tx_messages": 1, "rx_messages": 0 if done == "corrupted" else 1}
    came = as_it_came(before, after, *OF_FRAMES)
    check(f"{what}, {times} times", link, before, after, {**came, **messages, **wanted})


def test_a_start_begins_at_nothing(small_board: Board) -> None:
    console = small_board.console
    small_board.reset()
    start = counters(console, "behind a reset")
    moved = {key: start.count(key) for key in COUNTERS if start.count(key)}
    expect(
        not moved,
        "miscounted",
        stage="the first stats behind a reset",
        expected="every counter at 0",
        got=moved,
    )
    for request, code, word in (
        ("link via=tcp state=up", "bad_argument", "edge"),
        ("link via=espnow state=up", "bad_argument", "peer"),
        ("infer via=tcp", "link_down", "link"),
        ("read what=output", "bad_argument", "read"),
        ("read what=activation", "bad_argument", "read"),
    ):
        answers = say(console, numbered(FIRST, request), request).answers
        said = [(each.code, each.message) for each in answers if isinstance(each, Refusal)]
        expect(
            len(said) == 1 and said[0][0] == code and word in said[0][1],
            "unsound-accepted" if not said else "refusal-misleads",
            stage=f"'{request}' behind a reset, which forgets edge server, peer and results",
            expected=f"a refusal with code {code} about '{word}'",
            got=said or answers,
        )
