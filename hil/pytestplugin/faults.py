# SPDX-License-Identifier: MIT
"""What stands behind the fixture ``fault``: misfortunes that a test arranges for its boards."""

from typing import TYPE_CHECKING

import pytest

from hil.errors import BadInputError

if TYPE_CHECKING:
    from hil.sim.process import Lab


class Faults:
    """Sets faults of the boards of a lab; called with each, as in ``fault("panic@invoke")``.

    Args:
        lab: whose boards; ``None`` where they are real ones, which nobody can make fail at a point.
    """

    def __init__(self, lab: "Lab | None") -> None:
        self._lab = lab

    def __call__(self, fault: str) -> None:
        """Let something befall a board when it next reaches a point; skip where nothing can.

        Args:
            fault: ``BLOW@POINT`` for the board under test, ``BLOW@POINT=N`` for the Nth time from
                now, ``2:BLOW@POINT`` for the second board; docs/faults.md lists them.

        Raises:
            BadInputError: there is no such fault, or no such board.
        """
        from hil.sim.faults.moment import parse_moment

        number, colon, text = fault.rpartition(":")
        moment = parse_moment(text)
        if self._lab is None:
            pytest.skip(
                f"the fault '{moment}' can befall a virtual board only, and one of this run's own."
            )
        boards = len(self._lab.boards)
        if colon and not (number.isdecimal() and 1 <= int(number) <= boards):
            raise BadInputError(
                f"The fault {fault!r} is for a board that is not there; name one of 1 to {boards}."
            )
        self._lab.arm(str(moment), int(number) - 1 if colon else 0)

    @property
    def waiting(self) -> tuple[str, ...]:
        """The faults that are set and have not struck yet, of all boards."""
        if self._lab is None:
            return ()
        return tuple(
            fault for index in range(len(self._lab.boards)) for fault in self._lab.waiting(index)
        )

    def end(self) -> None:
        """Let nothing strike any more.

        Raises:
            BadInputError: a fault has not struck: the test has shown nothing about it.
        """
        if self._lab is None or self._lab.process.poll() is not None:
            return
        left: list[str] = []
        for index in range(len(self._lab.boards)):
            left += self._lab.disarm(index)
        if left:
            raise BadInputError(
                f"The fault {left[0]} has not struck: the board never came to that point while the "
                "test ran; have it get there, or set another."
            )
