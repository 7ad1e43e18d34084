# SPDX-License-Identifier: MIT
"""Finding the port behind which a board is."""

import time
from collections.abc import Callable, Collection

from hil.errors import BoardBusyError, InfrastructureError, PortMissingError
from hil.rig.holder import Holder
from hil.rig.identity import USB, Identity
from hil.rig.lock import holder
from hil.rig.probe import probe_chip
from hil.serialport.ports import SerialPort, discover_ports, only_usb_port, same_port

OnWait = Callable[[Holder | str], None]
"""Told who has a board; the boards of other packages may have holders of any kind."""


def find_port(
    board: Identity,
    *,
    taken: Collection[str] = (),
    wait_s: float = 0.0,
    on_wait: OnWait | None = None,
) -> str:
    """Return the port of a board.

    A MAC address is looked for among the USB serial numbers first, which resets nothing. What is
    not found there may be behind a bridge: the chips there are then asked one after the other,
    which resets them; a board that another process holds is left alone until it is free.

    Args:
        board: which one.
        taken: ports of boards that have been named for something else: they are not asked, and not
            the only one attached.
        wait_s: seconds to wait for boards that are held, where it is not among the others.
        on_wait: called once for each of them, before the waiting begins.

    Returns:
        A device, by a name that outlasts its being plugged in elsewhere if it has one, or a URL.

    Raises:
        PortMissingError: it is not attached, or ``usb`` or the serial number does not say which.
        BoardBusyError: it may be one that another process holds.
    """
    if board.kind == "port":
        return only_usb_port(taken) if board.value == USB else board.value
    ports = discover_ports()
    if found := [port for port in ports if _tells(port, board)]:
        if len(found) == 1:
            return found[0].stable_name
        raise PortMissingError(
            f"Several ports have the USB serial number {board.value} "
            f"({', '.join(port.device for port in found)}); name the board by mac or port."
        )
    if board.kind == "serial":
        raise PortMissingError(
            f"No board with the USB serial number {board.value} is attached; plug it in "
            "('hil boards' lists the numbers)."
        )
    bridges = [
        port
        for port in ports
        if not port.is_esp and not any(same_port(port.device, other) for other in taken)
    ]
    return _ask_behind_bridges(board, bridges, wait_s, on_wait).stable_name


def _tells(port: SerialPort, board: Identity) -> bool:
    """Whether a port's USB serial number says that it is the board's."""
    number = port.serial_number
    if number is None or (board.kind == "mac" and not port.is_esp):
        return False
    return Identity("serial", number).same(board)


def _ask_behind_bridges(
    board: Identity, ports: list[SerialPort], wait_s: float, on_wait: OnWait | None
) -> SerialPort:
    """Ask one chip after the other, those that nobody holds first."""
    missing = PortMissingError(
        f"No board with the MAC address {board.value} is attached; plug it in "
        "('hil boards --probe' shows who is there)."
    )
    deadline = time.monotonic() + wait_s
    for port in sorted(ports, key=lambda port: holder(port.device) is not None):
        try:
            left = max(0.0, deadline - time.monotonic())
            chip = probe_chip(port.device, wait_s=left, on_wait=on_wait)
        except BoardBusyError:
            raise
        except InfrastructureError as error:
            missing.add_note(f"{port.device} has not told: {error}")
            continue
        if chip.mac == board.value:
            return port
    raise missing
