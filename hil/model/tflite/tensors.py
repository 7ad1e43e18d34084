# SPDX-License-Identifier: MIT
"""Reading tensors and the buffers of their constants out of a file that has been parsed."""

import math
from typing import Any

import numpy as np

from hil.model.array import Array
from hil.model.tflite.element_types import BITS, ELEMENT_TYPES, ZERO_POINTS, bytes_of
from hil.model.tflite.graph import Tensor

MAX_TENSOR_BYTES = 1 << 26
"""Far above any tensor for this hardware, low enough for the host's memory."""
_MAX_RANK = 8


class UnfitError(Exception):
    """The file is well-formed but not a model this harness can use."""


def require(condition: bool, message: str) -> None:
    """Raise UnfitError with ``message`` unless ``condition`` holds."""
    if not condition:
        raise UnfitError(message)


def length(vector: Array | None) -> int:
    """Return the number of elements of a vector that may be absent."""
    return 0 if vector is None else len(vector)


def read_buffers(root: dict[str, Any]) -> list[Array | None]:
    """Return the bytes of each buffer, None where it holds nothing.

    Raises:
        UnfitError: weights lie outside the file, or in the buffer that stands for none.
    """
    buffers = root["buffers"] or []
    for each in buffers:
        require(each["offset"] == each["size"] == 0, "it keeps weights outside the flatbuffer")
    contents = [each["data"] if length(each["data"]) else None for each in buffers]
    require(bool(contents) and contents[0] is None, "its first buffer is not the empty one")
    return contents


def read_tensor(raw: dict[str, Any], buffers: list[Array | None]) -> Tensor:
    """Return a tensor as the graph has it.

    Raises:
        UnfitError: its type, shape, size or quantization is none.
    """
    name = raw["name"] or ""
    known = ELEMENT_TYPES.get(raw["type"])
    if known is None:
        raise UnfitError(f"tensor {name!r} has the unknown element type {raw['type']}")
    dtype, bits = known
    shape = () if raw["shape"] is None else tuple(int(size) for size in raw["shape"])
    require(len(shape) <= _MAX_RANK, f"tensor {name!r} has {len(shape)} dimensions")
    require(min(shape, default=1) >= 0, f"tensor {name!r} has an odd shape, {list(shape)}")
    # min() bounds each factor, so that the product of eight stays an ordinary integer
    size = math.prod(min(each, MAX_TENSOR_BYTES) for each in shape)
    too_large = bytes_of(size, dtype) > MAX_TENSOR_BYTES or size > 2 * MAX_TENSOR_BYTES
    require(not too_large, f"tensor {name!r} is larger than 64 MiB")
    require(raw["buffer"] < len(buffers), f"tensor {name!r} names a missing buffer")
    data = buffers[raw["buffer"]]
    if data is not None and bits is not None:
        fits = len(data) == bytes_of(size, dtype)
        require(fits, f"tensor {name!r} differs in size from its data")
        if dtype in _NUMPY:
            data = data.view(np.dtype(dtype).newbyteorder("<"))
    elif size == 0:  # such as the sizes of a scalar, for RESHAPE
        data = np.empty(0, dtype if dtype in _NUMPY else np.uint8)
    scale, zero_point, axis = _quantization(raw["quantization"], dtype, name)
    return Tensor(name, shape, dtype, scale, zero_point, axis, data, raw["is_variable"])


_NUMPY = {name for name in BITS if name in np.sctypeDict}


def _quantization(raw: dict[str, Any] | None, dtype: str, name: str) -> tuple[Array, Array, int]:
    """Return scales, zero points and their axis; the first two empty when not quantized."""
    if raw is None or not length(raw["scale"]) or not length(raw["zero_point"]):
        return np.empty(0, np.float32), np.empty(0, np.int64), 0
    scale, zero_point = raw["scale"], raw["zero_point"]
    require(len(zero_point) == len(scale), f"tensor {name!r} lacks zero points")
    if dtype in ZERO_POINTS:
        positive = np.all(np.isfinite(scale)) and np.all(scale > 0) and np.all(scale < 2.0**40)
        require(bool(positive), f"tensor {name!r} has a scale that is not a positive number")
        low, high = ZERO_POINTS[dtype]
        in_range = bool(np.all((zero_point >= low) & (zero_point <= high)))
        require(in_range, f"tensor {name!r} has a zero point out of range")
    return scale, zero_point, raw["quantized_dimension"]
