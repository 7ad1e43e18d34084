# SPDX-License-Identifier: MIT
"""A model's graph as verification found it: tensors, operators in order, inputs and outputs."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from hil.errors import BadInputError
from hil.model.array import Array
from hil.model.tflite.element_types import bytes_of


@dataclass(frozen=True)
class TensorSpec:
    """What one needs to know of an input, an output or an activation.

    Attributes:
        name: the tensor's name in the model.
        shape: every dimension, the batch included.
        dtype: numpy's name, such as ``int8`` or ``float32``.
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

    def real(self, values: Array) -> Array:
        """Return what elements of this tensor, or real ones in its place, stand for.

        Args:
            values: of any shape; floating-point ones stand for themselves.

        Returns:
            float64, flat.
        """
        flat = values.reshape(-1).astype(np.float64)
        if values.dtype.kind == "f" or not self.scale:
            return flat
        scaled: Array = (flat - self.zero_point) * self.scale
        return scaled


@dataclass(frozen=True, eq=False)
class Tensor:
    """One tensor; ``data`` is the constant it holds, flat, or None for an activation.

    ``scale`` and ``zero_point`` have one element, or one for each slice along ``axis``, or none.
    A ``variable`` keeps its content from one run to the next. ``data`` is raw bytes where numpy
    does not know the element type.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    scale: Array
    zero_point: Array
    axis: int
    data: Array | None
    variable: bool = False

    @property
    def size(self) -> int:
        """Number of elements."""
        return math.prod(self.shape)

    @property
    def bytes(self) -> int:
        """Size of the data in bytes."""
        return bytes_of(self.size, self.dtype)

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
    """One operator.

    Attributes:
        kind: its name in the schema, such as ``CONV_2D``; of a custom one, the name it has.
        inputs: tensors by number; -1 where one is left out.
        outputs: tensors by number; a few operators have none.
        options: what the schema calls its builtin options.
        subgraphs: numbers of the graphs that it runs (IF, WHILE, CALL_ONCE).
    """

    kind: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options: Mapping[str, Any]
    subgraphs: tuple[int, ...] = ()


@dataclass(frozen=True, eq=False)
class Graph:
    """A verified graph, with its operators in the order they run.

    Attributes:
        tensors: by number.
        operators: in order.
        inputs: the tensors that go in, by number.
        outputs: those that come out.
        subgraphs: of the model's first graph, the others, by number from 1; None for itself.
        folded: tensors whose content follows from shapes alone.
        unproven: why verification cannot say that native code may run the model: for each such
            operator one sentence without a full stop. Empty where it can.
    """

    tensors: tuple[Tensor, ...]
    operators: tuple[Operator, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    subgraphs: tuple["Graph | None", ...] = (None,)
    folded: frozenset[int] = frozenset()
    unproven: tuple[str, ...] = ()

    @property
    def input_specs(self) -> tuple[TensorSpec, ...]:
        """Descriptions of the inputs."""
        return tuple(self.tensors[index].spec for index in self.inputs)

    @property
    def output_specs(self) -> tuple[TensorSpec, ...]:
        """Descriptions of the outputs."""
        return tuple(self.tensors[index].spec for index in self.outputs)

    @property
    def input_spec(self) -> TensorSpec:
        """Description of the input; of several, as :func:`joined`."""
        return joined(self.input_specs)

    @property
    def output_spec(self) -> TensorSpec:
        """Description of the output; of several, as :func:`joined`."""
        return joined(self.output_specs)

    @property
    def stateful(self) -> bool:
        """Whether a run can leave something behind for the next one."""
        graphs = [self, *(graph for graph in self.subgraphs if graph is not None)]
        return any(
            tensor.variable or tensor.dtype == "resource"
            for graph in graphs
            for tensor in graph.tensors
        ) or any(operator.kind in STATEFUL for graph in graphs for operator in graph.operators)


# Operators that keep a state of their own, apart from variables.
STATEFUL = (
    *("CIRCULAR_BUFFER", "SignalDelay", "SignalFramer", "SignalOverlapAdd", "SignalStacker"),
    *("SignalFilterBankSpectralSubtraction",),
)


def joined(specs: Sequence[TensorSpec]) -> TensorSpec:
    """Return one description for all inputs, or all outputs, of a model.

    One tensor is described by itself. Several are one vector, in order: of their elements where
    all have one type, else of their bytes.
    """
    if len(specs) == 1:
        return specs[0]
    name = "+".join(spec.name for spec in specs)
    types = {spec.dtype for spec in specs}
    if len(types) > 1:
        return TensorSpec(name, (sum(spec.bytes for spec in specs),), "uint8", 0.0, 0)
    elements = sum(math.prod(spec.shape) for spec in specs)
    quantizations = {(spec.scale, spec.zero_point) for spec in specs}
    scale, zero_point = quantizations.pop() if len(quantizations) == 1 else (0.0, 0)
    return TensorSpec(name, (elements,), specs[0].dtype, scale, zero_point)


def join(arrays: Sequence[Array], specs: Sequence[TensorSpec]) -> Array:
    """Return tensors as the one array that :func:`joined` describes.

    Raises:
        BadInputError: an array is missing, or has another shape or dtype than its description.
    """
    if len(arrays) != len(specs):
        raise BadInputError(f"The model takes {len(specs)} tensors, but was given {len(arrays)}.")
    for array, spec in zip(arrays, specs, strict=True):
        if array.dtype.name != spec.dtype or array.shape != spec.shape:
            raise BadInputError(
                f"{spec.name or 'The tensor'} takes {spec.dtype} {list(spec.shape)}, "
                f"but was given {array.dtype.name} {list(array.shape)}."
            )
    if len(specs) == 1:
        return arrays[0]
    whole = joined(specs)
    return np.frombuffer(b"".join(each.tobytes() for each in arrays), whole.dtype)


def separate(whole: Array, specs: Sequence[TensorSpec]) -> list[Array]:
    """Return the tensors that :func:`join` has joined."""
    if len(specs) == 1:
        return [whole]
    data, arrays, start = whole.tobytes(), [], 0
    for spec in specs:
        piece = np.frombuffer(data[start : start + spec.bytes], spec.dtype)
        arrays.append(piece.reshape(spec.shape))
        start += spec.bytes
    return arrays
