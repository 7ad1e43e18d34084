# SPDX-License-Identifier: MIT
"""What operators cost: multiply-accumulate operations of one run, from the shapes of tensors."""

import math

from hil.model.tflite.graph import Tensor
from hil.model.tflite.rules import Tensors, operand


def conv_macs(inputs: Tensors, result: Tensor) -> int:
    """Count the multiply-accumulates of CONV_2D."""
    return result.size * math.prod(operand(inputs, 1).shape[1:])


def depthwise_macs(inputs: Tensors, result: Tensor) -> int:
    """Count the multiply-accumulates of DEPTHWISE_CONV_2D."""
    return result.size * math.prod(operand(inputs, 1).shape[1:3])


def dense_macs(inputs: Tensors, result: Tensor) -> int:
    """Count the multiply-accumulates of FULLY_CONNECTED."""
    return result.size * operand(inputs, 1).shape[1]


def transposed_conv_macs(inputs: Tensors, result: Tensor) -> int:
    """Count those of TRANSPOSE_CONV: every input element meets every weight of its channel."""
    weights, source = operand(inputs, 1), operand(inputs, 2)
    return source.size * math.prod(weights.shape[:3])


def matrix_macs(inputs: Tensors, result: Tensor) -> int:
    """Count those of BATCH_MATMUL, whose inner dimension the two operands share."""
    left, right = operand(inputs, 0), operand(inputs, 1)
    product = left.size * right.size // max(1, result.size)
    return result.size * math.isqrt(product)


def svdf_macs(inputs: Tensors, result: Tensor) -> int:
    """Count those of SVDF: weights on features, then on time, for each of the batch."""
    batch = operand(inputs, 0).shape[0] if operand(inputs, 0).shape else 1
    return batch * (operand(inputs, 1).size + operand(inputs, 2).size)


def lstm_macs(inputs: Tensors, result: Tensor) -> int:
    """Count those of a sequence LSTM: all weights of its four gates at every step."""
    source = operand(inputs, 0)
    steps = math.prod(source.shape[:-1])
    matrices = [each for each in inputs[1:9] if each is not None]
    return steps * sum(each.size for each in matrices)


# Operators without shape rules of ours.
MACS = {
    "BATCH_MATMUL": matrix_macs,
    "SVDF": svdf_macs,
    "TRANSPOSE_CONV": transposed_conv_macs,
    "UNIDIRECTIONAL_SEQUENCE_LSTM": lstm_macs,
}
