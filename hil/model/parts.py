# SPDX-License-Identifier: MIT
"""Write a range of a model's operators as a model of its own."""

import copy
import functools
from collections.abc import Sequence
from typing import Any

import numpy as np

from hil.model.array import Array
from hil.model.tflite import schema
from hil.model.tflite.graph import Graph
from hil.model.tflite.verify import IDENTIFIER

# What TFLM's kernels for vector units want of weights in memory-mapped flash.
_ALIGNMENT = 16


class Parts:
    """Writes parts of one model as models of their own."""

    def __init__(self, model: bytes, graph: Graph) -> None:
        self._bytes = model
        self._graph = graph

    @functools.cached_property
    def _schema(self) -> Any:
        return schema.load()

    @functools.cached_property
    def _model(self) -> Any:
        return self._schema.ModelT.InitFromPackedBuf(self._bytes, 0)

    def head(self, index: int) -> bytes:
        """Return operators 0 to ``index``."""
        output = self._graph.operators[index].output
        return self._part(0, index + 1, self._graph.input, output)

    def tail(self, index: int) -> bytes:
        """Return the operators after ``index``."""
        crossing = self._graph.operators[index].output
        return self._part(index + 1, len(self._graph.operators), crossing, self._graph.output)

    def _part(self, start: int, stop: int, source: int, result: int) -> bytes:
        """Return the operators of ``range(start, stop)`` as a model.

        Tensors, buffers and operator codes keep their order and are numbered anew. Signatures and
        metadata describe the full model and are left out.
        """
        whole = self._model.subgraphs[0]
        operators = [copy.copy(operator) for operator in whole.operators[start:stop]]
        used = {source, result}
        for operator in operators:
            used.update(int(i) for i in (*operator.inputs, *operator.outputs) if i >= 0)
        tensor_numbers = {old: new for new, old in enumerate(sorted(used))}
        tensors = [copy.copy(whole.tensors[old]) for old in tensor_numbers]
        codes = sorted({operator.opcodeIndex for operator in operators})

        buffers = [_AlignedBuffer(self._schema, None)]
        for tensor in tensors:
            data = self._model.buffers[tensor.buffer].data
            constant = data is not None and len(data) > 0
            tensor.buffer = len(buffers) if constant else 0
            if constant:
                buffers.append(_AlignedBuffer(self._schema, data))
        for operator in operators:
            operator.opcodeIndex = codes.index(operator.opcodeIndex)
            operator.inputs = _renumbered(operator.inputs, tensor_numbers)
            operator.outputs = _renumbered(operator.outputs, tensor_numbers)

        subgraph = copy.copy(whole)
        subgraph.tensors, subgraph.operators = tensors, operators
        subgraph.inputs = _renumbered([source], tensor_numbers)
        subgraph.outputs = _renumbered([result], tensor_numbers)
        part = self._schema.ModelT()
        part.version = self._model.version
        part.description = self._model.description
        part.operatorCodes = [self._model.operatorCodes[code] for code in codes]
        part.subgraphs, part.buffers = [subgraph], buffers
        return _packed(part, buffers)


def _renumbered(indices: Sequence[int], numbers: dict[int, int]) -> Array:
    return np.array([numbers.get(int(index), -1) for index in indices], np.int32)


class _AlignedBuffer:
    """A Buffer table whose data is aligned; the generated writer aligns it to four bytes only."""

    def __init__(self, module: Any, data: Array | None) -> None:
        self._module = module
        self.data = data

    def Pack(self, builder: Any) -> int:  # noqa: N802 - the name the generated classes call
        vector = 0
        if self.data is not None:
            builder.Prep(_ALIGNMENT, len(self.data))
            vector = builder.CreateNumpyVector(self.data)
        self._module.BufferStart(builder)
        if self.data is not None:
            self._module.BufferAddData(builder, vector)
        return int(self._module.BufferEnd(builder))


def _packed(model: Any, buffers: Sequence[_AlignedBuffer]) -> bytes:
    import flatbuffers

    weights = sum(len(buffer.data) for buffer in buffers if buffer.data is not None)
    builder = flatbuffers.Builder(weights + weights // 4 + (1 << 16))
    builder.Finish(model.Pack(builder), IDENTIFIER)
    return bytes(builder.Output())
