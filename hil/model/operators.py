# SPDX-License-Identifier: MIT
"""The operators that may appear in a model, what each demands of its tensors, and what it costs.

Interpreters trust a model's shapes, strides and scales: kernels index by them, and a few abort the
process. Each rule here states what the kernels of TensorFlow Lite and of TFLM take for granted
(their ``Prepare`` functions and reference kernels), so that a model that passes cannot make them
read or write out of bounds.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from hil.model.graph import Operator, Tensor

_NONE_OR_RELU = (0, 1, 2, 3)  # ActivationFunctionType: NONE, RELU, RELU_N1_TO_1, RELU6
_SAME, _VALID = 0, 1
_MAX_STEP = 4096  # bound on strides, dilations and pooling windows: products stay far below 2^31
_QUANTIZED = ("int8", "uint8")


class RuleError(Exception):
    """An operator breaks the rule of its kind; the message says which."""


Tensors = Sequence[Tensor | None]
Check = Callable[[Operator, Tensors, Tensor], None]
Macs = Callable[[Tensors, Tensor], int]


@dataclass(frozen=True)
class Rule:
    """What holds for one kind of operator.

    Attributes:
        options: table of its options, or None where the kind has none.
        arity: least and greatest number of inputs.
        check: raises RuleError unless inputs, output and options fit together.
        macs: multiply-accumulate operations of one run.
        constants: positions of the inputs that must be constants.
        optional: positions of the inputs that may be left out, by -1 or at the end. TFLM and
            XNNPACK crash on convolutions without bias.
    """

    options: str | None
    arity: tuple[int, int]
    check: Check
    macs: Macs = field(default=lambda inputs, output: 0)
    constants: tuple[int, ...] = ()
    optional: tuple[int, ...] = ()


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise RuleError(message)


def _same_type(*tensors: Tensor) -> None:
    kinds = {tensor.dtype for tensor in tensors}
    _require(len(kinds) == 1 and kinds <= {"int8", "uint8", "float32"}, "mixes element types")
    _require(tensors[0].dtype == "float32" or all(map(_one_scale, tensors)), "lacks quantization")


def _one_scale(tensor: Tensor) -> bool:
    return len(tensor.scale) == 1


def _same_scale(*tensors: Tensor) -> None:
    if tensors[0].dtype in _QUANTIZED:
        scales = {(float(t.scale[0]), int(t.zero_point[0])) for t in tensors}
        _require(len(scales) == 1, "changes the quantization, which this kind must not")


def _operand(inputs: Tensors, position: int) -> Tensor:
    tensor = inputs[position]
    _require(tensor is not None, "lacks an input")
    assert tensor is not None
    return tensor


def _activation(operator: Operator) -> None:
    _require(operator.options["activation"] in _NONE_OR_RELU, "has an unsupported activation")


def _window(operator: Operator, source: Tensor, result: Tensor, height: int, width: int) -> None:
    """Check a sliding window's strides, dilations and output height and width."""
    options = operator.options
    _activation(operator)
    _require(options["padding"] in (_SAME, _VALID), "has an unknown padding")
    _require(len(source.shape) == len(result.shape) == 4, "needs tensors of four dimensions")
    _require(source.shape[0] == result.shape[0], "changes the batch size")
    for axis, letter, window in ((1, "h", height), (2, "w", width)):
        stride, dilation = options[f"stride_{letter}"], options.get(f"dilation_{letter}", 1)
        steps = (stride, dilation, window)
        _require(all(1 <= step <= _MAX_STEP for step in steps), "has a stride or window of no use")
        reach = (window - 1) * dilation + 1 if options["padding"] == _VALID else 1
        expected = (source.shape[axis] - reach) // stride + 1
        _require(result.shape[axis] == expected >= 1, "has an output shape that does not follow")


def _weights(source: Tensor, weights: Tensor, bias: Tensor | None, result: Tensor) -> None:
    """Check types, scales and bias of a convolution or fully connected layer."""
    _same_type(source, result)
    _require(weights.dtype == source.dtype, "has weights of another type than its input")
    outputs = result.shape[-1]
    if source.dtype in _QUANTIZED:
        channels = len(weights.scale)
        _require(channels in (1, outputs), "has a wrong number of weight scales")
        if source.dtype == "int8":
            _require(not np.any(weights.zero_point), "has int8 weights with a zero point")
        else:
            _require(channels == 1, "has uint8 weights with a scale for each channel")
        product = weights.scale.astype(np.float64) * source.scale[0] / result.scale[0]
        _require(bool(np.all(product < 2.0**30)), "has scales out of range")
    if bias is not None:
        expected = "float32" if source.dtype == "float32" else "int32"
        _require(bias.dtype == expected and bias.shape == (outputs,), "has a misshapen bias")


def _bias(inputs: Tensors) -> Tensor | None:
    return inputs[2] if len(inputs) > 2 else None


def _conv_2d(operator: Operator, inputs: Tensors, result: Tensor) -> None:
    source, weights = _operand(inputs, 0), _operand(inputs, 1)
    _require(len(weights.shape) == 4, "needs weights of four dimensions")
    _window(operator, source, result, weights.shape[1], weights.shape[2])
    _require(weights.shape[0] == result.shape[3], "has weights for other outputs")
    _require(weights.shape[3] == source.shape[3], "has weights for other inputs")
    _require(len(weights.scale) <= 1 or weights.axis == 0, "has scales on the wrong axis")
    _weights(source, weights, _bias(inputs), result)


def _depthwise_conv_2d(operator: Operator, inputs: Tensors, result: Tensor) -> None:
    source, weights = _operand(inputs, 0), _operand(inputs, 1)
    _require(len(weights.shape) == 4 and weights.shape[0] == 1, "has misshapen weights")
    _window(operator, source, result, weights.shape[1], weights.shape[2])
    multiplied = source.shape[3] * operator.options["depth_multiplier"]
    _require(weights.shape[3] == result.shape[3] == multiplied, "has weights for other channels")
    _require(len(weights.scale) <= 1 or weights.axis == 3, "has scales on the wrong axis")
    _weights(source, weights, _bias(inputs), result)


def _fully_connected(operator: Operator, inputs: Tensors, result: Tensor) -> None:
    source, weights = _operand(inputs, 0), _operand(inputs, 1)
    _activation(operator)
    _require(operator.options["weights_format"] == 0, "has shuffled weights")
    _require(len(weights.shape) == 2, "needs weights of two dimensions")
    outputs, depth = weights.shape
    rows, rest = divmod(source.size, depth)
    _require(rest == 0, "has weights for other inputs")
    keeps = operator.options["keep_num_dims"]
    _require(not keeps or source.shape[-1:] == (depth,), "has weights for other inputs")
    expected = (*source.shape[:-1], outputs) if keeps else (rows, outputs)
    _require(result.shape == expected, "has an output shape that does not follow")
    _require(len(weights.scale) <= 1 or weights.axis == 0, "has scales on the wrong axis")
    _weights(source, weights, _bias(inputs), result)


def _elementwise(operator: Operator, inputs: Tensors, result: Tensor) -> None:
    left, right = _operand(inputs, 0), _operand(inputs, 1)
    _activation(operator)
    _same_type(left, right, result)
    _require(max(len(left.shape), len(right.shape)) <= 4, "has more than four dimensions")
    try:
        shape = np.broadcast_shapes(left.shape, right.shape)
    except ValueError:
        raise RuleError("has inputs whose shapes do not broadcast") from None
    _require(shape == result.shape, "has an output shape that does not follow")


def _sum(operator: Operator, inputs: Tensors, result: Tensor) -> None:
    _elementwise(operator, inputs, result)
    left, right = _operand(inputs, 0), _operand(inputs, 1)
    if result.dtype in _QUANTIZED:
        # The kernels shift by 20 bits and abort unless the output multiplier is below one.
        widest = 2.0 * max(float(left.scale[0]), float(right.scale[0]))
        _require(widest < float(result.scale[0]) * 2.0**20, "has scales out of range")


def _pool_2d(operator: Operator, inputs: Tensors, result: Tensor) -> None:
    source = _operand(inputs, 0)
    _same_type(source, result)
    _same_scale(source, result)
    _window(operator, source, result, operator.options["filter_h"], operator.options["filter_w"])
    _require(source.shape[3] == result.shape[3], "changes the number of channels")


def _mean(operator: Operator, inputs: Tensors, result: Tensor) -> None:
    source, axes = _operand(inputs, 0), _operand(inputs, 1)
    _same_type(source, result)
    _require(axes.dtype == "int32" and len(axes.shape) <= 1, "has misshapen axes")
    rank = len(source.shape)
    assert axes.data is not None
    numbers = [int(axis) for axis in axes.data]
    _require(all(-rank <= axis < rank for axis in numbers) and rank <= 4, "has axes out of range")
    reduced = {axis % rank for axis in numbers}
    _require(len(reduced) == len(numbers), "names an axis twice")
    if operator.options["keep_dims"]:
        expected = [1 if axis in reduced else size for axis, size in enumerate(source.shape)]
    else:
        expected = [size for axis, size in enumerate(source.shape) if axis not in reduced]
    _require(result.shape == tuple(expected), "has an output shape that does not follow")


def _reshape(operator: Operator, inputs: Tensors, result: Tensor) -> None:
    source = _operand(inputs, 0)
    _same_type(source, result)
    _same_scale(source, result)
    shape = operator.options.get("new_shape")
    if len(inputs) > 1:
        wanted = _operand(inputs, 1)
        _require(wanted.dtype == "int32" and len(wanted.shape) == 1, "has a misshapen new shape")
        shape = wanted.data
    if shape is None:
        raise RuleError("has no new shape")
    sizes = [int(size) for size in shape]
    if sizes.count(-1) == 1:
        known = math.prod(size for size in sizes if size != -1)
        _require(known >= 1, "has a new shape without elements")
        sizes[sizes.index(-1)] = source.size // known
    _require(tuple(sizes) == result.shape, "has an output shape that does not follow")
    _require(source.size == result.size, "changes the number of elements")


def _pad(operator: Operator, inputs: Tensors, result: Tensor) -> None:
    source, paddings = _operand(inputs, 0), _operand(inputs, 1)
    _same_type(source, result)
    _same_scale(source, result)
    rank = len(source.shape)
    _require(paddings.dtype == "int32" and paddings.shape == (rank, 2), "has misshapen paddings")
    assert paddings.data is not None
    pairs = paddings.data.reshape(rank, 2).astype(np.int64)
    _require(rank <= 4 and bool(np.all(pairs >= 0)), "has a negative padding")
    expected = tuple(int(n) for n in np.array(source.shape) + pairs.sum(axis=1))
    _require(result.shape == expected, "has an output shape that does not follow")


def _concatenation(operator: Operator, inputs: Tensors, result: Tensor) -> None:
    parts = [_operand(inputs, position) for position in range(len(inputs))]
    _same_type(*parts, result)
    _same_scale(*parts, result)
    _require(operator.options["activation"] == 0, "has an unsupported activation")
    rank, axis = len(result.shape), operator.options["axis"]
    _require(1 <= rank <= 4 and -rank <= axis < rank, "has its axis out of range")
    _require(all(len(part.shape) == rank for part in parts), "joins tensors of other rank")
    axis %= rank
    others = [part.shape[:axis] + part.shape[axis + 1 :] for part in (*parts, result)]
    _require(all(a == b for a, b in pairwise(others)), "joins tensors that do not fit")
    total = sum(part.shape[axis] for part in parts)
    _require(total == result.shape[axis], "has an output shape that does not follow")


def _unary(operator: Operator, inputs: Tensors, result: Tensor) -> None:
    source = _operand(inputs, 0)
    _same_type(source, result)
    _require(1 <= len(source.shape) <= 4, "needs one to four dimensions")
    _require(source.shape == result.shape, "changes the shape")


def _softmax(operator: Operator, inputs: Tensors, result: Tensor) -> None:
    _unary(operator, inputs, result)
    source, beta = _operand(inputs, 0), float(operator.options["beta"])
    _require(math.isfinite(beta) and beta > 0, "has a beta that is not positive")
    if source.dtype in _QUANTIZED:
        # The kernels abort unless beta * scale * 2^26 is above one.
        steps = beta * float(source.scale[0])
        _require(2.0**-26 < steps < 2.0**26, "has scales out of range")


def _leaky_relu(operator: Operator, inputs: Tensors, result: Tensor) -> None:
    _unary(operator, inputs, result)
    _require(abs(float(operator.options["alpha"])) <= 1.0, "has a slope out of range")


def _cast(operator: Operator, inputs: Tensors, result: Tensor) -> None:
    """Check QUANTIZE (float or quantized to quantized) and DEQUANTIZE (quantized to float)."""
    source = _operand(inputs, 0)
    _require(source.shape == result.shape, "changes the shape")
    to = _QUANTIZED if operator.kind == "QUANTIZE" else ("float32",)
    known = ("float32", *_QUANTIZED) if operator.kind == "QUANTIZE" else _QUANTIZED
    _require(source.dtype in known and result.dtype in to, "mixes element types")
    for tensor in (source, result):
        _require(tensor.dtype == "float32" or _one_scale(tensor), "lacks quantization")


def _conv_macs(inputs: Tensors, result: Tensor) -> int:
    return result.size * math.prod(_operand(inputs, 1).shape[1:])


def _depthwise_macs(inputs: Tensors, result: Tensor) -> int:
    return result.size * math.prod(_operand(inputs, 1).shape[1:3])


def _dense_macs(inputs: Tensors, result: Tensor) -> int:
    return result.size * _operand(inputs, 1).shape[1]


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
    34: "PAD",
    40: "MEAN",
    41: "SUB",
    98: "LEAKY_RELU",
    114: "QUANTIZE",
    117: "HARD_SWISH",
}

RULES = {
    "ADD": Rule("AddOptions", (2, 2), _sum),
    "AVERAGE_POOL_2D": Rule("Pool2DOptions", (1, 1), _pool_2d),
    "CONCATENATION": Rule("ConcatenationOptions", (1, 10), _concatenation),
    "CONV_2D": Rule("Conv2DOptions", (3, 3), _conv_2d, _conv_macs, (1, 2)),
    "DEPTHWISE_CONV_2D": Rule(
        "DepthwiseConv2DOptions", (3, 3), _depthwise_conv_2d, _depthwise_macs, (1, 2)
    ),
    "DEQUANTIZE": Rule(None, (1, 1), _cast),
    "FULLY_CONNECTED": Rule("FullyConnectedOptions", (2, 3), _fully_connected, _dense_macs, (1, 2), (2,)),
    "HARD_SWISH": Rule(None, (1, 1), _unary),
    "LEAKY_RELU": Rule("LeakyReluOptions", (1, 1), _leaky_relu),
    "LOGISTIC": Rule(None, (1, 1), _unary),
    "MAX_POOL_2D": Rule("Pool2DOptions", (1, 1), _pool_2d),
    "MEAN": Rule("ReducerOptions", (2, 2), _mean, constants=(1,)),
    "MUL": Rule("MulOptions", (2, 2), _elementwise),
    "PAD": Rule(None, (2, 2), _pad, constants=(1,)),
    "QUANTIZE": Rule(None, (1, 1), _cast),
    "RELU": Rule(None, (1, 1), _unary),
    "RELU6": Rule(None, (1, 1), _unary),
    "RESHAPE": Rule("ReshapeOptions", (1, 2), _reshape, constants=(1,)),
    "SOFTMAX": Rule("SoftmaxOptions", (1, 1), _softmax),
    "SUB": Rule("SubOptions", (2, 2), _sum),
}
