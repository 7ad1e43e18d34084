# SPDX-License-Identifier: MIT
"""Boards without a key, for tests that speak frames which have no tag."""

from hil.board.keying import give
from hil.board.station import Station


def make_keyless(*boards: Station) -> None:
    """Have boards forget their keys; a link of theirs that is open is closed.

    What a test says to them frame by frame is then what docs/protocol.md says without section 1.8.
    Whoever is connected next has a new key.
    """
    for board in boards:
        give(board, None)
