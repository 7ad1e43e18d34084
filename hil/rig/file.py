# SPDX-License-Identifier: MIT
"""``hil.toml``: a rig's boards, access point and limits of health, its host's address."""

import itertools
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from hil.errors import BadInputError
from hil.health import limits
from hil.health.limits import HealthLimits
from hil.host.files.reading import read_toml
from hil.rig.entry import KEYS, BoardEntry, board_entry
from hil.rig.identity import VIRTUAL, Identity
from hil.rig.providers.named import is_any
from hil.serialport.ports import SerialPort
from hil.settings import place, within

FILE_NAME = "hil.toml"
PATH_VARIABLE = "HIL_CONFIG"
"""Environment variable that names the file; empty: there is none."""

_KEYS: dict[str, dict[str, type]] = {
    "boards": KEYS,
    "wifi": {"ssid": str, "password_env": str},
    "edge": {"host": str, "auth": bool},
    "labgrid": {"coordinator": str},
    "health": limits.KEYS,
}
_VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]*")
_KINDS = {
    str: "a string that says something",
    int: "a whole number",
    bool: "true or false",
    list: "a list of strings",
}


@dataclass(frozen=True)
class RigFile:
    """What the file says.

    Attributes:
        path: where it is; ``None``: there is none.
        boards: in its order.
        ssid: of the access point that real boards join.
        password_env: environment variable with the access point's password.
        edge_host: address of this host as boards see it.
        auth: whether links are authenticated.
        coordinator: of labgrid, as ``host:port``.
        health: how much a board may do amiss before it is set aside.
    """

    path: Path | None = None
    boards: tuple[BoardEntry, ...] = ()
    ssid: str | None = None
    password_env: str | None = None
    edge_host: str | None = None
    auth: bool = True
    coordinator: str | None = None
    health: HealthLimits = field(default_factory=HealthLimits)

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
                    raise BadInputError(
                        f"unknown section [{section}]; known are {known}", at=(section,)
                    )
            boards = tuple(_boards(tree.get("boards", [])))
            with within("wifi"):
                wifi = _checked("wifi", "[wifi]", tree.get("wifi", {}))
                _check_wifi(wifi)
            with within("edge"):
                edge = _checked("edge", "[edge]", tree.get("edge", {}))
            with within("labgrid"):
                labgrid = _checked("labgrid", "[labgrid]", tree.get("labgrid", {}))
            with within("health"):
                health = _checked("health", "[health]", tree.get("health", {}))
                found = HealthLimits.of(health)
        except BadInputError as error:
            raise BadInputError(f"{place(path, error)}: {str(error).rstrip('.')}.") from None
        return cls(
            path,
            boards,
            wifi.get("ssid"),
            wifi.get("password_env"),
            edge.get("host"),
            edge.get("auth", True),
            labgrid.get("coordinator"),
            health=found,
        )

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
                "environment variable and name that in [wifi] as password_env",
                at=(key,),
            )
        if isinstance(value, dict | list):
            with within(key):
                _refuse_password(value)


def _checked(section: str, title: str, values: Any) -> dict[str, Any]:
    """Return a section whose keys and types are right."""
    if not isinstance(values, dict):
        raise BadInputError(f"{title} must be a table of keys and values")
    known = _KEYS[section]
    for key, value in values.items():
        if key not in known:
            raise BadInputError(
                f"{title} has the unknown key {key!r}; known are {', '.join(known)}", at=(key,)
            )
        if type(value) is not known[key] or value == "":
            raise BadInputError(f"{key} in {title} must be {_KINDS[known[key]]}", at=(key,))
    return values


def _check_wifi(wifi: dict[str, Any]) -> None:
    if wifi and "ssid" not in wifi:
        raise BadInputError("[wifi] is without ssid; name the access point")
    if not _VARIABLE.fullmatch(wifi.get("password_env", "A")):
        # Without saying what stands there: it may be the password itself.
        raise BadInputError(
            "password_env in [wifi] must be the name of an environment variable, in capitals, "
            "such as RIG_WIFI_PASSWORD; the password itself is put into that",
            at=("password_env",),
        )


@within("boards")
def _boards(tables: Any) -> list[BoardEntry]:
    if not isinstance(tables, list):
        raise BadInputError("each board needs a table of its own, [[boards]]")
    boards = []
    for number, table in enumerate(tables):
        title = f"[[boards]] number {number + 1}"
        with within(number):
            boards.append(board_entry(title, _checked("boards", title, table)))
    for (_, one), (number, other) in itertools.combinations(enumerate(boards), 2):
        if one.name and one.name == other.name:
            raise BadInputError(
                f"two boards have the name {one.name}; give each its own", at=(number, "name")
            )
        if is_any(one.identity.value):
            continue
        if one.identity.same(other.identity) and one.identity.value != VIRTUAL:
            kind = {"mac": "MAC address", "serial": "USB serial number", "port": "port"}
            raise BadInputError(
                f"two boards have the {kind[one.identity.kind]} {one.identity.value}; "
                "one entry may have several roles",
                at=(number,),
            )
    for role in ("peer", "gateway"):
        have = {number: board for number, board in enumerate(boards) if role in board.roles}
        if len(have) > 1:
            names = " and ".join(map(str, have.values()))
            raise BadInputError(
                f"{names} have the role {role}; only one may", at=(max(have), "roles")
            )
    return boards
