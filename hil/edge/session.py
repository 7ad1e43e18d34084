# SPDX-License-Identifier: MIT
"""The answering side of one stream connection: decisions only, no sockets, clocks or models."""

import zlib
from collections import Counter
from dataclasses import dataclass

import numpy as np

from hil.edge.store import EdgeRecord
from hil.edge.tail import TailInfo
from hil.model.array import Array
from hil.model.topk import top_k
from hil.protocol import (
    HEADER_SIZE,
    ErrorCode,
    ErrorPayload,
    Flags,
    FrameHeader,
    Hello,
    Message,
    MessageType,
    ProtocolError,
    Result,
    Role,
    Score,
    pack_stream,
    parse_stream_header,
)
from hil.protocol.payloads import TOP

_DROPPED = ("version", "type", "flags")
"""Defects of a header for which a frame is dropped but the connection kept (section 1.1)."""


@dataclass(frozen=True)
class Reply:
    """Bytes to send."""

    data: bytes


@dataclass(frozen=True)
class Inference:
    """An activation to run the tail on; end it with ``result`` or ``refuse``."""

    request: Message


class EdgeSession:
    """Answers the frames of one board.

    Args:
        session: session number that this side's frames carry.
        counters: where frames and inferences are counted, under the names of section 2.4.
    """

    def __init__(self, session: int, counters: Counter[str]) -> None:
        self._session = session
        self._counters = counters
        self._greeted = False

    def receive(self, frame: bytes, tail: TailInfo) -> Reply | Inference | None:
        """Decide what a frame asks for; None if it is dropped.

        Args:
            frame: header and body.
            tail: the tail served now.

        Raises:
            ProtocolError: the connection has to be closed.
        """
        try:
            header = parse_stream_header(frame)
            if Flags.AUTHENTICATED in header.flags:
                return self._error(
                    header, tail, ErrorCode.UNSUPPORTED, "Authentication is not supported."
                )
            message = Message.parse(header, memoryview(frame)[HEADER_SIZE:])
        except ProtocolError as error:
            bad = "rx_bad_crc" if error.reason == "crc" else "rx_bad_frame"
            self._counters[bad] += 1
            if error.reason in _DROPPED:
                return None
            raise
        self._counters["rx_messages"] += 1
        if Flags.ANSWER not in header.flags:
            if header.type is MessageType.DATA:
                return self._data(message, tail)
            if header.type is MessageType.HELLO:
                return self._hello(message, tail)
            if header.type is MessageType.ECHO:
                return self._reply(header, MessageType.ECHO_REPLY, 0, message.payload)
        self._counters["rx_unexpected"] += 1
        return None

    def result(self, request: Message, tail: TailInfo, record: EdgeRecord) -> Reply:
        """Answer DATA with the tail's output."""
        self._counters["infer_ok"] += 1
        vector = record.output.tobytes()
        result = Result(
            tail.scores,
            tail.classes,
            best(record.output),
            record.activation_crc,
            record.told_total_us,
            record.told_invoke_us,
            len(vector),
            zlib.crc32(vector),
            vector if Flags.WANT_OUTPUT in request.flags else b"",
        )
        return self._reply(request, MessageType.RESULT, tail.model_id, result.pack())

    def refuse(
        self, request: Message | FrameHeader, tail: TailInfo, code: ErrorCode, text: str
    ) -> Reply:
        """Answer DATA with an error."""
        self._counters["infer_err"] += 1
        return self._error(request, tail, code, text)

    def _hello(self, message: Message, tail: TailInfo) -> Reply:
        hello = Hello.parse(message.payload)
        if hello.role is not Role.HEAD:
            return self._error(
                message,
                tail,
                ErrorCode.NOT_SUPPORTED_IN_ROLE,
                f"The edge server answers heads, not a board in role {hello.role.name.lower()}.",
            )
        mismatch = _mismatch(message.model_id, hello, tail)
        if mismatch:
            return self._error(message, tail, ErrorCode.MODEL_MISMATCH, mismatch)
        self._greeted = True
        answer = Hello(Role.TAIL, tail.dtype, 0, tail.tensor_size, tail.classes)
        return self._reply(message, MessageType.HELLO, tail.model_id, answer.pack())

    def _data(self, message: Message, tail: TailInfo) -> Reply | Inference:
        if not self._greeted:
            return self.refuse(
                message, tail, ErrorCode.PROTOCOL, "DATA came before HELLO; greet first."
            )
        if message.model_id != tail.model_id:
            return self.refuse(
                message,
                tail,
                ErrorCode.MODEL_MISMATCH,
                f"The edge server runs model {tail.model_id:08x}, not {message.model_id:08x}; "
                "serve the board's model or flash the server's.",
            )
        if len(message.payload) != tail.tensor_size:
            return self.refuse(
                message,
                tail,
                ErrorCode.PROTOCOL,
                f"DATA has {len(message.payload)} bytes; the tail takes {tail.tensor_size}.",
            )
        return Inference(message)

    def _error(
        self, request: Message | FrameHeader, tail: TailInfo, code: ErrorCode, text: str
    ) -> Reply:
        payload = ErrorPayload(code, text).pack()
        return self._reply(request, MessageType.ERROR, tail.model_id, payload)

    def _reply(
        self, request: Message | FrameHeader, kind: MessageType, model_id: int, payload: bytes
    ) -> Reply:
        self._counters["tx_messages"] += 1
        return Reply(
            pack_stream(
                Message(kind, Flags.ANSWER, self._session, request.message_id, model_id, payload)
            )
        )


def best(output: Array) -> tuple[Score, ...]:
    """Return the best five classes with their raw elements, ties to the lower class id.

    A raw element is an integer, or the bits of a float32 as one (docs/protocol.md, section 1.4).
    """
    flat = output.reshape(-1)
    raw = flat.view(np.int32) if flat.dtype.kind == "f" else flat
    return tuple(Score(number, int(raw[number])) for number, _ in top_k(flat, TOP))


def _mismatch(model_id: int, hello: Hello, tail: TailInfo) -> str:
    """Return what is wrong between a head and the tail, or nothing."""
    if model_id != tail.model_id:
        return (
            f"The board runs model {model_id:08x}, the edge server {tail.model_id:08x}; "
            "serve the board's model or flash the server's."
        )
    if (hello.tensor_size, hello.dtype) != (tail.tensor_size, tail.dtype):
        return (
            f"The board sends {hello.tensor_size} bytes of {hello.dtype.name.lower()}, "
            f"the tail takes {tail.tensor_size} of {tail.dtype.name.lower()}; "
            "split the model and flash it anew."
        )
    return ""
