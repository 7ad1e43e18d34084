# SPDX-License-Identifier: MIT
"""From a photo to an input tensor, by Pillow."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from hil.errors import BadInputError
from hil.model.array import Array
from hil.model.inputs.photos import Photo
from hil.model.inputs.scaling import Scaling
from hil.model.tflite.graph import TensorSpec

if TYPE_CHECKING:
    from PIL import Image


def photo_tensor(
    photo: "Image.Image | Array | str | os.PathLike[str]",
    spec: TensorSpec,
    scaling: Scaling,
    resize: str = "bilinear",
) -> Array:
    """Return a photo as an input tensor.

    Args:
        photo: a path, a Pillow image, or pixels as uint8 [H, W], [H, W, 3] or [1, H, W, 3].
        spec: the model's input, [1, H, W, 1 or 3].
        scaling: the real values that pixels stand for.
        resize: Pillow's name of the method.

    Returns:
        An array of the input's shape and dtype: the real values, quantized as the input is.

    Raises:
        BadInputError: ``photo`` is not an image, or the input is not one image.
    """
    from PIL import Image

    check_takes_images(spec)
    _, height, width, channels = spec.shape
    image = _opened(photo).convert("RGB" if channels == 3 else "L")
    method = Image.Resampling[resize.upper()]
    if image.size != (width, height):
        image = image.resize((width, height), method)
    return scaling.tensor(np.asarray(image, np.uint8).reshape(spec.shape), spec)


def check_takes_images(spec: TensorSpec) -> None:
    """Refuse an input that is not one image, grey or RGB.

    Raises:
        BadInputError: it has another shape.
    """
    if len(spec.shape) != 4 or spec.shape[0] != 1 or spec.shape[3] not in (1, 3):
        raise BadInputError(
            f"The model takes {list(spec.shape)}, which is not an image; give it tensors instead, "
            "by --input (pytest: --hil-input)."
        )


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
