# SPDX-License-Identifier: MIT
"""An interpreter in a process of its own, for models that may crash it."""

import dataclasses
import os
import select
import signal
import subprocess
import sys
import time
import weakref
from collections.abc import Sequence
from typing import Any

import numpy as np

from hil.model.array import Array
from hil.model.engine import wire
from hil.model.engine.native import ArenaTooSmallError, EngineError, Job

OPEN_S = 20.0
"""For starting Python and opening a model, on a loaded machine."""
RUN_S = 60.0


class EngineDiedError(EngineError):
    """The process of the interpreter has ended.

    Attributes:
        cause: by what, such as ``SIGSEGV``.
    """

    def __init__(self, cause: str) -> None:
        """Keep the cause beside the sentence."""
        super().__init__(f"it crashes ({cause})")
        self.cause = cause


class EngineTimeoutError(EngineError):
    """The interpreter did not answer in time."""


class EngineApart:
    """A model in an interpreter in a process of its own, which ends with this object.

    Attributes:
        arena_used: bytes of arena; 0 where there is none.

    Args:
        model: the bytes of a ``.tflite`` file whose structure has been verified.
        job: what to open it for.
        run_s: how long opening may take once the process runs, and each run, in seconds.

    Raises:
        EngineDiedError: it crashed the interpreter.
        EngineTimeoutError: it took too long.
        EngineError: the interpreter refuses it.
    """

    def __init__(self, model: bytes, job: Job, run_s: float = RUN_S) -> None:
        self._run_s = run_s
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "hil.model.engine.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
        )
        self._close = weakref.finalize(self, _end, self._process)
        request = {"job": dataclasses.asdict(job), "seconds": int(run_s) + 1}
        answer, _ = self._ask(request, [np.frombuffer(model, np.uint8)], OPEN_S + run_s)
        self.arena_used: int = answer["arena_used"]

    def close(self) -> None:
        """End the process."""
        self._close()

    def invoke(self, inputs: Sequence[Array]) -> list[Array]:
        """Run once, afresh.

        Raises:
            EngineError: as when it was opened.
        """
        _, outputs = self._ask({"seconds": int(self._run_s) + 1}, inputs, self._run_s)
        return outputs

    def _ask(
        self, words: dict[str, Any], arrays: Sequence[Array], limit_s: float
    ) -> tuple[dict[str, Any], list[Array]]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        reader = _Patient(self._process.stdout.fileno(), time.monotonic() + limit_s)
        try:
            _write(self._process.stdin.fileno(), wire.pack(words, arrays))
            answer, outputs = wire.read(reader)
        except (EOFError, BrokenPipeError):
            self._process.wait()
            status = self._process.returncode
            self.close()
            raise EngineDiedError(_cause(status)) from None
        except EngineTimeoutError:
            self.close()
            raise
        if "needed" in answer:
            raise ArenaTooSmallError(answer["needed"])
        if "refused" in answer:
            raise EngineError(answer["refused"])
        return answer, outputs


class _Patient:
    """Reads a pipe until a time."""

    def __init__(self, descriptor: int, until: float) -> None:
        self._descriptor, self._until = descriptor, until

    def read(self, size: int) -> bytes:
        data = bytearray()
        poll = select.poll()
        poll.register(self._descriptor, select.POLLIN)
        while len(data) < size:
            left = self._until - time.monotonic()
            if left <= 0 or not poll.poll(int(1000 * left) + 1):
                raise EngineTimeoutError("it did not end in time")
            piece = os.read(self._descriptor, min(size - len(data), 1 << 20))
            if not piece:
                break
            data += piece
        return bytes(data)


def _write(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def _cause(status: int) -> str:
    if status >= 0:
        return f"exit status {status}"
    if -status == signal.SIGXCPU:
        return "it computed without end"
    return signal.Signals(-status).name


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.kill()
    process.wait()
    for end in (process.stdin, process.stdout):
        if end is not None:
            end.close()
