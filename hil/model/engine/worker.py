# SPDX-License-Identifier: MIT
"""The process that makes processes of interpreters: ``python -m hil.model.engine.worker WAY N``.

Starting Python and importing the interpreters takes a third of a second; forking a process that has
done so takes none. For each model two processes are forked: one with the interpreter, which the
model may crash, and one that watches it, says by what it ended, and ends it when nobody listens any
more. All end with the process that started the first. Where a fork would not do, WAY is ``start``:
then Python is started for each model, as ``worker serve N``. N is the descriptor of a socket.
"""

import os
import signal
import socket
import sys
from collections.abc import Callable
from typing import Any, NoReturn

from hil.errors import HostError
from hil.host import child
from hil.model.array import Array
from hil.model.engine import wire
from hil.model.engine.hang_up import hung_up
from hil.model.engine.native import (
    ArenaTooSmallError,
    Engine,
    EngineError,
    Job,
    native_stderr,
    open_native,
    preload,
    said,
)

_MEMORY = 4 << 30
"""Address space, far more than any model takes that verifies."""


def main() -> int:
    """Fork for each descriptor that arrives, until the starter has gone; or be such a process."""
    import resource  # not on Windows, where this is never run

    way, control = sys.argv[1], socket.socket(fileno=int(sys.argv[2]))
    if way == "serve":
        _serve(control)
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):  # native code prints
        os.dup2(nothing, standard)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if way == "fork":
        preload()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those that watch
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, 1, 1)
        if not message:
            return 0
        with socket.socket(fileno=descriptors[0]) as line:
            if os.fork() == 0:
                control.close()
                _watch(line, _fork if way == "fork" else _start)


def _watch(line: socket.socket, make: Callable[[socket.socket, int], int]) -> NoReturn:
    """Make the interpreter's process, and tell the other side when and by what it has ended."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    alive, held = os.pipe()  # hangs up when the process that holds the other end has ended
    pid = make(line, held)
    os.close(held)
    if alive not in hung_up(line.fileno(), alive):
        os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    try:
        line.sendall(wire.pack({"died": _cause(os.waitstatus_to_exitcode(status))}))
    except (BrokenPipeError, ConnectionResetError):
        os._exit(0)  # as always when the other side hung up first
    os._exit(0)


def _fork(line: socket.socket, held: int) -> int:
    """Return the id of a process like this one that serves a line, and holds a descriptor."""
    pid = os.fork()
    if pid == 0:
        _serve(line)
    return pid


def _start(line: socket.socket, held: int) -> int:
    """Return the id of a new process that serves a line, and holds a descriptor."""
    os.set_inheritable(line.fileno(), True)
    os.set_inheritable(held, True)
    command = child.command("hil.model.engine.worker", "serve", str(line.fileno()))
    return os.posix_spawn(command[0], command, child.environment(OPENBLAS_NUM_THREADS="1"))


def _serve(line: socket.socket) -> NoReturn:
    """Open the model of the first request, and run it for each further one."""
    import resource

    if sys.platform != "darwin":  # where the libraries' share of it is larger than this already
        _limit(resource.RLIMIT_AS, _MEMORY)
    requests = line.makefile("rb")
    engine: Engine | None = None
    while True:
        try:
            words, arrays = wire.read(requests)
        except (EOFError, ConnectionResetError):
            os._exit(0)
        _limit(resource.RLIMIT_CPU, int(sum(os.times()[:2])) + words["seconds"])
        answer: dict[str, Any] = {}
        outputs: list[Array] = []
        with native_stderr() as text:
            try:
                if engine is None:
                    engine = open_native(arrays[0].tobytes(), _job(words["job"]))
                    answer["arena_used"] = engine.arena_used
                else:
                    outputs = engine.invoke(arrays)
            except ArenaTooSmallError as error:
                answer["needed"] = error.needed
            except HostError as error:  # there is no interpreter: only why is of interest
                answer["refused"] = str(error.__cause__)
            except (EngineError, MemoryError) as error:
                answer["refused"] = str(error) or "there is not enough memory"
        if "refused" in answer:  # by native code, more precisely than by Python
            answer["refused"] = said(text) or answer["refused"]
        line.sendall(wire.pack(answer, outputs))


def _job(words: dict[str, Any]) -> Job:
    tensors = {key: tuple(words[key]) for key in ("inputs", "outputs")}
    return Job(**{**words, **tensors})


def _limit(kind: int, value: int) -> None:
    """Lower the limit, as far as the one that is there allows."""
    import resource

    _, hard = resource.getrlimit(kind)
    resource.setrlimit(kind, (value if hard == resource.RLIM_INFINITY else min(value, hard), hard))


def _cause(status: int) -> str:
    if status >= 0:
        return f"exit status {status}"
    if -status == signal.SIGXCPU:
        return "it computed without end"
    return signal.Signals(-status).name


if __name__ == "__main__":
    sys.exit(main())
