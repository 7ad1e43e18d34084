# SPDX-License-Identifier: MIT
"""Ends of a link that a test plays with a key."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from hil.board.board import Board
from hil.board.connection import Connection
from hil.board.keying import give
from hil.host.secret import Unseen
from hil.protocol.auth import new_key
from hil.suite.helpers.air.keyed_head import KeyedHead
from hil.suite.helpers.air.keyed_tail import KeyedTail
from hil.suite.helpers.air.raw_air import RawAir


@pytest.fixture
def keyed_head(
    link: Connection, clear_air: None, small_board: Board, peer: Board
) -> Iterator[KeyedHead]:
    """A head that a test plays over ESP-NOW with a key, which ``peer``, the tail, has too."""
    small_board.disconnect()
    peer.console.request("peer")
    key = _new_key_of(peer)
    peer.listen("espnow")
    air = RawAir(small_board)
    head = KeyedHead(air, peer, key)
    head.find()
    yield head
    air.close()
    peer.stop_listening()


@pytest.fixture
def keyed_tail(
    link: Connection, clear_air: None, small_board: Board, gateway: Board, digits: list[Path]
) -> Iterator[KeyedTail]:
    """The tail that ``small_board`` asks with a key: a test plays it through ``gateway``."""
    small_board.store(small_board.part.input_tensor(digits[0]))
    small_board.disconnect()
    key = _new_key_of(small_board)
    air = RawAir(gateway)
    yield KeyedTail(air, gateway, small_board, key)
    air.close()


def _new_key_of(board: Board) -> Unseen:
    """Give a board a new key; skip where its firmware knows none."""
    if board.info.key is None:
        pytest.skip("the firmware knows no keys.")
    key = new_key()
    give(board, key)
    return key
