# SPDX-License-Identifier: MIT
"""Takes the power from a board and gives it back, by the switch that the rig has for it."""

import time
from collections.abc import Callable
from typing import cast

from hil.errors import BadInputError, PortMissingError
from hil.host.activity import doing
from hil.rig.identity import Identity
from hil.rig.lock import BoardLock
from hil.rig.lookup import find_port
from hil.rig.providers.extensions import POWER
from hil.rig.rig import BoardSpec
from hil.rig.switches.interface import PowerSwitch
from hil.rig.switches.named import COMMAND, switch_of
from hil.serialport.ports import discover_ports
from hil.serialport.returning import RETURN_PATIENCE_S, open_when_back

_PAUSE_S = 0.2


@doing("power-cycling")
def power_cycle(spec: BoardSpec, log: Callable[[str], None]) -> None:
    """Switch off and on, and wait until the board's port is back, which nobody may hold open.

    Args:
        spec: the board, which this process has for itself meanwhile. One that has left the bus may
            be named by what it is (``mac:ADDRESS``) in place of its port.
        log: called with each line that the switch has to say.

    Raises:
        BadInputError: the board has no switch, or what is said of it makes no sense.
        BoardBusyError: another process has the board.
        InfrastructureError: the switch fails, or does not come to an end.
        PortMissingError: the port does not come back.
    """
    if spec.power_cycle is None:
        raise BadInputError(
            f"hil.toml names no power_cycle command for the board at {spec.port}; add one."
        )
    name, argument = switch_of(spec.power_cycle)
    switch = cast(PowerSwitch, POWER.make(name))
    with BoardLock.acquire(spec.port, spec.wait_s):
        if name != COMMAND:
            log(f"power-cycling by {name}")
        with POWER.answering_for(name):
            switch.cycle(argument, log)
        _wait(spec)


def _wait(spec: BoardSpec) -> None:
    """Wait until the board's port can be opened."""
    with BoardLock.acquire(_port_when_back(spec.port), spec.wait_s) as lock:
        open_when_back(lock.port).close()


def _port_when_back(named: str) -> str:
    """Return the port of a board, waiting for one that was named by its identity."""
    board = Identity.parse(named)
    if board.kind == "port":
        return named
    deadline = time.monotonic() + RETURN_PATIENCE_S
    while time.monotonic() < deadline:
        # Boards behind bridges would be asked, and reset, again and again: they come last, once.
        bridges = [port.device for port in discover_ports() if not port.is_esp]
        try:
            return find_port(board, taken=bridges if board.kind == "mac" else ())
        except PortMissingError:
            time.sleep(_PAUSE_S)  # no event tells of a serial port's return
    return find_port(board)
