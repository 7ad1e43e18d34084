# SPDX-License-Identifier: MIT
"""An impairment: what is to be done, and what has been done so far."""

from collections import Counter

from hil.transport.impairment.counts import Counts
from hil.transport.impairment.dropping import Dropper
from hil.transport.impairment.peer import Peer
from hil.transport.impairment.plan import Plan


class Impairment:
    """What :meth:`hil.EdgeServer.impair` does to every link of an edge server, as long as it lasts.

    The counts may be read at any time, also behind the end.

    Attributes:
        rx: what was done to frames that came from boards.
        tx: what was done to frames that went to boards.

    Args:
        plan: what is to be done.
    """

    def __init__(self, plan: Plan) -> None:
        self.rx = Counts()
        self.tx = Counts()
        self._plan = plan
        self._dropper = Dropper(plan.drop_connection)
        self._met: Counter[str] = Counter()

    @property
    def total(self) -> Counts:
        """What was done both ways."""
        return self.rx + self.tx

    @property
    def connections_dropped(self) -> int:
        """Connections dropped so far."""
        return self._dropper.done

    def __str__(self) -> str:
        dropped = self.connections_dropped
        return f"from boards {self.rx}; to boards {self.tx}; {dropped} connections dropped"

    @property
    def drops_idle(self) -> bool:
        """Whether connections are to be dropped at once, whatever goes over them."""
        return self._plan.drop_connection == "idle"

    @property
    def loses(self) -> bool:
        """Whether a message may stay unanswered for what is done to it."""
        return self._plan.loss > 0 or self._plan.corrupt > 0

    def note_dropped(self, number: int) -> None:
        """Count connections that were dropped at once."""
        self._dropper.done += number

    def meet(self, kind: str, *, repairs: bool) -> Peer:
        """Return who decides on the frames of another board on a link; `repairs` as there.

        Boards are numbered in the order in which they are met, as addresses differ from run to run.
        """
        self._met[kind] += 1
        name = f"{kind} {self._met[kind]}"
        return Peer(self._plan, self.rx, self.tx, self._dropper, name, repairs=repairs)
