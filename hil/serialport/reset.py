# SPDX-License-Identifier: MIT
"""How a board is made to start anew: one strategy for each way that a port is wired to its chip."""

import itertools
import time
from typing import Any, Protocol

from hil.protocol.console.line import sent
from hil.serialport.line import USUAL, Line, SequenceReset, parse_sequence
from hil.serialport.ports import has_line_rate, moves_rts

_UART_HOLD_S = 0.1
_SETTLE_S = 0.1
_USB_HOLD_S = 0.2
"""How long EN is held low: esptool 5.6's HardReset, by bridge and by the chip's own USB."""
_DRAIN_S = 1.0
_DRAIN_STEP_S = 0.01
"""Ten characters take 1 ms at 115,200 baud; the bridge's own buffer is not counted."""


class ResetStrategy(Protocol):
    """Starts what is in the flash anew, by way of an open pyserial port.

    Both methods raise what the port raises. One that leaves the bus when its chip is reset may
    fail in either, the reset being done.
    """

    def hold(self, port: Any) -> None:
        """Bring the chip to a stand, or ask the firmware to restart."""

    def release(self, port: Any) -> None:
        """Let it start."""


class UartReset:
    """The two transistors of a devkit between a UART bridge's DTR and RTS, and IO0 and EN.

    Behind an RFC 2217 server, too: esptool's own server starts such a pulse by itself when RTS is
    released, ser2net passes each line on, and neither minds how long the pulse is.
    """

    def __init__(self, hold_s: float = _UART_HOLD_S) -> None:
        self._hold_s = hold_s

    def hold(self, port: Any) -> None:
        """Pull EN low with IO0 high."""
        port.dtr = False
        port.rts = True
        time.sleep(self._hold_s)  # the pulse itself

    def release(self, port: Any) -> None:
        """Let EN rise."""
        port.rts = False


class UsbJtagReset(UartReset):
    """USB-Serial/JTAG, which reads the same lines out of USB requests, and takes its time."""

    def __init__(self) -> None:
        super().__init__(_USB_HOLD_S)


class FlowControlReset(UartReset):
    """The same two transistors behind a bridge that moves RTS by itself (CP2102C).

    As ``hard_reset(flow_control=True)`` of esp-pylib: DTR stays asserted afterwards, with which no
    RTS can pull EN low. That closing the port leaves it so is seen to when it is opened
    (:mod:`hil.serialport.open`).
    """

    def release(self, port: Any) -> None:
        """Let EN rise by DTR, and then let go of RTS."""
        port.dtr = True
        time.sleep(_SETTLE_S)  # what the bridge is given to do it in, by the same source
        port.rts = False


class ConsoleReset:
    """The console's own verb, for a port without reset lines. The firmware must be able to.

    Args:
        baud: to ask at where asking at the port's rate has been in vain: a session that was killed
            leaves the board at the rate that it had raised it to.
    """

    def __init__(self, baud: int) -> None:
        self._rates = itertools.cycle((None, baud))

    def hold(self, port: Any) -> None:
        """Ask as a person does: the answer is nobody's, and what was there before does no harm."""
        if rate := next(self._rates):
            port.baudrate = rate
        port.write(sent("reboot"))
        _drain(port)

    def release(self, port: Any) -> None:
        """Do nothing: the firmware restarts by itself."""


def _drain(port: Any) -> None:
    """Wait until what was written is on the line, or it is clear that nobody takes it.

    ``flush`` would wait for ever behind a chip's own USB whose firmware hangs, or has gone with it.
    """
    deadline = time.monotonic() + _DRAIN_S
    while getattr(port, "out_waiting", 0) and time.monotonic() < deadline:
        time.sleep(_DRAIN_STEP_S)  # the driver tells of no event


def choose_reset(
    name: str, *, usb_jtag: bool, baud: int, moves_rts: bool = False, line: Line = USUAL
) -> ResetStrategy:
    """Return the strategy of a board.

    Args:
        name: ``auto``, ``uart``, ``usb-jtag`` or ``none``.
        usb_jtag: whether the port is an Espressif chip's own, which ``auto`` goes by.
        baud: line rate to which a console is raised.
        moves_rts: whether the port is a bridge that moves RTS by itself.
        line: what is unusual about it.
    """
    if name == "none":
        return ConsoleReset(baud)
    if line.hard_reset_sequence is not None:
        return SequenceReset(parse_sequence(line.hard_reset_sequence))
    if name == "usb-jtag" or (name == "auto" and usb_jtag):
        return UsbJtagReset()
    return FlowControlReset() if moves_rts else UartReset()


def reset_on(port: str, name: str, baud: int, line: Line = USUAL) -> ResetStrategy:
    """Return the strategy of a board on a port, by what is known of that; see choose_reset."""
    return choose_reset(
        name,
        usb_jtag=not has_line_rate(port),
        baud=baud,
        moves_rts=moves_rts(port),
        line=line,
    )
