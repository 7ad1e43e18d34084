# SPDX-License-Identifier: MIT
"""Headers, bodies and payloads of frames (hil/protocol)."""

from collections.abc import Iterator

from fuzz_targets.vectors import hexadecimal
from hil.protocol import HEADER_SIZE, FrameHeader, Message, ProtocolError
from hil.protocol.ack import Ack
from hil.protocol.payloads import ErrorPayload, Hello, Result
from hil.protocol.stream import parse_stream_frame


def run(data: bytes) -> None:
    try:
        header = FrameHeader.parse(data[:HEADER_SIZE])
        assert header.pack() == data[:HEADER_SIZE]
        message = Message.parse(header, data[HEADER_SIZE:])
        assert message.pack_body() == data[HEADER_SIZE:]
        parse_stream_frame(data)
    except ProtocolError:
        pass
    for kind in (Ack, Hello, Result, ErrorPayload):
        try:
            parsed = kind.parse(data)
        except ProtocolError:
            continue
        assert kind.parse(parsed.pack()) == parsed


def seeds() -> Iterator[bytes]:
    yield from hexadecimal("header", "message", "hello", "result", "error", "ack")
