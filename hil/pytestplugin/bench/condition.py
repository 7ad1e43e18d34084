# SPDX-License-Identifier: MIT
"""Whether the boards are as the test before has found them, and bringing them back if not."""

from typing import TYPE_CHECKING, Any

import pytest

from hil.errors import InfrastructureError, ProductFailure

if TYPE_CHECKING:
    from hil.board.bench import OpenRig


class Condition:
    """What tests may have done to the boards of a rig.

    Args:
        rig: the open boards.
    """

    def __init__(self, rig: "OpenRig[Any]") -> None:
        self._rig = rig
        self._suspect = self._unsure = False

    @property
    def is_sound(self) -> bool:
        """Whether nothing is known that may have left a board in any state."""
        boards = self._rig.boards
        cut_short = any(board.interrupted or board.half_flashed for board in boards)
        return not (self._suspect or self._unsure or cut_short)

    def note(self, error: BaseException) -> None:
        """Learn of what ended a phase of a test.

        After a product failure, an error of the rig, or where the test was cut short, the boards
        are to be reset; after all else they are asked first.
        """
        if isinstance(error, ProductFailure | InfrastructureError) or cuts_short(error):
            self._suspect = True
        else:
            self._unsure = True

    def mend(self) -> None:
        """Reset the boards if need be; one that is flashed but by half is left to be flashed.

        Raises:
            ProductFailure: a board does not come up.
            InfrastructureError: it could not be reset or asked.
        """
        if self._unsure and not self._suspect:
            self._suspect = not self._are_up()
        if self._suspect or any(board.interrupted for board in self._rig.boards):
            for board in self._whole_boards():
                if not board.console.connected:
                    board.reconnect()
                board.reset()
        self._suspect = self._unsure = False

    def _are_up(self) -> bool:
        try:
            for board in self._whole_boards():
                board.check_up()
        except ProductFailure:
            return False
        return True

    def _whole_boards(self) -> list[Any]:
        return [board for board in self._rig.boards if not board.half_flashed]


def cuts_short(error: BaseException) -> bool:
    """Whether an exception may have come at any time, as those of Ctrl-C and of time-outs do."""
    if isinstance(error, pytest.exit.Exception):
        return True
    deliberate = isinstance(error, pytest.skip.Exception | pytest.xfail.Exception)
    return not (deliberate or isinstance(error, Exception))
