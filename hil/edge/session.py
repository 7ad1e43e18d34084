# SPDX-License-Identifier: MIT
"""The answering side's decisions: a message in, an answer out; no links, clocks or models."""

import zlib
from collections import Counter
from dataclasses import dataclass

import numpy as np

from hil.edge.hearing import Greeting, Hearing
from hil.edge.store import EdgeRecord
from hil.edge.tail import TailInfo
from hil.model.array import Array
from hil.model.topk import raw_scores, top_k
from hil.protocol import (
    ErrorCode,
    ErrorPayload,
    Flags,
    Hello,
    Message,
    MessageType,
    ProtocolError,
    Result,
    Role,
    Score,
)
from hil.protocol.packet import agreed_length
from hil.protocol.payloads import TOP


@dataclass(frozen=True)
class Inference:
    """An activation to run the tail on; end it with ``result`` or ``refuse``."""

    request: Message


class EdgeSession:
    """Answers the messages of one board on one link.

    Args:
        counters: where messages and inferences are counted, under the names of section 2.4.
        frame_limit: largest frame that the link carries, in bytes; 0 on a stream.
        hearing: is told who greets.
    """

    def __init__(
        self, counters: Counter[str], frame_limit: int = 0, hearing: Hearing | None = None
    ) -> None:
        self._counters = counters
        self._hearing = hearing or Hearing()
        self._frame_limit = frame_limit
        self._greeted = False

    @property
    def greeted(self) -> bool:
        """Whether its HELLO has been answered by one."""
        return self._greeted

    def receive(self, message: Message, tail: TailInfo) -> Message | Inference | None:
        """Decide what a message asks for: the answer, a run of the tail, or None if nothing.

        Args:
            message: the message, without its tag; one that does not verify has been dropped before.
            tail: the tail served now.
        """
        self._counters["rx_messages"] += 1
        if Flags.ANSWER not in message.flags:
            if message.type is MessageType.DATA:
                return self._data(message, tail)
            if message.type is MessageType.HELLO:
                return self._hello(message, tail)
            if message.type is MessageType.ECHO:
                return self._answer(message, MessageType.ECHO_REPLY, 0, message.payload)
        self._counters["rx_unexpected"] += 1
        return None

    def result(self, request: Message, tail: TailInfo, record: EdgeRecord) -> Message:
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
        return self._answer(request, MessageType.RESULT, tail.model_id, result.pack())

    def refuse(self, request: Message, tail: TailInfo, code: ErrorCode, text: str) -> Message:
        """Answer DATA with an error."""
        self._counters["infer_err"] += 1
        return self._error(request, tail, code, text)

    def _hello(self, message: Message, tail: TailInfo) -> Message:
        try:
            hello = Hello.parse(message.payload)
        except ProtocolError as error:
            is_heads = error.reason == "dtype" and message.payload[0] == Role.HEAD
            code = ErrorCode.MODEL_MISMATCH if is_heads else ErrorCode.PROTOCOL
            return self._error(message, tail, code, str(error))
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
        try:
            if self._frame_limit:
                agreed_length(self._frame_limit, hello)
        except ProtocolError as error:
            return self._error(message, tail, ErrorCode.MTU, str(error))
        self._greeted = True
        self._hearing.greet(Greeting(message.session, hello.classes))
        answer = Hello(Role.TAIL, tail.dtype, self._frame_limit, tail.tensor_size, tail.classes)
        return self._answer(message, MessageType.HELLO, tail.model_id, answer.pack())

    def _data(self, message: Message, tail: TailInfo) -> Message | Inference:
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

    def _error(self, request: Message, tail: TailInfo, code: ErrorCode, text: str) -> Message:
        payload = ErrorPayload(code, text).pack()
        return self._answer(request, MessageType.ERROR, tail.model_id, payload)

    def _answer(
        self, request: Message, kind: MessageType, model_id: int, payload: bytes
    ) -> Message:
        self._counters["tx_messages"] += 1
        return Message(kind, Flags.ANSWER, request.session, request.message_id, model_id, payload)


def best(output: Array) -> tuple[Score, ...]:
    """Return the best five classes with their raw elements, ties to the lower class id.

    A raw element is an integer, or the bits of a float32 as one (docs/protocol.md, section 1.4).
    """
    scores = raw_scores(output)
    raw = scores.view(np.int32) if scores.dtype.kind == "f" else scores
    return tuple(Score(number, int(raw[number])) for number, _ in top_k(scores, TOP))


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
