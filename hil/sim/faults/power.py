# SPDX-License-Identifier: MIT
"""Re-plug a virtual board: ``python -m hil.sim.faults.power HOST:PORT NUMBER``.

``hil sim`` prints this command line for each of its boards. It stands in for the switchable USB hub
of a rig: it ends with 0 when the board's serial port is back, else with 10 and one sentence.
"""

import socket
import sys

from hil.sim.faults.faults import LONGEST_S

PATIENCE_S = LONGEST_S + 10.0
"""Longer than the fault ``vanish`` can keep a port away."""

DONE = b"done\n"
FAILED = 10  # exit code of infrastructure errors (hil/errors.py)
USAGE = 2


def cycle(host: str, port: int, number: int) -> str | None:
    """Re-plug board ``number`` of the lab that listens there; return what went wrong, if it did."""
    try:
        with socket.create_connection((host, port), timeout=PATIENCE_S) as lab:
            lab.sendall(f"cycle {number}\n".encode())
            answer = lab.makefile("rb").readline()
    except OSError as error:
        return f"The lab at {host}:{port} cannot be reached ({error}); is hil sim still running?"
    if answer == DONE:
        return None
    said = answer.decode(errors="replace").strip() or "it hung up"
    return f"The lab did not re-plug board {number}: {said}."


def main(arguments: list[str]) -> int:
    """Run the command and return its exit code."""
    address, number = arguments if len(arguments) == 2 else ("", "")
    host, _, port = address.rpartition(":")
    if not (host and port.isdecimal() and number.isdecimal()):
        print("Say which board: python -m hil.sim.faults.power HOST:PORT NUMBER", file=sys.stderr)
        return USAGE
    failure = cycle(host, int(port), int(number))
    if failure is None:
        return 0
    print(failure, file=sys.stderr)
    return FAILED


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
