# SPDX-License-Identifier: MIT
"""What the edge server received and answered, kept for tests to inspect."""

import threading
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import NamedTuple

from hil.errors import EdgeError
from hil.model.array import Array

KEPT = 64
"""Records kept of each owner; its oldest goes first."""


@dataclass(frozen=True, eq=False)
class EdgeRecord:
    """One inference as the edge server saw it.

    Attributes:
        session: session number of the board's run.
        message_id: number the board gave the message.
        activation: the activation as received.
        output: the tail's output, shape and dtype as the model says.
        activation_crc: CRC-32 of the activation as received.
        host_total_us: from the whole message received to its answer ready, measured, in us.
        host_invoke_us: the part of it in the tail, measured, in us.
        told_total_us: the total the board was told, in us.
        told_invoke_us: the tail's part the board was told, in us.
    """

    session: int
    message_id: int
    activation: bytes = field(repr=False)
    output: Array = field(repr=False)
    activation_crc: int
    host_total_us: int
    host_invoke_us: int
    told_total_us: int
    told_invoke_us: int


class Origin(NamedTuple):
    """Whose inference a record is of.

    Attributes:
        owner: who was given the key that it was asked with; None without a key.
        peer: link and address.
    """

    owner: Hashable | None
    peer: str


class RecordStore:
    """The last records, to be written by one thread and awaited by others.

    What one has asked never takes the place of what another has: it is known by link, address,
    session and number, and with a key by whose that is. Those who have a key have a store each.
    """

    def __init__(self) -> None:
        self._records: dict[Hashable | None, OrderedDict[tuple[str, int, int], EdgeRecord]] = {}
        self._changed = threading.Condition()

    def add(self, record: EdgeRecord, origin: Origin) -> None:
        """Keep a record; a later one of the same origin, session and number takes its place."""
        key = (origin.peer, record.session, record.message_id)
        with self._changed:
            kept = self._records.setdefault(origin.owner, OrderedDict())
            kept[key] = record
            kept.move_to_end(key)
            if len(kept) > KEPT:
                kept.popitem(last=False)
            self._changed.notify_all()

    def get(
        self, message_id: int, session: int | None, timeout: float, owner: Hashable | None = None
    ) -> EdgeRecord:
        """Return the newest record of a message, waiting for it at most ``timeout`` seconds.

        Args:
            message_id: number the board gave the message.
            session: session number of the board's run, None for any.
            timeout: in seconds.
            owner: who has asked with its key, None for any.

        Raises:
            EdgeError: there is none in time.
        """

        def newest() -> EdgeRecord | None:
            owners = list(self._records) if owner is None else [owner]
            for each in owners:
                for record in reversed(self._records.get(each, OrderedDict()).values()):
                    if record.message_id == message_id and session in (None, record.session):
                        return record
            return None

        with self._changed:
            record = self._changed.wait_for(newest, timeout)
        if record is None:
            raise EdgeError(
                f"The edge server saw no activation with message id {message_id} within "
                f"{timeout:g} s; check that the board's link leads to this server."
            )
        return record
