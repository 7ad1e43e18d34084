# SPDX-License-Identifier: MIT
"""The native interpreters: TensorFlow Lite's on this host, and TensorFlow Lite Micro.

Both begin each run of a model with state afresh: they are opened anew for it, since no reset of
theirs runs the operators again that give variables their first values.
"""

import contextlib
import functools
import importlib.util
import os
import re
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from hil.computer import no_interpreter
from hil.errors import HostError
from hil.model.array import Array

PROBE_ARENA = 64 << 20
"""Bytes of arena that no model for this hardware needs."""
_TOTAL = re.compile(rb"Arena allocation total (\d+) bytes")


class EngineError(RuntimeError):
    """An interpreter refuses a model, or to run it; the message is its own."""


class ArenaTooSmallError(EngineError):
    """TensorFlow Lite Micro needs a larger arena.

    Attributes:
        needed: bytes of arena that would do.
    """

    def __init__(self, needed: int) -> None:
        """Keep the number beside the sentence."""
        super().__init__(f"it needs {needed} bytes of arena")
        self.needed = needed


@dataclass(frozen=True)
class Job:
    """What an interpreter is opened for.

    Attributes:
        engine: ``BUILTIN_REF`` or ``AUTO``, kernels of the host's interpreter; or ``micro``.
        inputs: tensors of the model's first graph that go in, by number.
        outputs: those that come out.
        stateful: whether a run can leave something behind.
        arena_size: bytes, for ``micro``.
        num_threads: for the host's interpreter.
    """

    engine: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    stateful: bool = False
    arena_size: int = PROBE_ARENA
    num_threads: int = 1


class Engine(Protocol):
    """An interpreter with one model.

    Attributes:
        arena_used: bytes of arena; 0 where there is none.
    """

    arena_used: int

    def invoke(self, inputs: Sequence[Array]) -> list[Array]:
        """Run once.

        Raises:
            EngineError: the interpreter refuses.
        """


def micro_available() -> bool:
    """Whether TensorFlow Lite Micro can be had here: it has wheels for Linux on x86-64."""
    return importlib.util.find_spec("tflite_micro") is not None


def preload() -> None:
    """Import the interpreters, so that processes that are forked have them.

    What cannot be imported is found out again, and told, when it is to open a model.
    """
    with contextlib.suppress(HostError):
        _backend()
    if micro_available():
        _import_micro()


def open_native(model: bytes, job: Job) -> Engine:
    """Open a model in this process.

    Raises:
        EngineError: the interpreter refuses the model.
    """
    return MicroEngine(model, job) if job.engine == "micro" else HostEngine(model, job)


def _backend() -> Any:
    """Return the module of the host's interpreter; raises HostError where there is none."""
    try:
        from tflite_runtime import interpreter
    except ImportError:
        try:
            from ai_edge_litert import interpreter
        except ImportError as error:
            raise no_interpreter(error) from error
    return interpreter


@functools.cache
def _import_micro() -> tuple[Any, ImportError | None]:
    """Return Micro's module or why there is none, which a second attempt would not tell."""
    try:
        from tflite_micro.python.tflite_micro import runtime
    except ImportError as error:
        return None, error
    return runtime, None


def _micro() -> Any:
    """Return the module of TensorFlow Lite Micro; raises HostError where it does not load."""
    runtime, failure = _import_micro()
    if failure is not None:
        raise no_interpreter(failure) from failure
    return runtime


def backend_name() -> str:
    """Return the name of the package that has the host's interpreter.

    Raises:
        HostError: there is none for this Python.
    """
    return str(_backend().__name__).partition(".")[0]


class HostEngine:
    """TensorFlow Lite's interpreter, by its own numbers of tensors: those of the file."""

    arena_used = 0

    def __init__(self, model: bytes, job: Job) -> None:
        self._model, self._job, self._fresh = model, job, True
        self._interpreter = self._open()

    def _open(self) -> Any:
        backend = _backend()
        try:
            interpreter = backend.Interpreter(
                model_content=self._model,
                num_threads=self._job.num_threads,
                experimental_op_resolver_type=getattr(backend.OpResolverType, self._job.engine),
            )
            interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            raise EngineError(_reason(error)) from error
        return interpreter

    def invoke(self, inputs: Sequence[Array]) -> list[Array]:
        """Run once, afresh."""
        if self._job.stateful and not self._fresh:
            self._interpreter = self._open()
        self._fresh = False
        try:
            for index, tensor in zip(self._job.inputs, inputs, strict=True):
                self._interpreter.set_tensor(index, tensor)
            self._interpreter.invoke()
            return [self._interpreter.get_tensor(index) for index in self._job.outputs]
        except (ValueError, RuntimeError) as error:
            raise EngineError(_reason(error)) from error


class MicroEngine:
    """TensorFlow Lite Micro with a real arena limit."""

    def __init__(self, model: bytes, job: Job) -> None:
        self._model, self._job, self._fresh = model, job, True
        try:
            self._micro, self.arena_used = self._open(job.arena_size)
        except EngineError:
            if job.arena_size >= PROBE_ARENA:
                raise
            _, needed = self._open(PROBE_ARENA)  # if this fails too, it was not the arena
            raise ArenaTooSmallError(needed) from None

    def _open(self, arena_size: int) -> tuple[Any, int]:
        """Return an interpreter and the arena bytes it uses, which TFLM only prints."""
        runtime = _micro()
        with native_stderr() as text:
            try:
                micro = runtime.Interpreter.from_bytes(self._model, arena_size=arena_size)
                micro.print_allocations()
            except (RuntimeError, ValueError) as error:
                failure: Exception | None = error
            else:
                failure = None
        if failure is not None:
            raise EngineError(said(text) or _reason(failure)) from failure
        used = _TOTAL.search(text)
        return micro, int(used.group(1)) if used else 0

    def invoke(self, inputs: Sequence[Array]) -> list[Array]:
        """Run once, afresh."""
        if self._job.stateful and not self._fresh:
            self._micro, _ = self._open(self._job.arena_size)
        self._fresh = False
        try:
            for position, tensor in enumerate(inputs):
                self._micro.set_input(tensor, position)
            self._micro.invoke()
            return [self._micro.get_output(i) for i in range(len(self._job.outputs))]
        except (RuntimeError, ValueError) as error:
            raise EngineError(_reason(error)) from error


def said(text: bytearray) -> str:
    """Return the first complaint in what was caught, without its place in TFLM's sources."""
    lines = [line for line in text.decode("utf-8", "backslashreplace").splitlines() if line.strip()]
    if not lines:
        return ""
    return re.sub(r"^\S+\.(?:cc|h):?(?:\d+)? ", "", " ".join(lines[0].split()))


def _reason(error: Exception) -> str:
    return " ".join(str(error).split())


@contextlib.contextmanager
def native_stderr() -> Iterator[bytearray]:
    """Catch what native code writes to file descriptor 2; it is in the yielded array afterwards."""
    text = bytearray()
    with tempfile.TemporaryFile() as file:
        saved = os.dup(2)
        os.dup2(file.fileno(), 2)
        try:
            yield text
        finally:
            os.dup2(saved, 2)
            os.close(saved)
            file.seek(0)
            text += file.read()
