# SPDX-License-Identifier: MIT
"""What is said to which board, in which order, to connect a head to the edge server."""

import pytest
from fake_board import make_board


@pytest.mark.parametrize("via", ["tcp", "udp"])
def test_over_ip_the_board_is_told_the_edge_server(boards, edge, said, via):
    boards(1, "head").connect(edge, via)
    assert said == [
        "01 wifi ssid=net password=secret",
        "01 edge host=10.0.0.9 port=4000",
        f"01 link via={via} state=up",
    ]


def test_the_network_is_joined_once_and_one_link_closed_before_the_next(boards, edge, said):
    board = boards(1, "head")
    board.connect(edge, "tcp")
    del said[:]
    board.connect(edge, "udp")
    assert said == [
        "01 link via=tcp state=down",
        "01 edge host=10.0.0.9 port=4000",
        "01 link via=udp state=up",
    ]


def test_after_a_link_that_is_not_over_ip_the_network_is_joined_anew(boards, edge, said):
    board = boards(1, "head")
    for via in ("tcp", "udp", "ble", "udp", "tcp"):
        board.connect(edge, via)
    assert said.count("01 wifi ssid=net password=secret") == 2


def test_over_espnow_a_second_board_becomes_the_gateway(boards, edge, said, monkeypatch):
    board = boards(1, "head")
    gateway = make_board(monkeypatch, said, 2)
    board.connect(edge, "espnow", gateway=gateway)
    assert said == [
        "02 baud rate=921600",
        "02 role set=gateway channel=1",
        "edge attach gateway 02",
        "01 peer mac=02:00:00:00:00:02 channel=1",
        "01 link via=espnow state=up",
    ]
    assert board.connection.gateway is gateway
    del said[:]
    board.disconnect()
    assert said == ["01 link via=espnow state=down", "edge detach gateway 02"]


def test_over_ble_this_host_looks_for_the_board_before_it_advertises(boards, edge, said):
    board = boards(1, "head", mac="02:48:49:4C:00:01")
    board.connect(edge, "ble")
    assert said == [
        "01 peer",
        "edge attach hil-4c0001 by None",
        "01 link via=ble state=up",
    ]
    board.close()
    assert said[-1] == "edge detach hil-4c0001 by None"
