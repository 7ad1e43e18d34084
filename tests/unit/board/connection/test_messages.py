# SPDX-License-Identifier: MIT
"""Round trips and messages over a link that is up, and whose fault a lost one is."""

import pytest
from fake_board import make_board

from hil.errors import (
    BadInputError,
    BoardPanic,
    BoardRefused,
    ConsoleError,
    EdgeError,
    MessageLost,
)
from hil.inference.inference import RoundTrip, Wire
from hil.symptoms import Misbehaviour


def test_a_board_is_asked_over_the_link_that_is_up(boards, edge):
    board = boards(1, "head")
    with pytest.raises(BadInputError, match="not connected"):
        board.rtt(16)
    board.connect(edge, "udp")
    with pytest.raises(BadInputError, match="connected over udp, not tcp"):
        board.rtt(16, "tcp")


def test_a_round_trip_is_what_the_board_says(boards, edge):
    board = boards(1, "head")
    board.connect(edge, "udp")
    cost = {"frames": "3", "resent": "1", "wire": "80"}
    board.console.failures["udp"] = {"state": "ok", "us": "1234", **cost}
    assert board.rtt(16) == RoundTrip("udp", 16, 1234, None, Wire(3, 1, 80), False)
    board.console.failures["udp"] = {"state": "ok", "us": "quick"}
    with pytest.raises(BoardRefused, match="cannot be read"):
        board.rtt(16)


def test_a_round_trip_without_an_answer_is_lost_and_one_whose_link_ends_an_error(boards, edge):
    board = boards(1, "head")
    board.connect(edge, "udp")
    board.console.failures["udp"] = {"state": "err", "code": "edge_timeout", "msg": "None came."}
    lost = board.rtt(16)
    assert lost.lost
    assert lost.code == "edge_timeout"
    board.console.failures["udp"] = {"state": "err", "code": "edge_lost", "msg": "It ended."}
    with pytest.raises(MessageLost, match=r"from the edge server, which is there, .*It ended"):
        board.rtt(16)


def test_a_message_that_a_peer_does_not_answer_is_said_of_the_peer(boards):
    head, tail = boards(1, "head"), boards(2, "tail")
    head.connect(tail, "udp")
    answer = {"state": "err", "code": "edge_lost", "msg": "the edge server gave no answer"}
    head.console.failures["udp"] = answer
    with pytest.raises(MessageLost, match=r"the peer at .*the peer gave no answer") as caught:
        head.rtt(16)
    assert "edge server" not in str(caught.value)


def test_a_message_lost_with_a_peer_that_crashed_is_the_peers_crash(boards):
    def crashed():
        raise BoardPanic("The board panicked.")

    head, tail = boards(1, "head"), boards(2, "tail")
    head.connect(tail, "udp")
    head.console.failures["udp"] = {"state": "err", "code": "edge_timeout"}
    tail.console.require_sound = crashed
    with pytest.raises(BoardPanic):
        head.rtt(16)


def test_an_inference_that_the_edge_server_has_not_seen_is_misnumbered(boards, edge):
    def unknown(message_id, session, timeout, owner):
        raise EdgeError("The edge server saw no activation.")

    board = boards(1, "head")
    board.connect(edge, "udp")
    edge.record = unknown
    with pytest.raises(Misbehaviour, match="got message 7 of session 00000001"):
        board.connection.record(7)


@pytest.mark.parametrize("lost", ["edge_timeout", "edge_lost"])
def test_a_message_lost_with_the_gateways_port_is_the_rigs_fault(
    boards, edge, said, monkeypatch, lost
):
    def broken():
        raise ConsoleError("The connection to the gateway broke; reconnect the board.")

    board, gateway = boards(1, "head"), make_board(monkeypatch, said, 2)
    board.connect(edge, "espnow", gateway=gateway)
    board.console.failures["espnow"] = {"state": "err", "code": lost}
    gateway.console.check = broken
    with pytest.raises(ConsoleError, match="gateway broke"):
        board.rtt(16)


def test_a_message_lost_with_the_edge_server_says_so(boards, edge):
    def ended():
        raise EdgeError("The edge server has ended; start another.")

    board = boards(1, "head")
    board.connect(edge, "udp")
    board.console.failures["udp"] = {"state": "err", "code": "edge_timeout"}
    edge.check = ended
    with pytest.raises(EdgeError, match="has ended"):
        board.rtt(16)


def test_a_message_over_a_link_that_has_gone_down_is_lost(boards, edge):
    board = boards(1, "head")
    board.connect(edge, "udp")
    board.console.refusals["rtt"] = "link_down"
    with pytest.raises(MessageLost, match="connect the board anew") as caught:
        board.rtt(16)
    assert caught.value.code == "link_down"


def test_after_news_of_the_network_it_is_joined_anew(boards, edge, said):
    board = boards(1, "head")
    board.connect(edge, "udp")
    board.console.events.append(("wifi", {"state": "up", "ip": "10.0.0.77"}))
    board.connect(edge, "udp")
    assert sum("wifi" in line for line in said) == 2


def test_a_size_that_the_board_cannot_echo_is_bad_input(boards, edge):
    board = boards(1, "head")
    board.connect(edge, "udp")
    board.console.refusals["rtt"] = "bad_argument"
    with pytest.raises(BadInputError, match="cannot echo 1000000 bytes"):
        board.rtt(1_000_000)
