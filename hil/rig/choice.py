# SPDX-License-Identifier: MIT
"""Which board is meant, by options and ``hil.toml``."""

from pathlib import Path

from hil.errors import BadInputError
from hil.rig.entry import BoardEntry
from hil.rig.file import RigFile
from hil.rig.identity import USB, VIRTUAL, Identity
from hil.rig.providers.extensions import BOARDS
from hil.serialport.ports import serial_port


def choose_first(file: RigFile, named: str | None) -> BoardEntry:
    """Return the board under test: the one that is named, the file's, or a virtual one.

    Raises:
        BadInputError: nobody has that name, or the file does not say which is to be tested.
    """
    duts = file.with_role("dut")
    if named == USB and len(duts) == 1 and _by_usb(duts[0].identity):
        return duts[0]
    if named is not None:
        return _named(file, named)
    if not file.boards:
        return BoardEntry(Identity("port", VIRTUAL))
    if len(duts) == 1:
        return duts[0]
    if not duts:
        raise BadInputError(
            f'{file.path} has no board with roles = ["dut"]; say which is to be tested, or choose '
            "one by --board (pytest: --hil-board)."
        )
    raise BadInputError(
        f"{file.path} has several boards with the role dut; choose one by --board (pytest: "
        f"--hil-board): {', '.join(map(str, duts))}."
    )


def _by_usb(board: Identity) -> bool:
    return board.value != VIRTUAL and not (board.kind == "port" and "://" in board.value)


def choose_second(
    file: RigFile, role: str, named: str | None, first: BoardEntry
) -> BoardEntry | None:
    """Return the second board of a role, if there is one; those of a file go with real boards.

    Raises:
        BadInputError: nobody has that name.
    """
    if named is not None:
        if named == USB:
            raise BadInputError(f"The {role} must be named by its port, not as usb.")
        return _named(file, named)
    if first.identity.value == VIRTUAL:
        return None
    return next((entry for entry in file.with_role(role) if entry is not first), None)


def _named(file: RigFile, named: str) -> BoardEntry:
    """Return the board that is named, in the file or by itself."""
    if (entry := file.named(named)) is not None:
        return entry
    identity = Identity.parse(named)
    for entry in file.boards:
        if entry.identity.same(identity):
            return entry
    if identity.kind == "port" and not set(named) & set("/:") and named not in (USB, VIRTUAL):
        if (Path("/dev") / named).exists():
            return BoardEntry(Identity("port", f"/dev/{named}"))
        if BOARDS.knows(named):
            return BoardEntry(Identity("port", f"{named}:"))
        names = ", ".join(entry.name for entry in file.boards if entry.name)
        known = f"{file.path} has {names or 'none with a name'}" if file.path else "no hil.toml"
        raise BadInputError(
            f"There is no board named {named!r} ({known}); give a name of hil.toml, mac:ADDRESS, "
            "serial:NUMBER, PROVIDER:NAME, a device such as /dev/ttyACM0, a URL, usb or virtual."
        )
    return BoardEntry(identity)


def described(file: RigFile, entry: BoardEntry, port: str) -> BoardEntry:
    """Return what the file says of a board that was named in another way than there."""
    usb = None if entry in file.boards else serial_port(port)
    return (file.on_port(usb) if usb else None) or entry
