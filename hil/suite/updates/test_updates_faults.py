# SPDX-License-Identifier: MIT
"""An update that the flash does not bear is refused, whatever step fails; what runs stays."""

import pytest

from hil.board.board import Board
from hil.suite.helpers.console.asking import asked
from hil.suite.helpers.console.uploads import announce_update, pieces, push, push_all, updated
from hil.suite.helpers.expecting import expect_equal, runs

pytestmark = pytest.mark.hil


def test_a_step_of_an_update_that_fails_ends_it(two_slots: None, armed_board: Board) -> None:
    console, before = armed_board.console, runs(armed_board.info)
    slot = armed_board.part.slot_file(1 << 24)
    chunks = pieces(slot)
    steps = {
        "preparing the partition": 0,
        "the first chunk": 1,
        "the chunk behind the header": 5,
        "the last chunk": len(chunks),
        "the choice": len(chunks) + 1,
    }
    for name, after in steps.items():
        console.request("fail", what="storage", after=after)
        said = announce_update(console, "model", slot)
        if after:
            expect_equal(said, "ok", "update-refused", f"update in which {name} will fail")
            said = push_all(console, "update", chunks)
        expect_equal(said, "storage", "bad-update-taken", f"an update in which {name} fails")
        late = push(console, "update", chunks[-1])
        expect_equal(late, [], "bad-update-taken", f"a chunk when {name} has failed")
        code = asked(console, "rtt", via="tcp", size=1)
        expect_equal(code != "busy", True, "update-refused", f"rtt when {name} has failed")
    armed_board.reboot()
    expect_equal(runs(armed_board.info), before, "bad-update-taken", "a start after all that")


def test_a_confirmation_that_fails_confirms_nothing(two_slots: None, armed_board: Board) -> None:
    console, before = armed_board.console, runs(armed_board.info)
    slot = armed_board.part.slot_file(1 << 24)
    said = updated(console, "model", slot)
    expect_equal(said, "ok", "update-refused", "update what=model")
    on_trial = runs(armed_board.reboot())
    console.request("fail", what="storage")
    said = asked(console, "update", what="model", confirm=1)
    expect_equal(said, "storage", "update-lost", "confirm=1 that cannot be written")
    found = runs(armed_board.refresh())
    expect_equal(found, on_trial, "update-lost", "info when confirm=1 could not be written")
    found = runs(armed_board.reboot())
    expect_equal(found, before, "no-rollback", "a start when confirm=1 could not be written")
