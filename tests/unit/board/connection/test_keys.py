# SPDX-License-Identifier: MIT
"""Which key the ends of a link are given, and what is said where they can have none."""

from dataclasses import replace

import pytest

from hil.board.keying import give_key
from hil.errors import BadInputError
from hil.host.secret import Unseen
from hil.protocol.auth import key_id
from hil.symptoms import Misbehaviour

KEY = Unseen(bytes(range(1, 17)))
MAC = "02:00:00:00:00:01"


@pytest.fixture
def keeps(monkeypatch):
    """Have a board's console answer `key` as a board does, and note what it was given."""

    def keep(board, says=None):
        given = []
        request = board.console.request

        def answering(verb, **arguments):
            if verb != "key":
                return request(verb, **arguments)
            value = arguments.get("value")
            given.append(value)
            told = "none" if value is None else key_id(bytes.fromhex(value))
            return {"key": says or told}

        monkeypatch.setattr(board.console, "request", answering)
        return given

    return keep


def test_each_link_has_a_new_key_at_both_ends(boards, edge, keeps):
    head = boards(1, "head", key="none")
    given = keeps(head)
    for via in ("tcp", "udp"):
        head.connect(edge, via)
        assert edge.keys[MAC].hex() == given[-1]
        assert head.connection.authenticated
        assert head.connection.keyless == ""
    assert len(set(given)) == 2


def test_two_boards_have_one_key(boards, keeps):
    head, tail = boards(1, "head", key="none"), boards(2, "tail", key="none")
    given = [keeps(board) for board in (head, tail)]
    head.connect(tail, "udp")
    assert given[0] == given[1] != [None]
    assert head.connection.authenticated


@pytest.mark.parametrize(("mine", "other"), [(None, "none"), ("none", None)])
def test_firmware_that_knows_no_keys_is_said_loudly(boards, keeps, mine, other):
    head, tail = (
        boards(number, role, **({"key": key} if key else {}))
        for number, role, key in ((1, "head", mine), (2, "tail", other))
    )
    given = [keeps(board) for board in (head, tail)]
    head.connect(tail, "udp")
    assert not head.connection.authenticated
    assert "knows no keys" in head.connection.keyless
    assert sorted(given) == [[], [None]]


def test_an_edge_server_takes_such_a_board_without_a_key_while_it_is_connected(boards, edge):
    head = boards(1, "head")
    head.connect(edge, "udp")
    assert edge.keys == {MAC: None}
    assert "anybody may take part; flash that of this harness" in head.connection.keyless
    head.disconnect()
    assert edge.keys == {}


def test_switched_off_is_said_loudly(boards, edge, keeps):
    head = boards(1, "head", key="none")
    head.spec = replace(head.spec, auth=False)
    given = keeps(head)
    head.connect(edge, "udp")
    assert (given, edge.keys) == ([None], {MAC: None})
    assert "switched off: anybody may take part" in head.connection.keyless


def test_a_board_that_tries_what_is_keyless_lacks_nothing(boards, edge, keeps):
    head = boards(1, "head", key="none")
    head.keyless = True
    given = keeps(head)
    head.connect(edge, "udp")
    assert given == [None]
    assert (head.connection.authenticated, head.connection.keyless) == (False, "")


def test_a_board_that_keeps_another_key_has_a_symptom(boards, edge, keeps):
    head = boards(1, "head", key="none")
    keeps(head, says="00000000")
    with pytest.raises(Misbehaviour, match="key-not-kept"):
        head.connect(edge, "udp")


def test_a_key_from_a_file_is_given_to_who_knows_keys(boards, keeps):
    head = boards(1, "head", key="none")
    given = keeps(head)
    give_key(head, KEY)
    assert given == [KEY.hex()]
    assert repr(given[0]) == "'...'"
    with pytest.raises(BadInputError, match="knows no keys; flash"):
        give_key(boards(2, "head"), KEY)
