# SPDX-License-Identifier: MIT
"""Who made a frame: keys, tags and checks (docs/protocol.md, section 1.8)."""

import hmac
import secrets
import struct

from hil.host.secret import Unseen
from hil.protocol.codes import Flags, MessageType, ProtocolError
from hil.protocol.frame import HEADER_SIZE, FrameHeader, pack_header

KEY_SIZE = 16
NONCE_SIZE = 16
TAG_SIZE = 16

FOREIGN = "foreign"
"""The reason of a :class:`ForeignError`."""

_U32 = struct.Struct("<I")
_SESSION = slice(4, 8)
_TAGGED = slice(2, 12)
"""Of a header: all but the magic and the fragment's index and count."""

_NO_KEY = bytes(KEY_SIZE)


class ForeignError(ProtocolError):
    """A frame or message that nobody has made who has the key; it changes nothing."""

    def __init__(self, what: str) -> None:
        """Say what is wrong with it, as a sentence."""
        super().__init__(FOREIGN, what)


def mac(key: bytes, data: bytes) -> bytes:
    """Return the first 16 bytes of HMAC-SHA-256."""
    return hmac.digest(key, data, "sha256")[:TAG_SIZE]


def new_nonce() -> bytes:
    """Return 16 random bytes."""
    return secrets.token_bytes(NONCE_SIZE)


def new_key() -> Unseen:
    """Return a random key."""
    return Unseen(secrets.token_bytes(KEY_SIZE))


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
    key: bytes,
    kind: MessageType,
    flags: Flags,
    session: int,
    message_id: int,
    body: bytes | memoryview,
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
    code = hmac.new(key, header[_TAGGED], "sha256")
    code.update(body)
    return code.digest()[:TAG_SIZE]


def check_tag(
    key: bytes,
    kind: MessageType,
    flags: Flags,
    session: int,
    message_id: int,
    whole: bytes | memoryview,
) -> bytes | memoryview:
    """Return a body without the tag behind it.

    All arguments but the last are as for :func:`tag`; `whole` is the body with its tag.

    Raises:
        ForeignError: the tag is missing, or another.
    """
    body = whole[:-TAG_SIZE]
    right = tag(key, kind, flags, session, message_id, body)
    if Flags.AUTHENTICATED not in flags or not hmac.compare_digest(right, whole[-TAG_SIZE:]):
        raise ForeignError("The tag of a message is not that of its key.")
    return body


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
