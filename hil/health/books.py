# SPDX-License-Identifier: MIT
"""What has happened to a board entered, and the board set aside if that was one too many."""

from hil.health.entry import Entry, Quarantined, now
from hil.health.history import Health, judge, overdue
from hil.health.limits import HealthLimits
from hil.health.store import Store

BY_LIMITS = "limits"
"""Who has set a board aside that nobody has set aside by hand."""


def enter(store: Store, board: str, entry: Entry, limits: HealthLimits) -> Health:
    """Enter something, set the board aside if it is beyond the limits, and return how it fares.

    Args:
        store: what is known of boards.
        board: what it is known by.
        entry: what has happened.
        limits: how much is too much.

    Raises:
        InfrastructureError: it cannot be written, or what is known of the board cannot be read.
    """
    store.add(board, entry)
    if (why := overdue(store.read(board), limits)) is not None:
        store.add(board, Quarantined(now(), why, BY_LIMITS))
    return judge(store.read(board), limits)
