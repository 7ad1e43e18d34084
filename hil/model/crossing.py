# SPDX-License-Identifier: MIT
"""What crosses between the operators of a graph, and so where it may be cut.

A cut after an operator is legal when one tensor alone that the operator made is still needed by
later ones. Constants that operators make, and handles of variables, cross no cut: the operators
that make them are in both parts, as are those that give variables their first values. A variable
that the first part writes must not be read by the second one, and none be read in a part in which
nothing writes it, since TensorFlow Lite Micro gives it no memory there.
"""

import functools
import itertools
from collections.abc import Mapping, Sequence

from hil.model.tflite.element_types import INTERFACE
from hil.model.tflite.graph import STATEFUL, Graph, Operator

_BRANCHES = ("IF", "WHILE")
_ANY = ("*", "*")
"""A variable whose name cannot be told."""

Variables = frozenset[tuple[str, str]]


def legal_crossings(graph: Graph) -> Mapping[int, int]:
    """Return the legal cuts: the head's last operator, and the tensor that crosses."""
    first, last = _lifetimes(graph, free_operators(graph))
    living = _living(first, last, len(graph.operators))
    variables = [_variables(graph, operator) for operator in graph.operators]
    legal = {}
    for index, operator in enumerate(graph.operators):
        crossing = [each for each in operator.outputs if last.get(each, -1) > index]
        if living[index] != 1 or len(crossing) != 1:
            continue
        tensor = crossing[0]
        activation = graph.tensors[tensor].dtype in INTERFACE and tensor not in graph.folded
        if activation and tensor not in graph.outputs and _apart(graph, variables, index + 1):
            legal[index] = tensor
    return legal


def _living(first: Mapping[int, int], last: Mapping[int, int], operators: int) -> list[int]:
    """Return how many tensors are still needed after each operator, of those that exist then."""
    change = [0] * (operators + 1)
    for tensor, end in last.items():
        begin = max(first[tensor], 0)
        if begin < end:
            change[begin] += 1
            change[end] -= 1
    return list(itertools.accumulate(change))


def _apart(graph: Graph, variables: Sequence[tuple[Variables, Variables]], cut: int) -> bool:
    """Whether what operators before ``cut`` write and read does not meddle with those after it."""
    none: Variables = frozenset()
    written, read = (none.union(*each) for each in zip(*variables[:cut], strict=True))
    written_later, read_later = (none.union(*each) for each in zip(*variables[cut:], strict=True))
    if not written | read | written_later | read_later:
        return True
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
    touched = handles.union(*(_inside(graph, number) for number in operator.subgraphs))
    return touched, touched


@functools.lru_cache(maxsize=128)
def _inside(graph: Graph, number: int) -> Variables:
    """Return the variables that a graph names which an operator runs, and those that it runs."""
    operators = _called(graph, number).operators
    named = frozenset(_handle(each) for each in operators if each.kind == "VAR_HANDLE")
    return named.union(*(_inside(graph, below) for each in operators for below in each.subgraphs))


def _called(graph: Graph, number: int) -> Graph:
    called = graph.subgraphs[number]
    assert called is not None  # verification has seen that no graph runs the first one
    return called


def _named(graph: Graph, tensor: int) -> tuple[str, str]:
    return _handles(graph).get(tensor, _ANY)


@functools.lru_cache(maxsize=8)
def _handles(graph: Graph) -> Mapping[int, tuple[str, str]]:
    """Return the variables that tensors are handles of."""
    makers = [operator for operator in graph.operators if operator.kind == "VAR_HANDLE"]
    return {tensor: _handle(operator) for operator in makers for tensor in operator.outputs}


def _handle(operator: Operator) -> tuple[str, str]:
    return operator.options.get("container") or "", operator.options.get("shared_name") or ""
