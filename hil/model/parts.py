# SPDX-License-Identifier: MIT
"""Write some of a model's operators as a model of its own."""

import copy
import functools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from hil.model.array import Array
from hil.model.crossing import legal_crossings, tail_operators
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
        """Return operators 0 to ``index``; only for a legal cut."""
        numbers = range(index + 1)
        return self._part(numbers, self._graph.inputs, [self._crossings[index]])

    def tail(self, index: int) -> bytes:
        """Return the operators after ``index``, and those that make what they need of constants."""
        numbers = tail_operators(self._graph, index)
        return self._part(numbers, [self._crossings[index]], self._graph.outputs)

    def prefix(self, index: int) -> bytes:
        """Return operators 0 to ``index`` with all results of the last one as outputs.

        It may be no model that verifies: an operator may have no result, or a constant one.
        """
        outputs = self._graph.operators[index].outputs
        return self._part(range(index + 1), self._graph.inputs, outputs)

    @functools.cached_property
    def _crossings(self) -> Mapping[int, int]:
        return legal_crossings(self._graph)

    def _part(
        self, numbers: Sequence[int], sources: Sequence[int], results: Sequence[int]
    ) -> bytes:
        """Return some operators of the first graph, in order, as a model.

        Tensors, buffers and operator codes keep their order and are numbered anew. The graphs that
        operators run come along. Signatures and metadata describe the full model and are left out.
        """
        whole = self._model.subgraphs[0]
        operators = [whole.operators[number] for number in numbers]
        calls = any(self._graph.operators[number].subgraphs for number in numbers)
        others = self._model.subgraphs[1:] if calls else []
        used = {each.opcodeIndex for graph in others for each in graph.operators or ()}
        codes = sorted(used | {operator.opcodeIndex for operator in operators})

        buffers = [_AlignedBuffer(self._schema, None)]
        main = self._subgraph(whole, operators, sources, results, codes, buffers)
        part = self._schema.ModelT()
        part.version = self._model.version
        part.description = self._model.description
        part.operatorCodes = [self._model.operatorCodes[code] for code in codes]
        part.subgraphs = [
            main,
            *(
                self._subgraph(each, each.operators, each.inputs, each.outputs, codes, buffers)
                for each in others
            ),
        ]
        part.buffers = buffers
        return _packed(part, buffers)

    def _subgraph(
        self,
        whole: Any,
        operators: Sequence[Any] | None,
        sources: Sequence[int] | None,
        results: Sequence[int] | None,
        codes: Sequence[int],
        buffers: list["_AlignedBuffer"],
    ) -> Any:
        """Return some operators of a graph as a graph; its constants are added to ``buffers``."""
        operators = [copy.copy(operator) for operator in operators or ()]
        sources, results = _numbers(sources), _numbers(results)
        used = {*sources, *results}
        for operator in operators:
            lists = (operator.inputs, operator.outputs, operator.intermediates)
            used.update(index for each in lists for index in _numbers(each) if index >= 0)
        tensor_numbers = {old: new for new, old in enumerate(sorted(used))}
        tensors = [copy.copy(whole.tensors[old]) for old in tensor_numbers]
        for tensor in tensors:
            data = self._model.buffers[tensor.buffer].data
            constant = data is not None and len(data) > 0
            tensor.buffer = len(buffers) if constant else 0
            if constant:
                buffers.append(_AlignedBuffer(self._schema, data))
        for operator in operators:
            operator.opcodeIndex = codes.index(operator.opcodeIndex)
            operator.inputs = _renumbered(_numbers(operator.inputs), tensor_numbers)
            operator.outputs = _renumbered(_numbers(operator.outputs), tensor_numbers)
            if _numbers(operator.intermediates):
                between = _numbers(operator.intermediates)
                operator.intermediates = _renumbered(between, tensor_numbers)
        subgraph = copy.copy(whole)
        subgraph.tensors, subgraph.operators = tensors, operators
        subgraph.inputs = _renumbered(sources, tensor_numbers)
        subgraph.outputs = _renumbered(results, tensor_numbers)
        return subgraph


def _numbers(indices: Sequence[int] | None) -> list[int]:
    return [] if indices is None else [int(index) for index in indices]


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
