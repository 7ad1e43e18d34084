# SPDX-License-Identifier: MIT
"""Prove of the operators of a model, by their rules, that native code may run them."""

import dataclasses
from collections.abc import Sequence

from hil.model.tflite.graph import Graph, Operator, Tensor
from hil.model.tflite.operators import RULES, Rule, RuleError, UnprovenError, macs_of
from hil.model.tflite.rules import known, require
from hil.model.tflite.tensors import UnfitError

MAX_MACS = 20_000_000_000
"""Far above any model for this hardware (MobileNetV2 1.0 at 224 has 0.3 G), low enough that no file
runs for minutes."""


_EMPTY = "has a tensor without elements"


def prove(graphs: Sequence[Graph]) -> tuple[frozenset[int], tuple[str, ...]]:
    """Check every operator by its rule; results of shape arithmetic count as constants.

    Args:
        graphs: of one model, the first one first.

    Returns:
        The tensors of the first graph that follow from shapes alone, and why operators are not
        proven: a sentence for each.

    Raises:
        UnfitError: an operator breaks its rule, or one run takes too long.
    """
    folded: frozenset[int] = frozenset()
    unproven: list[str] = []
    macs = 0
    for place, graph in enumerate(graphs):
        where = f" of graph {place}" if place else ""
        tensors = list(graph.tensors)
        constants = set()
        unproven += [
            f"tensor {tensor.name!r}{where} has its scales along an axis that has not so many"
            for tensor in tensors
            if len(tensor.scale) > 1 and tensor.shape[tensor.axis :][:1] != (len(tensor.scale),)
        ]
        for number, operator in enumerate(graph.operators):
            inputs = [tensors[index] if index >= 0 else None for index in operator.inputs]
            results = [tensors[index] for index in operator.outputs]
            name = f"operator {number}{where} ({operator.kind})"
            try:
                value = _check(operator, inputs, results)
            except UnprovenError as error:
                unproven.append(f"{name} {error}")
            except RuleError as error:
                raise UnfitError(f"{name} {error}") from error
            else:
                if value is not None:
                    tensors[operator.outputs[0]] = value
                    constants.add(operator.outputs[0])
            try:
                macs += macs_of(operator, inputs, results)
            except (RuleError, IndexError) as error:
                raise UnfitError(f"{name} lacks an input or a dimension") from error
        folded = folded if place else frozenset(constants)
    if macs > MAX_MACS:
        raise UnfitError(f"one run takes more than {MAX_MACS:,} multiply-accumulates")
    return folded, tuple(unproven)


def _check(
    operator: Operator, inputs: Sequence[Tensor | None], results: Sequence[Tensor]
) -> Tensor | None:
    """Check one operator; return its result where that is constant."""
    rule = RULES.get(operator.kind)
    if rule is None:
        raise UnprovenError("is of a kind that has no shape rules here")
    _check_form(rule, operator, len(results))
    known(all(each is None or each.size for each in (*inputs, *results)), _EMPTY)
    for position in rule.constants:
        operand = inputs[position] if position < len(inputs) else None
        constant = operand is None or operand.data is not None
        known(constant, "has weights or settings that are not constant")
    rule.check(operator, inputs, results[0])
    if rule.fold is None:
        return None
    try:
        value = rule.fold(operator, inputs, results[0])
    except RuleError as error:
        raise UnprovenError(f"is no shape arithmetic: it {error}") from error
    known(results[0].dtype == "int32", f"computes shapes in {results[0].dtype}")
    require(results[0].shape == value.shape, "has an output shape that does not follow")
    return dataclasses.replace(results[0], data=value)


def _check_form(rule: Rule, operator: Operator, results: int) -> None:
    """Check options and the number of tensors."""
    if rule.options is not None:
        require(operator.options["table"] == rule.options, "lacks its options")
    fewest, most = rule.arity
    known(fewest <= len(operator.inputs) <= most, f"has {len(operator.inputs)} inputs")
    require(results == 1, f"has {results} outputs")
    for position, index in enumerate(operator.inputs):
        known(index >= 0 or position in rule.optional, "is without one of its inputs")
