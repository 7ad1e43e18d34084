# SPDX-License-Identifier: MIT
"""Verify a ``.tflite`` file before any native code sees it.

TensorFlow Lite Micro follows a model's offsets, indices and shapes unchecked and crashes on a
crafted or damaged file. :func:`verify` reads the file with a bounded reader and then checks its
graphs: every index in range, every constant of the size its shape says, operators in order, of
kinds that TensorFlow Lite Micro has, and with tensors that fit them. Of operators that no rule
knows enough about the graph says so (:attr:`~hil.model.tflite.graph.Graph.unproven`): native code
may see such a model in a process of its own only.
"""

import dataclasses
import functools
from typing import Any

import numpy as np

from hil.errors import BadInputError
from hil.model.tflite import schema
from hil.model.tflite.element_types import INTERFACE
from hil.model.tflite.flatbuffer import DamagedError, Reader, UnsupportedError
from hil.model.tflite.graph import Graph, Operator, Tensor
from hil.model.tflite.kinds import CUSTOM, CUSTOM_NUMBER, KINDS
from hil.model.tflite.layout import TFLITE
from hil.model.tflite.options import OPTIONS
from hil.model.tflite.proof import prove
from hil.model.tflite.tensors import UnfitError, length, read_buffers, read_tensor, require

IDENTIFIER = b"TFL3"
MAX_TOTAL_BYTES = 1 << 28
"""Of activations: far above any model for this hardware, low enough for the host's memory."""
_MAX_GRAPHS = 64

# Metadata that interpreters act upon: memory plans, and compressed weights.
_PLAN, _COMPRESSION = "OfflineMemoryAllocation", "COMPRESSION_METADATA"


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
    except (UnfitError, UnsupportedError) as error:
        raise BadInputError(
            f"{name} cannot be used: {error} (docs/models.md says what a model must be)."
        ) from error


@functools.lru_cache(maxsize=8)
def _verify(model: bytes) -> Graph:
    if model[4:8] != IDENTIFIER:
        raise UnfitError("it is not a .tflite file, as it has no TFL3 identifier")
    root = Reader(model, TFLITE).root("Model")
    require(root["version"] == 3, f"it has schema version {root['version']}, not 3")
    raw_graphs = root["subgraphs"] or []
    require(bool(raw_graphs), "it has no graph")
    kinds = [_kind(code) for code in root["operator_codes"] or []]
    _check_kinds(kinds, raw_graphs)
    buffers = read_buffers(root)
    graphs = [_graph(raw, kinds, buffers) for raw in raw_graphs]
    plan = _check_annotations(root, [len(graph.tensors) for graph in graphs])
    main = graphs[0]
    _check_interface(main)
    for graph in graphs:
        _check_order(graph)
    _check_calls(graphs)
    total = sum(t.bytes for graph in graphs for t in graph.tensors if t.data is None)
    require(total <= MAX_TOTAL_BYTES, "its activations are larger than 256 MiB")
    folded, unproven = prove(graphs)
    if plan:
        unproven = (*unproven, f"it has a memory plan of its own ({_PLAN})")
    return dataclasses.replace(
        main, subgraphs=(None, *graphs[1:]), folded=folded, unproven=unproven
    )


def _kind(code: dict[str, Any]) -> str:
    """Return the name of an operator's kind; of an unknown builtin one, in angle brackets."""
    # The old field is one byte wide; interpreters take the greater of the two.
    number = max(code["builtin_code"], code["deprecated_builtin_code"])
    if number == CUSTOM_NUMBER:
        return code["custom_code"] or "(a custom one without a name)"
    if number in KINDS:
        return KINDS[number]
    names = vars(schema.load().BuiltinOperator).items()
    return next((f"<{name}>" for name, value in names if value == number), f"<number {number}>")


def _check_kinds(kinds: list[str], graphs: list[dict[str, Any]]) -> None:
    """Refuse all operators at once that TensorFlow Lite Micro does not have."""
    used: dict[str, None] = {}
    for graph in graphs:
        for operator in graph["operators"] or []:
            fits = operator["opcode_index"] < len(kinds)
            require(fits, "an operator has a kind that is not listed")
            used[kinds[operator["opcode_index"]]] = None
    have = {*KINDS.values(), *CUSTOM}
    lacking = [kind for kind in used if kind not in have]
    builtin = [kind.strip("<>") for kind in lacking if kind.startswith("<")]
    custom = [kind for kind in lacking if not kind.startswith("<")]
    parts = [_listed("operator", builtin), _listed("custom operator", custom)]
    require(
        not lacking,
        f"it uses {' and '.join(filter(None, parts))}, which TensorFlow Lite Micro does not have",
    )


def _listed(what: str, names: list[str]) -> str:
    return f"the {what}{'s' * (len(names) > 1)} {', '.join(names)}" if names else ""


def _graph(raw: dict[str, Any], kinds: list[str], buffers: list[Any]) -> Graph:
    tensors = tuple(read_tensor(each, buffers) for each in raw["tensors"] or [])
    operators = tuple(_operator(op, kinds, tensors) for op in raw["operators"] or [])
    inputs = _indices(raw["inputs"], len(tensors), "input")
    outputs = _indices(raw["outputs"], len(tensors), "output")
    return Graph(tensors, operators, inputs, outputs)


def _indices(indices: Any, tensors: int, what: str) -> tuple[int, ...]:
    numbers = () if indices is None else tuple(int(index) for index in indices)
    for number in numbers:
        require(0 <= number < tensors, f"its {what} is a missing tensor")
    return numbers


def _operator(raw: dict[str, Any], kinds: list[str], tensors: tuple[Tensor, ...]) -> Operator:
    kind = kinds[raw["opcode_index"]]
    inputs = () if raw["inputs"] is None else tuple(int(index) for index in raw["inputs"])
    outputs = () if raw["outputs"] is None else tuple(int(index) for index in raw["outputs"])
    between = () if raw["intermediates"] is None else tuple(map(int, raw["intermediates"]))
    for index in (*inputs, *between):
        require(-1 <= index < len(tensors), f"{kind} names a missing tensor")
    for index in outputs:
        require(0 <= index < len(tensors), f"{kind} names a missing tensor")
    foreign = raw["options_type"] not in (0, *OPTIONS) or raw["options_2_type"] != 0
    require(not foreign, f"{kind} has the options of another operator")
    options = {**(raw["options"] or {}), "table": OPTIONS.get(raw["options_type"])}
    if raw["options"] is None:
        options["table"] = None
    calls = tuple(int(value) for key, value in options.items() if key.endswith("_subgraph"))
    return Operator(kind, inputs, outputs, options, calls)


def _check_annotations(root: dict[str, Any], tensors: list[int]) -> bool:
    """Check what interpreters read besides the graphs; return whether there is a memory plan."""
    buffers = len(root["buffers"])
    plan = False
    for entry in root["metadata"] or []:
        require(entry["buffer"] < buffers, "its metadata names a missing buffer")
        require(entry["name"] != _COMPRESSION, "its weights are compressed (COMPRESSION_METADATA)")
        plan = plan or entry["name"] == _PLAN
    obsolete = root["metadata_buffer"]  # of converters of 2018; nothing reads them
    fits = not length(obsolete) or bool(np.all((obsolete >= 0) & (obsolete < buffers)))
    require(fits, "its metadata names a missing buffer")
    for signature in root["signature_defs"] or []:
        maps = (signature["inputs"] or []) + (signature["outputs"] or [])
        graph = signature["subgraph_index"]
        fits = graph < len(tensors) and all(each["tensor_index"] < tensors[graph] for each in maps)
        require(fits, "a signature names missing parts")
    return plan


def _check_interface(graph: Graph) -> None:
    """Check inputs and outputs of the model."""
    require(len(graph.operators) > 0, "it has no operators")
    for indices, what in ((graph.inputs, "input"), (graph.outputs, "output")):
        require(bool(indices), f"it has no {what}s")
        for tensor in (graph.tensors[index] for index in indices):
            require(tensor.data is None, f"its {what} {tensor.name!r} is a constant")
            require(not tensor.variable, f"its {what} {tensor.name!r} keeps state between runs")
            fits = tensor.dtype in INTERFACE
            require(fits, f"its {what} {tensor.name!r} has element type {tensor.dtype}")
    require(not set(graph.inputs) & set(graph.outputs), "its input is its output")


def _check_order(graph: Graph) -> None:
    """Check that every tensor is made once, before it is used."""
    ready = {i for i, each in enumerate(graph.tensors) if each.data is not None or each.variable}
    ready.update(graph.inputs)
    for operator in graph.operators:
        used = [index for index in operator.inputs if index >= 0]
        require(ready.issuperset(used), f"{operator.kind} uses a tensor before it is made")
        require(ready.isdisjoint(operator.outputs), f"{operator.kind} overwrites a tensor")
        ready.update(operator.outputs)
    require(ready.issuperset(graph.outputs), "no operator makes its output")


def _check_calls(graphs: list[Graph]) -> None:
    """Check that operators run graphs that exist, and none that runs itself."""
    callers: set[int] = set()
    sound: set[int] = set()

    def visit(number: int) -> None:
        require(number not in callers, "one of its graphs runs itself")
        if number in sound:
            return
        callers.add(number)
        for operator in graphs[number].operators:
            for called in operator.subgraphs:
                fits = 0 < called < len(graphs)
                require(fits, f"{operator.kind} runs a graph that is missing")
                visit(called)
        callers.discard(number)
        sound.add(number)

    require(len(graphs) <= _MAX_GRAPHS, f"it has more than {_MAX_GRAPHS} graphs")
    visit(0)
