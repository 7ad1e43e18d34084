# SPDX-License-Identifier: MIT
"""Messages, and how they become fragments (docs/protocol.md, section 1.2)."""

import struct
import zlib
from typing import NamedTuple

from hil.protocol.auth import check_tag, tag
from hil.protocol.codes import DamagedError, Flags, MessageType
from hil.protocol.frame import FrameHeader, pack_header

BODY_OVERHEAD = 12
"""Bytes of a body around its payload: length, model id, CRC-32."""

MAX_FRAGMENTS = 0xFFFF

_BODY_START = struct.Struct("<II")
_U32 = struct.Struct("<I")


class Message(NamedTuple):
    """One message, whole; a tuple, as these are made at every step of every exchange.

    Attributes:
        type: what it is.
        flags: how it is meant.
        session: random number of the asking side's run, repeated by the answer, u32.
        message_id: chosen by the asking side, repeated by the answer, u32.
        model_id: names model and cut, 0 where no model is meant, u32.
        payload: what section 1.4 says for the type.
    """

    type: MessageType
    flags: Flags
    session: int
    message_id: int
    model_id: int
    payload: bytes

    def sent_with(self, key: bytes | None) -> "Message":
        """Return the message as it is sent: with a key it says that it has a tag."""
        return self if key is None else self._replace(flags=self.flags | Flags.AUTHENTICATED)

    def pack_body(self, key: bytes | None = None) -> bytes:
        """Return length, model id, payload and CRC-32, and with a key the tag of section 1.8.

        With a key the message is one that was made by :meth:`sent_with`.
        """
        start = _BODY_START.pack(len(self.payload), self.model_id)
        crc = zlib.crc32(self.payload, zlib.crc32(start))
        body = b"".join((start, self.payload, _U32.pack(crc)))
        return body if key is None else body + tag(key, *self[:4], body)

    @classmethod
    def parse(
        cls, header: FrameHeader, body: bytes | memoryview, key: bytes | None = None
    ) -> "Message":
        """Join the header of a fragment and the whole body.

        Args:
            header: with the true session.
            body: with its tag, if there is a key.
            key: that the message is to be made with. The message returned says no more that it has
                a tag.

        Raises:
            ForeignError: it was not made with the key.
            DamagedError: with reason length or crc.
        """
        if key is not None:
            body = check_tag(key, *header[:4], body)
            header = header._replace(flags=header.flags & ~Flags.AUTHENTICATED)
        if len(body) < BODY_OVERHEAD:
            raise DamagedError("length", f"A message body of {len(body)} bytes is no body.")
        view = memoryview(body)
        length, model_id = _BODY_START.unpack_from(view)
        if length != len(view) - BODY_OVERHEAD:
            raise DamagedError(
                "length",
                f"A message announces {length} payload bytes and has {len(view) - BODY_OVERHEAD}.",
            )
        if zlib.crc32(view[:-4]) != _U32.unpack(view[-4:])[0]:
            raise DamagedError("crc", "The CRC-32 of a message body is wrong.")
        return cls(
            header.type,
            header.flags,
            header.session,
            header.message_id,
            model_id,
            bytes(view[8:-4]),
        )


def fragment(message: Message, length: int, key: bytes | None = None) -> list[bytes]:
    """Cut a message into frames for a datagram link.

    Args:
        message: the message.
        length: bytes of body in every fragment but the last, as agreed in HELLO.
        key: that the message is made with, if it gets a tag. The session stands in its place yet.

    Returns:
        One ``bytes`` a frame, header included, in order.

    Raises:
        ValueError: ``length`` is not positive, or more than 65,535 fragments would be needed.
    """
    if length < 1:
        raise ValueError("fragments need at least one byte of body")
    message = message.sent_with(key)
    body = message.pack_body(key)
    count = -(-len(body) // length)
    if count > MAX_FRAGMENTS:
        raise ValueError(f"{len(body)} bytes in pieces of {length} are more than 65,535 fragments")
    routing = (message.type, message.flags, message.session, message.message_id)
    return [
        pack_header(*routing, index, count) + body[index * length : (index + 1) * length]
        for index in range(count)
    ]
