# SPDX-License-Identifier: MIT
"""What each operator demands that moves elements without computing, and what shapes come of it.

Converters write the shape of a reshaped tensor as operators (SHAPE, STRIDED_SLICE, PACK) when the
batch size was open. Their results are constants, because shapes are fixed here; ``fold_*`` returns
them, so that what depends on them can be checked.
"""

import math
from itertools import pairwise

import numpy as np

from hil.model.array import Array
from hil.model.tflite.graph import Operator, Tensor
from hil.model.tflite.rules import (
    RuleError,
    Tensors,
    UnprovenError,
    known,
    operand,
    require,
    same_scale,
    same_type,
)


def _constant(inputs: Tensors, position: int, what: str) -> Array:
    """Return a constant int32 vector."""
    tensor = operand(inputs, position)
    known(tensor.dtype == "int32", f"has {what} of {tensor.dtype}")
    known(len(tensor.shape) == 1, f"has {what} that are no vector")
    if tensor.data is None:
        raise UnprovenError(f"has {what} that are not constant")
    return tensor.data


def _moves(source: Tensor, result: Tensor) -> None:
    """Check that elements, types and quantization stay."""
    same_type(source, result)
    same_scale(source, result)
    require(source.size == result.size, "changes the number of elements")


def reshape(operator: Operator, inputs: Tensors, result: Tensor) -> None:
    """RESHAPE to constant sizes, of which one may be -1."""
    source = operand(inputs, 0)
    _moves(source, result)
    shape = operator.options.get("new_shape")
    if len(inputs) > 1:
        shape = _constant(inputs, 1, "sizes")
    if shape is None:
        raise RuleError("has no new shape")
    sizes = [int(size) for size in shape]
    if sizes.count(-1) == 1:
        others = math.prod(size for size in sizes if size != -1)
        require(others >= 1, "has a new shape without elements")
        sizes[sizes.index(-1)] = source.size // others
    require(tuple(sizes) == result.shape, "has an output shape that does not follow")


def squeeze(operator: Operator, inputs: Tensors, result: Tensor) -> None:
    """SQUEEZE: drop dimensions of one."""
    source = operand(inputs, 0)
    _moves(source, result)
    rank = len(source.shape)
    named = operator.options["squeeze_dims"]
    axes = [] if named is None else [int(axis) for axis in named]
    require(all(-rank <= axis < rank for axis in axes), "has axes out of range")
    dropped = {axis % rank for axis in axes} or {i for i, n in enumerate(source.shape) if n == 1}
    expected = tuple(size for axis, size in enumerate(source.shape) if axis not in dropped)
    require(result.shape == expected, "has an output shape that does not follow")


def expand_dims(operator: Operator, inputs: Tensors, result: Tensor) -> None:
    """EXPAND_DIMS: insert a dimension of one."""
    source, axis = operand(inputs, 0), operand(inputs, 1)
    _moves(source, result)
    require(axis.dtype == "int32" and axis.size == 1 and axis.data is not None, "has an odd axis")
    assert axis.data is not None
    rank, place = len(source.shape), int(axis.data[0])
    require(-rank - 1 <= place <= rank, "has its axis out of range")
    place %= rank + 1
    expected = (*source.shape[:place], 1, *source.shape[place:])
    require(result.shape == expected, "has an output shape that does not follow")


def transpose(operator: Operator, inputs: Tensors, result: Tensor) -> None:
    """TRANSPOSE by a constant permutation."""
    source = operand(inputs, 0)
    _moves(source, result)
    order = [int(axis) for axis in _constant(inputs, 1, "axes")]
    require(sorted(order) == list(range(len(source.shape))), "has odd axes")
    known(len(order) <= 4, "has more than four dimensions")
    expected = tuple(source.shape[axis] for axis in order)
    require(result.shape == expected, "has an output shape that does not follow")


def pad(operator: Operator, inputs: Tensors, result: Tensor) -> None:
    """PAD by constant, non-negative widths."""
    source, paddings = operand(inputs, 0), operand(inputs, 1)
    same_type(source, result)
    same_scale(source, result)
    rank = len(source.shape)
    known(paddings.dtype == "int32", f"has paddings of {paddings.dtype}")
    require(paddings.shape == (rank, 2), "has misshapen paddings")
    assert paddings.data is not None
    pairs = paddings.data.reshape(rank, 2).astype(np.int64)
    require(bool(np.all(pairs >= 0)), "has a negative padding")
    known(rank <= 4, "has more than four dimensions")
    expected = tuple(int(n) for n in np.array(source.shape) + pairs.sum(axis=1))
    require(result.shape == expected, "has an output shape that does not follow")


def concatenation(operator: Operator, inputs: Tensors, result: Tensor) -> None:
    """CONCATENATION along one axis."""
    parts = [operand(inputs, position) for position in range(len(inputs))]
    same_type(*parts, result)
    same_scale(*parts, result)
    require(operator.options["activation"] == 0, "has an unsupported activation")
    rank, axis = len(result.shape), operator.options["axis"]
    require(-rank <= axis < rank, "has its axis out of range")
    known(rank <= 4, "has more than four dimensions")
    require(all(len(part.shape) == rank for part in parts), "joins tensors of other rank")
    axis %= rank
    others = [part.shape[:axis] + part.shape[axis + 1 :] for part in (*parts, result)]
    require(all(a == b for a, b in pairwise(others)), "joins tensors that do not fit")
    total = sum(part.shape[axis] for part in parts)
    require(total == result.shape[axis], "has an output shape that does not follow")


def fold_shape(operator: Operator, inputs: Tensors, result: Tensor) -> Array:
    """Return the shape of the input."""
    return np.array(operand(inputs, 0).shape, np.int32)


def fold_strided_slice(operator: Operator, inputs: Tensors, result: Tensor) -> Array:
    """Return the slice of a constant int32 vector; only that form occurs in shape arithmetic."""
    source = _constant(inputs, 0, "elements")
    begin, end, stride = (_constant(inputs, position, "bounds") for position in (1, 2, 3))
    require(len(begin) == len(end) == len(stride) == 1 and stride[0] == 1, "has odd bounds")
    options = operator.options
    odd = options["ellipsis_mask"] or options["new_axis_mask"] or options["offset"]
    require(not odd, "has unsupported masks")
    start = 0 if options["begin_mask"] else int(begin[0])
    require(-len(source) <= start < len(source), "has bounds out of range")
    start %= len(source)
    if options["shrink_axis_mask"]:
        return source[start : start + 1].reshape(())
    stop = len(source) if options["end_mask"] else int(end[0])
    require(start < stop <= len(source), "has bounds out of range")
    return source[start:stop]


def fold_pack(operator: Operator, inputs: Tensors, result: Tensor) -> Array:
    """Return the vector of constant int32 scalars; only that form occurs in shape arithmetic."""
    require(operator.options["axis"] == 0, "packs along another axis than the first")
    require(operator.options["count"] == len(inputs), "packs another number of tensors")
    values = []
    for position in range(len(inputs)):
        tensor = operand(inputs, position)
        require(tensor.dtype == "int32" and tensor.shape == (), "packs what is not a number")
        if tensor.data is None:
            raise RuleError("packs what is not constant")
        values.append(int(tensor.data.reshape(-1)[0]))
    return np.array(values, np.int32)
