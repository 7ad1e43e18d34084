# SPDX-License-Identifier: MIT
"""The ways to run a model that a board's answers are compared with."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from hil.model.array import Array
from hil.model.interpreter import Interpreter, Kernels
from hil.model.model import Model
from hil.model.predictions import Predictions, Predictor
from hil.model.split import Cut

Run = Callable[[Array], Array]


@dataclass(frozen=True)
class References:
    """Each takes an input tensor and gives an output; for one thread at a time each.

    Attributes:
        head: the first part with the reference kernels.
        tail: the second, likewise, from an activation.
        full: the whole model with the reference kernels.
        xnnpack: the same with the host's fast ones; ``None`` where it has not all that it takes.
        float32: the float model, from its own input tensor; ``None`` where there is none.
    """

    head: Run
    tail: Run
    full: Run
    xnnpack: Run | None
    float32: Run | None

    def keep_tail(self, activation: Array, output: Array) -> None:
        """Keep what the tail gives for an activation, which came out without running it."""
        if isinstance(self.tail, Predictor):
            self.tail.keep(activation, output)

    @classmethod
    def of(cls, model: Model, cut: Cut, kept: Predictions | None = None) -> Self:
        """Make those of a model.

        Args:
            model: the full model.
            cut: where it is cut.
            kept: outputs of earlier runs, and where to keep those of this one.
        """
        split = model.split(cut)

        def run(flatbuffer: bytes, kernels: Kernels, invoke: Run) -> Run:
            return kept.of(flatbuffer, kernels, invoke) if kept else invoke

        def fast(x: Array) -> Array:
            return model.predict(x, Kernels.XNNPACK)

        float32 = model.float32
        return cls(
            run(split.head, Kernels.REFERENCE, _Lazy(split.head)),
            run(split.tail, Kernels.REFERENCE, _Lazy(split.tail)),
            run(model.int8, Kernels.REFERENCE, model.predict),
            run(model.int8, Kernels.XNNPACK, fast) if model.runs_on(Kernels.XNNPACK) else None,
            run(float32, Kernels.XNNPACK, model.run_float) if float32 else None,
        )


class _Lazy:
    """A reference interpreter that is made when it is first needed: a second run needs none."""

    def __init__(self, flatbuffer: bytes) -> None:
        self._flatbuffer = flatbuffer
        self._interpreter: Interpreter | None = None

    def __call__(self, x: Array) -> Array:
        if self._interpreter is None:
            self._interpreter = Interpreter(self._flatbuffer)
        return self._interpreter.invoke(x)
