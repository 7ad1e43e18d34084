# SPDX-License-Identifier: MIT
"""The second part of a split model, as the edge server runs it."""

import math
import time
from dataclasses import dataclass

import numpy as np

from hil.errors import BadInputError, EdgeError
from hil.model.array import Array
from hil.model.interpreter import Interpreter, Kernels
from hil.model.predictions import Predictions
from hil.protocol import DataType

_MAX_CLASSES = 0xFFFF


@dataclass(frozen=True)
class TailInfo:
    """What a board's HELLO is compared with.

    Attributes:
        model_id: names full model and cut, u32.
        dtype: element type of the tensor that crosses.
        tensor_size: its bytes.
        classes: number of classes of the full model.
        scores: element type of the output.
    """

    model_id: int
    dtype: DataType
    tensor_size: int
    classes: int
    scores: DataType


class Tail:
    """A tail ready to run; for one thread at a time.

    Attributes:
        info: what it takes.

    Args:
        model: the tail's flatbuffer.
        model_id: names full model and cut, u32.
        kernels: see :class:`~hil.model.interpreter.Kernels`.
        kept: outputs that are known; nothing is added to them.

    Raises:
        BadInputError: the model is unsound, or is no tail that the protocol can speak of.
    """

    def __init__(
        self, model: bytes, model_id: int, kernels: Kernels, kept: Predictions | None = None
    ) -> None:
        self._interpreter = Interpreter(model, kernels)
        self._kept = kept.of(model, kernels, self._interpreter.invoke) if kept else None
        source, result = self._interpreter.input, self._interpreter.output
        classes = math.prod(result.shape)
        try:
            dtype = DataType.of(source.dtype)
            scores = DataType.of(result.dtype)
        except KeyError as error:
            raise BadInputError(
                f"The tail has tensors of type {str(error.args[0]).lower()}; "
                "boards speak int8, uint8 and float32."
            ) from None
        if not 1 <= classes <= _MAX_CLASSES:
            raise BadInputError(
                f"The tail has {classes} outputs; the protocol has room for 1 to {_MAX_CLASSES}."
            )
        self._shape = source.shape
        self._dtype = np.dtype(source.dtype)
        self.info = TailInfo(model_id, dtype, source.bytes, classes, scores)

    def run(self, activation: bytes) -> tuple[Array, int]:
        """Run once.

        Args:
            activation: exactly ``info.tensor_size`` bytes.

        Returns:
            The output, shape and dtype as the model says, and the time it took in us.

        Raises:
            EdgeError: the interpreter failed.
        """
        tensor = np.frombuffer(activation, self._dtype).reshape(self._shape)
        started = time.perf_counter_ns()
        try:
            known = self._kept.known(tensor) if self._kept else None
            output = self._interpreter.invoke(tensor) if known is None else known
        except (RuntimeError, ValueError, BadInputError) as error:
            reason = " ".join(str(error).split())
            raise EdgeError(f"The tail could not be run ({reason}); try another cut.") from error
        return output, (time.perf_counter_ns() - started) // 1000
