# SPDX-License-Identifier: MIT
"""What each computing operator demands of its tensors.

Interpreters trust a model's shapes, strides and scales: kernels index by them, and a few abort the
process. Each rule states what the kernels of TensorFlow Lite and of TFLM take for granted (their
``Prepare`` functions and reference kernels), so that a model that passes cannot make them read or
write out of bounds. What a rule does not know, such as an element type that it was not written for,
it neither passes nor refuses.
"""

import math
from collections.abc import Sequence

import numpy as np

from hil.model.tflite.graph import Operator, Tensor

_NONE_OR_RELU = (0, 1, 2, 3)  # ActivationFunctionType: NONE, RELU, RELU_N1_TO_1, RELU6
_SAME, _VALID = 0, 1
_MAX_STEP = 4096  # bound on strides, dilations and pooling windows: products stay far below 2^31
_BYTES = ("int8", "uint8")
_QUANTIZED = (*_BYTES, "int16")
_UINT8_WEIGHTS = (
    "has uint8 weights, as models for Coral's Edge TPU of 2019 had them, which TensorFlow Lite "
    "Micro does not run; convert the model again, with int8 weights"
)
_DYNAMIC_RANGE = (
    "has weights of another type than its input (dynamic range), which TensorFlow Lite Micro does "
    "not run; quantize fully or not at all"
)


class RuleError(Exception):
    """An operator breaks the rule of its kind; the message says which."""


class UnprovenError(RuleError):
    """A rule was not written for what it sees; the message says for what."""


Tensors = Sequence[Tensor | None]


def require(condition: bool, message: str) -> None:
    """Raise RuleError with ``message`` unless ``condition`` holds."""
    if not condition:
        raise RuleError(message)


def known(condition: bool, message: str) -> None:
    """Raise UnprovenError with ``message`` unless ``condition`` holds."""
    if not condition:
        raise UnprovenError(message)


def same_type(*tensors: Tensor) -> None:
    """Require one element type, and one scale each where quantized."""
    kinds = sorted({tensor.dtype for tensor in tensors})
    known(len(kinds) == 1, f"mixes element types ({', '.join(kinds)})")
    known(kinds[0] in ("int8", "float32"), f"computes with {kinds[0]}")
    known(kinds[0] == "float32" or all(map(_one_scale, tensors)), "lacks quantization")


def _one_scale(tensor: Tensor) -> bool:
    return len(tensor.scale) == 1


def same_scale(*tensors: Tensor) -> None:
    """Require one quantization, as kernels do that copy or compare raw values."""
    if tensors[0].dtype in _QUANTIZED:
        scales = {(tuple(t.scale.tolist()), tuple(t.zero_point.tolist())) for t in tensors}
        known(len(scales) == 1, "changes the quantization, which this kind does not compute")


def operand(inputs: Tensors, position: int) -> Tensor:
    """Return the input at ``position``; absent ones break the rule."""
    tensor = inputs[position]
    require(tensor is not None, "lacks an input")
    assert tensor is not None
    return tensor


def _activation(operator: Operator) -> None:
    known(operator.options.get("activation", 0) in _NONE_OR_RELU, "has another activation")


def _window(operator: Operator, source: Tensor, result: Tensor, height: int, width: int) -> None:
    """Check a sliding window's strides, dilations and output height and width."""
    options = operator.options
    _activation(operator)
    require(options["padding"] in (_SAME, _VALID), "has an unknown padding")
    require(len(source.shape) == len(result.shape) == 4, "needs tensors of four dimensions")
    require(source.shape[0] == result.shape[0], "changes the batch size")
    for axis, letter, window in ((1, "h", height), (2, "w", width)):
        stride, dilation = options[f"stride_{letter}"], options.get(f"dilation_{letter}", 1)
        steps = (stride, dilation, window)
        require(all(1 <= step <= _MAX_STEP for step in steps), "has a stride or window of no use")
        reach = (window - 1) * dilation + 1 if options["padding"] == _VALID else 1
        expected = (source.shape[axis] - reach) // stride + 1
        require(result.shape[axis] == expected >= 1, "has an output shape that does not follow")


def _weights(source: Tensor, weights: Tensor, bias: Tensor | None, result: Tensor) -> None:
    """Check types, scales and bias of a convolution or fully connected layer."""
    require(weights.dtype != "uint8", _UINT8_WEIGHTS)
    require(source.dtype != "float32" or weights.dtype == "float32", _DYNAMIC_RANGE)
    known(weights.dtype == source.dtype, f"has {weights.dtype} weights for {source.dtype} inputs")
    same_type(source, result)
    outputs = result.shape[-1]
    if source.dtype == "int8":
        channels = len(weights.scale)
        require(channels in (1, outputs), "has a wrong number of weight scales")
        known(not np.any(weights.zero_point), "has int8 weights with a zero point")
        product = weights.scale.astype(np.float64) * source.scale[0] / result.scale[0]
        require(bool(np.all(product < 2.0**30)), "has scales out of range")
    if bias is not None:
        expected = "float32" if source.dtype == "float32" else "int32"
        require(bias.dtype == expected and bias.shape == (outputs,), "has a misshapen bias")


def _bias(inputs: Tensors) -> Tensor | None:
    return inputs[2] if len(inputs) > 2 else None


def conv_2d(operator: Operator, inputs: Tensors, result: Tensor) -> None:
    """CONV_2D: weights [out, h, w, in], one bias for each output."""
    source, weights = operand(inputs, 0), operand(inputs, 1)
    require(len(weights.shape) == 4, "needs weights of four dimensions")
    _window(operator, source, result, weights.shape[1], weights.shape[2])
    require(weights.shape[0] == result.shape[3], "has weights for other outputs")
    require(weights.shape[3] == source.shape[3], "has weights for other inputs")
    require(len(weights.scale) <= 1 or weights.axis == 0, "has scales on the wrong axis")
    _weights(source, weights, _bias(inputs), result)


def depthwise_conv_2d(operator: Operator, inputs: Tensors, result: Tensor) -> None:
    """DEPTHWISE_CONV_2D: weights [1, h, w, out], out = in * multiplier."""
    source, weights = operand(inputs, 0), operand(inputs, 1)
    require(len(weights.shape) == 4 and weights.shape[0] == 1, "has misshapen weights")
    _window(operator, source, result, weights.shape[1], weights.shape[2])
    multiplied = source.shape[3] * operator.options["depth_multiplier"]
    require(weights.shape[3] == result.shape[3] == multiplied, "has weights for other channels")
    require(len(weights.scale) <= 1 or weights.axis == 3, "has scales on the wrong axis")
    _weights(source, weights, _bias(inputs), result)


def fully_connected(operator: Operator, inputs: Tensors, result: Tensor) -> None:
    """FULLY_CONNECTED: weights [out, in], the input taken as rows of ``in``."""
    source, weights = operand(inputs, 0), operand(inputs, 1)
    _activation(operator)
    require(operator.options["weights_format"] == 0, "has shuffled weights")
    require(len(weights.shape) == 2, "needs weights of two dimensions")
    outputs, depth = weights.shape
    rows, rest = divmod(source.size, depth)
    require(rest == 0, "has weights for other inputs")
    keeps = operator.options["keep_num_dims"]
    require(not keeps or source.shape[-1:] == (depth,), "has weights for other inputs")
    expected = (*source.shape[:-1], outputs) if keeps else (rows, outputs)
    require(result.size == math.prod(expected), "has an output shape that does not follow")
    known(result.shape == expected, "has an output of other dimensions")
    require(len(weights.scale) <= 1 or weights.axis == 0, "has scales on the wrong axis")
    _weights(source, weights, _bias(inputs), result)


def elementwise(operator: Operator, inputs: Tensors, result: Tensor) -> None:
    """MUL and others: inputs that broadcast to the output."""
    left, right = operand(inputs, 0), operand(inputs, 1)
    _activation(operator)
    same_type(left, right, result)
    known(max(len(left.shape), len(right.shape)) <= 4, "has more than four dimensions")
    try:
        shape = np.broadcast_shapes(left.shape, right.shape)
    except ValueError:
        raise RuleError("has inputs whose shapes do not broadcast") from None
    require(shape == result.shape, "has an output shape that does not follow")


def extremum(operator: Operator, inputs: Tensors, result: Tensor) -> None:
    """MAXIMUM, MINIMUM: raw values are compared, so all scales are equal."""
    elementwise(operator, inputs, result)
    same_scale(operand(inputs, 0), operand(inputs, 1), result)


def addition(operator: Operator, inputs: Tensors, result: Tensor) -> None:
    """ADD, SUB: as elementwise, with scales the kernels can align."""
    elementwise(operator, inputs, result)
    left, right = operand(inputs, 0), operand(inputs, 1)
    if result.dtype in _QUANTIZED:
        # The kernels shift by 20 bits and abort unless the output multiplier is below one.
        widest = 2.0 * max(float(left.scale[0]), float(right.scale[0]))
        require(widest < float(result.scale[0]) * 2.0**20, "has scales out of range")


def pool_2d(operator: Operator, inputs: Tensors, result: Tensor) -> None:
    """AVERAGE_POOL_2D, MAX_POOL_2D."""
    source = operand(inputs, 0)
    same_type(source, result)
    same_scale(source, result)
    _window(operator, source, result, operator.options["filter_h"], operator.options["filter_w"])
    require(source.shape[3] == result.shape[3], "changes the number of channels")


def mean(operator: Operator, inputs: Tensors, result: Tensor) -> None:
    """MEAN over constant axes."""
    source, axes = operand(inputs, 0), operand(inputs, 1)
    same_type(source, result)
    known(axes.dtype == "int32", f"has axes of {axes.dtype}")
    require(len(axes.shape) <= 1, "has misshapen axes")
    rank = len(source.shape)
    assert axes.data is not None
    numbers = [int(axis) for axis in axes.data]
    require(all(-rank <= axis < rank for axis in numbers), "has axes out of range")
    known(rank <= 4, "has more than four dimensions")
    reduced = {axis % rank for axis in numbers}
    require(len(reduced) == len(numbers), "names an axis twice")
    if operator.options["keep_dims"]:
        expected = [1 if axis in reduced else size for axis, size in enumerate(source.shape)]
    else:
        expected = [size for axis, size in enumerate(source.shape) if axis not in reduced]
    require(result.shape == tuple(expected), "has an output shape that does not follow")


def unary(operator: Operator, inputs: Tensors, result: Tensor) -> None:
    """Activation functions: the shape stays."""
    source = operand(inputs, 0)
    same_type(source, result)
    require(source.shape == result.shape, "changes the shape")
    known(1 <= len(source.shape) <= 4, "has not one to four dimensions")


def softmax(operator: Operator, inputs: Tensors, result: Tensor) -> None:
    """SOFTMAX: as unary, with a beta the kernels can represent."""
    unary(operator, inputs, result)
    source, beta = operand(inputs, 0), float(operator.options["beta"])
    require(math.isfinite(beta) and beta > 0, "has a beta that is not positive")
    if source.dtype in _QUANTIZED:
        # The kernels abort unless beta * scale * 2^26 is above one.
        steps = beta * float(source.scale[0])
        require(2.0**-26 < steps < 2.0**26, "has scales out of range")


def leaky_relu(operator: Operator, inputs: Tensors, result: Tensor) -> None:
    """LEAKY_RELU: as unary, with a slope of at most one."""
    unary(operator, inputs, result)
    require(abs(float(operator.options["alpha"])) <= 1.0, "has a slope out of range")


def cast(operator: Operator, inputs: Tensors, result: Tensor) -> None:
    """Check QUANTIZE (float or quantized to quantized) and DEQUANTIZE (quantized to float)."""
    source = operand(inputs, 0)
    require(source.shape == result.shape, "changes the shape")
    to = _BYTES if operator.kind == "QUANTIZE" else ("float32",)
    sources = ("float32", *_BYTES) if operator.kind == "QUANTIZE" else _BYTES
    types = f"mixes element types ({source.dtype}, {result.dtype})"
    known(source.dtype in sources and result.dtype in to, types)
    for tensor in (source, result):
        known(tensor.dtype == "float32" or _one_scale(tensor), "lacks quantization")
