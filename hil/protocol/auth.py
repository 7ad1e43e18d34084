# SPDX-License-Identifier: MIT
"""Who made a frame: keys, tags and checks (docs/protocol.md, section 1.8)."""

import hmac
import struct

from hil.host.secret import Unseen
from hil.protocol.codes import Flags, MessageType
from hil.protocol.frame import HEADER_SIZE, FrameHeader, pack_header

KEY_SIZE = 16
NONCE_SIZE = 16
TAG_SIZE = 16

_U32 = struct.Struct("<I")
_SESSION = slice(4, 8)
_TAGGED = slice(2, 12)
"""Of a header: all but the magic and the fragment's index and count."""

_NO_KEY = bytes(KEY_SIZE)


def mac(key: bytes, data: bytes) -> bytes:
    """Return the first 16 bytes of HMAC-SHA-256."""
    return hmac.digest(key, data, "sha256")[:TAG_SIZE]


def key_id(key: bytes) -> str:
    """Return by what one key is told from another: 8 hexadecimal digits, as ``info`` says it."""
    return mac(key, b"\0")[:4].hex()


def is_key(key: bytes) -> bool:
    """Can this be a key? Erased or forgotten memory is none."""
    return len(key) == KEY_SIZE and key != _NO_KEY


def greeting_key(key: bytes, session: int, asking: bytes) -> Unseen:
    """Return the key of what answers a HELLO.

    Args:
        key: of both sides, 16 bytes.
        session: of the asking side, u32.
        asking: its nonce, 16 bytes.
    """
    return Unseen(mac(key, b"\1" + _U32.pack(session) + asking))


def session_key(key: bytes, session: int, asking: bytes, answering: bytes) -> Unseen:
    """Return the key of all that follows HELLO; arguments as for :func:`greeting_key`."""
    return Unseen(mac(key, b"\2" + _U32.pack(session) + asking + answering))


def tag(
    key: bytes, kind: MessageType, flags: Flags, session: int, message_id: int, body: bytes
) -> bytes:
    """Return the 16 bytes behind a body.

    Args:
        key: the key that such a message is made with.
        kind: its type.
        flags: with ``AUTHENTICATED``; ``ACK_REQUESTED`` is left out.
        session: the true one.
        message_id: its own.
        body: up to and including the CRC.
    """
    header = pack_header(kind, flags & ~Flags.ACK_REQUESTED, session, message_id)
    return mac(key, header[_TAGGED] + body)


def sealed(key: bytes, frame: bytes) -> bytes:
    """Return a frame with the check in place of its session."""
    return frame[: _SESSION.start] + mac(key, frame)[:4] + frame[_SESSION.stop :]


def opened(key: bytes, session: int, header: FrameHeader, frame: bytes) -> bytes | None:
    """Return a received frame with its session in place, None if its check is wrong.

    Args:
        key: of the session.
        session: the one that the sender has.
        header: the frame's own.
        frame: header and fragment.
    """
    true = header._replace(session=session).pack() + frame[HEADER_SIZE:]
    right = mac(key, true)[:4]
    return true if hmac.compare_digest(right, frame[_SESSION]) else None
