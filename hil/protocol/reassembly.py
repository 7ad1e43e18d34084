# SPDX-License-Identifier: MIT
"""A message from its fragments, in whatever order they arrive."""

from hil.protocol.codes import ProtocolError
from hil.protocol.frame import HEADER_SIZE, FrameHeader
from hil.protocol.message import Message


class Reassembler:
    """Collects the fragments of one message at a time from one peer.

    A fragment of another message drops the unfinished one: a sender has one on the way. Fragments
    that came before, or that belong to the message completed last, are ignored, as they are what
    a datagram link repeats.

    Args:
        fragment_length: bytes of body in every fragment but the last, as agreed in HELLO.
        limit: largest body accepted, in bytes; more is refused at the first fragment.
    """

    def __init__(self, fragment_length: int, limit: int) -> None:
        self._length = fragment_length
        self._most = -(-limit // fragment_length)
        self._current: FrameHeader | None = None
        self._finished: tuple[int, int] | None = None
        self._pieces: dict[int, bytes] = {}

    def add(self, frame: bytes) -> Message | None:
        """Take one frame, header included; return the message if it is now whole.

        Raises:
            ProtocolError: the frame is dropped (and the message, if its CRC is wrong); reasons
                as for headers and bodies, count for a message above the limit or a fragment that
                contradicts an earlier one.
        """
        header = FrameHeader.parse(frame[:HEADER_SIZE])
        piece = frame[HEADER_SIZE:]
        key = (header.session, header.message_id)
        if key == self._finished:
            return None
        self._check(header, len(piece))
        first = self._current
        if first is None or key != (first.session, first.message_id):
            self._current = first = header
            self._pieces = {}
        elif (header.type, header.flags, header.fragment_count) != (
            first.type,
            first.flags,
            first.fragment_count,
        ):
            raise ProtocolError("count", "A fragment contradicts an earlier one of its message.")
        self._pieces.setdefault(header.fragment_index, piece)
        if len(self._pieces) < header.fragment_count:
            return None
        body = b"".join(self._pieces[index] for index in range(header.fragment_count))
        self._current = None
        self._pieces = {}
        message = Message.parse(header, body)
        self._finished = key
        return message

    def _check(self, header: FrameHeader, length: int) -> None:
        if header.fragment_count > self._most:
            raise ProtocolError(
                "count",
                f"A message of {header.fragment_count} fragments is too long; {self._most} fit.",
            )
        last = header.fragment_index == header.fragment_count - 1
        if length > self._length or length < (1 if last else self._length):
            raise ProtocolError(
                "length", f"A fragment has {length} bytes where {self._length} are agreed."
            )
