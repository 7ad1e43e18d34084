# SPDX-License-Identifier: MIT
"""From a photo's pixels to the real values that a model takes, and to its input's elements."""

from dataclasses import dataclass

import numpy as np

from hil.errors import BadInputError
from hil.model.array import Array
from hil.model.inputs.preprocessing import Preprocessing
from hil.model.metadata import Metadata
from hil.model.tflite.graph import TensorSpec

RANGES = ((0.0, 255.0), (0.0, 1.0), (-1.0, 1.0))
"""Ranges of real values that photos are scaled to, where an input's quantization fits one."""

_TOLERANCE = 2.5
"""Quantization steps by which an input's range may differ from one of them: a converter sees
neither the darkest nor the brightest pixel in every set of photos, and rounds the zero point."""

_ASK = (
    "say by --range LOW,HIGH (pytest: --hil-range) which real values stand for black and white, or "
    "by a manifest (docs/models.md)"
)


@dataclass(frozen=True)
class Scaling:
    """The real values that pixels stand for.

    Attributes:
        low: those of the pixel 0, for all channels or for each.
        high: those of the pixel 255.
        source: who says so, as in "by the manifest".
    """

    low: tuple[float, ...]
    high: tuple[float, ...]
    source: str

    def __str__(self) -> str:
        """Say it: ``photos scaled to [-1, 1] by the manifest``."""
        ranges = zip(*np.broadcast_arrays(self.low, self.high), strict=True)
        told = " ".join(dict.fromkeys(f"[{low:.4g}, {high:.4g}]" for low, high in ranges))
        return f"photos scaled to {told} {self.source}"

    def tensor(self, pixels: Array, spec: TensorSpec) -> Array:
        """Return pixels as an input tensor.

        Args:
            pixels: uint8, of the input's shape.
            spec: the input.

        Returns:
            an array of the input's shape and dtype. A uint8 input whose range is that of the
            pixels takes them as they are, which is what its quantization was made for.
        """
        if spec.dtype == "uint8" and self._fits(spec):
            return pixels.copy()
        low, high = np.asarray(self.low), np.asarray(self.high)
        step = ((high - low) / 255.0).astype(np.float32)
        return quantized(pixels.astype(np.float32) * step + low.astype(np.float32), spec)

    def _fits(self, spec: TensorSpec) -> bool:
        return all(_fits(spec, *each) for each in zip(self.low, self.high, strict=True))


def quantized(values: Array, spec: TensorSpec) -> Array:
    """Return real values as a tensor's elements, the nearest that there are.

    Args:
        values: finite, float32 or wider.
        spec: the tensor; a float32 one takes the values as they are.
    """
    if spec.scale == 0.0:
        return values.astype(spec.dtype)
    limits = np.iinfo(spec.dtype)
    steps = np.round(values / np.float32(spec.scale)) + spec.zero_point
    limited: Array = np.clip(steps, limits.min, limits.max).astype(spec.dtype)
    return limited


def real_values(tensor: Array, spec: TensorSpec) -> Array:
    """Return the real values, as float32, that a tensor's elements stand for."""
    if spec.scale == 0.0:
        return tensor.astype(np.float32)
    return (tensor.astype(np.float32) - np.float32(spec.zero_point)) * np.float32(spec.scale)


def find_scaling(
    spec: TensorSpec,
    preprocessing: Preprocessing,
    metadata: Metadata,
    asked: tuple[float, float] | None = None,
) -> Scaling:
    """Find out what a photo's pixels stand for.

    The first that knows counts: the user, the manifest, the model's metadata, and the quantization
    of the input where the range it can express is one of :data:`RANGES`.

    Args:
        spec: the input.
        preprocessing: of the manifest.
        metadata: of the flatbuffer.
        asked: real values of the pixels 0 and 255.

    Raises:
        BadInputError: nobody knows; the sentence says what to do.
    """
    if asked is not None:
        return Scaling(asked[:1], asked[1:], "as --range asks")
    if preprocessing.low is not None and preprocessing.high is not None:
        return Scaling((preprocessing.low,), (preprocessing.high,), "by the manifest")
    if preprocessing.mean is not None and preprocessing.std is not None:
        return _normalized(preprocessing.mean, preprocessing.std, spec, "by the manifest")
    if metadata.mean and metadata.std:
        return _normalized(metadata.mean, metadata.std, spec, "by the model's metadata")
    for low, high in RANGES:
        if _fits(spec, low, high):
            return Scaling((low,), (high,), "as the input's quantization says")
    if spec.scale == 0.0:
        raise BadInputError(
            f"The model takes {spec.dtype} values and does not say which of them a photo's pixels "
            f"stand for; {_ASK}."
        )
    low, high = value_range(spec)
    raise BadInputError(
        f"The model takes values from {low:.4g} to {high:.4g}, which is no usual range of a "
        f"photo's pixels (0..255, 0..1 or [-1, 1]); {_ASK}, or give it tensors by --input "
        "(pytest: --hil-input)."
    )


def value_range(spec: TensorSpec) -> tuple[float, float]:
    """Return the lowest and the highest real value that a quantized tensor can hold."""
    limits = np.iinfo(spec.dtype)
    low, high = ((limit - spec.zero_point) * spec.scale for limit in (limits.min, limits.max))
    return float(low), float(high)


def _fits(spec: TensorSpec, low: float, high: float) -> bool:
    """Tell whether a quantized tensor's range is this one, to within some steps."""
    if spec.scale == 0.0:
        return False
    lowest, highest = value_range(spec)
    # A step of 8 bits, also where the tensor has finer ones.
    room = _TOLERANCE * max(spec.scale, (high - low) / 255.0)
    return abs(lowest - low) <= room and abs(highest - high) <= room


def _normalized(
    mean: tuple[float, ...], std: tuple[float, ...], spec: TensorSpec, source: str
) -> Scaling:
    channels = spec.shape[-1]
    means, stds = np.broadcast_arrays(np.asarray(mean), np.asarray(std))
    if len(means) not in (1, channels):
        raise BadInputError(
            f"The model has {channels} channels, and {len(means)} means are given {source}; "
            "give one, or one for each channel."
        )
    low, high = (tuple(float(each) for each in (end - means) / stds) for end in (0.0, 255.0))
    return Scaling(low, high, source)
