# SPDX-License-Identifier: MIT
"""A model as the harness uses it: its files, its preprocessing, its cuts, its predictions."""

import dataclasses
import functools
import math
import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Self

from hil.errors import BadInputError
from hil.host.activity import doing
from hil.host.files.reading import read_file
from hil.model.accuracy import AgreementLimits
from hil.model.array import Array
from hil.model.inputs.conversion import Conversion
from hil.model.inputs.preprocessing import Preprocessing, check_range
from hil.model.inputs.samples import Sample
from hil.model.inputs.scaling import Scaling
from hil.model.interpreter import Interpreter, Kernels
from hil.model.labels import Labels, parse_labels
from hil.model.manifest import MANIFEST_NAME, Manifest
from hil.model.metadata import Metadata, read_metadata
from hil.model.split import Cut, Cuts, Split, find_cut, legal_cuts, model_id, split_at, usual_cut
from hil.model.tflite.graph import TensorSpec, join
from hil.model.tflite.verify import verify
from hil.model.topk import top_k
from hil.model.trial import try_model

if TYPE_CHECKING:
    from hil.model.inputs.conversion import Photo


@dataclass(frozen=True, eq=False)
class Model:
    """A verified model.

    Attributes:
        name: short name for reports.
        labels: class names in class order; empty when unknown.
        int8: the bytes of the model that boards run (whatever its element type, in a bare file).
        float32: the bytes of the model it was quantized from, or None.
        preprocessing: what the manifest says about how a photo becomes an input.
        input: description of the input.
        output: description of the output.
        metadata: what the flatbuffer of ``int8`` says about itself.
        agreement: limits of the manifest; without any for a bare file.
        value_range: real values that the pixels 0 and 255 are to stand for, whatever model and
            manifest say; None: as they say.
    """

    name: str
    labels: tuple[str, ...]
    int8: bytes = field(repr=False)
    float32: bytes | None = field(repr=False)
    preprocessing: Preprocessing
    input: TensorSpec
    output: TensorSpec
    metadata: Metadata = field(default_factory=Metadata, repr=False)
    agreement: AgreementLimits = field(default_factory=AgreementLimits)
    value_range: tuple[float, float] | None = None
    _default_cut: str | None = field(default=None, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _interpreters: dict[tuple[bool, Kernels], Interpreter] = field(default_factory=dict, repr=False)

    @classmethod
    @doing("reading the model")
    def load(
        cls, path: str | os.PathLike[str], *, value_range: tuple[float, float] | None = None
    ) -> Self:
        """Load a model directory with a manifest, or a bare ``.tflite`` file.

        Args:
            path: the directory or file.
            value_range: real values that black and white stand for in photos, as asked.

        Raises:
            BadInputError: it is missing, a SHA-256 differs, the manifest does not fit the model,
                the model does not verify, or the range is none.
        """
        if value_range is not None:
            check_range(*value_range, "The range")
        path = Path(path)
        model = cls._load_directory(path) if path.is_dir() else cls._load_file(path)
        return dataclasses.replace(model, value_range=value_range)

    @classmethod
    def _load_file(cls, path: Path) -> Self:
        try:
            data = read_file(path)
        except OSError as error:
            raise BadInputError(
                f"{path} cannot be read ({error.strerror}); name a .tflite or a model directory."
            ) from error
        graph = verify(data, str(path))
        try_model(data, str(path))
        spec = graph.input_spec, graph.output_spec
        metadata = read_metadata(data, graph.output_spec.shape)
        labels = metadata.labels
        return cls(path.stem, labels, data, None, Preprocessing(), *spec, metadata=metadata)

    @classmethod
    def _load_directory(cls, directory: Path) -> Self:
        manifest = Manifest.load(directory / MANIFEST_NAME)
        int8 = manifest.int8.read(directory)
        graph = verify(int8, str(directory / manifest.int8.name))
        try_model(int8, str(directory / manifest.int8.name))
        float32 = manifest.float32.read(directory) if manifest.float32 else None
        if float32 is not None and manifest.float32 is not None:
            verify(float32, str(directory / manifest.float32.name))
        spec, output = graph.input_spec, graph.output_spec
        metadata = read_metadata(int8, output.shape)
        labels = metadata.labels
        if manifest.labels is not None:
            data = manifest.labels.read(directory)
            labels = parse_labels(data, output.shape, directory / manifest.labels.name)
        manifest.check_input(spec.shape, directory / MANIFEST_NAME)
        return cls(
            manifest.name,
            labels,
            int8,
            float32,
            manifest.preprocessing,
            spec,
            output,
            metadata,
            manifest.agreement or AgreementLimits(),
            _default_cut=manifest.default_cut,
        )

    @functools.cached_property
    def inputs(self) -> tuple[TensorSpec, ...]:
        """Descriptions of the inputs one by one; ``input`` describes them as one vector."""
        return verify(self.int8).input_specs

    @functools.cached_property
    def stateful(self) -> bool:
        """Whether a run could leave something behind; each one begins afresh all the same."""
        return verify(self.int8).stateful

    def join(self, tensors: Sequence[Array]) -> Array:
        """Return the tensors of all inputs, in order, as the one that ``input`` describes.

        Raises:
            BadInputError: one is missing, or has another shape or dtype than its input.
        """
        return join(tensors, self.inputs)

    @functools.cached_property
    def cuts(self) -> Cuts:
        """Every legal cut, in execution order."""
        with doing("looking where the model can be cut"):
            return legal_cuts(self.int8)

    @functools.cached_property
    def default_cut(self) -> Cut:
        """The manifest's cut; for a bare file that of :func:`hil.model.split.usual_cut`.

        Raises:
            BadInputError: the model has no legal cut, or the manifest names none of them.
        """
        if self._default_cut is not None or not self.cuts:
            return find_cut(self.cuts, self._default_cut or "")
        return usual_cut(self.cuts)

    @functools.cached_property
    def model_id(self) -> int:
        """The id of the uncut model, see :func:`hil.model.split.model_id`."""
        return model_id(self.int8, None)

    def split(self, cut: Cut | str | int | None = None) -> Split:
        """Cut the model.

        Args:
            cut: a legal cut, an operator index, a tensor's full or short name, or None for the
                default cut.

        Raises:
            BadInputError: there is no such legal cut; the sentence names the nearest.
        """
        if cut is None:
            cut = self.default_cut
        elif not isinstance(cut, Cut):
            cut = find_cut(self.cuts, cut)
        return split_at(self.int8, cut)

    @functools.cached_property
    def _conversion(self) -> Conversion:
        return Conversion(self.input, self.preprocessing, self.metadata, self.value_range)

    @property
    def scaling(self) -> Scaling:
        """The real values that a photo's pixels stand for, and who says so.

        Raises:
            BadInputError: the model takes no images, or nobody says it.
        """
        return self._conversion.scaling

    @functools.cached_property
    def class_ids(self) -> Labels:
        """The classes of the model by their labels."""
        return Labels.of(self.labels, math.prod(self.output.shape))

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is odd about the model and does no harm: sentences without a full stop."""
        unread = self.metadata.unread and f"{self.metadata.unread}; it is left out"
        return tuple(filter(None, (unread, self.class_ids.warning())))

    def preprocess(self, photo: "Photo") -> Array:
        """Return a photo as an input tensor, [1, H, W, C] of the model's dtype.

        Args:
            photo: a path, a Pillow image, or pixels as uint8 [H, W], [H, W, 3] or [1, H, W, 3].

        Raises:
            BadInputError: it is not an image, the model does not take images, or nobody says
                what its pixels stand for.
        """
        return self._conversion.photo(photo)

    def input_tensor(self, sample: "Photo | Sample") -> Array:
        """Return anything that an input can be made of as an input tensor.

        Args:
            sample: a photo or other input of a directory, a path, image or pixels as
                :meth:`preprocess` takes, or an array of the input's shape and dtype.

        Raises:
            BadInputError: no input can be made of it.
        """
        return self._conversion.tensor(sample)

    def predict(self, x: Array, kernels: Kernels = Kernels.REFERENCE) -> Array:
        """Run the model that boards run on one input tensor; thread-safe.

        Raises:
            BadInputError: ``x`` has another shape or dtype than the input.
        """
        return self._invoke(self.int8, kernels, x)

    def runs_on(self, kernels: Kernels) -> bool:
        """Whether there are such kernels for all operators of the model that boards run."""
        if not verify(self.int8).unproven:
            return True
        try:
            Interpreter(self.int8, kernels)
        except BadInputError:
            return False
        return True

    def top5_ids(self, sample: "Photo | Sample") -> tuple[int, ...]:
        """Return the class ids that the whole model predicts for an input, best first.

        Ties go to the lower id, and the kernels are the reference ones, as on the board; errors are
        those of :meth:`input_tensor`.
        """
        return tuple(number for number, _ in top_k(self.predict(self.input_tensor(sample))))

    def predict_float(self, sample: "Photo | Sample") -> Array:
        """Run the float32 model on what an input stands for and return its float32 output.

        Raises:
            BadInputError: there is no float32 model, or ``sample`` is no input.
        """
        return self.run_float(self.float_tensor(sample))

    def float_tensor(self, sample: "Photo | Sample") -> Array:
        """Return what an input stands for as an input of the float32 model; see predict_float."""
        return self._conversion.float_tensor(sample, verify(self._float_model()).input_spec)

    def run_float(self, x: Array) -> Array:
        """Run the float32 model on one of its input tensors; thread-safe; see predict_float."""
        return self._invoke(self._float_model(), Kernels.XNNPACK, x)

    def _float_model(self) -> bytes:
        if self.float32 is None:
            raise BadInputError(
                f"The model {self.name} has no float32 version; add one to compare."
            )
        return self.float32

    def _invoke(self, model: bytes, kernels: Kernels, x: Array) -> Array:
        with self._lock:
            key = (model is self.float32, kernels)
            if key not in self._interpreters:
                self._interpreters[key] = Interpreter(model, kernels)
            return self._interpreters[key].invoke(x)
