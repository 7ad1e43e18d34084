# SPDX-License-Identifier: MIT
"""What has ended tests with these boards, and what it keeps the next ones from."""

from typing import TYPE_CHECKING, Any

from hil.errors import (
    BudgetExceeded,
    HilError,
    InfrastructureError,
    MessageLost,
    ProductFailure,
)
from hil.pytestplugin.bench.breaker import Breaker
from hil.pytestplugin.bench.condition import Condition
from hil.pytestplugin.bench.stalls import Repeated, Stalls

if TYPE_CHECKING:
    from hil.board.bench import OpenRig


class Damage:
    """What is known against a rig's boards and links; all that is not may be used.

    Attributes:
        stale: whether a message was lost on the connection, so that it is to be opened again.
    """

    def __init__(self, rig: "OpenRig[Any]", *, simulated: bool, limit: int) -> None:
        """Nothing is known yet.

        Args:
            rig: the open boards.
            simulated: as of :class:`hil.pytestplugin.bench.stalls.Stalls`.
            limit: as of :class:`hil.pytestplugin.bench.breaker.Breaker`.
        """
        self.stale = False
        self._rig = rig
        self._simulated = simulated
        self._limit = limit
        self._breaker = Breaker(limit, f"The board at {rig.board.port}")
        self._links: dict[str, Breaker] = {}
        self._of_links: list[InfrastructureError] = []
        self._failed: ProductFailure | None = None  # to come up, and is out of use
        self._lacks: list[InfrastructureError] = []
        self.note_installed()

    @property
    def broken(self) -> HilError | None:
        """What has put all boards out of use; ``None`` as long as nothing has."""
        return self._breaker.open_by or self._failed

    @property
    def rig_broken(self) -> InfrastructureError | None:
        """What no flashing can mend; ``None`` as long as there is nothing."""
        return self._breaker.open_by

    @property
    def is_sound(self) -> bool:
        """Whether the boards are in use, and nothing may have left one in any state."""
        return self.broken is None and self._condition.is_sound

    def note(self, error: BaseException, via: str, test: str) -> None:
        """Learn of what ended a phase of a test, expected or not; see :meth:`Bench.note`."""
        self._stalls.note(error, via, test)
        if isinstance(error, Repeated):
            return
        if isinstance(error, MessageLost) and error.tolerated:
            self.stale = True
        elif any(error is known for known in (*self._of_links, *self._lacks)):
            return
        elif isinstance(error, InfrastructureError):
            self._breaker.note(error, test)
            self._condition.note(error)
        elif not isinstance(error, BudgetExceeded):
            self._condition.note(error)

    def note_sound(self) -> None:
        """Learn of a test that the rig has not kept from its end."""
        self._breaker.note_sound()

    def note_link(self, via: str, error: InfrastructureError) -> None:
        """Learn that the rig cannot have a link, which is to cost only that link's tests."""
        breaker = self._links.setdefault(via, Breaker(self._limit, f"The link over {via}"))
        breaker.note(error, f"attempt {len(self._of_links)}")
        self._of_links += [each for each in (error, breaker.open_by) if each is not None]

    def note_connected(self, via: str) -> None:
        """Learn that the board is connected over a link."""
        if via in self._links:
            self._links[via].note_sound()

    def note_lack(self, error: InfrastructureError) -> None:
        """Learn what the rig lacks, which is to cost only the tests that need it."""
        self._lacks.append(error)

    def note_installed(self) -> None:
        """Learn that the boards were flashed and started: what was done before does not count."""
        self._failed = None
        self._condition = Condition(self._rig)
        self._stalls = Stalls(simulated=self._simulated)

    def require_rig(self) -> None:
        """Raise what no flashing can mend.

        Raises:
            InfrastructureError: it has put the boards out of use.
        """
        self._breaker.require_closed()

    def require_none(self, via: str) -> None:
        """Raise what keeps all boards, or tests on this link, from being used.

        Raises:
            HilError: what has put the boards out of use.
            Repeated: an earlier test waited in vain on this link.
        """
        if self.broken is not None:
            raise self.broken.with_traceback(None)
        self._stalls.require_none(via)

    def require_link(self, via: str) -> None:
        """Raise what the rig cannot have this link for.

        Raises:
            InfrastructureError: it was found when the link was to be opened before.
        """
        if via in self._links:
            self._links[via].require_closed()

    def mend(self) -> None:
        """Reset the boards if need be; where that fails, they are out of use.

        Raises:
            ProductFailure: a board does not come up.
            InfrastructureError: it could not be reset or asked.
        """
        try:
            self._condition.mend()
        except ProductFailure as error:
            self._failed = error
            raise
