# SPDX-License-Identifier: MIT
"""Runs verified models on this host, wherever that is safe."""

import enum

from hil.errors import BadInputError
from hil.model.array import Array
from hil.model.engine.apart import EngineDiedError
from hil.model.engine.choice import job_of, open_engine, open_reference
from hil.model.engine.native import EngineError, backend_name
from hil.model.tflite.graph import join, separate
from hil.model.tflite.verify import verify

__all__ = ["Interpreter", "Kernels", "backend_name"]


class Kernels(enum.Enum):
    """Which kernels run a model.

    REFERENCE are TensorFlow Lite's plain C++ kernels, bit-identical to TFLM's (where that has not
    been shown, TFLM's own): the judge of what a board must compute.
    XNNPACK are the host's fast ones; their int8 results differ slightly.
    """

    REFERENCE = "BUILTIN_REF"
    XNNPACK = "AUTO"


class Interpreter:
    """Runs one verified model; each run begins afresh, whatever the model would remember.

    Attributes:
        input: description of the input; of several, as :func:`~hil.model.tflite.graph.joined`.
        output: description of the output, likewise.

    Args:
        model: the bytes of a ``.tflite`` file; verified here before native code sees them. What
            verification cannot vouch for runs in a process of its own.
        kernels: see :class:`Kernels`.
        num_threads: threads of one run; results do not depend on it.

    Raises:
        BadInputError: the model does not verify, or the interpreter refuses it.
    """

    def __init__(
        self, model: bytes, kernels: Kernels = Kernels.REFERENCE, num_threads: int = 1
    ) -> None:
        self._graph = graph = verify(model)
        self.input = graph.input_spec
        self.output = graph.output_spec
        try:
            if kernels is Kernels.REFERENCE:
                self._engine = open_reference(bytes(model), graph, num_threads)
            else:
                job = job_of(graph, kernels.value, num_threads=num_threads)
                self._engine = open_engine(bytes(model), graph, job)
        except EngineError as error:
            raise _refused(error) from error

    def invoke(self, x: Array) -> Array:
        """Run once.

        Args:
            x: the input, of exactly the shape and dtype of ``self.input``.

        Returns:
            A new array of the shape and dtype of ``self.output``.

        Raises:
            BadInputError: ``x`` has another shape or dtype, or the interpreter refuses to run.
        """
        if x.dtype.name != self.input.dtype or x.shape != self.input.shape:
            raise BadInputError(
                f"The model takes {self.input.dtype} {list(self.input.shape)}, "
                f"but was given {x.dtype.name} {list(x.shape)}."
            )
        try:
            outputs = self._engine.invoke(separate(x, self._graph.input_specs))
        except EngineError as error:
            raise _refused(error) from error
        return join(outputs, self._graph.output_specs)


def _refused(error: Exception) -> BadInputError:
    if isinstance(error, EngineDiedError):
        return BadInputError(
            f"The model crashes its interpreter ({error.cause}); convert it again."
        )
    return BadInputError(f"The interpreter refuses the model ({error}); convert it again.")
