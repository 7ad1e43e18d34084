# SPDX-License-Identifier: MIT
"""Running a model as the virtual board does: TensorFlow Lite Micro with a real arena limit.

Where TFLM has no wheel (anything but Linux on x86-64) the reference kernels of the host's
interpreter take its place, and say so; they give the same bits (docs/architecture.md) but know no
arena.
"""

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

import numpy as np
import numpy.typing as npt

from hil.errors import BadInputError
from hil.model.interpreter import Interpreter, Kernels
from hil.model.tflite.graph import TensorSpec
from hil.model.tflite.verify import verify

PROBE_ARENA = 64 << 20
_TOTAL = re.compile(rb"Arena allocation total (\d+) bytes")


class ModelRejectedError(Exception):
    """The model cannot be run; the text is a sentence for the console."""


class ArenaError(ModelRejectedError):
    """The model does not fit in the arena; the sentence says by how much."""


class Runner(Protocol):
    """A model, ready to run.

    Attributes:
        input: the input tensor.
        output: the output tensor.
        arena_used: bytes of the arena in use; 0 where there is no arena.
    """

    input: TensorSpec
    output: TensorSpec
    arena_used: int

    def invoke(self, data: bytes) -> bytes:
        """Run the model on the raw bytes of an input tensor and return those of its output."""


def open_runner(model: bytes, arena_size: int) -> Runner:
    """Make a model ready to run.

    Args:
        model: a flatbuffer; it is verified before native code sees it.
        arena_size: bytes that TFLM may use for tensors.

    Raises:
        ArenaError: the model needs a larger arena.
        ModelRejectedError: the model is not sound, or uses an operator that is not there.
    """
    try:
        verify(model)
        reference = Interpreter(model, Kernels.REFERENCE)
    except BadInputError as error:
        raise ModelRejectedError(str(error)) from error
    try:
        from tflite_micro.python.tflite_micro import runtime
    except ImportError:
        return _ReferenceRunner(reference)
    return _TflmRunner(runtime, model, reference, arena_size)


class _ReferenceRunner:
    def __init__(self, interpreter: Interpreter) -> None:
        self._interpreter = interpreter
        self.input, self.output = interpreter.input, interpreter.output
        self.arena_used = 0

    def invoke(self, data: bytes) -> bytes:
        return self._interpreter.invoke(_tensor(data, self.input)).tobytes()


class _TflmRunner:
    def __init__(
        self, runtime: object, model: bytes, reference: Interpreter, arena_size: int
    ) -> None:
        self.input, self.output = reference.input, reference.output
        self._runtime = runtime
        try:
            self._tflm, self.arena_used = self._allocate(model, arena_size)
        except RuntimeError as error:
            try:
                _, needed = self._allocate(model, PROBE_ARENA)
            except RuntimeError:
                raise ModelRejectedError(
                    "TFLM cannot allocate the model's tensors or lacks one of its operators"
                ) from error
            raise ArenaError(
                f"the model needs {needed} bytes of arena, {needed - arena_size} more than the "
                f"{arena_size} there are"
            ) from error

    def _allocate(self, model: bytes, arena_size: int) -> tuple[object, int]:
        """Return an interpreter and the arena bytes it uses, which TFLM only prints."""
        with _native_stderr() as text:
            tflm = self._runtime.Interpreter.from_bytes(model, arena_size=arena_size)  # type: ignore[attr-defined]
            tflm.print_allocations()
        used = _TOTAL.search(text)
        return tflm, int(used.group(1)) if used else 0

    def invoke(self, data: bytes) -> bytes:
        self._tflm.set_input(_tensor(data, self.input), 0)  # type: ignore[attr-defined]
        self._tflm.invoke()  # type: ignore[attr-defined]
        output: npt.NDArray[np.generic] = self._tflm.get_output(0)  # type: ignore[attr-defined]
        return output.tobytes()


def _tensor(data: bytes, spec: TensorSpec) -> npt.NDArray[np.generic]:
    return np.frombuffer(data, spec.dtype).reshape(spec.shape)


@contextmanager
def _native_stderr() -> Iterator[bytearray]:
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
