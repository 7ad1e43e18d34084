# SPDX-License-Identifier: GPL-2.0-or-later
"""Connecting to a chip's ROM loader with esptool, and what to do where that fails.

For processes of their own: esptool's licence is another, and its state is global.
"""

from pathlib import Path
from typing import Any

from esptool.cmds import detect_chip
from esptool.loader import ESPLoader

from hil.esptool_worker.tuning import tune
from hil.health.remarks import RESETS_UNTIL
from hil.host.shortened import shortened
from hil.serialport.bounded import bound
from hil.serialport.failure import PORT_FAILURES
from hil.serialport.line import Line
from hil.serialport.open import open_port
from hil.serialport.returning import open_when_back

CONNECT_ATTEMPTS = 4
"""One round through esptool's reset strategies for a devkit; about a second each."""

SILENT_RESETS = 2
"""So many to connect, the first among them, and nobody is told."""

SAFE_BAUD = 115_200
"""What a ROM loader begins with, and every bridge bears."""

_LONGEST = 300
"""Characters of a complaint, in which esptool may quote what came."""

_OTHER_WORDS = (
    "What comes from this port is no answer of a chip in download mode; look what its firmware "
    "sends, hold BOOT while it is reset, or try another cable"
)

_ADVICE = (
    (
        "Wrong boot mode detected",
        "The board boots its application instead of entering download mode; hold BOOT while it is "
        "reset, and look what drives GPIO0",
    ),
    (
        "No serial data received",
        "Nothing answers on this port; check board and cable, and hold BOOT while it is reset",
    ),
    (
        "does not match data in flash",
        "The flash does not hold what was written to it; try another cable, and if it stays so, "
        "another board: bits of this one's flash are stuck",
    ),
    (
        "getting no sync reply",
        "The board is in download mode but hears nothing; check the line to its RX pin, and say "
        "slow_line = true of it in hil.toml if bytes are under way for long",
    ),
    ("Failed to connect to Espressif device: Invalid head of packet", _OTHER_WORDS),
    ("Failed to connect to Espressif device: Response doesn't match request", _OTHER_WORDS),
)
"""What to do about esptool's complaints."""


def connect(name: str, mode: str, line: Line, attempts: int = CONNECT_ATTEMPTS) -> Any:
    """Reset the board into its ROM loader and return esptool's object for it.

    A chip's own USB leaves the bus with the reset. esptool then resets again, which makes it leave
    again; but it is in download mode when it comes back, and need only be talked to.

    Args:
        name: device or URL.
        mode: esptool's, ``default-reset`` or ``usb-reset``.
        line: what is unusual about it.
        attempts: how often to reset the chip.

    Raises:
        FatalError: no chip answers; see :func:`explain`.
        FlashingError: the board sends without end.
        PortMissingError, PortBusyError, InfrastructureError: the port cannot be had.
    """
    port = open_port(name, SAFE_BAUD)
    bound(port, name)
    tune(line, port)
    try:
        return detect_chip(port, connect_mode=mode, connect_attempts=attempts)
    except PORT_FAILURES:
        port.close()
        port = open_when_back(name, SAFE_BAUD)
        bound(port, name)
        return detect_chip(port, connect_mode="no-reset", connect_attempts=attempts)


class Resets:
    """Counts, from construction on, how often esptool resets a chip until it answers.

    esptool tries again by itself, and tells nobody but the terminal.

    Attributes:
        made: so often.
    """

    def __init__(self) -> None:
        self.made = 0
        attempt = ESPLoader._connect_attempt

        def counted(*arguments: Any, **options: Any) -> Any:
            self.made += 1
            return attempt(*arguments, **options)

        ESPLoader._connect_attempt = counted

    def note(self) -> str | None:
        """Return what more than one more than should be needed says about a board."""
        if self.made <= SILENT_RESETS:
            return None
        return f"{self.made}{RESETS_UNTIL}; look at its cable, and at the capacitor on EN."


def first_line(error: Exception) -> str:
    """Return what esptool complains of, without its links to the manual."""
    return shortened((str(error).splitlines() or [""])[0].rstrip("."), _LONGEST)


def explain(error: Exception) -> str:
    """Return what esptool complains of as one sentence that says what to do."""
    return f"{_advice(first_line(error))}{_unread()}"


def _unread() -> str:
    """Say that esptool's settings in the working directory do not count, where there are any."""
    if not Path("esptool.cfg").is_file():
        return ""
    return (
        " esptool.cfg in this directory is not read: set reset_sequence, hard_reset_sequence or "
        "slow_line of the board in hil.toml."
    )


def _advice(said: str) -> str:
    for sign, advice in _ADVICE:
        if sign in said:
            return f"{advice} (esptool: {said})."
    return f"esptool: {said}; try another cable or USB port, or a lower baud in hil.toml."
