# SPDX-License-Identifier: MIT
"""A head and a tail on two boards: what is said to which; how long a link stands."""

import pytest


@pytest.mark.parametrize("via", ["tcp", "udp"])
def test_over_ip_the_tail_listens_before_the_head_comes(boards, said, via):
    head, tail = boards(1, "head"), boards(2, "tail")
    head.connect(tail, via)
    assert [line for line in said if "wifi" not in line] == [
        "02 edge host=10.0.0.2 port=3333",
        "01 edge host=10.0.0.2 port=3333",
        f"02 link via={via} state=up",
        f"01 link via={via} state=up",
    ]


@pytest.mark.parametrize("via", ["espnow", "ble"])
def test_over_the_air_the_head_is_told_the_tails_mac(boards, said, via):
    head, tail = boards(1, "head"), boards(2, "tail")
    head.connect(tail, via)
    assert said == [
        "02 peer",
        "01 peer mac=02:00:00:00:00:02 channel=1",
        f"02 link via={via} state=up",
        f"01 link via={via} state=up",
    ]
    del said[:]
    head.disconnect()
    assert said == [f"01 link via={via} state=down", f"02 link via={via} state=down"]


def test_a_gateway_becomes_a_tail_again(boards, edge, said):
    head, tail = boards(1, "head"), boards(2, "tail")
    head.connect(edge, "espnow", gateway=tail)
    head.disconnect()
    del said[:]
    head.connect(tail, "espnow")
    assert "02 role set=model" in said
    assert said.index("02 role set=model") < said.index("02 link via=espnow state=up")


def test_a_link_stands_until_a_board_starts_anew_or_reports_it_down(boards):
    head, tail = boards(1, "head"), boards(2, "tail")
    head.connect(tail, "udp")
    assert head.connection.stands()
    head.console.events.append(("link", {"via": "udp", "state": "down"}))
    assert not head.connection.stands()
    tail.console.info["boot"] = "00000002"
    assert not head.connection.stands()
