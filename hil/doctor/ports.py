# SPDX-License-Identifier: MIT
"""The serial ports of this computer, and what gets between them and a run."""

import subprocess
from collections.abc import Collection

from hil.doctor.finding import Finding, look, note
from hil.rig.lock import holder
from hil.serialport.permission import may_open, permission_sentence
from hil.serialport.ports import SerialPort, discover_ports, same_port
from hil.serialport.users import port_users

_PATIENCE_S = 5.0


def port_findings(used: Collection[str]) -> list[Finding]:
    """Say which ports may hold an ESP32-S3.

    Args:
        used: ports of the rig, which are looked at more closely elsewhere.
    """
    findings = [
        _other(port)
        for port in discover_ports()
        if not any(same_port(port.device, each) for each in used)
    ]
    if _is_active("ModemManager"):
        findings.append(
            note(
                "modems",
                "ModemManager runs and may write to ports that are plugged in; give them "
                "ID_MM_DEVICE_IGNORE by a udev rule (docs/bench-rig.md)",
            )
        )
    return findings


def _other(port: SerialPort) -> Finding:
    check = f"port {port.device}"
    if not may_open(port.device):
        return note(check, f"{port.description}; {permission_sentence(port.device)}")
    return look(check, lambda: f"{port.description}; {_use(port)}")


def _use(port: SerialPort) -> str:
    if who := holder(port.device):
        return f"held by {who}"
    users = port_users(port.device)
    return f"open in {', '.join(users)}" if users else "not used by this rig"


def _is_active(service: str) -> bool:
    """Whether systemd runs a service; ``False`` where there is no systemd to ask."""
    try:
        done = subprocess.run(
            ["systemctl", "is-active", service],
            capture_output=True,
            timeout=_PATIENCE_S,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return done.returncode == 0
