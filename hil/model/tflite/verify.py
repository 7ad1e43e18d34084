# SPDX-License-Identifier: MIT
"""Verify a ``.tflite`` file before any native code sees it.

TensorFlow Lite Micro follows a model's offsets, indices and shapes unchecked and crashes on a
crafted or damaged file. :func:`verify` reads the file with a bounded reader and then checks the
graph: one subgraph, one input, one output, every index in range, every constant of the size its
shape says, operators in order and of known kinds with tensors that fit them.
"""

import dataclasses
import functools
import math
from typing import Any

import numpy as np

from hil.errors import BadInputError
from hil.model.array import Array
from hil.model.tflite import schema
from hil.model.tflite.flatbuffer import DamagedError, Reader
from hil.model.tflite.graph import Graph, Operator, Tensor
from hil.model.tflite.layout import OPERATOR_CODES, OPTIONS, TFLITE
from hil.model.tflite.operators import KINDS, RULES, RuleError

IDENTIFIER = b"TFL3"
# Far above any model for this hardware (8 MB PSRAM; MobileNetV2 1.0 at 224 has 0.3 G MACs), low
# enough that a crafted file can neither exhaust the host's memory nor run for minutes.
MAX_TENSOR_BYTES = 1 << 26
MAX_TOTAL_BYTES = 1 << 28
MAX_MACS = 20_000_000_000

_DTYPES = {0: "float32", 2: "int32", 3: "uint8", 9: "int8"}
_RANGES = {"int8": (-128, 127), "uint8": (0, 255)}
# Metadata that interpreters act upon: memory plans and compressed weights.
_ACTIVE_METADATA = ("OfflineMemoryAllocation", "COMPRESSION_METADATA")


class _UnfitError(Exception):
    """The file is well-formed but not a model this harness can use."""


def verify(model: bytes, name: str = "The model") -> Graph:
    """Verify a model and return its graph.

    Args:
        model: the bytes of a ``.tflite`` file.
        name: what to call it in an error, usually the path.

    Raises:
        BadInputError: the file is not a model, is damaged, or uses what is not supported.
    """
    try:
        return _verify(bytes(model))
    except DamagedError as error:
        raise BadInputError(f"{name} is damaged: {error}; copy or convert it again.") from error
    except _UnfitError as error:
        raise BadInputError(
            f"{name} cannot be used: {error} (docs/models.md says what a model must be)."
        ) from error


@functools.lru_cache(maxsize=8)
def _verify(model: bytes) -> Graph:
    if model[4:8] != IDENTIFIER:
        raise _UnfitError("it is not a .tflite file, as it has no TFL3 identifier")
    codes = Reader(model, OPERATOR_CODES).root("Model")["operator_codes"] or []
    kinds = [_kind(code) for code in codes]
    root = Reader(model, TFLITE).root("Model")
    _require(root["version"] == 3, f"it has schema version {root['version']}, not 3")
    subgraphs = root["subgraphs"] or []
    _require(len(subgraphs) == 1, f"it has {len(subgraphs)} subgraphs, not one")
    subgraph = subgraphs[0]
    buffers = _buffers(root)
    tensors = tuple(_tensor(each, buffers) for each in subgraph["tensors"] or [])
    _check_annotations(root, len(tensors))
    source = _only(subgraph["inputs"], "input", len(tensors))
    result = _only(subgraph["outputs"], "output", len(tensors))
    operators = tuple(_operator(op, kinds, tensors) for op in subgraph["operators"] or [])
    graph = Graph(tensors, operators, source, result)
    _check_interface(graph)
    _check_order(graph)
    _check_operators(graph)
    return graph


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise _UnfitError(message)


def _buffers(root: dict[str, Any]) -> list[Array | None]:
    buffers = root["buffers"] or []
    for each in buffers:
        _require(each["offset"] == each["size"] == 0, "it keeps weights outside the flatbuffer")
    contents = [each["data"] if _length(each["data"]) else None for each in buffers]
    _require(bool(contents) and contents[0] is None, "its first buffer is not the empty one")
    return contents


def _length(vector: Array | None) -> int:
    return 0 if vector is None else len(vector)


def _tensor(raw: dict[str, Any], buffers: list[Array | None]) -> Tensor:
    name = raw["name"] or ""
    dtype = _DTYPES.get(raw["type"])
    if dtype is None:
        raise _UnfitError(
            f"tensor {name!r} has element type {raw['type']}, not float32 or 8-bit integer"
        )
    _require(not raw["is_variable"], f"tensor {name!r} keeps state between runs")
    shape = () if raw["shape"] is None else tuple(int(size) for size in raw["shape"])
    _require(len(shape) <= 6 and min(shape, default=1) >= 1, f"tensor {name!r} has an odd shape")
    # min() bounds each factor, so that the product of six stays an ordinary integer
    size = math.prod(min(each, MAX_TENSOR_BYTES) for each in shape)
    width = np.dtype(dtype).itemsize
    _require(size * width <= MAX_TENSOR_BYTES, f"tensor {name!r} is larger than 64 MiB")
    signature = raw["shape_signature"]
    if signature is not None:
        fits = len(signature) == len(shape) and all(
            known in (-1, size) for known, size in zip(signature, shape, strict=True)
        )
        _require(fits, f"tensor {name!r} contradicts its shape signature")
        unknown = [axis for axis, known in enumerate(signature) if known == -1]
        _require(unknown in ([], [0]), f"tensor {name!r} has a dynamic shape; fix it and convert")
    _require(raw["buffer"] < len(buffers), f"tensor {name!r} names a missing buffer")
    data = buffers[raw["buffer"]]
    if data is not None:
        _require(len(data) == size * width, f"tensor {name!r} differs in size from its data")
        data = data.view(np.dtype(dtype).newbyteorder("<"))
    scale, zero_point, axis = _quantization(raw["quantization"], dtype, shape, name)
    return Tensor(name, shape, dtype, scale, zero_point, axis, data)


def _quantization(
    raw: dict[str, Any] | None, dtype: str, shape: tuple[int, ...], name: str
) -> tuple[Array, Array, int]:
    """Return scales, zero points and their axis; the first two empty when not quantized."""
    if raw is None or not _length(raw["scale"]):
        return np.empty(0, np.float32), np.empty(0, np.int64), 0
    scale, zero_point, axis = raw["scale"], raw["zero_point"], raw["quantized_dimension"]
    _require(_length(zero_point) == len(scale), f"tensor {name!r} lacks zero points")
    if len(scale) > 1:
        fits = 0 <= axis < len(shape) and shape[axis] == len(scale)
        _require(fits, f"tensor {name!r} has a wrong number of scales")
    positive = bool(np.all(np.isfinite(scale)) and np.all(scale > 0) and np.all(scale < 2.0**40))
    _require(positive, f"tensor {name!r} has a scale that is not a positive number")
    low, high = _RANGES.get(dtype, (0, 0))
    in_range = bool(np.all((zero_point >= low) & (zero_point <= high)))
    _require(in_range, f"tensor {name!r} has a zero point out of range")
    return scale, zero_point, axis


def _check_annotations(root: dict[str, Any], tensors: int) -> None:
    """Check what interpreters read besides the graph: metadata and signatures."""
    buffers = len(root["buffers"])
    for entry in root["metadata"] or []:
        _require(entry["buffer"] < buffers, "its metadata names a missing buffer")
        _require(entry["name"] not in _ACTIVE_METADATA, f"it uses {entry['name']}")
    _require(not _length(root["metadata_buffer"]), "it has metadata of an obsolete form")
    for signature in root["signature_defs"] or []:
        maps = (signature["inputs"] or []) + (signature["outputs"] or [])
        fits = all(each["tensor_index"] < tensors for each in maps)
        _require(fits and signature["subgraph_index"] == 0, "a signature names missing parts")


def _only(indices: Array | None, what: str, tensors: int) -> int:
    count = _length(indices)
    if indices is None or count != 1:
        raise _UnfitError(f"it has {count} {what}s, but a split needs exactly one")
    _require(0 <= indices[0] < tensors, f"its {what} is a missing tensor")
    return int(indices[0])


def _kind(code: dict[str, Any]) -> str:
    # The old field is one byte wide; interpreters take the greater of the two.
    number = max(code["builtin_code"], code["deprecated_builtin_code"])
    if number not in KINDS:
        names = vars(schema.load().BuiltinOperator).items()
        name = next((name for name, value in names if value == number), f"number {number}")
        raise _UnfitError(
            f"it uses the operator {name}, but only these are supported: {', '.join(RULES)}"
        )
    return KINDS[number]


def _operator(raw: dict[str, Any], kinds: list[str], tensors: tuple[Tensor, ...]) -> Operator:
    _require(raw["opcode_index"] < len(kinds), "an operator has a kind that is not listed")
    kind = kinds[raw["opcode_index"]]
    rule = RULES[kind]
    extra = _length(raw["mutating_variable_inputs"]) + _length(raw["intermediates"])
    _require(extra == 0 and raw["options_2_type"] == 0, f"{kind} has fields of another operator")
    table = OPTIONS.get(raw["options_type"])
    if rule.options is not None:
        present = table == rule.options and raw["options"] is not None
        _require(present, f"{kind} lacks its options")
    inputs = () if raw["inputs"] is None else tuple(int(index) for index in raw["inputs"])
    fewest, most = rule.arity
    _require(fewest <= len(inputs) <= most, f"{kind} has {len(inputs)} inputs")
    for position, index in enumerate(inputs):
        absent = index == -1 and position in rule.optional
        _require(absent or 0 <= index < len(tensors), f"{kind} names a missing tensor")
    outputs = raw["outputs"]
    _require(_length(outputs) == 1, f"{kind} has {_length(outputs)} outputs")
    _require(0 <= outputs[0] < len(tensors), f"{kind} names a missing tensor")
    return Operator(kind, inputs, int(outputs[0]), raw["options"] or {})


def _check_interface(graph: Graph) -> None:
    """Check input and output of the model, and bound the memory of its activations."""
    _require(graph.input != graph.output, "its input is its output")
    for index, what in ((graph.input, "input"), (graph.output, "output")):
        tensor = graph.tensors[index]
        _require(tensor.data is None, f"its {what} is a constant")
        _require(tensor.dtype != "int32", f"its {what} is int32, not float32 or an 8-bit integer")
        scales = 0 if tensor.dtype == "float32" else 1
        _require(len(tensor.scale) == scales, f"its {what} lacks quantization")
    total = sum(tensor.bytes for tensor in graph.tensors if tensor.data is None)
    _require(total <= MAX_TOTAL_BYTES, "its activations are larger than 256 MiB")


def _check_order(graph: Graph) -> None:
    """Check that every tensor is made once, before it is used."""
    _require(len(graph.operators) > 0, "it has no operators")
    ready = {i for i, tensor in enumerate(graph.tensors) if tensor.data is not None}
    ready.add(graph.input)
    for operator in graph.operators:
        used = [index for index in operator.inputs if index >= 0]
        _require(ready.issuperset(used), f"{operator.kind} uses a tensor before it is made")
        _require(operator.output not in ready, f"{operator.kind} overwrites a tensor")
        ready.add(operator.output)
    _require(graph.output in ready, "no operator makes its output")


def _check_operators(graph: Graph) -> None:
    """Check every operator by its rule; results of shape arithmetic count as constants."""
    tensors = list(graph.tensors)
    macs = 0
    for number, operator in enumerate(graph.operators):
        rule = RULES[operator.kind]
        inputs = [tensors[index] if index >= 0 else None for index in operator.inputs]
        result = tensors[operator.output]
        try:
            for position in rule.constants:
                operand = inputs[position] if position < len(inputs) else None
                if operand is not None and operand.data is None:
                    raise RuleError("has weights or settings that are not constant")
            rule.check(operator, inputs, result)
            if rule.fold is not None:
                value = rule.fold(operator, inputs, result)
                if result.dtype != "int32" or result.shape != value.shape:
                    raise RuleError("has an output shape that does not follow")
                tensors[operator.output] = dataclasses.replace(result, data=value)
        except RuleError as error:
            raise _UnfitError(f"operator {number} ({operator.kind}) {error}") from error
        macs += rule.macs(inputs, result)
    _require(macs <= MAX_MACS, f"one run takes more than {MAX_MACS:,} multiply-accumulates")
