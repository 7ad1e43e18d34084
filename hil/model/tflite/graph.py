# SPDX-License-Identifier: MIT
"""A model's graph as verification found it: tensors, operators in order, input and output."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from hil.model.array import Array


@dataclass(frozen=True)
class TensorSpec:
    """What one needs to know of an input, an output or an activation.

    Attributes:
        name: the tensor's name in the model.
        shape: every dimension, the batch included.
        dtype: numpy's name: ``int8``, ``uint8`` or ``float32``.
        scale: real value of one step, 0.0 where not quantized.
        zero_point: the quantized value that stands for 0.0.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    scale: float
    zero_point: int

    @property
    def bytes(self) -> int:
        """Size of the tensor's data in bytes."""
        return math.prod(self.shape) * np.dtype(self.dtype).itemsize


@dataclass(frozen=True, eq=False)
class Tensor:
    """One tensor; ``data`` is the constant it holds, flat, or None for an activation.

    ``scale`` and ``zero_point`` have one element, or one for each slice along ``axis``, or none.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    scale: Array
    zero_point: Array
    axis: int
    data: Array | None

    @property
    def size(self) -> int:
        """Number of elements."""
        return math.prod(self.shape)

    @property
    def bytes(self) -> int:
        """Size of the data in bytes."""
        return self.size * np.dtype(self.dtype).itemsize

    @property
    def spec(self) -> TensorSpec:
        """The tensor's description, for an activation (one scale at most)."""
        quantized = len(self.scale) > 0
        return TensorSpec(
            self.name,
            self.shape,
            self.dtype,
            float(self.scale[0]) if quantized else 0.0,
            int(self.zero_point[0]) if quantized else 0,
        )


@dataclass(frozen=True, eq=False)
class Operator:
    """One operator: its kind as in the schema, tensors by number (-1: absent), its options."""

    kind: str
    inputs: tuple[int, ...]
    output: int
    options: Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class Graph:
    """A verified model: one input, one output, operators in the order they run."""

    tensors: tuple[Tensor, ...]
    operators: tuple[Operator, ...]
    input: int
    output: int

    @property
    def input_spec(self) -> TensorSpec:
        """Description of the input."""
        return self.tensors[self.input].spec

    @property
    def output_spec(self) -> TensorSpec:
        """Description of the output."""
        return self.tensors[self.output].spec
