# SPDX-License-Identifier: MIT
"""The machine with the real BlueZ, as the tests use it."""

import os
import socket
from types import TracebackType

from bluez_machine.errors import MachineError
from bluez_machine.image import Image
from bluez_machine.qemu import Qemu

BOOT_S = 180.0
"""It takes 14 s of an idle processor, and 75 s of one that 20 others want too."""

ATTACH_S = 40.0
ATTEMPTS = 3
"""The kernel gives a controller up that does not answer within 10 s (HCI_INIT_TIMEOUT), as one in a
process that is only starting may not, and does not try again."""

COMMAND_S = 60.0

ENDING_S = 1.0
"""Between what QEMU held open being closed, and its end."""

_UP = "hil: up"
_BUS, _SHELL = 5555, 5556
_MARK = "\nhil-exit="

_ATTACH = """
(btattach -B /dev/ttyS1 -P h4 -S 115200 >/run/btattach.log 2>&1 </dev/null &)
until [ -e /sys/class/bluetooth/hci0 ]; do usleep 50000; done
"""
_DETACH = """
killall -q bluetoothd; killall -q btattach
while [ -e /sys/class/bluetooth/hci0 ] || pidof bluetoothd btattach >/dev/null
do usleep 50000; done
rm -rf /var/lib/bluetooth/*
"""
_START_BLUETOOTHD = "(bluetoothd -n >/run/bluetoothd.log 2>&1 </dev/null &)"
_NO_BLUETOOTHD = "while pidof bluetoothd; do usleep 20000; done"
_ADAPTER = (
    "dbus-send --system --print-reply --dest=org.bluez /org/bluez/hci0 "
    "org.freedesktop.DBus.Properties"
)
_POWERED = f"""
until {_ADAPTER}.Get string:org.bluez.Adapter1 string:Powered 2>&1 | grep -q 'boolean true'
do usleep 100000; done
"""


class Machine:
    """A running machine; it has no Bluetooth before :meth:`attach`.

    Attributes:
        bus: address of its system bus, for ``DBUS_SYSTEM_BUS_ADDRESS``.
        process: QEMU.
    """

    def __init__(self, qemu: Qemu) -> None:
        self._qemu = qemu
        self._hci = ""
        self.process = qemu.process
        self._shell = ("127.0.0.1", qemu.port(_SHELL))
        self.bus = f"tcp:host=127.0.0.1,port={qemu.port(_BUS)}"

    @classmethod
    def start(cls, image: Image) -> "Machine":
        """Boot a machine.

        Raises:
            MachineMissingError: there is no QEMU.
            MachineError: it does not boot.
        """
        qemu = Qemu(image, f"hil.user={os.geteuid()}", (_BUS, _SHELL))
        try:
            qemu.wait_for(_UP, BOOT_S)
            return cls(qemu)
        except BaseException:
            qemu.close()
            raise

    def attach(self, hci: str) -> None:
        """Make a controller of a lab its only adapter, and wait until BlueZ has switched it on.

        Nothing is done if it is that already.

        Args:
            hci: where the controller is, as a lab says it: ``tcp-client:HOST:PORT``.

        Raises:
            MachineError: no adapter has come of it.
        """
        if hci == self._hci:
            return
        for attempt in range(1, ATTEMPTS + 1):
            self.detach()
            try:
                self._plug(hci)
                self.start_bluetoothd()
            except MachineError:
                self.check()
                if attempt == ATTEMPTS:
                    raise
            else:
                self._hci = hci
                return

    def detach(self) -> None:
        """Take its adapter away, and all that BlueZ knows from it."""
        self._hci = ""
        self.run(_DETACH)
        self._wire({"type": "null", "data": {}})

    def start_bluetoothd(self) -> None:
        """Start bluetoothd and wait until it has switched the adapter on."""
        self.run(_START_BLUETOOTHD)
        self.run(_POWERED, ATTACH_S)

    def kill_bluetoothd(self) -> None:
        """End bluetoothd as a crash does."""
        self.run(f"killall -9 bluetoothd; {_NO_BLUETOOTHD}")

    def end_bluetoothd(self) -> None:
        """End bluetoothd as systemd does."""
        self.run(f"killall bluetoothd; {_NO_BLUETOOTHD}")

    def unplug(self) -> None:
        """Take the adapter away; what BlueZ knows from it remains."""
        self._hci = ""
        self.run("killall -9 btattach")
        self.run("while [ -e /sys/class/bluetooth/hci0 ]; do usleep 50000; done")

    def switch(self, *, on: bool) -> None:
        """Switch the adapter on or off, and wait until it is."""
        value = "true" if on else "false"
        self.run(f"{_ADAPTER}.Set string:org.bluez.Adapter1 string:Powered variant:boolean:{value}")
        self.run(_POWERED.replace("true", value), ATTACH_S)

    def kill_bus(self) -> None:
        """End the system bus as a crash does, and bluetoothd with it."""
        self.run(f"killall -9 dbus-daemon; rm -f /run/dbus/*; {_NO_BLUETOOTHD}")

    def start_bus(self) -> None:
        """Start the system bus, then bluetoothd as :meth:`start_bluetoothd`."""
        self.run("dbus-daemon --config-file=/etc/bus.conf --fork")
        self.start_bluetoothd()

    def run(self, command: str, patience_s: float = COMMAND_S) -> str:
        """Run a command in the machine's shell and return what it says.

        Raises:
            MachineError: it fails or does not end within `patience_s`; the machine has ended.
        """
        self.check()
        script = (
            f"export PATH=/bin\n{{ {command}\n}} </dev/null 2>&1\nprintf '{_MARK}%s\\n' $?\nexit\n"
        )
        told = bytearray()
        try:
            with socket.create_connection(self._shell, patience_s) as shell:
                shell.settimeout(patience_s)
                shell.sendall(script.encode())
                while piece := shell.recv(65536):
                    told += piece
        except OSError as error:
            self._qemu.check(ENDING_S)
            raise MachineError(
                f"The machine has not done '{_short(command)}' within {patience_s:g} s ({error}); "
                "run fewer things beside it."
            ) from error
        text, _, code = told.decode(errors="replace").rpartition(_MARK)
        if code != "0\n":
            self._qemu.check(ENDING_S)
            why = f"exit {code.strip()}" if code.strip().isdecimal() else "no end"
            said = text.strip().splitlines()[-1:] or [why]
            raise MachineError(f"'{_short(command)}' failed in the machine: {said[0]}.")
        return text

    def check(self) -> None:
        """Raise MachineError if the machine has ended."""
        self._qemu.check()

    def close(self) -> None:
        """End the machine."""
        self._qemu.close()

    def __enter__(self) -> "Machine":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _plug(self, hci: str) -> None:
        _, host, port = hci.split(":")
        address = {"type": "inet", "data": {"host": host, "port": port}}
        # Without delay: QEMU writes each byte by itself, and would wait 40 ms for an answer to it.
        where = {"addr": address, "server": False, "nodelay": True}
        self._wire({"type": "socket", "data": where})
        self.run(_ATTACH, ATTACH_S)

    def _wire(self, backend: dict[str, object]) -> None:
        """Put something at the other end of the adapter's serial line."""
        self._qemu.monitor.do("chardev-change", id="hci", backend=backend)


def _short(command: str) -> str:
    return command.strip().splitlines()[0]
