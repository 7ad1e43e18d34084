# SPDX-License-Identifier: MIT
"""A head that a test plays, frame by frame, towards a board in role tail over BLE."""

from collections.abc import Callable
from queue import Empty, SimpleQueue

from hil.board.board import Board
from hil.board.radio_choice import radio_for
from hil.protocol import (
    HEADER_SIZE,
    Hello,
    Message,
    ProtocolError,
    Reassembler,
    Role,
    fragment,
)
from hil.symptoms import Misbehaviour
from hil.transport.ble.link import BleLink
from hil.transport.ble.service import board_name

VIA = "ble"

CONNECT_S = 20.0
PATIENCE_S = 10.0
"""Real seconds for an answer, and for a connection that was ended to be so."""

_LIMIT = 1 << 20


class BleHead:
    """The central of a board that advertises as a tail; a context manager.

    Over BLE nothing is lost while the connection lasts: each message goes out once, and its answer
    comes once.

    Args:
        board: in role tail, listening.
    """

    def __init__(self, board: Board) -> None:
        self._link = BleLink(board_name(board.info.mac), radio=radio_for(board))
        self._frames: SimpleQueue[bytes] = SimpleQueue()
        self._ends: SimpleQueue[str] = SimpleQueue()
        self._link.start(self._received, lambda _peer, why: self._ends.put(why))
        self.wait()

    def __enter__(self) -> "BleHead":
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._link.close()

    @property
    def fragment_length(self) -> int:
        """Bytes of body in each fragment but the last."""
        return self._link.frame_limit - HEADER_SIZE

    def hello(self, right: Hello) -> bytes:
        """Return a HELLO's payload like this one, of a head with this connection's frames."""
        return Hello(
            Role.HEAD, right.dtype, self._link.frame_limit, right.tensor_size, right.classes
        ).pack()

    def wait(self) -> None:
        """Wait until the board is connected; raises BluetoothError if that is not to be."""
        self._link.wait(CONNECT_S)

    def hang_up(self) -> None:
        """End the connection; the board is connected again if it advertises."""
        self._link.disconnect(self._link.peer)
        try:
            self._ends.get(timeout=PATIENCE_S)
        except Empty:
            raise Misbehaviour(
                "unanswered", link=VIA, stage="the central hangs up", expected="an end", got="none"
            ) from None
        self.wait()

    def send(self, message: Message) -> None:
        """Send a message, whole."""
        self._link.send(self._link.peer, fragment(message, self.fragment_length))

    def answer(self, stage: str) -> Message:
        """Return the next message of the board."""
        together = Reassembler(self.fragment_length, _LIMIT)
        while True:
            try:
                frame = self._frames.get(timeout=PATIENCE_S)
            except Empty:
                raise Misbehaviour(
                    "unanswered", link=VIA, stage=stage, expected="an answer", got="silence"
                ) from None
            try:
                message = together.add(frame)
            except ProtocolError as broken:
                raise Misbehaviour(
                    "wrong-answer", link=VIA, stage=stage, expected="an answer", got=broken
                ) from broken
            if message is not None:
                return message

    def ask(self, message: Message, stage: str) -> Message:
        """Send a message, and return what comes next."""
        self.send(message)
        return self.answer(stage)

    def _received(self, _peer: str, frame: bytes, done: Callable[[], None]) -> None:
        self._frames.put(frame)
        done()
