# SPDX-License-Identifier: MIT
"""A system bus of D-Bus for one test: Debian's dbus-daemon, under a configuration of its own."""

import shutil
import subprocess
from pathlib import Path

import pytest

_ALLOWED = """
<allow user="*"/><allow own="*"/>
<allow send_type="method_call"/><allow send_type="signal"/><allow send_requested_reply="true"/>
<allow receive_type="method_call"/><allow receive_type="signal"/>
<allow receive_type="method_return"/><allow receive_type="error"/>
"""

_CONFIGURATION = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <listen>{address}</listen>
  <auth>{auth}</auth>
  <servicedir>{services}</servicedir>
  <policy context="default">{allowed}{denied}</policy>
</busconfig>
"""


class PrivateBus:
    """A running dbus-daemon, which can start the services of its directory ``services``.

    Attributes:
        address: as DBUS_SYSTEM_BUS_ADDRESS has it.
    """

    def __init__(self, directory: Path, *, auth: str = "EXTERNAL", denied: str = "") -> None:
        if shutil.which("dbus-daemon") is None:
            pytest.skip("dbus-daemon is not installed (Debian's package dbus)")
        self.address = f"unix:path={directory / 'bus'}"
        self._file = directory / "bus.conf"
        services = directory / "services"
        services.mkdir(exist_ok=True)
        self._file.write_text(
            _CONFIGURATION.format(
                address=self.address,
                auth=auth,
                services=services,
                allowed=_ALLOWED,
                denied=denied,
            )
        )
        self.start()

    def start(self) -> None:
        """Start it, again if need be; it listens when this returns."""
        self._daemon = subprocess.Popen(
            ["dbus-daemon", f"--config-file={self._file}", "--nofork", "--print-address"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        assert self._daemon.stdout is not None
        assert self._daemon.stdout.readline(), "dbus-daemon does not start"

    def kill(self) -> None:
        """End it as a crash would."""
        self._daemon.kill()
        self._daemon.wait()
        assert self._daemon.stdout is not None
        self._daemon.stdout.close()
        Path(self.address.removeprefix("unix:path=")).unlink(missing_ok=True)
