# SPDX-License-Identifier: MIT
"""Frames and messages as docs/protocol.md specifies them: the twin of the C core. No I/O.

``answering``         the answering side of a packet link: it reacts, and needs no clock
``session``           the session that HELLO begins for it
``asking``            the asking side of a packet link: one exchange at a time
``exchange``          what goes out when in it, and its timers
``rto``               the retransmission timer towards one peer
``selective_repeat``  the sender of one message over a link that loses, doubles and reorders
``packet``            what both ends of a packet link do alike
``reassembly``        a message from its fragments
``stream``            messages on a byte stream
``message``           messages, and how they become fragments
``auth``              who made a frame: keys, tags and checks
``payloads``          payloads of HELLO, RESULT and ERROR
``ack``               the payload of ACK
``frame``             the header in front of every fragment
``slot``              the header in front of a model on the flash
``codes``             the numbers that have names

Its wings: ``greeting``, how a session with a key begins; ``console``, the console's codecs.
"""

from hil.protocol.ack import Ack
from hil.protocol.answering import Answerer, Answering, PlainAnswering
from hil.protocol.asking import Asking
from hil.protocol.codes import DataType, ErrorCode, Flags, MessageType, ProtocolError, Role
from hil.protocol.frame import HEADER_SIZE, FrameHeader, header_of
from hil.protocol.message import BODY_OVERHEAD, Message, fragment
from hil.protocol.payloads import ErrorPayload, Hello, Result, Score
from hil.protocol.reassembly import Reassembler
from hil.protocol.stream import (
    MIN_FRAME,
    StreamDecoder,
    pack_stream,
    parse_stream_frame,
    parse_stream_header,
)

__all__ = [
    "BODY_OVERHEAD",
    "HEADER_SIZE",
    "MIN_FRAME",
    "Ack",
    "Answerer",
    "Answering",
    "Asking",
    "DataType",
    "ErrorCode",
    "ErrorPayload",
    "Flags",
    "FrameHeader",
    "Hello",
    "Message",
    "MessageType",
    "PlainAnswering",
    "ProtocolError",
    "Reassembler",
    "Result",
    "Role",
    "Score",
    "StreamDecoder",
    "fragment",
    "header_of",
    "pack_stream",
    "parse_stream_frame",
    "parse_stream_header",
]
