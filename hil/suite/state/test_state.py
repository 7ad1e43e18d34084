# SPDX-License-Identifier: MIT
"""What an inference leaves behind: nothing that another could take for its own."""

import zlib
from pathlib import Path

import pytest

from hil.board.board import Board
from hil.board.connection import Connection
from hil.edge import EdgeServer
from hil.links import IP_LINKS
from hil.protocol.console.chunk import CHUNK_SIZE
from hil.pytestplugin.options import Settings
from hil.suite.helpers.answers import Answers
from hil.suite.helpers.console.asking import (
    Request,
    ended,
    expect_nothing_to_read,
    outcome,
    read_crc,
    settle,
    together,
)
from hil.suite.helpers.console.uploads import announce_image, imaged, pieces, push, push_all
from hil.suite.helpers.expecting import expect_equal
from hil.suite.helpers.link.line import Line
from hil.suite.helpers.link.linking import connect_again

pytestmark = pytest.mark.hil

NOT_TIMED = "whether a real board reads a line in the middle of its work cannot be told."


def test_each_image_has_its_own_answer_and_activation(
    link: Connection, small_board: Board, digits: list[Path], answers: Answers
) -> None:
    console = small_board.console
    for digit in (digits[0], digits[1], digits[0]):
        small_board.store(small_board.part.input_tensor(digit))
        event = outcome(console, via=link.via, output=1)
        answers.check(event, digit, "other-answer", stage=f"infer on {digit.name}", link=link.via)
        for what in ("activation", "output"):
            found, right = read_crc(console, what), answers.crc(digit, what)
            stage = f"CRC-32 of the {what} of {digit.name}"
            expect_equal(found, right, "other-answer", stage, link.via)
    event = outcome(console, via=link.via, output=0)
    answers.check(event, digits[0], "other-answer", stage="infer output=0", link=link.via)
    expect_nothing_to_read(console, "output", "after infer output=0", link.via)


def test_only_a_whole_image_is_inferred_on(
    small_board: Board, digits: list[Path], answers: Answers
) -> None:
    console = small_board.console
    link = small_board.connection
    assert link is not None
    images = [small_board.part.input_tensor(digit).tobytes() for digit in digits[:3]]
    chunks = pieces(images[1])
    small_board.reboot()
    connect_again(small_board, link)

    def refused(wanted: str, stage: str) -> None:
        code = ended(outcome(console, via=link.via, output=1))
        expect_equal(code, wanted, "other-answer", f"infer {stage}", link.via)

    refused("no_image", "after a start")
    for what in ("activation", "output"):
        expect_nothing_to_read(console, what, "after a start", link.via)
    for wrong in (images[0][:-1], images[0] + b"\0", b""):
        code = announce_image(console, wrong)
        expect_equal(code, "image_size", "not-refused", f"image of {len(wrong)} bytes")
    refused("no_image", "when only images of other sizes were announced")
    expect_equal(announce_image(console, images[1]), "ok", "chunk-misjudged", "image")
    refused("busy", "when an image is announced")
    said = push(console, "image", *chunks[:2])
    expect_equal(said, ["next=1024", "next=2048"], "chunk-misjudged", "two chunks")
    bad = settle(console)["rx_bad_chunk"]
    strays = {
        "a chunk that has come already": (chunks[1], False),
        "the chunk after the next": (chunks[3], False),
        "a chunk with a flipped bit": (chunks[2], True),
        "a chunk beyond the end": ((len(images[1]), b"\0"), False),
    }
    for name, (chunk, flip) in strays.items():
        said = push(console, "image", chunk, flip=flip)
        expect_equal(said, ["next=2048"], "chunk-misjudged", name)
        refused("busy", f"after {name}")
    dropped = settle(console)["rx_bad_chunk"] - bad
    expect_equal(dropped, len(strays), "miscounted", "rx_bad_chunk of chunks that are not the next")
    rest = push_all(console, "image", chunks[2:])
    expect_equal(rest, "ok", "chunk-misjudged", "the rest of the image")
    event = outcome(console, via=link.via, output=1)
    answers.check(
        event, digits[1], "other-answer", stage="infer on what came in pieces", link=link.via
    )
    said = push(console, "image", chunks[-1])
    expect_equal(said, [f"next={len(images[1])}", "ok"], "chunk-misjudged", "its last chunk again")
    expect_equal(announce_image(console, images[1]), "ok", "chunk-misjudged", "the same image")
    refused("busy", "when the same image is announced once more")
    damaged = images[2][:-1] + bytes([images[2][-1] ^ 1])
    expect_equal(announce_image(console, images[2]), "ok", "chunk-misjudged", "another image")
    said = push(console, "image", (0, damaged[:CHUNK_SIZE]))
    refused("busy", "when another image has begun")
    code = push_all(console, "image", pieces(damaged)[1:])
    expect_equal(code, "image_crc", "chunk-misjudged", "an image with a flipped bit")
    refused("no_image", "after an image with a flipped bit")
    code = imaged(console, images[2])
    expect_equal(code, "ok", "chunk-misjudged", "the next whole image")
    event = outcome(console, via=link.via, output=1)
    answers.check(
        event, digits[2], "other-answer", stage="infer on the next whole image", link=link.via
    )
    small_board.store(small_board.part.input_tensor(digits[0]))
    event = outcome(console, via=link.via, output=1)
    answers.check(event, digits[0], "other-answer", stage="infer after all that", link=link.via)


def test_an_abandoned_inference_leaves_nothing_behind(
    small_board: Board, hil_settings: Settings, digits: list[Path], answers: Answers
) -> None:
    if not small_board.simulated:
        pytest.skip(NOT_TIMED)
    console = small_board.console
    for via, edge in ip_links(small_board, hil_settings):
        small_board.connect(edge, via)
        small_board.store(small_board.part.input_tensor(digits[0]))
        event = outcome(console, via=via, output=1)
        answers.check(event, digits[0], "other-answer", stage="infer before it", link=via)
        before = settle(console)
        console.forget("infer")
        console.forget("link")
        infer: Request = ("infer", {"via": via, "output": 1})
        down: Request = ("link", {"via": via, "state": "down"})
        up: Request = ("link", {"via": via, "state": "up"})
        said = together(console, infer, down, up)
        stage = "link state=down, and up again, while the model runs"
        expect_equal(said, ["ok", "ok", "busy"], "not-refused", stage, via)
        small_board.disconnect()
        code = ended(console.next_event("infer") or {})
        expect_equal(code, "link_down", "other-answer", "infer whose link goes down", via)
        code = ended(outcome(console, via=via, output=1))
        expect_equal(code, "link_down", "not-refused", "infer on a link that is down", via)
        for what in ("activation", "output"):
            expect_nothing_to_read(console, what, "after an abandoned inference", via)
        moved = settle(console)
        errors = {key: moved[key] - before[key] for key in ("infer_ok", "infer_err")}
        expect_equal(errors, {"infer_ok": 0, "infer_err": 1}, "miscounted", "stats after it", via)
        small_board.connect(edge, via)
        small_board.store(small_board.part.input_tensor(digits[1]))
        event = outcome(console, via=via, output=1)
        stage = "infer after an abandoned one"
        answers.check(event, digits[1], "other-answer", stage=stage, link=via)


def test_an_answer_that_is_cut_off_leaves_nothing_behind(
    small_board: Board, hil_settings: Settings, digits: list[Path], answers: Answers
) -> None:
    console = small_board.console
    for via, edge in ip_links(small_board, hil_settings):
        small_board.connect(edge, via)
        small_board.store(small_board.part.input_tensor(digits[0]))
        event = outcome(console, via=via, output=1)
        answers.check(event, digits[0], "other-answer", stage="infer before it", link=via)
        with edge.impair(drop_connection="answer"):
            code = ended(outcome(console, via=via, output=1))
        unknown = Line(small_board, via).unknown
        expect_equal(code, unknown, "other-answer", "infer whose answer is cut off", via)
        expect_nothing_to_read(console, "output", "after an answer that was cut off", via)
        small_board.connect(edge, via)
        small_board.store(small_board.part.input_tensor(digits[1]))
        event = outcome(console, via=via, output=1)
        stage = "infer after one whose answer was cut off"
        answers.check(event, digits[1], "other-answer", stage=stage, link=via)


def ip_links(board: Board, settings: Settings) -> list[tuple[str, EdgeServer]]:
    """Return the links of a run that come and go in milliseconds, each with the edge server."""
    assert board.connection is not None
    edge = board.connection.edge
    if edge is None:
        pytest.skip("the peer runs the tail: its links take seconds to come and go.")
    return [(via, edge) for via in settings.via if via in IP_LINKS]


def test_what_a_board_is_busy_with_is_not_disturbed(
    small_board: Board, digits: list[Path], answers: Answers
) -> None:
    if not small_board.simulated:
        pytest.skip(NOT_TIMED)
    console = small_board.console
    assert small_board.connection is not None
    via = small_board.connection.via
    small_board.store(small_board.part.input_tensor(digits[2]))
    infer: Request = ("infer", {"via": via, "output": 1})
    read: Request = ("read", {"what": "activation"})
    update: Request = ("update", {"what": "model", "size": 5000, "sha256": "0" * 64})
    disturbing: list[Request] = [
        infer,
        read,
        update,
        ("rtt", {"via": via, "size": 100}),
        ("link", {"via": via, "state": "up"}),
        ("role", {"set": "gateway"}),
    ]
    console.forget("infer")
    said = together(console, infer, *disturbing)
    expect_equal(said, ["ok", *["busy"] * 6], "not-refused", "requests during an inference", via)
    event = console.wait_event("infer", 5)
    answers.check(event, digits[2], "other-answer", stage="infer that was disturbed", link=via)
    console.forget_chunks()
    said = together(console, read, infer, read, update)
    expect_equal(said, ["ok", *["busy"] * 3], "not-refused", "requests during a read", via)
    found = b""
    while len(found) < int(event["act_len"]):
        found += console.take_chunk(5).data
    right = answers.crc(digits[2], "activation")
    expect_equal(
        f"{zlib.crc32(found):08x}", right, "other-answer", "a read that was disturbed", via
    )
