# SPDX-License-Identifier: MIT
"""A model slot that is not sound is named, and what is in it not used."""

import pytest

from hil.board.board import Board
from hil.firmware.build import FirmwareBuild
from hil.flash.flash import FlashFile, flash
from hil.protocol.slot import HEADER_SIZE
from hil.suite.helpers.console.asking import Request, asked
from hil.suite.helpers.console.damage import DAMAGES, damaged, flip, put
from hil.suite.helpers.console.uploads import updated
from hil.suite.helpers.expecting import expect_equal, runs

pytestmark = pytest.mark.hil


def expect_not_run(board: Board, code: str, stage: str) -> None:
    """Look whether a board names what is wrong with its model, and refuses to use it."""
    expect_equal(board.info.slot, code, "damaged-model-used", f"slot with {stage}")
    console = board.console
    requests: tuple[Request, ...] = (
        ("image", {"size": 6912, "crc": "0"}),
        ("infer", {"via": "tcp"}),
        ("read", {"what": "activation"}),
        ("link", {"via": "tcp", "state": "up"}),
    )
    for verb, arguments in requests:
        said = asked(console, verb, **arguments)
        expect_equal(said, code, "damaged-model-used", f"{verb} with {stage}")


def test_a_damaged_model_is_named_and_not_run(
    two_slots: None, small_board: Board, slot: bytes
) -> None:
    before = runs(small_board.info)
    for name, (change, code) in DAMAGES.items():
        content = damaged(slot, change)
        said = updated(small_board.console, "model", content)
        expect_equal(said, "ok", "update-refused", f"an update of a model with {name}")
        small_board.reboot()
        expect_not_run(small_board, code, name)
        said = asked(small_board.console, "update", what="model", confirm=1)
        expect_equal(said, code, "bad-update-taken", f"confirm=1 with {name}")
        small_board.reboot()
        expect_equal(runs(small_board.info), before, "no-rollback", f"a start after {name}")


def test_a_damaged_header_is_named_and_not_run(
    two_slots: None, small_board: Board, firmware: FirmwareBuild, slot: bytes
) -> None:
    """What no update can bring about: it checks the header as it passes."""
    if small_board.spec.reset == "none":
        pytest.skip("no flasher reaches this board.")
    headers = {
        "a flipped bit in the reserved part of its header": (flip(2000), False, "slot_header_crc"),
        "another format": (put(4, b"\2\0"), True, "slot_version"),
        "another magic": (flip(0), True, "slot_magic"),
    }
    for name, (change, seal, code) in headers.items():
        header = damaged(slot, change, seal=seal)[:HEADER_SIZE]
        with small_board.lend_port() as port:
            file = FlashFile(firmware.model_slot().offset, header, "model")
            spec = small_board.spec
            usb_jtag = spec.reset == "usb-jtag"
            flash(port, [file], simulated_image=False, usb_jtag=usb_jtag, line=spec.line)
        small_board.reset()
        expect_not_run(small_board, code, name)
    mend(small_board, slot)


def mend(board: Board, slot: bytes) -> None:
    """Bring a model into the second slot and then, the first being free, into that."""
    for _ in range(2):
        said = updated(board.console, "model", slot)
        expect_equal(said, "ok", "update-refused", "an update of a damaged slot")
        board.reboot()
        said = asked(board.console, "update", what="model", confirm=1)
        expect_equal(said, "ok", "update-lost", "confirm=1 after an update of a damaged slot")
