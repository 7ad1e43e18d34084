# SPDX-License-Identifier: MIT
"""``hil.toml``: the boards of a rig, its access point, and its host's address."""

import itertools
import os
import re
import shlex
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from hil.errors import BadInputError
from hil.host.files import read_toml
from hil.rig.identity import VIRTUAL, Identity
from hil.serialport.line import USUAL, Line, parse_sequence
from hil.serialport.ports import SerialPort
from hil.serialport.url import has_reset_lines

FILE_NAME = "hil.toml"
PATH_VARIABLE = "HIL_CONFIG"
"""Environment variable that names the file; empty: there is none."""

ROLES = ("dut", "peer", "gateway")
RESETS = ("auto", "uart", "usb-jtag", "none")
LOWEST_BAUD = 115_200
"""What every console starts at."""

_IDENTITIES = {"mac": "mac", "usb_serial": "serial", "port": "port"}
"""Keys that say which board it is, and the kind of identity."""
_KEYS: dict[str, dict[str, type]] = {
    "boards": {
        "name": str,
        **dict.fromkeys(_IDENTITIES, str),
        "roles": list,
        "baud": int,
        "reset": str,
        "reset_sequence": str,
        "hard_reset_sequence": str,
        "slow_line": bool,
        "power_cycle": str,
    },
    "wifi": {"ssid": str, "password_env": str},
    "edge": {"host": str},
}
_VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]*")
_KINDS = {
    str: "a string that says something",
    int: "a whole number",
    bool: "true or false",
    list: "a list of strings",
}


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

    def __post_init__(self) -> None:
        if self.reset == "auto" and _is_without_lines(self.identity):
            object.__setattr__(self, "reset", "none")

    def __str__(self) -> str:
        return self.name or str(self.identity)


@dataclass(frozen=True)
class RigFile:
    """What the file says.

    Attributes:
        path: where it is; ``None``: there is none.
        boards: in its order.
        ssid: of the access point that real boards join.
        password_env: environment variable with the access point's password.
        edge_host: address of this host as boards see it.
    """

    path: Path | None = None
    boards: tuple[BoardEntry, ...] = ()
    ssid: str | None = None
    password_env: str | None = None
    edge_host: str | None = None

    @classmethod
    def find(cls, directories: Sequence[Path] = ()) -> Self:
        """Read the file that counts.

        That is the one that ``HIL_CONFIG`` names, else the first that is in one of the
        directories, else the user's own (``hil/hil.toml`` in ``XDG_CONFIG_HOME``, ``~/.config``).

        Raises:
            BadInputError: it cannot be understood, or the one that is named is not there.
        """
        named = os.environ.get(PATH_VARIABLE)
        if named is not None:
            return cls.read(Path(named)) if named else cls()
        home = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
        for directory in (*directories, home / "hil"):
            if (directory / FILE_NAME).exists():
                return cls.read(directory / FILE_NAME)
        return cls()

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a file.

        Raises:
            BadInputError: it cannot be understood.
        """
        try:
            tree = read_toml(path)
        except OSError as error:
            raise BadInputError(
                f"{path} cannot be read ({error.strerror}); mend it, or {PATH_VARIABLE}."
            ) from error
        except ValueError as error:
            raise BadInputError(f"{path} cannot be read ({error}); mend it.") from error
        try:
            _refuse_password(tree)
            for section in tree:
                if section not in _KEYS:
                    known = ", ".join(
                        "[[boards]]" if key == "boards" else f"[{key}]" for key in _KEYS
                    )
                    raise BadInputError(f"unknown section [{section}]; known are {known}")
            boards = tuple(_boards(tree.get("boards", [])))
            wifi = _checked("wifi", "[wifi]", tree.get("wifi", {}))
            edge = _checked("edge", "[edge]", tree.get("edge", {}))
            _check_wifi(wifi)
        except BadInputError as error:
            raise BadInputError(f"{path}: {str(error).rstrip('.')}.") from None
        return cls(path, boards, wifi.get("ssid"), wifi.get("password_env"), edge.get("host"))

    def with_role(self, role: str) -> list[BoardEntry]:
        """Return the boards that have a role; of peers and gateways there is at most one."""
        return [board for board in self.boards if role in board.roles]

    def named(self, name: str) -> BoardEntry | None:
        """Return the board that has a name."""
        return next((board for board in self.boards if name and board.name == name), None)

    def on_port(self, port: SerialPort) -> BoardEntry | None:
        """Return the board that is on a port, as far as can be told without asking it."""
        known = [Identity("port", port.device)]
        if port.serial_number:
            known.append(Identity("serial", port.serial_number))
        for board in self.boards:
            if any(board.identity.same(each) for each in known):
                return board
        return None

    def with_mac(self, mac: str | None) -> BoardEntry | None:
        """Return the board that has a MAC address."""
        return next((board for board in self.boards if mac and board.identity.mac == mac), None)


def _refuse_password(tree: Any) -> None:
    for key, value in tree.items() if isinstance(tree, dict) else enumerate(tree):
        if key == "password":
            raise BadInputError(
                "it holds a password, which does not belong into a file; put it into an "
                "environment variable and name that in [wifi] as password_env"
            )
        if isinstance(value, dict | list):
            _refuse_password(value)


def _checked(section: str, title: str, values: Any) -> dict[str, Any]:
    """Return a section whose keys and types are right."""
    if not isinstance(values, dict):
        raise BadInputError(f"{title} must be a table of keys and values")
    known = _KEYS[section]
    for key, value in values.items():
        if key not in known:
            raise BadInputError(
                f"{title} has the unknown key {key!r}; known are {', '.join(known)}"
            )
        if type(value) is not known[key] or value == "":
            raise BadInputError(f"{key} in {title} must be {_KINDS[known[key]]}")
    return values


def _check_wifi(wifi: dict[str, Any]) -> None:
    if wifi and "ssid" not in wifi:
        raise BadInputError("[wifi] is without ssid; name the access point")
    if not _VARIABLE.fullmatch(wifi.get("password_env", "A")):
        # Without saying what stands there: it may be the password itself.
        raise BadInputError(
            "password_env in [wifi] must be the name of an environment variable, in capitals, "
            "such as RIG_WIFI_PASSWORD; the password itself is put into that"
        )


def _boards(tables: Any) -> list[BoardEntry]:
    if not isinstance(tables, list):
        raise BadInputError("each board needs a table of its own, [[boards]]")
    boards = [_board(f"[[boards]] number {at}", table) for at, table in enumerate(tables, 1)]
    for one, other in itertools.combinations(boards, 2):
        if one.name and one.name == other.name:
            raise BadInputError(f"two boards have the name {one.name}; give each its own")
        if one.identity.same(other.identity) and one.identity.value != VIRTUAL:
            kind = {"mac": "MAC address", "serial": "USB serial number", "port": "port"}
            raise BadInputError(
                f"two boards have the {kind[one.identity.kind]} {one.identity.value}; "
                "one entry may have several roles"
            )
    for role in ("peer", "gateway"):
        have = [str(board) for board in boards if role in board.roles]
        if len(have) > 1:
            raise BadInputError(f"{' and '.join(have)} have the role {role}; only one may")
    return boards


def _board(title: str, table: Any) -> BoardEntry:
    values = _checked("boards", title, table)
    given = [key for key in _IDENTITIES if key in values]
    if len(given) != 1:
        has = " and ".join(given) or "none of them"
        raise BadInputError(f"{title} needs one of mac, usb_serial and port, but has {has}")
    identity = Identity.of(_IDENTITIES[given[0]], values[given[0]])
    name = values.get("name", "")
    if Identity.parse(name).kind != "port" or name in ("virtual", "usb") or set(name) & set("/:"):
        raise BadInputError(f"{title} has the name {name!r}, which could be taken for a port")
    return BoardEntry(
        identity,
        name,
        _roles(title, values.get("roles", [])),
        _baud(title, values.get("baud")),
        _reset(title, values.get("reset", "auto"), identity),
        _power_cycle(title, values.get("power_cycle")),
        _line(title, values, identity),
    )


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


def _baud(title: str, baud: int | None) -> int | None:
    if baud is not None and baud < LOWEST_BAUD:
        raise BadInputError(
            f"baud in {title} is {baud}, but consoles start at {LOWEST_BAUD}; give at least that"
        )
    return baud


def _is_without_lines(board: Identity) -> bool:
    return board.kind == "port" and not has_reset_lines(board.value)


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
                f"{title} has a {key}, but no reset lines to do it by; leave it out"
            )
        try:
            parse_sequence(values[key])
        except ValueError as error:
            raise BadInputError(
                f"{key} in {title} cannot be read (at {error}); write steps such as "
                "D0|R1|W0.1|D1|R0|W0.5|D0"
            ) from error
    return Line(
        values.get("reset_sequence"),
        values.get("hard_reset_sequence"),
        values.get("slow_line", False),
    )


def _power_cycle(title: str, command: str | None) -> str | None:
    try:
        words = shlex.split(command) if command is not None else ["-"]
    except ValueError as error:
        raise BadInputError(f"power_cycle in {title} is no command line ({error})") from error
    if not words:
        raise BadInputError(f"power_cycle in {title} names no command")
    return command
