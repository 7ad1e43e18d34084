# SPDX-License-Identifier: MIT
"""From a photo to an input tensor, by Pillow, as a model's manifest says."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from hil.errors import BadInputError
from hil.model.array import Array
from hil.model.manifest import Preprocessing
from hil.model.photos import Photo
from hil.model.tflite.graph import TensorSpec

if TYPE_CHECKING:
    from PIL import Image


def photo_tensor(
    photo: "Image.Image | Array | str | os.PathLike[str]",
    spec: TensorSpec,
    preprocessing: Preprocessing,
) -> Array:
    """Return a photo as an input tensor.

    Args:
        photo: a path, a Pillow image, or pixels as uint8 [H, W], [H, W, 3] or [1, H, W, 3].
        spec: the model's input, [1, H, W, 1 or 3].
        preprocessing: resize method and value range.

    Returns:
        An array of the input's shape and dtype: uint8 pixels as they are, float32 mapped to the
        range, int8 that float quantized with the input's scale and zero point.

    Raises:
        BadInputError: ``photo`` is not an image, or the input is not one image.
    """
    from PIL import Image

    if len(spec.shape) != 4 or spec.shape[0] != 1 or spec.shape[3] not in (1, 3):
        raise BadInputError(
            f"The model takes {list(spec.shape)}, which is not an image; give it tensors instead."
        )
    _, height, width, channels = spec.shape
    image = _opened(photo).convert("RGB" if channels == 3 else "L")
    method = Image.Resampling[preprocessing.resize.upper()]
    if image.size != (width, height):
        image = image.resize((width, height), method)
    pixels = np.asarray(image, np.uint8).reshape(spec.shape)
    if spec.dtype == "uint8":
        return pixels.copy()
    step = np.float32((preprocessing.high - preprocessing.low) / 255.0)
    values = pixels.astype(np.float32) * step + np.float32(preprocessing.low)
    if spec.dtype == "float32":
        return values
    quantized = np.round(values / np.float32(spec.scale)) + spec.zero_point
    limited: Array = np.clip(quantized, -128, 127).astype(np.int8)
    return limited


def _opened(photo: "Image.Image | Array | str | os.PathLike[str]") -> "Image.Image":
    from PIL import Image

    if isinstance(photo, Image.Image):
        return photo
    if isinstance(photo, np.ndarray):
        pixels = photo[0] if photo.ndim == 4 and len(photo) == 1 else photo
        if pixels.dtype != np.uint8 or not (
            pixels.ndim == 2 or (pixels.ndim == 3 and pixels.shape[2] == 3)
        ):
            raise BadInputError(
                f"Pixels of {photo.dtype} {list(photo.shape)} are not a photo; "
                "give uint8 [H, W, 3] or [H, W]."
            )
        return Image.fromarray(pixels)
    path = Path(photo)
    return Photo(path, path.name).open()
