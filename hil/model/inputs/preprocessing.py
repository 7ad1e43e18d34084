# SPDX-License-Identifier: MIT
"""What users and manifests say about how a photo becomes an input."""

import math
from dataclasses import dataclass

from hil.errors import BadInputError


@dataclass(frozen=True)
class Preprocessing:
    """What a manifest says about how a photo becomes the input tensor.

    The photo is converted to RGB (or grey, for one channel) and resized, without keeping its
    aspect ratio, to the input's height and width. Its pixels are mapped linearly to real values,
    and these quantized as the input is.

    Attributes:
        resize: Pillow's ``nearest``, ``bilinear`` or ``bicubic``.
        low: real value of the pixel 0; with ``high``, or neither.
        high: that of the pixel 255.
        mean: in their place, one for all channels or one for each, in pixels: a pixel stands for
            (pixel - mean) / std.
        std: with ``mean``, or neither.
    """

    resize: str = "bilinear"
    low: float | None = None
    high: float | None = None
    mean: tuple[float, ...] | None = None
    std: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        """Refuse what Pillow is not asked to do, and ranges that are none."""
        if self.resize not in ("nearest", "bilinear", "bicubic"):
            raise BadInputError(
                f"Preprocessing resizes by {self.resize!r}; use nearest, bilinear or bicubic."
            )
        for one, other in (("low", "high"), ("mean", "std")):
            if (getattr(self, one) is None) != (getattr(self, other) is None):
                raise BadInputError(
                    f"Preprocessing has only one of {one} and {other}; give both, or neither."
                )
        if self.low is not None and self.mean is not None:
            raise BadInputError("Preprocessing has both a range and a mean; give one of the two.")
        if self.low is not None and self.high is not None:
            check_range(self.low, self.high, "Preprocessing")
        if self.mean is None or self.std is None:
            return
        if fault := normalization_fault(self.mean, self.std):
            raise BadInputError(f"Preprocessing {fault}.")


def parse_range(text: str, option: str) -> tuple[float, float]:
    """Return the two numbers of an option such as ``--range=-1,1``.

    Raises:
        BadInputError: they are not two numbers, or the first is not below the second.
    """
    try:
        low, high = map(float, text.split(","))
    except ValueError:
        raise BadInputError(
            f"{option} is {text!r}; give two numbers, such as {option}=-1,1 for what black and "
            "white stand for."
        ) from None
    check_range(low, high, option)
    return low, high


def check_range(low: float, high: float, who: str) -> None:
    """Refuse an empty or endless range; raises BadInputError."""
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise BadInputError(f"{who} maps pixels to {low:g}..{high:g}; low must be below high.")


def normalization_fault(mean: tuple[float, ...], std: tuple[float, ...]) -> str:
    """Return what is wrong with means and deviations of pixels; empty if nothing is.

    Args:
        mean: one for all channels, or one for each.
        std: likewise.
    """
    if not {len(mean), len(std)} <= {1, 3} or not all(map(math.isfinite, (*mean, *std))):
        return f"has {len(mean)} values of mean and {len(std)} of std; one or three numbers are due"
    return "" if min(std) > 0 else f"has std {min(std):g}; numbers above 0 are due"
