# SPDX-License-Identifier: MIT
"""The edge server over real sockets."""

import socket
import threading
import zlib
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from hil.edge import EdgeServer, FixedStopwatch
from hil.edge.asking.client import HeadClient
from hil.edge.links.stream import SMALLEST_LIMIT
from hil.edge.store import KEPT
from hil.errors import EdgeError
from hil.model.interpreter import Interpreter, Kernels
from hil.model.topk import top_k
from hil.protocol import DataType, ErrorPayload, Flags, Message, MessageType, pack_stream

PATIENCE_S = 10.0


def greet(head, tail):
    return head.hello(tail.info.dtype, tail.info.tensor_size, tail.info.classes)


def test_an_activation_is_answered_with_what_the_reference_tail_makes_of_it(
    edge, client, split, activation
):
    expected = Interpreter(split.tail).invoke(
        np.frombuffer(activation, split.cut.dtype).reshape(split.cut.shape)
    )
    message_id, result = client.infer(activation, want_output=True)
    assert result.output == expected.tobytes()
    assert list(result.top) == top_k(expected, 5)
    assert result.classes == expected.size
    assert result.activation_crc == zlib.crc32(activation)
    assert (result.output_length, result.output_crc) == (expected.nbytes, zlib.crc32(expected))

    record = edge.record(message_id)
    assert record.activation == activation
    assert record.activation_crc == zlib.crc32(activation)
    np.testing.assert_array_equal(record.output, expected)
    assert record.output.dtype == expected.dtype


def test_the_output_vector_is_described_but_not_sent_unless_wanted(client, activation):
    _, without = client.infer(activation)
    _, with_output = client.infer(activation, want_output=True)
    assert without.output == b""
    assert without.output_crc == with_output.output_crc == zlib.crc32(with_output.output)


def test_a_fixed_stopwatch_is_what_the_board_is_told_and_the_host_keeps_its_own(
    edge, client, activation
):
    message_id, result = client.infer(activation)
    record = edge.record(message_id)
    assert (result.total_us, result.invoke_us) == (1500, 1200)
    assert (record.told_total_us, record.told_invoke_us) == (1500, 1200)
    assert record.host_total_us >= record.host_invoke_us > 0


def test_without_a_stopwatch_the_board_is_told_what_the_host_measured(split, tail, activation):
    with (
        EdgeServer(split.tail, split.model_id) as edge,
        HeadClient.tcp(edge.address, split.model_id) as head,
    ):
        greet(head, tail)
        message_id, result = head.infer(activation)
        record = edge.record(message_id)
        assert result.total_us == record.host_total_us == record.told_total_us
        assert result.invoke_us == record.host_invoke_us == record.told_invoke_us


def test_xnnpack_kernels_can_be_asked_for(split, tail, activation):
    expected = Interpreter(split.tail, Kernels.XNNPACK).invoke(
        np.frombuffer(activation, split.cut.dtype).reshape(split.cut.shape)
    )
    with (
        EdgeServer(split.tail, split.model_id, kernels=Kernels.XNNPACK) as edge,
        HeadClient.tcp(edge.address, split.model_id) as head,
    ):
        greet(head, tail)
        assert head.infer(activation, want_output=True)[1].output == expected.tobytes()


def test_messages_sent_without_waiting_are_all_answered_in_order(client, split, activation):
    requests = [
        Message(MessageType.DATA, Flags.NONE, 1, number, split.model_id, activation)
        for number in range(100, 120)
    ]
    client.asker.socket.sendall(b"".join(map(pack_stream, requests)))
    answers = [client.asker.receive() for _ in requests]
    assert [each.message_id for each in answers] == list(range(100, 120))
    assert {each.type for each in answers} == {MessageType.RESULT}


def test_boards_at_work_at_the_same_time_get_their_own_answers(edge, split, tail):
    spec = split.cut
    inputs = [
        np.random.default_rng(number).integers(-128, 128, spec.shape).astype(spec.dtype)
        for number in range(8)
    ]
    reference = Interpreter(split.tail)
    expected = [reference.invoke(x).tobytes() for x in inputs]

    def work(number):
        with HeadClient.tcp(edge.address, split.model_id, session=number) as head:
            greet(head, tail)
            sent = inputs[number].tobytes()
            return {head.infer(sent, want_output=True)[1].output for _ in range(10)}

    with ThreadPoolExecutor(len(inputs)) as boards:
        assert list(boards.map(work, range(len(inputs)))) == [{each} for each in expected]


def test_records_are_told_apart_by_session(edge, client, split, tail, activation):
    other_activation = bytes(len(activation))
    client.infer(activation)
    with HeadClient.tcp(edge.address, split.model_id, session=2) as other:
        greet(other, tail)
        message_id, _ = other.infer(other_activation)
    assert edge.record(message_id, session=1).activation == activation
    assert edge.record(message_id, session=2).activation == other_activation
    assert edge.record(message_id).session == 2


def test_a_record_can_be_awaited_before_it_is_there(edge, client, activation):
    sender = threading.Timer(0.05, client.infer, [activation])
    sender.start()
    assert edge.record(2, timeout=PATIENCE_S).activation == activation
    sender.join()


def test_a_record_that_never_comes_is_an_infrastructure_error(edge):
    with pytest.raises(EdgeError, match="message id 77"):
        edge.record(77, timeout=0.01)


def test_only_the_newest_records_are_kept(edge, client, activation):
    for _ in range(KEPT + 1):
        last, _ = client.infer(activation)
    assert edge.record(last - KEPT + 1, timeout=0).message_id == last - KEPT + 1
    with pytest.raises(EdgeError):
        edge.record(last - KEPT, timeout=0)


def test_a_head_of_another_model_is_refused_with_both_ids(edge, split, tail):
    with HeadClient.tcp(edge.address, split.model_id ^ 1) as head:
        payload = ErrorPayload.parse(greet(head, tail).payload)
    assert payload.label == "model_mismatch"
    assert f"{split.model_id:08x}" in payload.text
    assert f"{split.model_id ^ 1:08x}" in payload.text


def test_another_model_can_be_served_while_boards_are_connected(edge, client, model, activation):
    cut = next(cut for cut in model.cuts if cut.bytes != len(activation))
    other = model.split(cut)
    edge.serve(other.tail, other.model_id)
    with pytest.raises(EdgeError, match="model_mismatch"):
        client.infer(activation)
    with HeadClient.tcp(edge.address, other.model_id) as head:
        assert head.hello(DataType.of(cut.dtype), cut.bytes, 1).type is MessageType.HELLO
        head.infer(bytes(cut.bytes))


@pytest.mark.parametrize("size", [0, 1, 1460, 65536, SMALLEST_LIMIT - 28])
def test_echo_repeats_any_length_up_to_the_limit(client, size):
    payload = np.random.default_rng(size).bytes(size)
    assert client.ask(MessageType.ECHO, payload).payload == payload


def test_accepted_connections_have_nagle_off_and_keep_alive_on(edge, client):
    link = next(iter(edge._server._streams._boards))
    accepted = link._transport.get_extra_info("socket")
    assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    assert accepted.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)


def test_told_times_fit_the_wire_however_long_they_are(split, tail, activation):
    with (
        EdgeServer(split.tail, split.model_id, stopwatch=FixedStopwatch(2**40, 2**33)) as edge,
        HeadClient.tcp(edge.address, split.model_id) as head,
    ):
        greet(head, tail)
        assert head.infer(activation)[1].total_us == 2**32 - 1
