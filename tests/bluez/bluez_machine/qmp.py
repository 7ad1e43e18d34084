# SPDX-License-Identifier: MIT
"""QEMU's monitor protocol, one command at a time (QEMU, docs/interop/qmp-spec.txt)."""

import json
import socket
from typing import Any

from bluez_machine.errors import MachineError

ANSWER_S = 60.0


class Monitor:
    """A connection to QEMU's monitor.

    Args:
        connection: over which QEMU greets.
    """

    def __init__(self, connection: socket.socket) -> None:
        connection.settimeout(ANSWER_S)
        self._connection = connection
        self._lines = connection.makefile("r", encoding="utf-8")
        self._greeted = False

    def do(self, command: str, **arguments: object) -> Any:
        """Have a command executed and return what it returns.

        Raises:
            MachineError: QEMU refuses it, has ended or does not answer.
        """
        if not self._greeted:
            self._line(command)
            self._greeted = True
            self.do("qmp_capabilities")
        request = json.dumps({"execute": command, "arguments": arguments}) + "\n"
        try:
            self._connection.sendall(request.encode())
        except OSError as error:
            raise MachineError(f"QEMU has ended before '{command}'; start again.") from error
        while True:
            answer = self._line(command)
            if "error" in answer:
                raise MachineError(f"QEMU refuses '{command}': {answer['error']['desc']}.")
            if "return" in answer:
                return answer["return"]
            # An event: nothing here waits for one.

    def close(self) -> None:
        """Hang up."""
        self._lines.close()
        self._connection.close()

    def _line(self, command: str) -> dict[str, Any]:
        try:
            line = self._lines.readline()
        except OSError as error:
            raise MachineError(
                f"QEMU has not answered '{command}' within {ANSWER_S:g} s; start again."
            ) from error
        if not line:
            raise MachineError(f"QEMU has ended at '{command}'; start again.")
        answer: dict[str, Any] = json.loads(line)
        return answer
