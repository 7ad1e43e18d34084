# SPDX-License-Identifier: MIT
"""Asking the chip behind a port what it is. This resets it."""

import json
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hil import errors
from hil.errors import BadInputError, FlashingError, HilError, InfrastructureError
from hil.host import child
from hil.host.activity import doing
from hil.host.lifeline import lifeline
from hil.rig.holder import Holder
from hil.rig.lock import BoardLock
from hil.serialport.line import USUAL, Line

_PATIENCE_S = 30.0
"""Two rounds through esptool's ways to reset, of a few seconds each, and reading the flash's id."""
_SLOW_PATIENCE_S = 90.0
"""The same where every question may be under way for half a second."""
_MIB = 1 << 20
_MODES = {"auto": "default-reset", "uart": "default-reset", "usb-jtag": "usb-reset"}
"""esptool's names; its default finds out what kind of port it is."""


@dataclass(frozen=True)
class Chip:
    """What a chip's ROM says about it.

    Attributes:
        chip: as esptool names it, such as ``ESP32-S3``.
        secure_download: whether the chip is in secure download mode, in which it tells no more.
        revision: such as ``v0.2``.
        mac: base MAC address, lower case with colons.
        flash_size: bytes.
        psram_size: bytes in the chip's package, 0 for none; ``None`` where the chip does not tell.
        virtual: whether it is a virtual board.
    """

    chip: str
    secure_download: bool
    revision: str | None = None
    mac: str | None = None
    flash_size: int | None = None
    psram_size: int | None = None
    virtual: bool = False

    def __str__(self) -> str:
        if self.secure_download:
            return f"{self.chip} in secure download mode, which tells no more"
        told = [f"{'virtual ' if self.virtual else ''}{self.chip} {self.revision or ''}".rstrip()]
        for what, size in (("flash", self.flash_size), ("PSRAM", self.psram_size)):
            if size is not None:
                told.append(f"{size // _MIB} MB {what}" if size else f"no {what}")
        return ", ".join([*told, f"MAC {self.mac}"] if self.mac else told)


@doing("asking the chip what it is")
def probe_chip(
    port: str,
    reset: str = "auto",
    *,
    line: Line = USUAL,
    wait_s: float = 0.0,
    on_wait: Callable[[Holder], None] | None = None,
) -> Chip:
    """Ask the chip behind a port, and start its firmware again.

    esptool does it, in a process of its own (:mod:`hil.esptool_worker.probe`).

    Args:
        port: device or URL; this process must not have it open.
        reset: how, see :class:`hil.BoardSpec`; ``none`` cannot be.
        line: what is unusual about the line.
        wait_s: seconds to wait while another process holds the board.
        on_wait: called before the waiting begins.

    Raises:
        BadInputError: ``reset`` is ``none``.
        BoardBusyError: another process held the board all the time.
        PortMissingError, PortBusyError, FlashingError: there is no such port, another program has
            it open, or no chip answers.
    """
    if reset not in _MODES:
        raise BadInputError(
            f"The chip at {port} cannot be asked, for it has no reset lines that may be used "
            f"(reset = {reset!r} in hil.toml, or a socket:// port); leave out the question, or "
            "reach it by USB or rfc2217://."
        )
    with BoardLock.acquire(port, wait_s, on_wait):
        answer = _run_worker(port, _MODES[reset], line)
    if "error" in answer:
        raise _error(answer["error"], answer["message"])
    return Chip(**answer)


def _run_worker(port: str, mode: str, line: Line) -> dict[str, Any]:
    patience_s = _SLOW_PATIENCE_S if line.slow or "://" in port else _PATIENCE_S
    try:
        with lifeline() as end:
            worker = subprocess.run(
                child.command(
                    "hil.esptool_worker.probe", port, mode, json.dumps(vars(line)), str(end)
                ),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=patience_s,
                env=child.environment(),
                pass_fds=(end,),
                start_new_session=True,  # a Ctrl-C at the terminal is this process's to handle
                check=False,
            )
    except subprocess.TimeoutExpired as error:
        raise FlashingError(
            f"Asking the chip at {port} did not come to an end in {patience_s:g} s; "
            "check the cable."
        ) from error
    try:
        answer: dict[str, Any] = json.loads(worker.stdout.splitlines()[-1])
    except (IndexError, ValueError) as error:
        lines = worker.stderr.decode(errors="replace").splitlines() or ["no message"]
        raise FlashingError(
            f"The process that asks the chip at {port} died ({lines[-1]}); try again."
        ) from error
    return answer


def _error(kind: str, message: str) -> HilError:
    factory = getattr(errors, kind, InfrastructureError)
    assert issubclass(factory, HilError)
    return factory(message)
