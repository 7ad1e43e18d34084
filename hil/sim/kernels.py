# SPDX-License-Identifier: MIT
"""Running a model as the virtual board does: TensorFlow Lite Micro with a real arena limit.

Where TFLM has no wheel (anything but Linux on x86-64) the reference kernels of the host's
interpreter take its place, and say so; they give the same bits (docs/architecture.md) but know no
arena. A model that may crash either runs in a process of its own.
"""

import numpy as np

from hil.errors import BadInputError
from hil.model.engine.choice import job_of, open_engine
from hil.model.engine.native import (
    ArenaTooSmallError,
    Engine,
    EngineError,
    micro_available,
)
from hil.model.tflite.graph import Graph, TensorSpec, join, separate
from hil.model.tflite.verify import verify


class ModelRejectedError(Exception):
    """The model cannot be run; the text is a sentence for the console."""


class ArenaError(ModelRejectedError):
    """The model does not fit in the arena; the sentence says by how much."""


class InvokeError(Exception):
    """The model could not be run this time; the text is a sentence for the console."""


class Runner:
    """A model, ready to run.

    Attributes:
        input: the input tensor; of several, their bytes one after the other.
        output: the output tensor, likewise.
        arena_used: bytes of the arena in use; 0 where there is no arena.
    """

    def __init__(self, graph: Graph, engine: Engine) -> None:
        self._graph, self._engine = graph, engine
        self.input: TensorSpec = graph.input_spec
        self.output: TensorSpec = graph.output_spec
        self.arena_used = engine.arena_used

    def invoke(self, data: bytes) -> bytes:
        """Run the model on the raw bytes of an input tensor and return those of its output.

        Raises:
            InvokeError: TFLM refuses, or dies of it.
        """
        whole = np.frombuffer(data, self.input.dtype).reshape(self.input.shape)
        try:
            outputs = self._engine.invoke(separate(whole, self._graph.input_specs))
        except EngineError as error:
            raise InvokeError(str(error)) from error
        return join(outputs, self._graph.output_specs).tobytes()


def has_arena() -> bool:
    """Whether virtual boards know an arena here: TFLM does, the host's interpreter does not."""
    return micro_available()


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
        graph = verify(model)
    except BadInputError as error:
        raise ModelRejectedError(str(error)) from error
    job = job_of(graph, "micro" if micro_available() else "BUILTIN_REF", arena_size=arena_size)
    try:
        return Runner(graph, open_engine(model, graph, job))
    except ArenaTooSmallError as error:
        raise ArenaError(
            f"the model needs {error.needed} bytes of arena, {error.needed - arena_size} more than "
            f"the {arena_size} there are"
        ) from error
    except EngineError as error:
        raise ModelRejectedError(f"TFLM cannot prepare the model: {error}") from error
