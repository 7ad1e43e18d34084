# SPDX-License-Identifier: MIT
"""From anything that an input can be made of to an input tensor of one model."""

import functools
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hil.model.array import Array
from hil.model.inputs.photo import check_takes_images, photo_tensor
from hil.model.inputs.photos import Photo as NamedPhoto
from hil.model.inputs.preprocessing import Preprocessing
from hil.model.inputs.samples import Sample
from hil.model.inputs.scaling import Scaling, find_scaling, real_values
from hil.model.inputs.tensors import TensorInput
from hil.model.metadata import Metadata
from hil.model.tflite.graph import TensorSpec

if TYPE_CHECKING:
    from PIL import Image

    Photo = Image.Image | Array | str | os.PathLike[str]


@dataclass(frozen=True)
class Conversion:
    """How inputs of one model are made.

    Attributes:
        spec: the input.
        preprocessing: of the manifest.
        metadata: of the flatbuffer.
        value_range: real values of the pixels 0 and 255, as asked.
    """

    spec: TensorSpec
    preprocessing: Preprocessing
    metadata: Metadata
    value_range: tuple[float, float] | None

    @functools.cached_property
    def scaling(self) -> Scaling:
        """The real values that a photo's pixels stand for.

        Raises:
            BadInputError: the model takes no images, or nobody says it.
        """
        check_takes_images(self.spec)
        return find_scaling(self.spec, self.preprocessing, self.metadata, self.value_range)

    def photo(self, photo: "Photo") -> Array:
        """Return a photo as an input tensor; see :func:`hil.model.inputs.photo.photo_tensor`."""
        return photo_tensor(photo, self.spec, self.scaling, self.preprocessing.resize)

    def tensor(self, sample: "Photo | Sample") -> Array:
        """Return anything that an input can be made of as an input tensor.

        Raises:
            BadInputError: no input can be made of it.
        """
        if isinstance(sample, TensorInput):
            return sample.tensor
        if isinstance(sample, NamedPhoto):
            return self.photo(sample.open())
        own = (self.spec.shape, self.spec.dtype)
        if isinstance(sample, np.ndarray) and (sample.shape, sample.dtype.name) == own:
            return sample
        return self.photo(sample)

    def float_tensor(self, sample: "Photo | Sample", spec: TensorSpec) -> Array:
        """Return what an input stands for.

        Args:
            sample: as for :meth:`tensor`; pixels are pixels, whatever the model takes.
            spec: the float32 input that it is to be made for.

        Raises:
            BadInputError: no input can be made of it.
        """
        if isinstance(sample, TensorInput):
            return real_values(sample.tensor, self.spec).reshape(spec.shape)
        photo = sample.open() if isinstance(sample, NamedPhoto) else sample
        return photo_tensor(photo, spec, self.scaling, self.preprocessing.resize)
