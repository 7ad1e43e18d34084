# SPDX-License-Identifier: MIT
"""Asks a board again and again: what gets no answer is counted, not raised."""

from typing import TYPE_CHECKING

from hil.errors import MessageLost
from hil.inference.inference import Inference, RoundTrip
from hil.links import SMALL_ECHO_BYTES

if TYPE_CHECKING:
    from hil.board.board import Board
    from hil.model.inputs.conversion import Photo
    from hil.model.inputs.samples import Sample


class Measuring:
    """Measures the link over which a board is connected.

    Attributes:
        board: the board; what it counts is in its books.
    """

    def __init__(self, board: "Board") -> None:
        self.board = board

    def infer(self, image: "Photo | Sample") -> Inference | None:
        """Infer end to end on one image; None if no answer came.

        Raises:
            As :meth:`hil.Board.infer`, except for a message that was lost.
        """
        try:
            return self.board.infer(image, output=False)
        except MessageLost:
            self._mend()
            return None

    def rtt(self, size: int) -> RoundTrip | None:
        """Echo ``size`` bytes; None if no answer came.

        Raises:
            As :meth:`hil.Board.rtt`, except for a message that was lost.
        """
        try:
            echo = self.board.rtt(size)
        except MessageLost:
            self._mend()
            return None
        return None if echo.lost else echo

    def round(self, image: "Photo | Sample") -> Inference | None:
        """Measure everything once: an inference, and round trips of both sizes.

        Returns:
            the inference; None if no answer came.
        """
        inference = self.infer(image)
        self.rtt(SMALL_ECHO_BYTES)
        if (cut := self.board.part.cut) is not None:
            self.rtt(cut.bytes)
        return inference

    def _mend(self) -> None:
        """Connect again if the link went down with the message."""
        link = self.board.connection
        if link is not None and not link.stands():
            to = link.tail or link.edge
            assert to is not None
            self.board.connect(to, link.via, gateway=link.gateway)
