# SPDX-License-Identifier: MIT
"""The built-in provider of virtual boards, each in a lab of its own."""

from collections.abc import Iterator
from dataclasses import dataclass

from hil.errors import BadInputError
from hil.rig.providers.interface import Lease, Offer, Wanted
from hil.sim.process import Lab


@dataclass(frozen=True)
class VirtualLease(Lease):
    """A virtual board, whose lab ends with it."""

    lab: Lab


class VirtualBoards:
    """Starts a lab for each board; nobody else knows of it, so that nobody has to wait."""

    def acquire(self, name: str, wanted: Wanted) -> Lease:
        """Start a lab; see ``BoardProvider.acquire``."""
        if name:
            raise BadInputError(f"A virtual board has no name; leave {name!r} out.")
        lab = Lab.start()
        return VirtualLease(lab.boards[0].url, lab.close, lab, check=lab.check)

    def offers(self) -> Iterator[Offer]:
        """Return the one that there always is."""
        yield Offer("")


def lab_of(lease: Lease) -> Lab | None:
    """Return the lab of a virtual board; ``None``: it is none."""
    return lease.lab if isinstance(lease, VirtualLease) else None
