# SPDX-License-Identifier: MIT
"""The mains switches of a lab: ``python -m hil.sim.faults.power HOST:PORT NUMBER``.

``hil sim`` prints the command line that re-plugs each of its boards. It stands in for the
switchable USB hub of a rig: it ends with 0 when the board's serial port is back, else with 10 and
one sentence. ``wifi=off`` and ``wifi=on`` in the place of a number switch the access point.
"""

import socket
import sys

from hil.errors import LabError
from hil.sim.faults.faults import LONGEST_S

PATIENCE_S = LONGEST_S + 10.0
"""Longer than the fault ``vanish`` can keep a port away."""

DONE = b"done\n"
FAILED = 10  # exit code of infrastructure errors (hil/errors.py)
USAGE = 2

_WIFI = {"wifi=on": True, "wifi=off": False}


def cycle(host: str, port: int, number: int) -> str | None:
    """Re-plug board ``number`` of the lab that listens there; return what went wrong, if it did."""
    return _ask(host, port, f"cycle {number}", f"did not re-plug board {number}")


def switch_wifi(host: str, port: int, *, on: bool) -> str | None:
    """Turn the access point of the lab that listens there on or off; return what went wrong."""
    state = "on" if on else "off"
    return _ask(host, port, f"wifi {state}", f"did not turn the access point {state}")


def inject(host: str, port: int, verb: str, number: int, fault: str = "") -> tuple[str, ...]:
    """Set, ask for or remove faults of board ``number`` of the lab that listens there.

    Args:
        host: where it listens.
        port: there.
        verb: ``arm``, ``waiting`` or ``disarm``.
        number: of the board, from 1.
        fault: to arm, as in ``panic@invoke``.

    Returns:
        The faults that had not struck yet.

    Raises:
        LabError: it does not answer, or not so.
    """
    request = f"{verb} {number} {fault}".rstrip()
    return _words(host, port, request, f"did not {verb} a fault of board {number}")


def mishaps(host: str, port: int) -> dict[str, int]:
    """Return how often what has disturbed a lab's air; ``off`` is 1 if its access point is off.

    Raises:
        LabError: it does not answer, or not so.
    """
    words = _words(host, port, "mishaps", "does not tell what has disturbed the air")
    return {what: int(count or 1) for what, _, count in (word.partition("=") for word in words)}


def _words(host: str, port: int, request: str, failure: str) -> tuple[str, ...]:
    answer = _answer(host, port, request)
    if answer is None or not answer.startswith(DONE.strip()):
        said = "it does not answer" if answer is None else answer.decode(errors="replace").strip()
        raise LabError(f"The lab {failure}: {said}.")
    return tuple(answer.decode().split()[1:])


def _ask(host: str, port: int, request: str, failure: str) -> str | None:
    answer = _answer(host, port, request)
    if answer is None:
        return f"The lab at {host}:{port} cannot be reached; is hil sim still running?"
    if answer == DONE:
        return None
    said = answer.decode(errors="replace").strip() or "it hung up"
    return f"The lab {failure}: {said}."


def _answer(host: str, port: int, request: str) -> bytes | None:
    """Return the lab's line, None where it cannot be reached."""
    try:
        with socket.create_connection((host, port), timeout=PATIENCE_S) as lab:
            lab.sendall(f"{request}\n".encode())
            return lab.makefile("rb").readline()
    except OSError:
        return None


def main(arguments: list[str]) -> int:
    """Run the command and return its exit code."""
    address, number = arguments if len(arguments) == 2 else ("", "")
    host, _, port = address.rpartition(":")
    wifi = _WIFI.get(number)
    if not (host and port.isdecimal() and (number.isdecimal() or wifi is not None)):
        print(
            "Say which board: python -m hil.sim.faults.power HOST:PORT NUMBER (or wifi=off, "
            "wifi=on)",
            file=sys.stderr,
        )
        return USAGE
    if wifi is not None:
        failure = switch_wifi(host, int(port), on=wifi)
    else:
        failure = cycle(host, int(port), int(number))
    if failure is None:
        return 0
    print(failure, file=sys.stderr)
    return FAILED


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
