# SPDX-License-Identifier: MIT
"""Frames and messages as docs/protocol.md specifies them: the twin of the C core. No I/O."""

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
