# SPDX-License-Identifier: MIT
"""An interpreter in a process of its own, for models that may crash it."""

import contextlib
import dataclasses
import select
import socket
import time
import weakref
from collections.abc import Sequence
from typing import Any

import numpy as np

from hil.model.array import Array
from hil.model.engine import nursery, wire
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
        self._line = nursery.line()
        self._close = weakref.finalize(self, self._line.close)
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
        if not self._close.alive:
            raise EngineError("it has ended before")
        try:
            answer, outputs = self._exchange(wire.pack(words, arrays), limit_s)
        except EngineTimeoutError:
            self.close()
            raise
        if "died" in answer:
            self.close()
            raise EngineDiedError(answer["died"])
        if "needed" in answer:
            raise ArenaTooSmallError(answer["needed"])
        if "refused" in answer:
            raise EngineError(answer["refused"])
        return answer, outputs

    def _exchange(self, request: bytes, limit_s: float) -> tuple[dict[str, Any], list[Array]]:
        """Send a request and return the answer, or the word of what ended the process."""
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self._line.sendall(request)  # if it has ended, the word of it may be there already
        try:
            return wire.read(_Patient(self._line, time.monotonic() + limit_s))
        except (EOFError, ConnectionResetError):
            nursery.check()
            return {"died": "unknown cause"}, []


class _Patient:
    """Reads a line until a time."""

    def __init__(self, line: socket.socket, until: float) -> None:
        self._line, self._until = line, until

    def read(self, size: int) -> bytes:
        data = bytearray()
        poll = select.poll()
        poll.register(self._line, select.POLLIN)
        while len(data) < size:
            left = self._until - time.monotonic()
            if left <= 0 or not poll.poll(int(1000 * left) + 1):
                raise EngineTimeoutError("it did not end in time")
            piece = self._line.recv(min(size - len(data), 1 << 20))
            if not piece:
                break
            data += piece
        return bytes(data)
