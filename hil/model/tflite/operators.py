# SPDX-License-Identifier: MIT
"""The operators that may appear in a model: the table of their rules."""

from collections.abc import Callable
from dataclasses import dataclass

from hil.model.array import Array
from hil.model.tflite import rules, shape_rules
from hil.model.tflite.graph import Operator, Tensor
from hil.model.tflite.rules import RuleError, Tensors

__all__ = ["KINDS", "RULES", "Rule", "RuleError"]


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
        check: raises RuleError unless inputs, output and options fit together.
        macs: multiply-accumulate operations of one run, of its inputs and its output.
        fold: for shape arithmetic: returns the result, which depends on shapes and constants only.
        constants: positions of the inputs that must be constants.
        optional: positions of the inputs that may be left out, by -1 or at the end. TFLM and
            XNNPACK crash on convolutions without bias.
    """

    options: str | None
    arity: tuple[int, int]
    check: Callable[[Operator, Tensors, Tensor], None] = _anything
    macs: Callable[[Tensors, Tensor], int] = _free
    fold: Callable[[Operator, Tensors, Tensor], Array] | None = None
    constants: tuple[int, ...] = ()
    optional: tuple[int, ...] = ()


# BuiltinOperator numbers of the schema -> name.
KINDS = {
    0: "ADD",
    1: "AVERAGE_POOL_2D",
    2: "CONCATENATION",
    3: "CONV_2D",
    4: "DEPTHWISE_CONV_2D",
    6: "DEQUANTIZE",
    9: "FULLY_CONNECTED",
    14: "LOGISTIC",
    17: "MAX_POOL_2D",
    18: "MUL",
    19: "RELU",
    21: "RELU6",
    22: "RESHAPE",
    25: "SOFTMAX",
    28: "TANH",
    34: "PAD",
    39: "TRANSPOSE",
    40: "MEAN",
    41: "SUB",
    43: "SQUEEZE",
    45: "STRIDED_SLICE",
    55: "MAXIMUM",
    57: "MINIMUM",
    70: "EXPAND_DIMS",
    77: "SHAPE",
    83: "PACK",
    98: "LEAKY_RELU",
    114: "QUANTIZE",
    117: "HARD_SWISH",
}

RULES = {
    "ADD": Rule("AddOptions", (2, 2), rules.addition),
    "AVERAGE_POOL_2D": Rule("Pool2DOptions", (1, 1), rules.pool_2d),
    "CONCATENATION": Rule("ConcatenationOptions", (1, 10), shape_rules.concatenation),
    "CONV_2D": Rule("Conv2DOptions", (3, 3), rules.conv_2d, rules.conv_macs, constants=(1, 2)),
    "DEPTHWISE_CONV_2D": Rule(
        "DepthwiseConv2DOptions",
        (3, 3),
        rules.depthwise_conv_2d,
        rules.depthwise_macs,
        constants=(1, 2),
    ),
    "DEQUANTIZE": Rule(None, (1, 1), rules.cast),
    "EXPAND_DIMS": Rule(None, (2, 2), shape_rules.expand_dims, constants=(1,)),
    "FULLY_CONNECTED": Rule(
        "FullyConnectedOptions",
        (2, 3),
        rules.fully_connected,
        rules.dense_macs,
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
