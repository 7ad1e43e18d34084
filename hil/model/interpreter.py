# SPDX-License-Identifier: MIT
"""The one place that imports the TensorFlow Lite interpreter, and a small safe wrapper of it."""

import enum
from typing import Any

from hil.errors import BadInputError
from hil.model.array import Array
from hil.model.tflite.verify import verify


class Kernels(enum.Enum):
    """Which kernels run a model.

    REFERENCE are TensorFlow Lite's plain C++ kernels, bit-identical to TFLM's: the judge of what
    a board must compute. XNNPACK are the host's fast ones; their int8 results differ slightly.
    """

    REFERENCE = "BUILTIN_REF"
    XNNPACK = "AUTO"


def _backend() -> Any:
    try:
        from tflite_runtime import interpreter
    except ImportError:
        from ai_edge_litert import interpreter
    return interpreter


def backend_name() -> str:
    """Return the name of the package whose interpreter is used."""
    return str(_backend().__name__).partition(".")[0]


class Interpreter:
    """Runs one verified model with one input and one output.

    Attributes:
        input: description of the input.
        output: description of the output.

    Args:
        model: the bytes of a ``.tflite`` file; verified here before native code sees them.
        kernels: see :class:`Kernels`.
        num_threads: threads of one run; results do not depend on it.

    Raises:
        BadInputError: the model does not verify, or the interpreter refuses it.
    """

    def __init__(
        self, model: bytes, kernels: Kernels = Kernels.REFERENCE, num_threads: int = 1
    ) -> None:
        graph = verify(model)
        self.input = graph.input_spec
        self.output = graph.output_spec
        backend = _backend()
        resolver = getattr(backend.OpResolverType, kernels.value)
        try:
            self._interpreter = backend.Interpreter(
                model_content=bytes(model),
                num_threads=num_threads,
                experimental_op_resolver_type=resolver,
            )
            self._interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            raise _refused(error) from error
        self._source = self._interpreter.get_input_details()[0]["index"]
        self._result = self._interpreter.get_output_details()[0]["index"]

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
            self._interpreter.set_tensor(self._source, x)
            self._interpreter.invoke()
        except (ValueError, RuntimeError) as error:
            raise _refused(error) from error
        result: Array = self._interpreter.get_tensor(self._result)
        return result


def _refused(error: Exception) -> BadInputError:
    reason = " ".join(str(error).split())
    return BadInputError(f"The interpreter refuses the model ({reason}); convert it again.")
