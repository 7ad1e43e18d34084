# SPDX-License-Identifier: MIT
"""What a provider of boards is and gives; a package registers its own under ``hil.boards``."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from hil.rig.lookup import OnWait
from hil.rig.probe import Chip
from hil.serialport.line import USUAL, Line


def _nothing() -> None:
    """Do nothing."""


def _never(lost: Callable[[], None]) -> None:
    """Tell nobody: a board of whose loss its provider learns nothing."""


@dataclass(frozen=True)
class Wanted:
    """How a board is wanted.

    Attributes:
        wait_s: seconds to wait while somebody else has it; 0: not at all.
        on_wait: to be called once, before the waiting begins, with who has it; where several boards
            are acquired at once, whenever others are waited for.
        coordinator: of labgrid, where ``hil.toml`` names one.
        refuse: tells of a board, by the ``name`` of its lease, why it is not to be taken, in a
            sentence; ``None``: it may be. Where there is a choice another one is then taken.
    """

    wait_s: float = 0.0
    on_wait: OnWait | None = None
    coordinator: str | None = None
    refuse: Callable[[str], str | None] | None = None


@dataclass(frozen=True)
class Lease:
    """A board that this process has until it releases it.

    What ``hil.toml`` says of the board counts before what is said here.

    Attributes:
        port: where its console is: a device, or a URL of pyserial, such as ``rfc2217://host:2217``.
        release: gives it back. It is called once, whatever has happened, from any thread, and must
            come to an end by itself.
        check: called when the connection is gone; raises an ``InfrastructureError`` that says why,
            if the provider knows.
        on_lost: is given what to call, once and from any thread, when the provider learns that the
            board is this process's no more; ``check`` then raises.
        name: what the board is called, where the name by which it was asked for does not tell.
        chip: what is known of the chip; a MAC address in it is compared with the board's.
        baud: highest line rate, in baud; ``None``: 921,600.
        reset: ``auto``, ``uart``, ``usb-jtag`` or ``none``, as in ``hil.toml``.
        line: what is unusual about the line.
        power_cycle: as in ``hil.toml``: a command line, or ``SWITCH:...``.
        edge_host: address of this computer as the board sees it; ``None``: it is found out.
    """

    port: str
    release: Callable[[], None]
    check: Callable[[], None] = field(default=_nothing, kw_only=True)
    on_lost: Callable[[Callable[[], None]], None] = field(default=_never, kw_only=True)
    name: str = field(default="", kw_only=True)
    chip: Chip | None = field(default=None, kw_only=True)
    baud: int | None = field(default=None, kw_only=True)
    reset: str = field(default="auto", kw_only=True)
    line: Line = field(default=USUAL, kw_only=True)
    power_cycle: str | None = field(default=None, kw_only=True)
    edge_host: str | None = field(default=None, kw_only=True)


class Lender(Protocol):
    """Another process, which has a board and lends it to this one."""

    def check(self) -> None:
        """Make sure that it still has the board, as ``check`` of its lease; raises as that."""
        ...

    def on_lost(self, listener: Callable[[], None]) -> None:
        """Have something called, from any thread, when it has lost the board."""
        ...


@dataclass(frozen=True)
class Offer:
    """A board that a provider could give, for ``hil boards``.

    Attributes:
        name: under which it is acquired, without the provider's own.
        chip: what is known of it.
        holder: who has it; empty: nobody.
        problem: why it cannot be had, in a sentence.
        tags: by which it is found, where boards are chosen by such.
    """

    name: str
    chip: Chip | None = None
    holder: str = ""
    problem: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)


@runtime_checkable
class BoardProvider(Protocol):
    """Gives boards of one kind to this process, one user at a time.

    A package registers a class, or any callable without arguments, that returns one; it is called
    when a board of that kind is named, and once for each process. ``acquire`` may be called several
    times: a rig has up to three boards.
    """

    def acquire(self, name: str, wanted: Wanted) -> Lease:
        """Have a board for this process.

        Args:
            name: what stands behind the provider's own name and the colon; may be empty.
            wanted: how long to wait for it, and whom to tell.

        Raises:
            BadInputError: nothing is called so.
            BoardBusyError: somebody had it for all of ``wait_s``; the sentence says who.
            PortMissingError, InfrastructureError: it cannot be had for another reason.
        """
        ...

    def offers(self) -> Iterable[Offer]:
        """Return the boards that there are, without having any.

        Raises:
            InfrastructureError: whoever knows cannot be reached.
        """
        ...
