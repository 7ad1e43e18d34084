# SPDX-License-Identifier: MIT
"""Updates that are refused, broken off or out of order, after which the old one runs."""

import hashlib
from pathlib import Path

import pytest

from hil.board.board import Board
from hil.firmware.build import FirmwareBuild
from hil.protocol.console.chunk import CHUNK_SIZE
from hil.protocol.slot import HEADER_SIZE
from hil.suite.helpers.answers import Answers
from hil.suite.helpers.console.asking import asked, ended, outcome, settle
from hil.suite.helpers.console.damage import wrong_applications, wrong_models
from hil.suite.helpers.console.uploads import (
    announce_image,
    announce_update,
    imaged,
    pieces,
    push,
    push_all,
    updated,
)
from hil.suite.helpers.expecting import expect_equal, runs

pytestmark = pytest.mark.hil


def test_what_cannot_be_an_update_is_refused(
    two_slots: None, small_board: Board, firmware: FirmwareBuild, slot: bytes
) -> None:
    console, before = small_board.console, runs(small_board.info)
    digest = hashlib.sha256(slot).hexdigest()
    sound: dict[str, str | int] = {"what": "model", "size": len(slot), "sha256": digest}
    beyond = firmware.model_slot(1).size + 1
    wrong: list[tuple[str, dict[str, str | int]]] = [
        ("of a kind that there is not", sound | {"what": "nvs"}),
        ("of no size", {key: sound[key] for key in ("what", "sha256")}),
        ("of 0 bytes", sound | {"size": 0}),
        ("of a size that is no number", sound | {"size": "0x100"}),
        ("of a header alone", sound | {"size": HEADER_SIZE}),
        ("larger than its partition", sound | {"size": beyond}),
        ("of an application larger than its partition", sound | {"what": "app", "size": beyond}),
        ("without SHA-256", {key: sound[key] for key in ("what", "size")}),
        ("with half a SHA-256", sound | {"sha256": digest[:32]}),
        ("with a SHA-256 that is a digit too long", sound | {"sha256": digest + "0"}),
        ("with a SHA-256 that is no hexadecimal", sound | {"sha256": digest[:-1] + "g"}),
        ("confirmed, where no model is on trial", {"what": "model", "confirm": 1}),
        ("confirmed, where no application is on trial", {"what": "app", "confirm": 1}),
        ("unconfirmed", {"what": "model", "confirm": 0}),
        ("confirmed and announced", sound | {"confirm": 1}),
    ]
    for name, arguments in wrong:
        code = asked(console, "update", **arguments)
        expect_equal(code, "bad_argument", "bad-update-taken", f"an update {name}")
    said = push(console, "update", pieces(slot)[0])
    expect_equal(said, [], "bad-update-taken", "a chunk of an update that was not announced")
    code = announce_update(console, "model", slot)
    expect_equal(code, "ok", "update-refused", "an update")
    code = asked(console, "update", **sound | {"size": beyond})
    expect_equal(code, "bad_argument", "bad-update-taken", "one that is too large in its place")
    said = push(console, "update", pieces(slot)[0])
    expect_equal(said, [], "bad-update-taken", "a chunk of what gave way to one too large")
    small_board.reboot()
    found = runs(small_board.info)
    expect_equal(found, before, "bad-update-taken", "a start after refused updates")
    expect_equal(asked(console, "role", set="gateway"), "ok", "not-refused", "role set=gateway")
    code = asked(console, "update", **sound)
    expect_equal(code, "not_supported_in_role", "bad-update-taken", "an update of a gateway")
    expect_equal(asked(console, "role", set="model"), "ok", "not-refused", "role set=model")


def test_an_update_that_is_not_right_is_refused_and_the_old_one_runs(
    two_slots: None,
    small_board: Board,
    firmware: FirmwareBuild,
    slot: bytes,
    digits: list[Path],
    answers: Answers,
) -> None:
    console, before = small_board.console, runs(small_board.info)
    assert small_board.connection is not None
    via = small_board.connection.via
    small_board.store(small_board.part.input_tensor(digits[0]))
    applications = wrong_applications(firmware.files[-1].data)
    if not small_board.simulated:  # an application takes a chip a quarter of a minute
        applications = dict([*applications.items()][:1])
    updates = wrong_models(slot) | applications
    updates["a model as application"] = "app", slot, slot, "update_invalid"
    for name, (what, announced, came, code) in updates.items():
        said = announce_update(console, what, announced)
        expect_equal(said, "ok", "update-refused", f"update with {name}")
        # In chunks that do not end where the header does.
        verdict = push_all(console, "update", pieces(came, 1000))
        expect_equal(verdict, code, "bad-update-taken", f"an update of {name}")
        late = push(console, "update", (len(came) - 1, came[-1:]))
        expect_equal(late, [], "bad-update-taken", f"a chunk behind an update of {name}")
    event = outcome(console, via=via, output=1)
    answers.check(event, digits[0], "update-refused", stage="infer after refused ones", link=via)
    small_board.reboot()
    found = runs(small_board.info)
    expect_equal(found, before, "bad-update-taken", "a start after refused updates")


def test_an_update_that_is_cut_off_changes_nothing(
    two_slots: None, small_board: Board, slot: bytes, digits: list[Path], answers: Answers
) -> None:
    console, before = small_board.console, runs(small_board.info)
    assert small_board.connection is not None
    via = small_board.connection.via
    chunks = pieces(slot)
    image = small_board.part.input_tensor(digits[1]).tobytes()

    def announce(stage: str) -> None:
        said = announce_update(console, "model", slot)
        expect_equal(said, "ok", "update-refused", f"update {stage}")

    small_board.store(small_board.part.input_tensor(digits[0]))
    for count in (0, 1, 3, 4, 5, len(chunks) // 2, len(chunks) - 1):
        stage = f"cut off at chunk {count} of {len(chunks)}"
        announce(stage)
        said = push_all(console, "update", chunks[:count])
        expect_equal(said, f"next={1024 * count}" if count else "", "update-refused", stage)
        code = asked(console, "infer", via=via)
        expect_equal(code, "busy", "not-refused", f"infer in an update {stage}", via)
        code = asked(console, "rtt", via=via, size=100)
        expect_equal(code, "busy", "not-refused", f"rtt in an update {stage}", via)
    said = announce_image(console, image)
    expect_equal(said, "ok", "chunk-misjudged", "an image in place of an update")
    late = push(console, "update", chunks[-1])
    expect_equal(late, [], "bad-update-taken", "the last chunk, behind an image")
    code = asked(console, "infer", via=via)
    expect_equal(code, "busy", "not-refused", "infer in an image", via)
    announce("in place of an image")
    late = push(console, "image", (0, image[:CHUNK_SIZE]))
    expect_equal(late, [], "chunk-misjudged", "a chunk of the image, behind an update")
    said = push_all(console, "update", pieces(bytes(HEADER_SIZE)))
    expect_equal(said, "update_invalid", "bad-update-taken", "an update of zeros")
    said = updated(console, "model", slot)
    expect_equal(said, "ok", "update-refused", "a whole update behind those cut off")
    code = ended(outcome(console, via=via))
    expect_equal(code, "no_image", "other-answer", "infer after an image that was given up", via)
    said = imaged(console, image)
    expect_equal(said, "ok", "chunk-misjudged", "a whole image behind updates cut off")
    event = outcome(console, via=via, output=1)
    answers.check(event, digits[1], "update-refused", stage="infer after updates", link=via)
    announce("before a start")
    push_all(console, "update", chunks[:-1])
    small_board.reboot()
    found = runs(small_board.info)
    expect_equal(found, before, "bad-update-taken", "a start in the middle of an update")
    late = push(console, "update", chunks[-1])
    expect_equal(late, [], "bad-update-taken", "the last chunk, behind a start")


def test_chunks_out_of_order_are_dropped(two_slots: None, small_board: Board, slot: bytes) -> None:
    console, before = small_board.console, runs(small_board.info)
    chunks = pieces(slot, 1000)
    expect_equal(announce_update(console, "model", slot), "ok", "update-refused", "update")
    said = push(console, "update", *chunks[:6])
    expect_equal(
        said, [f"next={1000 * (i + 1)}" for i in range(6)], "chunk-misjudged", "six chunks"
    )
    bad = settle(console)["rx_bad_chunk"]
    strays = {
        "a chunk that has come already": (chunks[5], False),
        "the first chunk again": (chunks[0], False),
        "the chunk after the next": (chunks[7], False),
        "a chunk with a flipped bit": (chunks[6], True),
        "a chunk of no bytes": ((6000, b""), False),
        "a chunk beyond the end": ((len(slot), b"\0"), False),
    }
    for name, (chunk, flipped) in strays.items():
        said = push(console, "update", chunk, flip=flipped)
        expect_equal(said, ["next=6000"], "chunk-misjudged", name)
    push_all(console, "update", chunks[6:-1])
    at, last = chunks[-1]
    said = push(console, "update", (at, last + b"\0"))
    expect_equal(said, [f"next={at}"], "chunk-misjudged", "a last chunk that is a byte too long")
    dropped = settle(console)["rx_bad_chunk"] - bad
    wanted = len(strays) + 1
    expect_equal(dropped, wanted, "miscounted", "rx_bad_chunk of chunks that are not the next")
    end = f"next={len(slot)}"
    said = push(console, "update", chunks[-1])
    expect_equal(said, [end, "ok"], "chunk-misjudged", "the last chunk")
    said = push(console, "update", chunks[-1])
    expect_equal(said, [end, "ok"], "chunk-misjudged", "the last chunk again")
    small_board.reset()  # by its lines: what waits to be tried is dropped
    expect_equal(runs(small_board.info), before, "no-rollback", "a reset before the trial")
