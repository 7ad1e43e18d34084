# SPDX-License-Identifier: MIT
"""This process's worker, from which interpreters are forked: started when the first is wanted."""

import atexit
import os
import socket
import subprocess
import sys
import threading

from hil.errors import HostError, InfrastructureError
from hil.host import child

MODULE = "hil.model.engine.worker"
_WAY = "start" if sys.platform == "darwin" else "fork"
"""How the worker makes a process: numpy for macOS uses Accelerate, which no fork survives."""
_GRACE_S = 1.0
"""In which a process that has hung up has ended."""

_lock = threading.Lock()
_worker: tuple[int, "subprocess.Popen[bytes]", socket.socket] | None = None
"""The process that started it, it, and the line to it."""


def line() -> socket.socket:
    """Return a line to a new process that waits for a model, and ends when the line is closed.

    Raises:
        HostError: on Windows.
    """
    if sys.platform == "win32":
        raise HostError(
            "A model that may crash its interpreter runs in a process of its own, which needs "
            "Linux, macOS or WSL: run this there."
        )
    ours, theirs = socket.socketpair()
    with theirs:
        try:
            _hand_over(theirs)
        except (BrokenPipeError, ConnectionResetError):  # somebody has killed it
            _end()
            _hand_over(theirs)
    return ours


def check() -> None:
    """See whether the worker is there.

    Raises:
        InfrastructureError: it has ended, so that no model is to blame.
    """
    with _lock:
        worker = _worker
    if worker is None or worker[0] != os.getpid():
        return
    try:
        status = worker[1].wait(_GRACE_S)
    except subprocess.TimeoutExpired:
        return
    _end()
    raise InfrastructureError(
        f"The process that models run in has ended with status {status}; see what "
        f"{' '.join(child.command(MODULE, _WAY))} says."
    )


def _hand_over(end: socket.socket) -> None:
    with _lock:
        control = _started()
        socket.send_fds(control, [b"\0"], [end.fileno()])


def _started() -> socket.socket:
    global _worker
    if _worker is None or _worker[0] != os.getpid():
        control, far = socket.socketpair()
        with far:
            process = subprocess.Popen(
                child.command(MODULE, _WAY, str(far.fileno())),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=(far.fileno(),),
                env=child.environment(OPENBLAS_NUM_THREADS="1"),
            )
        _worker = (os.getpid(), process, control)
    return _worker[2]


@atexit.register
def _end() -> None:
    """End the worker, if this process has one."""
    global _worker
    with _lock:
        worker, _worker = _worker, None
    if worker is not None and worker[0] == os.getpid():
        worker[2].close()
        worker[1].wait()
