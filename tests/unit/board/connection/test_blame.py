# SPDX-License-Identifier: MIT
"""Why a link does not come up, and whose fault that is."""

import pytest

from hil.edge.hearing import Greeting
from hil.errors import (
    BadInputError,
    BoardRefused,
    EdgeError,
)
from hil.symptoms import Misbehaviour


def test_what_cannot_be_connected_is_refused_before_anything_is_said(boards, edge, said):
    head, tail = boards(1, "head"), boards(2, "tail")
    other_cut = len(tail.part.model.cuts) - 1
    cases = [
        (edge, "zigbee", "no link; use tcp, udp, espnow, ble"),
        (edge, "espnow", "needs a second board as gateway"),
        (boards(1, "tail"), "udp", "Board and peer have one MAC"),
        (boards(2, "head"), "udp", "holds the head of tiny, not a tail"),
        (boards(2, "tail", simulated="1"), "udp", "virtual board and a real one"),
        (
            boards(2, "tail", at=tail.part.model.cuts[other_cut].index),
            "udp",
            "flash both with one model and cut",
        ),
    ]
    del said[:]
    for to, via, words in cases:
        with pytest.raises(BadInputError, match=words):
            head.connect(to, via)
    with pytest.raises(BadInputError, match="holds a tail, which waits for a head"):
        tail.connect(edge, "udp")
    with pytest.raises(BadInputError, match="Board and gateway have one MAC"):
        head.connect(edge, "espnow", gateway=boards(1, "tail"))
    assert said == []


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("edge_unreachable", EdgeError),
        ("model_mismatch", Misbehaviour),
        ("mtu", Misbehaviour),
        ("radio", BoardRefused),
    ],
)
def test_a_link_that_does_not_come_up_says_why(boards, edge, code, kind):
    board = boards(1, "head")
    board.console.failures["udp"] = {"state": "down", "code": code, "msg": "Too bad."}
    with pytest.raises(kind, match=f"over udp did not come up .{code}.: Too bad"):
        board.connect(edge, "udp")
    assert board.connection is None


def test_a_tail_of_another_model_is_not_the_boards_fault(boards, edge):
    board = boards(1, "head")
    edge.model_id += 1
    failure = {"state": "down", "code": "model_mismatch", "msg": "Too bad."}
    board.console.failures["udp"] = failure
    with pytest.raises(BoardRefused, match="Too bad"):
        board.connect(edge, "udp")


def unreachable(board, via="udp"):
    failure = {"state": "down", "code": "edge_timeout", "msg": "No HELLO came."}
    board.console.failures[via] = failure


def test_a_hello_that_was_dropped_is_the_boards_and_names_the_field(boards, edge):
    board = boards(1, "head")
    unreachable(board)
    request = board.console.request

    def greeting(verb, **arguments):
        if verb == "link" and arguments["state"] == "up":
            edge.hearing.drop("A frame starts with 0x1234 instead of 0x4e53.")
        return request(verb, **arguments)

    board.console.request = greeting
    with pytest.raises(Misbehaviour, match="starts with 0x1234") as caught:
        board.connect(edge, "udp")
    assert caught.value.symptom == "hello-wrong"


def test_a_board_that_the_edge_server_has_heard_is_to_blame_for_a_link(boards, edge):
    board = boards(1, "head")
    unreachable(board)
    request = board.console.request

    def connecting(verb, **arguments):
        edge.counters["connections"] += verb == "link"
        return request(verb, **arguments)

    board.console.request = connecting
    with pytest.raises(Misbehaviour, match="No HELLO came") as caught:
        board.connect(edge, "udp")
    assert caught.value.symptom == "link-not-up"


def test_boards_that_do_not_meet_over_their_own_radios_are_to_blame(boards):
    head = boards(1, "head")
    unreachable(head, "espnow")
    with pytest.raises(Misbehaviour, match="a link to the peer at"):
        head.connect(boards(2, "tail"), "espnow")
    unreachable(head, "udp")
    with pytest.raises(EdgeError, match="No HELLO came"):  # an access point may keep them apart
        head.connect(boards(2, "tail"), "udp")


@pytest.mark.parametrize(
    ("greeting", "words"),
    [
        (Greeting(0, 10), "session 00000001, which is this boot's, got session 00000000"),
        (Greeting(1, 99), "classes, got 99"),
    ],
)
def test_a_greeting_that_differs_from_the_console_is_a_wrong_hello(boards, edge, greeting, words):
    board = boards(1, "head")
    request = board.console.request

    def greet(verb, **arguments):
        if verb == "link" and arguments["state"] == "up":
            edge.hearing.greet(greeting)
        return request(verb, **arguments)

    board.console.request = greet
    with pytest.raises(Misbehaviour, match=words):
        board.connect(edge, "udp")
