# SPDX-License-Identifier: MIT
"""What crosses between the operators of a graph, and so where it may be cut.

A cut after an operator is legal when one tensor alone that the operator made is still needed by
later ones. Constants that operators make, and handles of variables, cross no cut: the operators
that make them are in both parts, as are those that give variables their first values. A variable
that the first part writes must not be read by the second one, and none be read in a part in which
nothing writes it, since TensorFlow Lite Micro gives it no memory there.
"""

from collections.abc import Mapping, Sequence

from hil.model.tflite.element_types import INTERFACE
from hil.model.tflite.graph import STATEFUL, Graph, Operator

_BRANCHES = ("IF", "WHILE")
_ANY = ("*", "*")
"""A variable whose name cannot be told."""

Variables = frozenset[tuple[str, str]]


def legal_crossings(graph: Graph) -> Mapping[int, int]:
    """Return the legal cuts: the head's last operator, and the tensor that crosses."""
    free = free_operators(graph)
    first, last = _lifetimes(graph, free)
    writes = [_variables(graph, operator)[0] for operator in graph.operators]
    reads = [_variables(graph, operator)[1] for operator in graph.operators]
    legal = {}
    for index, operator in enumerate(graph.operators):
        crossing = [each for each in last if first[each] <= index < last[each]]
        if len(crossing) != 1 or crossing[0] not in operator.outputs:
            continue
        tensor = crossing[0]
        activation = graph.tensors[tensor].dtype in INTERFACE and tensor not in graph.folded
        if activation and tensor not in graph.outputs and _apart(graph, writes, reads, index + 1):
            legal[index] = tensor
    return legal


def _apart(graph: Graph, writes: Sequence[Variables], reads: Sequence[Variables], cut: int) -> bool:
    """Whether the variables of the operators before ``cut`` and after it do not meddle."""
    none: Variables = frozenset()
    written, read = none.union(*writes[:cut]), none.union(*reads[:cut])
    written_later, read_later = none.union(*writes[cut:]), none.union(*reads[cut:])
    begun = none.union(*(_begun(graph, operator) for operator in graph.operators[:cut]))
    begun_later = none.union(*(_begun(graph, operator) for operator in graph.operators))
    meddles = written & read_later or (written and read_later and _ANY in written | read_later)
    return not meddles and read <= written | begun and read_later <= written_later | begun_later


def _begun(graph: Graph, operator: Operator) -> Variables:
    """Return the variables that a CALL_ONCE gives their first values."""
    if operator.kind != "CALL_ONCE":
        return frozenset()
    called = [_called(graph, number) for number in operator.subgraphs]
    return frozenset(
        _named(each, inner.inputs[0])
        for each in called
        for inner in each.operators
        if inner.kind == "ASSIGN_VARIABLE" and inner.inputs
    )


def _lifetimes(graph: Graph, free: frozenset[int]) -> tuple[dict[int, int], dict[int, int]]:
    """Return when each tensor that can cross begins to exist, and when it is needed last.

    Both are operators by number: the input exists from -1, an output is needed after the last.
    """
    constant = {index for index, tensor in enumerate(graph.tensors) if tensor.data is not None}
    constant.update(i for number in free for i in graph.operators[number].outputs)
    first = dict.fromkeys(graph.inputs, -1)
    last = dict.fromkeys(graph.outputs, len(graph.operators))
    for number, operator in enumerate(graph.operators):
        for tensor in operator.inputs:
            if tensor >= 0 and tensor not in constant:
                last[tensor] = max(number, last.get(tensor, -1))
                first.setdefault(tensor, number)  # of a variable: nothing makes it
        for tensor in operator.outputs:
            first[tensor] = number
    for tensor in constant:
        last.pop(tensor, None)
    return first, {tensor: number for tensor, number in last.items() if tensor in first}


def free_operators(graph: Graph) -> frozenset[int]:
    """Return the operators, by number, that depend on nothing that is computed from the input."""
    constant = {index for index, tensor in enumerate(graph.tensors) if tensor.data is not None}
    free = set()
    for number, operator in enumerate(graph.operators):
        pure = operator.kind not in (*_BRANCHES, *STATEFUL, "READ_VARIABLE", "ASSIGN_VARIABLE")
        settled = bool(operator.inputs) and constant.issuperset(
            i for i in operator.inputs if i >= 0
        )
        if operator.outputs and (operator.kind == "VAR_HANDLE" or (pure and settled)):
            free.add(number)
            constant.update(operator.outputs)
    return frozenset(free)


def tail_operators(graph: Graph, index: int) -> tuple[int, ...]:
    """Return the operators of the tail of a cut after operator ``index``, by number, in order."""
    free = free_operators(graph)
    kept = list(range(index + 1, len(graph.operators)))
    needed = {tensor for number in kept for tensor in graph.operators[number].inputs}
    needed.update(graph.outputs)
    variables = any(any(_variables(graph, graph.operators[number])) for number in kept)
    for number in range(index, -1, -1):
        operator = graph.operators[number]
        made = number in free and not needed.isdisjoint(operator.outputs)
        if made or (variables and operator.kind == "CALL_ONCE"):
            kept.append(number)
            needed.update(operator.inputs)
    return tuple(sorted(kept))


def _variables(graph: Graph, operator: Operator) -> tuple[Variables, Variables]:
    """Return the variables that an operator writes and reads; none of CALL_ONCE, which begins."""
    none: Variables = frozenset()
    if operator.kind in ("READ_VARIABLE", "ASSIGN_VARIABLE"):
        named = frozenset([_named(graph, operator.inputs[0] if operator.inputs else -1)])
        return (none, named) if operator.kind == "READ_VARIABLE" else (named, none)
    if operator.kind not in _BRANCHES:
        return none, none
    handles = frozenset(
        _named(graph, index)
        for index in operator.inputs
        if index >= 0 and graph.tensors[index].dtype == "resource"
    )
    for number in operator.subgraphs:
        for inner in (called := _called(graph, number)).operators:
            if inner.kind == "VAR_HANDLE":
                handles |= {_handle(inner)}
            handles |= _variables_inside(graph, called, inner)
    return handles, handles


def _variables_inside(graph: Graph, called: Graph, inner: Operator) -> Variables:
    """Return the variables of an operator of a graph that a branch runs."""
    nested: Variables = frozenset()
    for number in inner.subgraphs:
        for deeper in (below := _called(graph, number)).operators:
            if deeper.kind == "VAR_HANDLE":
                nested |= {_handle(deeper)}
            nested |= _variables_inside(graph, below, deeper)
    return nested


def _called(graph: Graph, number: int) -> Graph:
    called = graph.subgraphs[number]
    assert called is not None  # verification has seen that no graph runs the first one
    return called


def _named(graph: Graph, tensor: int) -> tuple[str, str]:
    for operator in graph.operators:
        if operator.kind == "VAR_HANDLE" and tensor in operator.outputs:
            return _handle(operator)
    return _ANY


def _handle(operator: Operator) -> tuple[str, str]:
    return operator.options.get("container") or "", operator.options.get("shared_name") or ""
