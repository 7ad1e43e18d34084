# SPDX-License-Identifier: MIT
"""A message from its fragments, in whatever order they arrive."""

from hil.protocol.ack import Ack
from hil.protocol.auth import TAG_SIZE, ForeignError
from hil.protocol.codes import Flags, ProtocolError
from hil.protocol.frame import HEADER_SIZE, FrameHeader
from hil.protocol.message import Message

_WINDOW = 64


class TooLargeError(ProtocolError):
    """A fragment of a message that is longer than what is accepted."""


class Reassembler:
    """Collects the fragments of one message at a time from one peer.

    A fragment of a newer message drops the unfinished one: a sender has one on the way. Within a
    session a higher message id is newer; another session always is, so the caller keeps out what
    no session of its own has to do with. Fragments that came before, or that belong to an older
    message, are ignored, as they are what a packet link repeats.

    Attributes:
        present: header of the message being collected or completed last, without
            ``ACK_REQUESTED``; None before the first.
        taken: fragments so far that were not known.

    Args:
        fragment_length: bytes of body in every fragment but the last, as agreed in HELLO.
        limit: largest body accepted, in bytes; more is refused at the first fragment.
    """

    def __init__(self, fragment_length: int, limit: int) -> None:
        self.present: FrameHeader | None = None
        self.taken = 0
        self._limit = limit
        self._key: bytes | None = None
        self._forged = False  # what came as the present message was not
        self._pieces: dict[int, bytes] = {}
        self._base = 0
        self._length = fragment_length

    def agree(self, fragment_length: int) -> None:
        """HELLO has settled the length of fragments."""
        self._length = fragment_length

    def expect(self, key: bytes) -> None:
        """Take from now on messages that are made with a key, and no others."""
        self._key = key

    def forget(self) -> None:
        """Take whatever comes next, also an older message."""
        self.present = None

    @property
    def _room(self) -> int:
        return self._limit if self._key is None else self._limit + TAG_SIZE

    @property
    def is_complete(self) -> bool:
        """Is the present message whole?"""
        return self.present is not None and self._base == self.present.fragment_count

    @property
    def ack(self) -> Ack:
        """What has come of the present message."""
        if self.present is None:
            return Ack()
        if self.is_complete:
            return Ack(self._base)
        after = range(self._base + 1, self._base + 1 + _WINDOW)
        return Ack(self._base, sum(1 << j for j, i in enumerate(after) if i in self._pieces))

    def add(self, frame: bytes) -> Message | None:
        """Take one frame, header included; return the message if it has just become whole.

        Raises:
            DamagedError: this was the last fragment that was missing; it is raised once.
            ForeignError: likewise, and the message was not made with the key: it has to come again.
            TooLargeError: the message is above the limit; the frame is dropped.
            ProtocolError: likewise; reasons as for headers, length, count for a fragment that
                contradicts an earlier one.
        """
        header = FrameHeader.parse(frame[:HEADER_SIZE])
        header = header._replace(flags=header.flags & ~Flags.ACK_REQUESTED)
        piece = frame[HEADER_SIZE:]
        self._check(header, len(piece))
        present = self.present
        if present is not None and is_older(header, present):
            return None
        if present is None or self._forged or not is_same(header, present):
            self._forged = False
            self.present = header
            self._pieces = {}
            self._base = 0
        elif (header.flags, header.fragment_count) != (present.flags, present.fragment_count):
            raise ProtocolError("count", "A fragment contradicts an earlier one of its message.")
        if header.fragment_index < self._base or header.fragment_index in self._pieces:
            return None
        self.taken += 1
        self._pieces[header.fragment_index] = piece
        while self._base in self._pieces:
            self._base += 1
        return self._join(header) if self.is_complete else None

    def _join(self, header: FrameHeader) -> Message:
        body = b"".join(self._pieces[index] for index in range(header.fragment_count))
        self._pieces = {}
        try:
            return Message.parse(header, body, self._key)
        except ForeignError:
            self._base = 0
            self._forged = True
            raise

    def _check(self, header: FrameHeader, length: int) -> None:
        if length > self._length or length < (1 if header.is_last else self._length):
            raise ProtocolError(
                "length", f"A fragment has {length} bytes where {self._length} are agreed."
            )
        least = (header.fragment_count - 1) * self._length + (length if header.is_last else 1)
        if least > self._room:
            raise TooLargeError(
                "count", f"A message of {least} bytes or more is too long; {self._room} fit."
            )


def is_older(header: FrameHeader, present: FrameHeader) -> bool:
    """Does a frame belong to an earlier message of the same session?"""
    return header.session == present.session and is_older_id(header.message_id, present.message_id)


def is_older_id(message_id: int, other: int) -> bool:
    """Was a message begun before another of its session? Ids count on from 2^32 - 1 to 0."""
    return 0 < (other - message_id) % 2**32 < 2**31


def is_same(header: FrameHeader, present: FrameHeader) -> bool:
    """Does a frame belong to this message?"""
    return (header.type, header.session, header.message_id) == (
        present.type,
        present.session,
        present.message_id,
    )
