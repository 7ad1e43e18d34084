# SPDX-License-Identifier: MIT
"""The answering side's decisions, without a connection."""

import dataclasses
import struct
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hil.edge.session import EdgeSession, Inference, best
from hil.edge.tail import TailInfo
from hil.model.topk import top_k
from hil.protocol import (
    DataType,
    ErrorCode,
    ErrorPayload,
    Flags,
    Hello,
    Message,
    MessageType,
    ProtocolError,
    Role,
)

VECTORS = Path(__file__).parents[2] / "vectors"
TAIL = TailInfo(
    model_id=0xABCD, dtype=DataType.INT8, tensor_size=4, classes=10, scores=DataType.INT8
)
HELLO = Hello(Role.HEAD, DataType.INT8, 0, 4, 10)


def message(kind, payload, flags=Flags.NONE, model_id=TAIL.model_id) -> Message:
    return Message(kind, flags, 7, 3, model_id, payload)


def answer(session, request, tail=TAIL) -> Message:
    reply = session.receive(request, tail)
    assert isinstance(reply, Message)
    assert (reply.flags, reply.session, reply.message_id) == (Flags.ANSWER, 7, 3)
    return reply


def error_code(reply) -> ErrorCode:
    assert reply.type is MessageType.ERROR
    payload = ErrorPayload.parse(reply.payload)
    assert payload.text.endswith(".")
    return ErrorCode(payload.code)


@pytest.fixture
def counters() -> Counter:
    return Counter()


@pytest.fixture
def session(counters) -> EdgeSession:
    return EdgeSession(counters)


@pytest.fixture
def greeted(session) -> EdgeSession:
    assert answer(session, message(MessageType.HELLO, HELLO.pack())).type is MessageType.HELLO
    return session


def test_a_fitting_hello_is_answered_with_the_tails_own(session):
    reply = answer(session, message(MessageType.HELLO, HELLO.pack()))
    assert reply.model_id == TAIL.model_id
    assert Hello.parse(reply.payload) == dataclasses.replace(HELLO, role=Role.TAIL)


@pytest.mark.parametrize(
    ("hello", "model_id", "code"),
    [
        (HELLO, 0xABCE, ErrorCode.MODEL_MISMATCH),
        (dataclasses.replace(HELLO, tensor_size=5), 0xABCD, ErrorCode.MODEL_MISMATCH),
        (dataclasses.replace(HELLO, dtype=DataType.UINT8), 0xABCD, ErrorCode.MODEL_MISMATCH),
        (dataclasses.replace(HELLO, role=Role.TAIL), 0xABCD, ErrorCode.NOT_SUPPORTED_IN_ROLE),
    ],
)
def test_a_hello_that_does_not_fit_is_refused_and_greets_nobody(session, hello, model_id, code):
    refusal = answer(session, message(MessageType.HELLO, hello.pack(), model_id=model_id))
    assert error_code(refusal) is code
    assert error_code(answer(session, message(MessageType.DATA, b"abcd"))) is ErrorCode.PROTOCOL


def test_an_activation_becomes_an_inference_after_hello(greeted):
    outcome = greeted.receive(message(MessageType.DATA, b"abcd"), TAIL)
    assert isinstance(outcome, Inference)
    assert outcome.request.payload == b"abcd"


def test_an_activation_of_another_model_is_refused_even_after_hello(greeted):
    other = dataclasses.replace(TAIL, model_id=1)
    refusal = answer(greeted, message(MessageType.DATA, b"abcd"), other)
    assert error_code(refusal) is ErrorCode.MODEL_MISMATCH


def test_an_activation_of_another_length_is_refused(greeted):
    assert error_code(answer(greeted, message(MessageType.DATA, b"abc"))) is ErrorCode.PROTOCOL


def test_echo_needs_no_hello_and_no_model(session):
    reply = answer(session, message(MessageType.ECHO, b"ping", model_id=0))
    assert (reply.type, reply.payload) == (MessageType.ECHO_REPLY, b"ping")


@pytest.mark.parametrize("frame_limit", [250, 1472])
def test_hello_names_the_links_frame_limit(counters, frame_limit):
    session = EdgeSession(counters, frame_limit)
    greeting = dataclasses.replace(HELLO, frame_limit=frame_limit)
    reply = answer(session, message(MessageType.HELLO, greeting.pack()))
    assert Hello.parse(reply.payload).frame_limit == frame_limit


@pytest.mark.parametrize(
    ("kind", "flags"),
    [
        (MessageType.RESULT, Flags.NONE),
        (MessageType.ACK, Flags.NONE),
        (MessageType.ERROR, Flags.NONE),
        (MessageType.ECHO_REPLY, Flags.ANSWER),
        (MessageType.ECHO, Flags.ANSWER),
    ],
)
def test_what_a_head_does_not_ask_is_dropped_and_counted(session, counters, kind, flags):
    assert session.receive(message(kind, b"", flags), TAIL) is None
    assert counters["rx_unexpected"] == 1


@given(st.sampled_from(MessageType), st.binary(max_size=60))
def test_random_payloads_raise_only_protocol_errors(kind, payload):
    session = EdgeSession(Counter())
    try:
        session.receive(message(kind, payload), TAIL)
    except ProtocolError:
        return


def test_the_best_scores_are_those_of_the_vectors():
    rows = [
        line.split()
        for line in (VECTORS / "topk.txt").read_text(encoding="ascii").splitlines()
        if not line.startswith("#")
    ]
    assert len(rows) > 4
    for kind, elements, *entries in rows:
        dtype = DataType(int(kind, 16)).name.lower()
        output = np.frombuffer(bytes.fromhex(elements), dtype).reshape(1, -1)
        expected = [
            (int(i, 16), struct.unpack("<i", struct.pack("<I", int(bits, 16)))[0])
            for i, bits in (entry.split(":") for entry in entries)
        ]
        assert list(best(output)) == expected


@given(st.lists(st.integers(-128, 127), min_size=1, max_size=40))
def test_the_best_scores_are_those_that_the_model_reports(values):
    output = np.array([values], np.int8)
    assert list(best(output)) == top_k(output, 5)
