# SPDX-License-Identifier: MIT
"""What is known of operators: the table of their rules.

An operator without a rule is not refused: TensorFlow Lite Micro itself is asked about it, in a
process of its own (:mod:`hil.model.trial`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from hil.model.array import Array
from hil.model.tflite import costs, rules, shape_rules
from hil.model.tflite.graph import Graph, Operator, Tensor
from hil.model.tflite.rules import RuleError, Tensors, UnprovenError

__all__ = ["RULES", "Rule", "RuleError", "UnprovenError", "macs_of", "macs_of_each"]


def _anything(operator: Operator, inputs: Tensors, result: Tensor) -> None:
    """Demand nothing: the rule folds, which checks all."""


def _free(inputs: Tensors, result: Tensor) -> int:
    return 0


@dataclass(frozen=True)
class Rule:
    """What holds for one kind of operator.

    Attributes:
        options: table of its options, or None where it needs none.
        arity: least and greatest number of inputs.
        check: raises RuleError unless inputs, output and options fit together, and UnprovenError
            where it cannot tell.
        macs: multiply-accumulate operations of one run, of its inputs and its output.
        fold: for shape arithmetic: returns the result, which depends on shapes and constants only.
        constants: positions of the inputs that must be constants.
        optional: positions of the inputs that may be left out, by -1 or at the end.
    """

    options: str | None
    arity: tuple[int, int]
    check: Callable[[Operator, Tensors, Tensor], None] = _anything
    macs: Callable[[Tensors, Tensor], int] = _free
    fold: Callable[[Operator, Tensors, Tensor], Array] | None = None
    constants: tuple[int, ...] = ()
    optional: tuple[int, ...] = ()


RULES = {
    "ADD": Rule("AddOptions", (2, 2), rules.addition),
    "AVERAGE_POOL_2D": Rule("Pool2DOptions", (1, 1), rules.pool_2d),
    "CONCATENATION": Rule("ConcatenationOptions", (1, 10), shape_rules.concatenation),
    "CONV_2D": Rule("Conv2DOptions", (3, 3), rules.conv_2d, costs.conv_macs, constants=(1, 2)),
    "DEPTHWISE_CONV_2D": Rule(
        "DepthwiseConv2DOptions",
        (3, 3),
        rules.depthwise_conv_2d,
        costs.depthwise_macs,
        constants=(1, 2),
    ),
    "DEQUANTIZE": Rule(None, (1, 1), rules.cast),
    "EXPAND_DIMS": Rule(None, (2, 2), shape_rules.expand_dims, constants=(1,)),
    "FULLY_CONNECTED": Rule(
        "FullyConnectedOptions",
        (2, 3),
        rules.fully_connected,
        costs.dense_macs,
        constants=(1, 2),
        optional=(2,),
    ),
    "HARD_SWISH": Rule(None, (1, 1), rules.unary),
    "LEAKY_RELU": Rule("LeakyReluOptions", (1, 1), rules.leaky_relu),
    "LOGISTIC": Rule(None, (1, 1), rules.unary),
    "MAXIMUM": Rule(None, (2, 2), rules.extremum),
    "MAX_POOL_2D": Rule("Pool2DOptions", (1, 1), rules.pool_2d),
    "MEAN": Rule("ReducerOptions", (2, 2), rules.mean, constants=(1,)),
    "MINIMUM": Rule(None, (2, 2), rules.extremum),
    "MUL": Rule("MulOptions", (2, 2), rules.elementwise),
    "PACK": Rule("PackOptions", (1, 6), fold=shape_rules.fold_pack),
    "PAD": Rule(None, (2, 2), shape_rules.pad, constants=(1,)),
    "QUANTIZE": Rule(None, (1, 1), rules.cast),
    "RELU": Rule(None, (1, 1), rules.unary),
    "RELU6": Rule(None, (1, 1), rules.unary),
    "RESHAPE": Rule(None, (1, 2), shape_rules.reshape),
    "SHAPE": Rule("ShapeOptions", (1, 1), fold=shape_rules.fold_shape),
    "SOFTMAX": Rule("SoftmaxOptions", (1, 1), rules.softmax),
    "SQUEEZE": Rule("SqueezeOptions", (1, 1), shape_rules.squeeze),
    "STRIDED_SLICE": Rule("StridedSliceOptions", (4, 4), fold=shape_rules.fold_strided_slice),
    "SUB": Rule("SubOptions", (2, 2), rules.addition),
    "TANH": Rule(None, (1, 1), rules.unary),
    "TRANSPOSE": Rule(None, (2, 2), shape_rules.transpose, constants=(1,)),
}


def macs_of(operator: Operator, inputs: Tensors, results: Sequence[Tensor]) -> int:
    """Return the multiply-accumulate operations of one run of an operator, as far as known."""
    if operator.kind in RULES:
        return RULES[operator.kind].macs(inputs, results[0]) if results else 0
    count = costs.MACS.get(operator.kind)
    return count(inputs, results[0]) if count and results else 0


def macs_of_each(graph: Graph) -> list[int]:
    """Return the multiply-accumulate operations of each operator of a graph."""
    return [
        macs_of(
            operator,
            [graph.tensors[i] if i >= 0 else None for i in operator.inputs],
            [graph.tensors[i] for i in operator.outputs],
        )
        for operator in graph.operators
    ]
