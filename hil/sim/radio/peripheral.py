# SPDX-License-Identifier: MIT
"""What a peripheral of the virtual board sees of the processor, and what a radio is.

The seam for radios. A link of kind `via` (docs/protocol.md, section 2.3) is one module with a class
that has the methods of :class:`Radio`. It is constructed with an ``antenna.Antenna``,
once for each boot of each board, and named in one line of ``RADIOS`` in ``station.py``. Through the
antenna it knows its board (number, MAC, whether Wi-Fi is joined), tells the firmware what happens
(``link``, ``receive``, ``writable``; each is to be called at its simulated time, from an event of
``antenna.clock``, never from inside ``open`` or ``send``) and finds what it shares with other
boards: ``antenna.air.shared(SomeMedium)`` is the lab's one SomeMedium, ``SomeMedium(air)``. A
medium that has sockets of its own to the host is also named in ``MEDIA`` in ``lab.py``, which
starts and closes it and announces its ends (see :class:`hil.sim.radio.air.Medium`).
"""

from typing import Protocol

from hil.sim.clock.clock import SimClock

OK = 0
LINK_DOWN = -1
"""What ``send`` returns where there is no link."""


class Processor(Protocol):
    """The running firmware, as :class:`hil.sim.runtime.Runtime` offers it to peripherals."""

    clock: SimClock
    staging_capacity: int
    is_free: bool
    """Whether the current call takes no time, being a stranger's doing."""

    def now(self) -> int:
        """Return simulated time (cycles) inside the current call."""

    def charge(self, cycles: int) -> None:
        """Make the current call take longer."""

    def read(self, address: int, length: int) -> bytes:
        """Copy out of the module's memory."""

    def write(self, address: int, data: bytes) -> None:
        """Copy into the module's memory."""

    def address_of(self, export: str) -> int:
        """Return the address of a buffer of the module."""

    def slot_bytes(self, offset: int, length: int) -> bytes | None:
        """Return a part of the model partition, None if it does not lie inside it."""

    def post(self, time: int, export: str, *arguments: int, staged: bytes = b"") -> None:
        """Call an export at a simulated time."""

    def run(self, export: str, *arguments: int, staged: bytes = b"", free: bool = False) -> None:
        """Call an export now, or as soon as the processor is free; it may take no time."""

    def drops_foreign(self, via: int, data: bytes) -> bool:
        """Have the firmware drop a frame now, in no time, if its peer has not made it."""

    def starve(self) -> None:
        """Tell the watchdog that a task makes no progress."""


class Radio(Protocol):
    """One kind of link of one board, for as long as its firmware runs."""

    @property
    def frame_limit(self) -> int:
        """Bytes of the largest frame, 0 for a stream."""

    def open(self, host: str, port: int) -> int:
        """Start opening the link (``link_open`` of ``splitnode/port.h`` says what to).

        A link that is open is closed first. How it ends is told by ``antenna.link``.

        Returns:
            0, or the :class:`hil.protocol.ErrorCode` for which nothing was started.
        """

    def close(self) -> None:
        """Drop the link and tell the firmware nothing more; also called when the board resets."""

    def send(self, to: int, data: bytes, now: int) -> int:
        """Hand bytes to the driver at simulated time `now` (cycles), inside a call of the firmware.

        Args:
            to: address as ``sn_source`` has it, 0 for the connected peer.
            data: a frame, or a piece of the stream.
            now: when; later than the clock's own now.

        Returns:
            How many were taken; fewer than all (streams: some, others: none) make
            ``antenna.writable`` follow. Negative: there is no link.
        """
