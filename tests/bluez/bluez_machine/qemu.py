# SPDX-License-Identifier: MIT
"""The QEMU process: a PC whose console is read, whose monitor is used, and which ends with us."""

import contextlib
import shutil
import socket
import subprocess
import tempfile
import threading
from collections.abc import Iterable

from bluez_machine.errors import MachineError, MachineMissingError
from bluez_machine.image import Image
from bluez_machine.qmp import Monitor

QEMU = "qemu-system-x86_64"
END_S = 10.0

_PC = (
    # Not KVM: nested in some virtual machines Debian's kernel hangs with it.
    *("-machine", "pc", "-accel", "tcg", "-cpu", "Nehalem", "-m", "256"),
    *("-nodefaults", "-display", "none", "-no-reboot"),
    *("-serial", "chardev:console", "-mon", "chardev=monitor,mode=control"),
    # The controller's place; it comes and goes by the monitor.
    *("-chardev", "null,id=hci", "-serial", "chardev:hci"),
    *("-device", "virtio-net-pci,netdev=net,romfile=", "-device", "virtio-rng-pci"),
)

# Without what takes long on an emulated processor, and with what ends it instead of restarting.
_KERNEL = "console=ttyS0 quiet panic=-1 cryptomgr.notests no_timer_check mitigations=off"


def require_qemu() -> str:
    """Return where QEMU is.

    Raises:
        MachineMissingError: it is nowhere.
    """
    command = shutil.which(QEMU)
    if command is None:
        raise MachineMissingError(
            f"The machine with BlueZ needs {QEMU}: run "
            "'apt-get install --no-install-recommends qemu-system-x86 seabios'."
        )
    return command


class Qemu:
    """A running PC.

    Args:
        image: what it boots.
        words: more of the kernel's command line.
        ports: of the machine, to be reached from here; :meth:`port` says at which.

    Attributes:
        monitor: QEMU's.
    """

    def __init__(self, image: Image, words: str, ports: Iterable[int]) -> None:
        command = require_qemu()
        console, its_console = socket.socketpair()
        monitor, its_monitor = socket.socketpair()
        forwards = "".join(f",hostfwd=tcp:127.0.0.1:0-:{port}" for port in ports)
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the process
        with its_console, its_monitor:
            self.process = subprocess.Popen(
                [
                    # The kernel ends it when we are gone, however we end.
                    *("setpriv", "--pdeathsig", "KILL", command, *_PC),
                    *("-kernel", str(image.kernel), "-initrd", str(image.initramfs)),
                    *("-append", f"{_KERNEL} {words}"),
                    *("-chardev", f"socket,id=console,fd={its_console.fileno()}"),
                    *("-chardev", f"socket,id=monitor,fd={its_monitor.fileno()}"),
                    *("-netdev", f"user,id=net{forwards}"),
                ],
                stdin=subprocess.DEVNULL,
                stdout=self._log,
                stderr=self._log,
                pass_fds=(its_console.fileno(), its_monitor.fileno()),
                start_new_session=True,  # a Ctrl-C at the terminal is the starter's to handle
            )
        self.monitor = Monitor(monitor)
        self._console = console
        self._lines: list[str] = []
        self._ended = False
        self._changed = threading.Condition()
        self._reader = threading.Thread(target=self._read, name="console", daemon=True)
        self._reader.start()

    def wait_for(self, words: str, patience_s: float) -> None:
        """Return once the console has said something.

        Raises:
            MachineError: it has not within `patience_s`, or QEMU has ended.
        """

        def said() -> bool:
            return any(words in line for line in self._lines)

        with self._changed:
            self._changed.wait_for(lambda: said() or self._ended, patience_s)
            if said():
                return
        self.check(END_S if self._ended else 0.0)
        last = self._lines[-1] if self._lines else "nothing"
        raise MachineError(
            f"The machine has not said '{words}' within {patience_s:g} s, its last word being "
            f"'{last}'; run fewer things beside it."
        )

    def check(self, patience_s: float = 0.0) -> None:
        """Raise MachineError if QEMU has ended, or does within `patience_s`."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(patience_s)
            self._reader.join(END_S)
            code = self.process.returncode
            self._log.seek(0)
            told = self._log.read().decode(errors="replace").split("\n")
            why = next(filter(None, (*reversed(told), *reversed(self._lines))), "without a word")
            raise MachineError(f"QEMU has ended (exit {code}: {why.strip()}); start again.")

    def port(self, inside: int) -> int:
        """Return where one of the machine's ports is reached on 127.0.0.1.

        Raises:
            MachineError: QEMU does not say.
        """
        told: str = self.monitor.do("human-monitor-command", **{"command-line": "info usernet"})
        for line in told.splitlines():
            words = line.split()
            if words[:1] == ["TCP[HOST_FORWARD]"] and words[5] == str(inside):
                return int(words[3])
        raise MachineError(f"QEMU says {told.strip()!r}, not where port {inside} is; update it.")

    def close(self) -> None:
        """End it."""
        self.process.kill()
        self.process.wait(END_S)
        self.monitor.close()
        self._reader.join(END_S)
        self._console.close()
        self._log.close()

    def _read(self) -> None:
        with self._console.makefile("r", encoding="utf-8", errors="replace") as lines:
            for line in lines:
                with self._changed:
                    self._lines.append(line.strip())
                    self._changed.notify_all()
        with self._changed:
            self._ended = True
            self._changed.notify_all()
