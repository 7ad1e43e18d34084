# SPDX-License-Identifier: MIT
"""What an inference leaves behind: nothing that another could take for its own."""

import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hil.board.board import Board
from hil.board.connection import Connection
from hil.board.link import bring_up, take_down
from hil.console.memory import BoardMemory
from hil.console.transfer import read_blob, write_image
from hil.edge.session import EdgeSession
from hil.edge.store import EdgeRecord
from hil.edge.tail import TailInfo
from hil.firmware.build import FirmwareBuild
from hil.links import IP_LINKS
from hil.model.tflite.verify import verify
from hil.protocol import ErrorCode, Message
from hil.protocol.console.chunk import CHUNK_SIZE
from hil.pytestplugin.options import Settings
from hil.sim.kernels import open_runner
from hil.suite.answers import Answers
from hil.suite.asking import asked, ended, outcome, settle, together
from hil.suite.memory_log import MemoryLog
from hil.suite.uploads import announce_image, pieces, push, push_all
from hil.symptoms import expect

pytestmark = pytest.mark.hil

OTHER = "other-answer"
REFUSAL = "not-refused"
COUNT = "wrong-count"

OUTPUT_BEYOND = 20_000
"""Bytes of an output vector that no board has room for."""


@pytest.fixture
def answers(small_board: Board, digits: list[Path]) -> Answers:
    return Answers(small_board, digits[:3])


def store(board: Board, image: Path) -> None:
    """Put an image on the board, unless it is the one that was put there last."""
    board.store(board.part.input_tensor(image))


def connect_again(board: Board, link: Connection) -> None:
    to = link.edge or link.tail
    assert to is not None
    board.connect(to, link.via, gateway=link.gateway)


def expect_word(said: object, wanted: object, symptom: str, stage: str, link: str = "") -> None:
    expect(said == wanted, symptom, link=link, stage=stage, expected=wanted, got=said)


def expect_nothing_to_read(board: Board, what: str, stage: str, link: str) -> None:
    code = asked(board.console, "read", what=what)
    expect_word(code, "bad_argument", OTHER, f"read what={what} {stage}", link)


def test_each_image_has_its_own_answer_and_activation(
    link: Connection, small_board: Board, digits: list[Path], answers: Answers
) -> None:
    console = small_board.console
    for digit in (digits[0], digits[1], digits[0]):
        store(small_board, digit)
        before = settle(console)
        event = outcome(console, via=link.via, output=1)
        after = settle(console)
        answers.check(event, digit, OTHER, stage=f"infer on {digit.name}", link=link.via)
        expect_counted(before, after, event, link.via)
        for what in ("activation", "output"):
            found = zlib.crc32(read_blob(console, what))
            right = answers.crc(digit, what)
            expect_word(found, right, OTHER, f"CRC-32 of the {what} of {digit.name}", link.via)
    event = outcome(console, via=link.via, output=0)
    answers.check(event, digits[0], OTHER, stage="infer output=0", link=link.via)
    expect_nothing_to_read(small_board, "output", "after infer output=0", link.via)


def expect_counted(
    before: dict[str, int], after: dict[str, int], event: dict[str, str], link: str
) -> None:
    """Compare what `stats` has counted with what one inference says it took."""
    moved = {key: after[key] - before[key] for key in before}
    wanted = {
        "infer_ok": 1,
        "infer_err": 0,
        "tx_messages": 1,
        "rx_messages": 1,
        "rx_bad_chunk": 0,
        "gw_dropped": 0,
        "resent": int(event["resent"]),
    }
    if not moved["resent"] and not moved["rx_duplicate"]:  # else some may go out behind its end
        wanted |= {"tx_frames": int(event["frames"]), "tx_bytes": int(event["wire"])}
    got = {key: moved[key] for key in wanted}
    expect(got == wanted, COUNT, link=link, stage="stats after one", expected=wanted, got=got)
    least = {"rx_frames": 1, "rx_bytes": int(event["out_len"]), "uptime_us": int(event["total_us"])}
    for key, value in least.items():
        holds = moved[key] >= value
        stage = f"{key} of one inference"
        expect(holds, COUNT, link=link, stage=stage, expected=f"{value} or more", got=moved[key])


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
        expect_word(code, wanted, OTHER, f"infer {stage}", link.via)

    refused("no_image", "after a start")
    for what in ("activation", "output"):
        expect_nothing_to_read(small_board, what, "after a start", link.via)
    for wrong in (images[0][:-1], images[0] + b"\0", b""):
        code = announce_image(console, wrong)
        expect_word(code, "image_size", REFUSAL, f"image of {len(wrong)} bytes")
    refused("no_image", "when only images of other sizes were announced")
    expect_word(announce_image(console, images[1]), "ok", "upload-trouble", "image")
    refused("busy", "when an image is announced")
    said = push(console, "image", *chunks[:2])
    expect_word(said, ["next=1024", "next=2048"], "upload-trouble", "two chunks")
    bad = settle(console)["rx_bad_chunk"]
    strays = {
        "a chunk that has come already": (chunks[1], False),
        "the chunk after the next": (chunks[3], False),
        "a chunk with a flipped bit": (chunks[2], True),
        "a chunk beyond the end": ((len(images[1]), b"\0"), False),
    }
    for name, (chunk, flip) in strays.items():
        said = push(console, "image", chunk, flip=flip)
        expect_word(said, ["next=2048"], "upload-trouble", name)
        refused("busy", f"after {name}")
    dropped = settle(console)["rx_bad_chunk"] - bad
    expect_word(dropped, len(strays), COUNT, "rx_bad_chunk of chunks that are not the next")
    rest = push_all(console, "image", chunks[2:])
    expect_word(rest, "ok", "upload-trouble", "the rest of the image")
    event = outcome(console, via=link.via, output=1)
    answers.check(event, digits[1], OTHER, stage="infer on what came in pieces", link=link.via)
    said = push(console, "image", chunks[-1])
    expect_word(said, [f"next={len(images[1])}", "ok"], "upload-trouble", "its last chunk again")
    damaged = images[2][:-1] + bytes([images[2][-1] ^ 1])
    expect_word(announce_image(console, images[2]), "ok", "upload-trouble", "another image")
    said = push(console, "image", (0, damaged[:CHUNK_SIZE]))
    refused("busy", "when another image has begun")
    code = push_all(console, "image", pieces(damaged)[1:])
    expect_word(code, "image_crc", "upload-trouble", "an image with a flipped bit")
    refused("no_image", "after an image with a flipped bit")
    write_image(console, images[2])
    event = outcome(console, via=link.via, output=1)
    answers.check(event, digits[2], OTHER, stage="infer on the next whole image", link=link.via)
    store(small_board, digits[0])
    event = outcome(console, via=link.via, output=1)
    answers.check(event, digits[0], OTHER, stage="infer after all that", link=link.via)


def test_an_abandoned_inference_leaves_nothing_behind(
    small_board: Board, hil_settings: Settings, digits: list[Path], answers: Answers
) -> None:
    console = small_board.console
    link = small_board.connection
    assert link is not None
    if link.edge is None:
        pytest.skip("the peer runs the tail: its links take seconds to come and go.")
    for via in [each for each in hil_settings.via if each in IP_LINKS]:
        small_board.connect(link.edge, via)
        store(small_board, digits[0])
        event = outcome(console, via=via, output=1)
        answers.check(event, digits[0], OTHER, stage="infer before it", link=via)
        before = settle(console)
        console.forget("infer")
        console.forget("link")
        arguments = {"via": via, "output": 1}
        said = together(console, ("infer", arguments), ("link", {"via": via, "state": "down"}))
        expect_word(said, ["ok", "ok"], REFUSAL, "infer, and link state=down at once", via)
        console.wait_event("link", 5, via=via, state="down")
        small_board.disconnect()
        event = console.wait_event("infer", 5)
        expect_word(ended(event), "link_down", OTHER, "infer whose link goes down", via)
        code = ended(outcome(console, via=via, output=1))
        expect_word(code, "link_down", REFUSAL, "infer on a link that is down", via)
        for what in ("activation", "output"):
            expect_nothing_to_read(small_board, what, "after an abandoned inference", via)
        moved = settle(console)
        errors = {key: moved[key] - before[key] for key in ("infer_ok", "infer_err")}
        expect_word(errors, {"infer_ok": 0, "infer_err": 1}, COUNT, "stats after it", via)
        small_board.connect(link.edge, via)
        store(small_board, digits[1])
        event = outcome(console, via=via, output=1)
        answers.check(event, digits[1], OTHER, stage="infer after an abandoned one", link=via)


def test_what_a_board_is_busy_with_is_not_disturbed(
    small_board: Board, digits: list[Path], answers: Answers
) -> None:
    if not small_board.simulated:
        pytest.skip("when a real board reads a line in the middle of its work cannot be told.")
    console = small_board.console
    assert small_board.connection is not None
    via = small_board.connection.via
    store(small_board, digits[2])
    infer = ("infer", {"via": via, "output": 1})
    disturbing = [
        infer,
        ("read", {"what": "activation"}),
        ("rtt", {"via": via, "size": 100}),
        ("link", {"via": via, "state": "up"}),
        ("update", {"what": "model", "size": 5000, "sha256": "0" * 64}),
        ("role", {"set": "gateway"}),
    ]
    console.forget("infer")
    said = together(console, infer, *disturbing)
    expect_word(said, ["ok", *["busy"] * 6], REFUSAL, "requests during an inference", via)
    event = console.wait_event("infer", 5)
    answers.check(event, digits[2], OTHER, stage="infer that was disturbed", link=via)
    console.forget_chunks()
    read = ("read", {"what": "activation"})
    said = together(console, read, infer, read, disturbing[4])
    expect_word(said, ["ok", *["busy"] * 3], REFUSAL, "requests during a read", via)
    chunks = console.take_chunk(5).data
    while len(chunks) < small_board.part.split.cut.bytes:
        chunks += console.take_chunk(5).data
    right = answers.crc(digits[2], "activation")
    expect_word(zlib.crc32(chunks), right, OTHER, "a read that was disturbed", via)


Lie = Callable[[Message], Message]


def changed(at: int, value: bytes) -> Lie:
    """Return what puts a value into RESULT's payload."""

    def lie(answer: Message) -> Message:
        payload = bytearray(answer.payload)
        payload[at : at + len(value)] = value
        return answer._replace(payload=bytes(payload))

    return lie


def cut_off(answer: Message) -> Message:
    return answer._replace(payload=answer.payload[:-1])


def drawn_out(answer: Message) -> Message:
    return answer._replace(payload=answer.payload + b"\0")


def flipped(answer: Message) -> Message:
    payload = answer.payload
    return answer._replace(payload=payload[:-1] + bytes([payload[-1] ^ 1]))


def anothers(answer: Message) -> Message:
    return answer._replace(model_id=answer.model_id ^ 1)


def too_large(answer: Message) -> Message:
    vector = bytes(OUTPUT_BEYOND)
    described = struct.pack("<II", len(vector), zlib.crc32(vector))
    return answer._replace(payload=answer.payload[:64] + described + vector)


LIES: dict[str, tuple[Lie, str]] = {
    "six best classes": (changed(0, b"\6"), "protocol"),
    "scores of no known type": (changed(1, b"\4"), "protocol"),
    "scores of type 0": (changed(1, b"\0"), "protocol"),
    "a class beyond the last": (changed(4, struct.pack("<H", 1000)), "protocol"),
    "a fifth class beyond the last": (changed(36, b"\xff\xff"), "protocol"),
    "an output that is a byte short": (cut_off, "protocol"),
    "an output that is a byte too long": (drawn_out, "protocol"),
    "a flipped bit in the output": (flipped, "protocol"),
    "half of the fixed part": (
        lambda answer: answer._replace(payload=answer.payload[:36]),
        "protocol",
    ),
    "no payload": (lambda answer: answer._replace(payload=b""), "protocol"),
    "another model": (anothers, "model_mismatch"),
    "an output larger than the board's memory for it": (too_large, "tensor_size"),
}
"""What an edge server may say by mistake, and the code of what a board makes of it."""


def test_an_answer_that_cannot_be_is_refused_and_leaves_nothing_behind(
    small_board: Board, digits: list[Path], answers: Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    console = small_board.console
    link = small_board.connection
    assert link is not None
    if link.edge is None:
        pytest.skip("a peer cannot be made to say what is wrong.")
    store(small_board, digits[0])
    event = outcome(console, via=link.via, output=1)
    answers.check(event, digits[0], OTHER, stage="infer before it", link=link.via)
    store(small_board, digits[1])
    before = settle(console)
    result = EdgeSession.result
    for name, (lie, code) in LIES.items():

        def lying(*arguments: Any, lie: Lie = lie) -> Message:
            return lie(result(*arguments))

        with monkeypatch.context() as patch:
            patch.setattr(EdgeSession, "result", lying)
            event = outcome(console, via=link.via, output=1)
        stage = f"an answer with {name}"
        expect_word(ended(event), code, "bad-answer-taken", stage, link.via)
        expect_nothing_to_read(small_board, "output", f"after {stage}", link.via)
    with monkeypatch.context() as patch:
        patch.setattr(EdgeSession, "result", refusing)
        event = outcome(console, via=link.via, output=1)
    expect_word(ended(event), "invoke", "bad-answer-taken", "an edge that fails", link.via)
    moved = settle(console)
    got = {key: moved[key] - before[key] for key in ("infer_ok", "infer_err")}
    wanted = {"infer_ok": 0, "infer_err": len(LIES) + 1}
    expect_word(got, wanted, COUNT, "stats after failed inferences", link.via)
    event = outcome(console, via=link.via, output=1)
    answers.check(event, digits[1], OTHER, stage="infer after wrong answers", link=link.via)


def refusing(session: EdgeSession, request: Message, tail: TailInfo, record: EdgeRecord) -> Message:
    return session.refuse(request, tail, ErrorCode.INVOKE, "The tail could not be run.")


def test_a_start_forgets_all_that_was(
    small_board: Board, digits: list[Path], answers: Answers
) -> None:
    console = small_board.console
    link = small_board.connection
    assert link is not None
    store(small_board, digits[0])
    small_board.reboot()
    counted = settle(console)
    zero = [key for key in COUNTERS if counted[key] != 0]
    expect(not zero, COUNT, stage="stats after a start", expected="all 0", got=zero)
    expect_word(ended(outcome(console, via=link.via)), "link_down", OTHER, "infer after a start")
    connect_again(small_board, link)
    store(small_board, digits[1])
    event = outcome(console, via=link.via, output=1)
    answers.check(event, digits[1], OTHER, stage="infer after a start", link=link.via)
    trip = small_board.rtt(len(small_board.part.input_tensor(digits[1]).tobytes()))
    expect_word(trip.lost, False, OTHER, "rtt", link.via)
    event = outcome(console, via=link.via, output=1)
    answers.check(event, digits[1], OTHER, stage="infer after a round trip", link=link.via)


COUNTERS = (
    "rx_bad_frame",
    "rx_bad_crc",
    "rx_bad_chunk",
    "tx_messages",
    "rx_messages",
    "infer_ok",
    "infer_err",
    "tx_frames",
    "tx_bytes",
    "rx_frames",
    "rx_bytes",
    "resent",
    "polls",
    "rx_duplicate",
    "gw_dropped",
)


def test_figures_with_a_known_value_have_it(small_board: Board, firmware: FirmwareBuild) -> None:
    info, part = small_board.refresh(), small_board.part
    assert part.cut is not None
    source = part.model.input
    wanted = {
        "role": "head",
        "slot": "ok",
        "model_id": part.model_id,
        "name": part.model.name,
        "cut": part.cut.short_name,
        "input": f"{source.dtype}:{'x'.join(map(str, source.shape))}",
        "output": f"{part.cut.dtype}:{'x'.join(map(str, part.cut.shape))}",
        "app": firmware.app_partition.name,
        "model_slot": firmware.model_slot().name,
        "trial": "none",
        "test_build": False,
    }
    got = {key: getattr(info, key) for key in wanted}
    expect_word(got, wanted, "wrong-figure", "info")


def test_the_arena_is_what_the_model_under_test_takes(board: Board) -> None:
    expect_arena(board)


def test_the_arena_is_what_the_small_model_takes(small_board: Board) -> None:
    expect_arena(small_board)


def expect_arena(board: Board) -> None:
    """Compare the arena that a board tells with what its model needs.

    A chip's TFLM has smaller pointers than this host's: there only the tensors are known.
    """
    info, model = board.refresh(), board.part.flatbuffer
    graph = verify(model)
    needed = max(
        sum(
            graph.tensors[each].bytes
            for each in {*operator.inputs, operator.output}
            if each >= 0 and graph.tensors[each].data is None
        )
        for operator in graph.operators
    )
    stage = f"arena_used of {board.part.title}"
    wanted = f"{needed} to {info.arena}"
    holds = needed <= info.arena_used <= info.arena
    expect(holds, "arena-misreported", stage=stage, expected=wanted, got=info.arena_used)
    if info.simulated and (used := open_runner(model, info.arena).arena_used):
        expect_word(info.arena_used, used, "arena-misreported", stage)


def test_memory_has_its_place(small_board: Board) -> None:
    info = small_board.refresh()
    memory = BoardMemory.parse(small_board.console.request("stats"))
    for name in ("heap", "dma", "psram"):
        region = getattr(memory, name)
        if region is None:
            continue
        holds = 0 < region.least <= region.free
        expect_figure(holds, f"{name}_least", f"at most {region.free}, which is free", region.least)
        if region.block is not None:
            holds = region.block <= region.free
            expect_figure(holds, f"{name}_block", f"at most {region.free}", region.block)
    if memory.psram is not None:
        most = info.psram - info.arena
        expect_figure(
            memory.psram.free <= most,
            "psram_free",
            f"at most {most}, the arena being in it",
            memory.psram.free,
        )


def expect_figure(holds: bool, stage: str, expected: object, got: object) -> None:
    expect(holds, "wrong-figure", stage=stage, expected=expected, got=got)


TURNS = 50


def test_links_that_come_and_go_leave_memory_where_it_was(
    small_board: Board, hil_settings: Settings, digits: list[Path], answers: Answers
) -> None:
    console = small_board.console
    connection = small_board.connection
    assert connection is not None
    quick = [via for via in hil_settings.via if via in IP_LINKS]
    if connection.edge is None or not quick:
        pytest.skip("links of radios take seconds to come and go.")
    via = quick[-1]
    small_board.connect(connection.edge, via)
    store(small_board, digits[0])
    log = MemoryLog()
    for turn in range(TURNS):
        take_down(console, via)
        bring_up(console, via)
        event = outcome(console, via=via, output=0)
        stage = f"infer on link {turn + 1}"
        answers.check(event, digits[0], OTHER, stage=stage, link=via)
        log.sample(small_board, turn)
    log.check("links that came and went, with one inference each", via)


def test_inferences_leave_memory_where_it_was(memory_log: MemoryLog, small_board: Board) -> None:
    memory_log.sample(small_board)
    memory_log.check("inferences of this session")
