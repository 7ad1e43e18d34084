# SPDX-License-Identifier: MIT
"""Writes small .tflite models for tests, operator by operator."""

from collections.abc import Mapping, Sequence
from typing import Any

import flatbuffers
import numpy as np
from flatbuffers import flexbuffers

from hil.model.tflite import schema
from hil.model.tflite.element_types import ELEMENT_TYPES
from hil.model.tflite.kinds import CUSTOM_NUMBER, KINDS

_TYPES = {name: number for number, (name, _) in ELEMENT_TYPES.items()}
_NUMBERS = {kind: number for number, kind in KINDS.items()}
_MOST_IN_A_BYTE = 127


class Writer:
    """Writes one model; its first graph is the model's."""

    def __init__(self) -> None:
        self._module = schema.load()
        self._model = self._module.ModelT()
        self._model.version = 3
        self._model.description = b"made for a test"
        self._model.operatorCodes, self._model.subgraphs = [], []
        self._model.buffers = [self._module.BufferT()]

    def graph(self) -> "GraphWriter":
        """Begin the next graph."""
        graph = self._module.SubGraphT()
        graph.name = b"graph"
        graph.tensors, graph.operators = [], []
        self._model.subgraphs.append(graph)
        return GraphWriter(self, graph, len(self._model.subgraphs) - 1)

    def buffer(self, data: bytes) -> int:
        """Add a constant's bytes."""
        buffer = self._module.BufferT()
        buffer.data = np.frombuffer(data, np.uint8)
        self._model.buffers.append(buffer)
        return len(self._model.buffers) - 1

    def code(self, kind: str) -> int:
        """Return the number of an operator code, added if there is none."""
        number = _NUMBERS.get(kind, CUSTOM_NUMBER)
        for index, code in enumerate(self._model.operatorCodes):
            if code.builtinCode == number and (code.customCode or kind.encode()) == kind.encode():
                return index
        code = self._module.OperatorCodeT()
        code.builtinCode = number
        code.deprecatedBuiltinCode = min(number, _MOST_IN_A_BYTE)
        code.customCode = kind.encode() if number == CUSTOM_NUMBER else None
        code.version = 1
        self._model.operatorCodes.append(code)
        return len(self._model.operatorCodes) - 1

    def new(self, kind: str) -> Any:
        """Return an object of the schema's API."""
        return getattr(self._module, kind)()

    def enum(self, kind: str, name: str) -> int:
        """Return a number of the schema."""
        return int(getattr(getattr(self._module, kind), name))

    def finish(self) -> bytes:
        """Return the file."""
        builder = flatbuffers.Builder(1 << 12)
        builder.Finish(self._model.Pack(builder), b"TFL3")
        return bytes(builder.Output())


class GraphWriter:
    """Writes one graph.

    Attributes:
        number: of the graph in its model.
    """

    def __init__(self, writer: Writer, graph: Any, number: int) -> None:
        self._writer, self._graph, self.number = writer, graph, number

    def tensor(
        self,
        shape: Sequence[int],
        dtype: str,
        scale: float | Sequence[float] | None = None,
        zero: int = 0,
        *,
        name: str = "",
        variable: bool = False,
        axis: int = 0,
    ) -> int:
        """Add an activation or a variable and return its number."""
        tensor = self._writer.new("TensorT")
        tensor.shape, tensor.type = np.array(shape, np.int32), _TYPES[dtype]
        tensor.name = (name or f"tensor_{len(self._graph.tensors)}").encode()
        tensor.isVariable = variable
        if scale is not None:
            scales = np.atleast_1d(np.array(scale, np.float32))
            tensor.quantization = self._writer.new("QuantizationParametersT")
            tensor.quantization.scale = scales
            tensor.quantization.zeroPoint = np.full(len(scales), zero, np.int64)
            tensor.quantization.quantizedDimension = axis
        self._graph.tensors.append(tensor)
        return len(self._graph.tensors) - 1

    def constant(
        self, values: Any, dtype: str, scale: float | Sequence[float] | None = None, **more: Any
    ) -> int:
        """Add a constant and return its number."""
        array = np.array(values, dtype)
        number = self.tensor(array.shape, dtype, scale, **more)
        self._graph.tensors[number].buffer = self._writer.buffer(array.tobytes())
        return number

    def operator(
        self,
        kind: str,
        inputs: Sequence[int],
        outputs: Sequence[int],
        options: str = "",
        *,
        custom: Mapping[str, Any] | None = None,
        intermediates: Sequence[int] = (),
        **fields: Any,
    ) -> None:
        """Add an operator; ``fields`` are those of the table ``options``, as the API has them."""
        operator = self._writer.new("OperatorT")
        operator.opcodeIndex = self._writer.code(kind)
        operator.inputs = np.array(inputs, np.int32)
        operator.outputs = np.array(outputs, np.int32)
        if intermediates:
            operator.intermediates = np.array(intermediates, np.int32)
        if options:
            operator.builtinOptionsType = self._writer.enum("BuiltinOptions", options)
            operator.builtinOptions = self._writer.new(f"{options}T")
            for name, value in fields.items():
                assert hasattr(operator.builtinOptions, name), f"{options} has no {name}"
                setattr(operator.builtinOptions, name, value)
        if custom is not None:
            operator.customOptions = np.frombuffer(flexbuffers.Dumps(dict(custom)), np.uint8)
        self._graph.operators.append(operator)

    def ends(self, inputs: Sequence[int], outputs: Sequence[int]) -> None:
        """Say what goes in and comes out."""
        self._graph.inputs = np.array(inputs, np.int32)
        self._graph.outputs = np.array(outputs, np.int32)

    def like(self, number: int, shape: Sequence[int], name: str) -> int:
        """Add a tensor of another's type and quantization, and return its number."""
        tensor, other = self._writer.new("TensorT"), self._graph.tensors[number]
        tensor.shape, tensor.type = np.array(shape, np.int32), other.type
        tensor.name, tensor.quantization = name.encode(), other.quantization
        self._graph.tensors.append(tensor)
        return len(self._graph.tensors) - 1
