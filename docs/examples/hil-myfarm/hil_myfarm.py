# SPDX-License-Identifier: MIT
"""A farm of boards for hil: ``--hil-board myfarm:desk-1``, and relays: ``myrelay:/dev/relay0``.

The farm is a directory, which the environment variable ``MYFARM`` names. ``desk-1.toml`` describes
the board desk-1; who has it holds a lock on ``desk-1.lock``, and has written into ``desk-1.who``.
"""

import getpass
import os
import time
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from hil import Chip, Lease, Offer, Wanted
from hil.errors import BadInputError, BoardBusyError, InfrastructureError, PortMissingError

GLANCE_S = 0.1
OFF_S = 2.0


class Farm:
    """A provider of boards."""

    def acquire(self, name: str, wanted: Wanted) -> Lease:
        """Have the board of this name, or with an empty one any that is free."""
        names = [name] if name else _names()
        lock = _first_free(names, GLANCE_S)
        if lock is None and wanted.wait_s > 0:
            if wanted.on_wait is not None:
                wanted.on_wait(_who(names[0]))
            lock = _first_free(names[:1], wanted.wait_s)
        if lock is None:
            raise BoardBusyError(f"The board {names[0]} of the farm is held by {_who(names[0])}.")
        board = Path(lock.lock_file).stem
        try:
            told = _read(board)
            (_farm() / f"{board}.who").write_text(getpass.getuser(), encoding="utf-8")
            return Lease(
                told["port"],
                lock.release,
                check=lambda: _require(board),
                chip=_chip(told),
                power_cycle=told.get("power_cycle"),
            )
        except BaseException:
            lock.release()
            raise

    def offers(self) -> Iterator[Offer]:
        """Return what is in the directory."""
        for name in _names():
            lock = _first_free([name], 0)
            if lock is not None:
                lock.release()
            yield Offer(name, _chip(_read(name)), holder="" if lock else _who(name))


class Relay:
    """A power switch: a file into which 0 and 1 are written."""

    def cycle(self, argument: str, log: Callable[[str], None]) -> None:
        """Switch off, wait until capacitors are empty, switch on."""
        try:
            for state in ("0", "1"):
                log(f"{argument}: {state}")
                Path(argument).write_text(state, encoding="ascii")
                if state == "0":
                    time.sleep(OFF_S)  # a capacitor tells nobody that it is empty
        except OSError as error:
            raise InfrastructureError(
                f"The relay {argument} cannot be switched: {error}."
            ) from error


def _farm() -> Path:
    directory = Path(os.environ.get("MYFARM", ""))
    if not os.environ.get("MYFARM") or not directory.is_dir():
        raise PortMissingError("MYFARM names no directory; set it to that of the farm.")
    return directory


def _names() -> list[str]:
    names = sorted(path.stem for path in _farm().glob("*.toml"))
    if not names:
        raise PortMissingError("The farm has no boards; describe one in NAME.toml.")
    return names


def _read(name: str) -> dict[str, Any]:
    try:
        return tomllib.loads((_farm() / f"{name}.toml").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadInputError(f"The farm has no board {name!r} ({error}).") from error


def _require(name: str) -> None:
    """Say why a connection is gone, if that is known."""
    if not (_farm() / f"{name}.toml").exists():
        raise PortMissingError(f"The board {name} has been taken out of the farm.")


def _first_free(names: list[str], wait_s: float) -> FileLock | None:
    for name in names:
        _read(name)
        lock = FileLock(_farm() / f"{name}.lock")
        try:
            lock.acquire(timeout=wait_s)
        except Timeout:
            continue
        return lock
    return None


def _who(name: str) -> str:
    try:
        return (_farm() / f"{name}.who").read_text(encoding="utf-8")
    except OSError:
        return "somebody"


def _chip(told: dict[str, Any]) -> Chip:
    return Chip(told.get("chip", "ESP32-S3"), False, mac=told.get("mac"))
