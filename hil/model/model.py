# SPDX-License-Identifier: MIT
"""A model as the harness uses it: its files, its preprocessing, its cuts, its predictions."""

import functools
import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Self

from hil.errors import BadInputError
from hil.model.array import Array
from hil.model.interpreter import Interpreter, Kernels
from hil.model.manifest import MANIFEST_NAME, Manifest, Preprocessing
from hil.model.photo import photo_tensor
from hil.model.split import Cut, Cuts, Split, find_cut, legal_cuts, model_id, split_at
from hil.model.tflite.graph import TensorSpec, join
from hil.model.tflite.verify import verify
from hil.model.topk import top_k
from hil.model.trial import try_model

if TYPE_CHECKING:
    from PIL import Image

    Photo = Image.Image | Array | str | os.PathLike[str]

# The share of all MACs that the default cut of a bare .tflite may leave to the board.
_MOST_HEAD_MACS = 0.6


@dataclass(frozen=True, eq=False)
class Model:
    """A verified model.

    Attributes:
        name: short name for reports.
        labels: class names in class order; empty when unknown.
        int8: the bytes of the model that boards run (whatever its element type, in a bare file).
        float32: the bytes of the model it was quantized from, or None.
        preprocessing: how a photo becomes an input.
        input: description of the input.
        output: description of the output.
    """

    name: str
    labels: tuple[str, ...]
    int8: bytes = field(repr=False)
    float32: bytes | None = field(repr=False)
    preprocessing: Preprocessing
    input: TensorSpec
    output: TensorSpec
    _default_cut: str | None = field(default=None, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _interpreters: dict[tuple[bool, Kernels], Interpreter] = field(default_factory=dict, repr=False)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Load a model directory with a manifest, or a bare ``.tflite`` file.

        Raises:
            BadInputError: it is missing, a SHA-256 differs, the manifest does not fit the model,
                or the model does not verify.
        """
        path = Path(path)
        return cls._load_directory(path) if path.is_dir() else cls._load_file(path)

    @classmethod
    def _load_file(cls, path: Path) -> Self:
        try:
            data = path.read_bytes()
        except OSError as error:
            raise BadInputError(
                f"{path} cannot be read ({error.strerror}); name a .tflite or a model directory."
            ) from error
        graph = verify(data, str(path))
        try_model(data, str(path))
        spec = graph.input_spec, graph.output_spec
        return cls(path.stem, (), data, None, Preprocessing(), *spec)

    @classmethod
    def _load_directory(cls, directory: Path) -> Self:
        manifest = Manifest.load(directory / MANIFEST_NAME)
        int8 = manifest.int8.read(directory)
        graph = verify(int8, str(directory / manifest.int8.name))
        try_model(int8, str(directory / manifest.int8.name))
        float32 = manifest.float32.read(directory) if manifest.float32 else None
        if float32 is not None and manifest.float32 is not None:
            verify(float32, str(directory / manifest.float32.name))
        labels: tuple[str, ...] = ()
        if manifest.labels is not None:
            labels = _lines(manifest.labels.read(directory), directory / manifest.labels.name)
        spec, output = graph.input_spec, graph.output_spec
        if spec.shape != (1, *manifest.input_size):
            raise BadInputError(
                f"{directory / MANIFEST_NAME} states the input {list(manifest.input_size)}, "
                f"but the model's is {list(spec.shape[1:])}; correct the manifest."
            )
        if labels and output.shape[-1:] != (len(labels),):
            raise BadInputError(
                f"{directory} has {len(labels)} labels for {(output.shape or (1,))[-1]} classes; "
                "correct the labels file."
            )
        return cls(
            manifest.name,
            labels,
            int8,
            float32,
            manifest.preprocessing,
            spec,
            output,
            manifest.default_cut,
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
        return legal_cuts(self.int8)

    @functools.cached_property
    def default_cut(self) -> Cut:
        """The manifest's cut; for a bare file the one with the smallest activation.

        Of a bare file's cuts only those count whose head has at most 60 % of the model's
        multiply-accumulates and at least one, the earliest on a tie; if there is none, all count.

        Raises:
            BadInputError: the model has no legal cut, or the manifest names none of them.
        """
        if self._default_cut is not None or not self.cuts:
            return find_cut(self.cuts, self._default_cut or "")
        eligible = [
            cut
            for cut in self.cuts
            if 0 < cut.head_macs <= _MOST_HEAD_MACS * (cut.head_macs + cut.tail_macs)
        ]
        return min(eligible or self.cuts, key=lambda cut: (cut.bytes, cut.index))

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

    def preprocess(self, photo: "Photo") -> Array:
        """Return a photo as an input tensor, [1, H, W, C] of the model's dtype.

        Args:
            photo: a path, a Pillow image, or pixels as uint8 [H, W], [H, W, 3] or [1, H, W, 3].

        Raises:
            BadInputError: it is not an image, or the model does not take images.
        """
        return photo_tensor(photo, self.input, self.preprocessing)

    def predict(self, x: Array, kernels: Kernels = Kernels.REFERENCE) -> Array:
        """Run the model that boards run on one input tensor; thread-safe.

        Raises:
            BadInputError: ``x`` has another shape or dtype than the input.
        """
        return self._invoke(self.int8, kernels, x)

    def runs_on(self, kernels: Kernels) -> bool:
        """Whether there are such kernels for all operators of the model that boards run."""
        try:
            Interpreter(self.int8, kernels)
        except BadInputError:
            return False
        return True

    def top5_ids(self, photo: "Photo") -> tuple[int, ...]:
        """Return the class ids that the whole model predicts for a photo, best first.

        Ties go to the lower id, and the kernels are the reference ones, as on the board.

        Raises:
            BadInputError: ``photo`` is not an image.
        """
        return tuple(number for number, _ in top_k(self.predict(self.preprocess(photo))))

    def predict_float(self, photo: "Photo") -> Array:
        """Run the float32 model on a photo and return its float32 output.

        Raises:
            BadInputError: there is no float32 model, or ``photo`` is not an image.
        """
        if self.float32 is None:
            raise BadInputError(
                f"The model {self.name} has no float32 version; add one to compare."
            )
        spec = verify(self.float32).input_spec
        x = photo_tensor(photo, spec, self.preprocessing)
        return self._invoke(self.float32, Kernels.XNNPACK, x)

    def _invoke(self, model: bytes, kernels: Kernels, x: Array) -> Array:
        with self._lock:
            key = (model is self.float32, kernels)
            if key not in self._interpreters:
                self._interpreters[key] = Interpreter(model, kernels)
            return self._interpreters[key].invoke(x)


def _lines(data: bytes, path: Path) -> tuple[str, ...]:
    try:
        return tuple(data.decode("utf-8").splitlines())
    except UnicodeDecodeError as error:
        raise BadInputError(f"{path} is not UTF-8 text; save the labels as UTF-8.") from error
