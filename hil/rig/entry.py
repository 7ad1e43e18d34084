# SPDX-License-Identifier: MIT
"""One board of ``hil.toml``: what its table says."""

import shlex
from collections import Counter
from dataclasses import dataclass
from typing import Any

from hil.errors import BadInputError
from hil.rig.identity import Identity
from hil.rig.switches.named import COMMAND, switch_of
from hil.serialport.line import USUAL, Line, parse_sequence
from hil.serialport.url import has_reset_lines
from hil.settings import within

ROLES = ("dut", "peer", "gateway")
RESETS = ("auto", "uart", "usb-jtag", "none")
LOWEST_BAUD = 115_200
"""What every console starts at."""

_IDENTITIES = {"mac": "mac", "usb_serial": "serial", "port": "port"}
"""Keys that say which board it is, and the kind of identity."""
KEYS: dict[str, type] = {
    "name": str,
    **dict.fromkeys(_IDENTITIES, str),
    "roles": list,
    "baud": int,
    "reset": str,
    "reset_sequence": str,
    "hard_reset_sequence": str,
    "slow_line": bool,
    "power_cycle": str,
    "psram": bool,
}
"""What may be said of a board, and in which type."""


@dataclass(frozen=True)
class BoardEntry:
    """One board of the file; see :class:`hil.BoardSpec` for what is not said here.

    Attributes:
        identity: which board it is.
        roles: what it is for, of :data:`ROLES`.
        reset: of :data:`RESETS`; ``auto`` becomes ``none`` where the port is one without lines.
    """

    identity: Identity
    name: str = ""
    roles: tuple[str, ...] = ()
    baud: int | None = None
    reset: str = "auto"
    power_cycle: str | None = None
    line: Line = USUAL
    psram: bool = False

    def __post_init__(self) -> None:
        if self.reset == "auto" and _is_without_lines(self.identity):
            object.__setattr__(self, "reset", "none")

    def __str__(self) -> str:
        return self.name or str(self.identity)


def board_entry(title: str, values: dict[str, Any]) -> BoardEntry:
    """Return what a table of ``[[boards]]`` says.

    Args:
        title: names the table in an error.
        values: of keys and types that :data:`KEYS` has.

    Raises:
        BadInputError: something cannot be, as half a sentence.
    """
    given = [key for key in _IDENTITIES if key in values]
    if len(given) != 1:
        has = " and ".join(given) or "none of them"
        raise BadInputError(f"{title} needs one of mac, usb_serial and port, but has {has}")
    with within(given[0]):
        identity = Identity.of(_IDENTITIES[given[0]], values[given[0]])
    name = values.get("name", "")
    if Identity.parse(name).kind != "port" or name in ("virtual", "usb") or set(name) & set("/:"):
        raise BadInputError(
            f"{title} has the name {name!r}, which could be taken for a port", at=("name",)
        )
    return BoardEntry(
        identity,
        name,
        _roles(title, values.get("roles", [])),
        _baud(title, values.get("baud")),
        _reset(title, values.get("reset", "auto"), identity),
        _power_cycle(title, values.get("power_cycle")),
        _line(title, values, identity),
        values.get("psram", False),
    )


@within("roles")
def _roles(title: str, roles: list[Any]) -> tuple[str, ...]:
    for role, count in Counter(map(str, roles)).items():
        if role not in ROLES:
            raise BadInputError(
                f"{title} has the unknown role {role!r}; known are {', '.join(ROLES)}"
            )
        if count > 1:
            raise BadInputError(f"{title} has the role {role} twice")
    if "dut" in roles and (others := [role for role in roles if role != "dut"]):
        raise BadInputError(
            f"{title} cannot be the dut and the {others[0]} at a time; take two boards"
        )
    return tuple(roles)


@within("baud")
def _baud(title: str, baud: int | None) -> int | None:
    if baud is not None and baud < LOWEST_BAUD:
        raise BadInputError(
            f"baud in {title} is {baud}, but consoles start at {LOWEST_BAUD}; give at least that"
        )
    return baud


def _is_without_lines(board: Identity) -> bool:
    return board.kind == "port" and not has_reset_lines(board.value)


@within("reset")
def _reset(title: str, reset: str, board: Identity) -> str:
    if reset not in RESETS:
        raise BadInputError(f"reset in {title} is {reset!r}; use one of {', '.join(RESETS)}")
    if reset not in ("auto", "none") and _is_without_lines(board):
        raise BadInputError(
            f"reset in {title} is {reset!r}, but {board.value} carries no reset lines; leave it "
            "out, or serve the port by RFC 2217 (rfc2217://)"
        )
    return reset


def _line(title: str, values: dict[str, Any], board: Identity) -> Line:
    for key in ("reset_sequence", "hard_reset_sequence"):
        if key not in values:
            continue
        if values.get("reset") == "none" or _is_without_lines(board):
            raise BadInputError(
                f"{title} has a {key}, but no reset lines to do it by; leave it out", at=(key,)
            )
        try:
            parse_sequence(values[key])
        except ValueError as error:
            raise BadInputError(
                f"{key} in {title} cannot be read (at {error}); write steps such as "
                "D0|R1|W0.1|D1|R0|W0.5|D0",
                at=(key,),
            ) from error
    return Line(
        values.get("reset_sequence"),
        values.get("hard_reset_sequence"),
        values.get("slow_line", False),
    )


@within("power_cycle")
def _power_cycle(title: str, command: str | None) -> str | None:
    switch, line = switch_of("-" if command is None else command)
    try:
        words = shlex.split(line) if switch == COMMAND else [line]
    except ValueError as error:
        raise BadInputError(f"power_cycle in {title} is no command line ({error})") from error
    if not words:
        raise BadInputError(f"power_cycle in {title} names no command")
    return command
