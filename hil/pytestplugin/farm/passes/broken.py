# SPDX-License-Identifier: MIT
"""Workers whose boards are broken."""

from collections.abc import Callable, Collection

from hil.pytestplugin.farm.seat import Seat


class Broken:
    """What is said of workers whose boards are of no use any more.

    Args:
        say: shows a line at once.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._told: set[str] = set()

    def heed(self, seats: Collection[Seat], is_left: bool) -> list[Seat]:
        """Return those that are to go on all the same, since there is no other worker.

        Args:
            seats: all workers.
            is_left: whether there are tests that no worker has been given.
        """
        broken = [seat for seat in seats if seat.broken]
        for seat in broken:
            if seat.name not in self._told:
                self._told.add(seat.name)
                self._say(
                    f"the board of {seat.name} is of no use any more ({seat.broken}); "
                    "its remaining tests go to other workers"
                )
        if not is_left or not all(seat.broken or seat.node.shutting_down for seat in seats):
            return []
        if broken:
            self._say("no board is left; the remaining tests end with what broke the last one")
        return broken
