# SPDX-License-Identifier: MIT
"""Prove on inputs that a head and a tail compute exactly what the full model computes."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from hil.errors import BadInputError
from hil.model.array import Array
from hil.model.compare import compare
from hil.model.interpreter import Interpreter, Kernels
from hil.model.split import Split
from hil.model.tflite.graph import TensorSpec, join


def random_inputs(
    spec: TensorSpec | Sequence[TensorSpec], count: int, seed: int = 0
) -> Iterator[Array]:
    """Yield repeatable random inputs; of several tensors, joined.

    Floats are uniform in -1..1, integers of 8 and 16 bits in their whole range. Wider integers are
    0 or 1, since they may be indices, which native code follows.
    """
    specs = [spec] if isinstance(spec, TensorSpec) else list(spec)
    generator = np.random.default_rng(seed)
    for _ in range(count):
        yield join([_random(each, generator) for each in specs], specs)


def _random(spec: TensorSpec, generator: np.random.Generator) -> Array:
    kind = np.dtype(spec.dtype)
    if kind.kind == "f":
        return generator.uniform(-1.0, 1.0, spec.shape).astype(kind)
    if kind.kind == "b" or kind.itemsize > 2:
        return generator.integers(0, 2, spec.shape).astype(kind)
    limits = np.iinfo(kind)
    return generator.integers(limits.min, limits.max + 1, spec.shape).astype(kind)


class Prover:
    """Compares splits of one model with the whole, under reference kernels.

    Args:
        model: the bytes of the full model.
    """

    def __init__(self, model: bytes) -> None:
        self._full = Interpreter(model, Kernels.REFERENCE)

    def prove(self, split: Split, inputs: Iterable[tuple[str, Array]]) -> int:
        """Check that the tail of the head's activation is the full output, bit for bit.

        Args:
            split: the head and tail.
            inputs: pairs of a name for messages and an input of the model's shape and dtype.

        Returns:
            The number of inputs compared.

        Raises:
            BadInputError: an input gives another output; the sentence says which and how.
        """
        head = Interpreter(split.head, Kernels.REFERENCE)
        tail = Interpreter(split.tail, Kernels.REFERENCE)
        count = 0
        for name, x in inputs:
            outcome = compare(tail.invoke(head.invoke(x)), self._full.invoke(x))
            if not outcome.exact:
                raise BadInputError(
                    f"The split after {split.cut.short_name} is not exact on {name}: "
                    f"{outcome.message}; choose another cut and report this model."
                )
            count += 1
        return count
