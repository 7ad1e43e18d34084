# SPDX-License-Identifier: MIT
"""Inputs that are no photos: arrays, raw bytes, and sound, for audio, sensors and anything else.

=========  ==================================================================================
``.npy``   an array of the input's shape, with or without the batch, or a stack of such ones
``.npz``   one such array; or ``x``, and beside it ``y`` with the class id of each; for a model
           with several inputs one array for each of them, in order
``.bin``   the input's bytes, little-endian, or several inputs' one behind the other
``.wav``   mono PCM, for an input that is a waveform
=========  ==================================================================================

An array of the input's own element type is taken as it is; real values (any float) are quantized
with the input's scale and zero point.
"""

import ast
import io
import math
import re
import wave
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from hil.errors import BadInputError
from hil.host.files.reading import DATA_BYTES, read_file
from hil.host.files.zips import DAMAGE
from hil.model.array import Array
from hil.model.inputs.samples import Sample, listed
from hil.model.inputs.scaling import quantized, value_range
from hil.model.tflite.graph import TensorSpec, join

SUFFIXES = frozenset({".bin", ".npy", ".npz", ".wav"})

_NUMBERS = re.compile(r"[<>|=]?(b1|[iu][1248]|f[248])")
_HEADER_BYTES = 10_000

_SAMPLE_BYTES = (1, 2, 3, 4)
"""How wide a sample of PCM is: 8 to 32 bits, whatever a file's header says."""

_FULL_SCALE = 32768.0
"""Largest sample of 16-bit PCM, which stands for the real value 1.0."""


@dataclass(frozen=True)
class TensorInput(Sample):
    """One input tensor, read from a file.

    Attributes:
        tensor: of the model's input's shape and dtype.
    """

    tensor: Array = field(kw_only=True, repr=False, compare=False)


def load_inputs(
    path: Path, spec: TensorSpec, parts: Sequence[TensorSpec] = ()
) -> list[TensorInput]:
    """Read every input of a file, or of a directory of files.

    Args:
        path: a file with one of :data:`SUFFIXES`; or a directory, which has labels as one of
            photos has (docs/photos.md).
        spec: the model's input; of one with several inputs, of all together.
        parts: in that case the inputs one by one, as :attr:`hil.Model.inputs`.

    Returns:
        the inputs, by file name. Several of one file are called ``FILE[0]``, ``FILE[1]``, ...

    Raises:
        BadInputError: there is no such file, or one of them holds no input of that kind.
    """
    if not path.is_dir():
        return list(_inputs(Sample(path, path.name), spec, parts))
    found = [each for sample in listed(path, SUFFIXES) for each in _inputs(sample, spec, parts)]
    if not found:
        raise BadInputError(
            f"{path} holds no inputs: put {', '.join(sorted(SUFFIXES))} files into it, or into one "
            "sub-directory for each label"
        )
    return found


def _inputs(sample: Sample, spec: TensorSpec, parts: Sequence[TensorSpec]) -> Iterable[TensorInput]:
    suffix = sample.path.suffix.lower()
    if suffix not in SUFFIXES:
        raise BadInputError(
            f"{sample.path} is no input that hil can read; give {', '.join(sorted(SUFFIXES))}, or "
            "a directory of them."
        )
    ids: Array | None = None
    try:
        data = read_file(sample.path)
        if suffix != ".npz":
            read = {".npy": _array, ".bin": _raw, ".wav": _sound}[suffix]
            tensors = _stack(read(data, spec), spec)
        elif len(parts) > 1:
            tensors = _together(_archive(data), parts)
        else:
            array, ids = _labelled(_archive(data))
            tensors = _stack(array, spec)
    except OSError as error:
        raise _unusable(sample, error.strerror or str(error)) from error
    except (ValueError, EOFError, wave.Error) as error:
        raise _unusable(sample, str(error) or "it ends too early") from error
    if ids is not None and (ids.dtype.kind not in "iu" or ids.shape != (len(tensors),)):
        raise _unusable(sample, f"its y is not one class id for each of {len(tensors)} inputs")
    for number, tensor in enumerate(tensors):
        name = sample.name if len(tensors) == 1 else f"{sample.name}[{number}]"
        class_id = sample.class_id if ids is None else int(ids[number])
        yield TensorInput(sample.path, name, sample.label, class_id, tensor=tensor)


def _unusable(sample: Sample, reason: str) -> BadInputError:
    return BadInputError(
        f"{sample.path} cannot be used as an input ({reason}); save it anew, or name another."
    )


def _array(data: bytes, spec: TensorSpec | None = None) -> Array:
    """Return the array of a ``.npy`` file, without believing its header."""
    if data[:6] != b"\x93NUMPY" or len(data) < 12:
        raise ValueError("it is no .npy file")
    start = 10 if data[6] == 1 else 12
    end = start + int.from_bytes(data[8:start], "little")
    if end - start > _HEADER_BYTES:
        raise ValueError("its header is too long")
    shape, columns_first, dtype = _header(data[start:end].decode("latin-1"))
    count = math.prod(shape)
    if min(shape, default=1) < 1 or count * dtype.itemsize > len(data) - end:
        raise ValueError(f"it says that it has the shape {list(shape)}, and does not")
    flat = np.frombuffer(data, dtype, count, end)
    return flat.reshape(shape, order="F" if columns_first else "C")


def _header(text: str) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Read a ``.npy`` file's header: shape, whether columns come first, element type."""
    try:
        tree = ast.literal_eval(text.strip())
        shape, columns_first, kind = (tree[key] for key in ("shape", "fortran_order", "descr"))
        sound = isinstance(shape, tuple) and all(type(size) is int for size in shape)
    except (ValueError, SyntaxError, TypeError, LookupError, RecursionError, MemoryError) as error:
        raise ValueError("its header is damaged") from error
    if not sound:
        raise ValueError("its header is damaged")
    if not isinstance(kind, str) or not _NUMBERS.fullmatch(kind):
        raise ValueError(f"it holds {kind}, not numbers")
    return shape, bool(columns_first), np.dtype(kind)


def _archive(data: bytes) -> dict[str, Array]:
    """Return the arrays of a ``.npz`` file by name, in its order."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = {each.filename.removesuffix(".npy"): each for each in archive.infolist()}
            if sum(each.file_size for each in members.values()) > DATA_BYTES:
                raise ValueError(f"it has more than {DATA_BYTES >> 20} MB unpacked")
            if any(each.flag_bits & 1 for each in members.values()):
                raise ValueError("it is encrypted")
            contents = {name: archive.read(each) for name, each in members.items()}
    except NotImplementedError as error:
        raise ValueError("it is packed in a way that Python cannot unpack") from error
    except DAMAGE as error:
        raise ValueError(str(error) or "it ends too early") from error
    return {name: _array(content) for name, content in contents.items()}


def _labelled(arrays: dict[str, Array]) -> tuple[Array, Array | None]:
    """Return the inputs among some arrays, and their class ids if they are there."""
    if len(arrays) == 1:
        return next(iter(arrays.values())), None
    if not set(arrays) <= {"x", "y"} or "x" not in arrays:
        raise ValueError(
            f"it holds {', '.join(sorted(arrays))}; give one array, or x and y"
            if arrays
            else "it is empty"
        )
    return arrays["x"], arrays["y"]


def _together(arrays: dict[str, Array], parts: Sequence[TensorSpec]) -> list[Array]:
    """Return the inputs of a model with several, of which there is one array each, in order."""
    if len(arrays) != len(parts):
        raise ValueError(f"it holds {len(arrays)} arrays, and the model takes {len(parts)} inputs")
    stacks = [_stack(array, part) for array, part in zip(arrays.values(), parts, strict=True)]
    if len({len(stack) for stack in stacks}) > 1:
        raise ValueError("its arrays do not hold equally many inputs")
    return [join(tensors, parts) for tensors in zip(*stacks, strict=True)]


def _raw(data: bytes, spec: TensorSpec) -> Array:
    if not data or len(data) % spec.bytes:
        raise ValueError(f"it has {len(data):,} bytes, and an input {spec.bytes:,}")
    elements = np.frombuffer(data, np.dtype(spec.dtype).newbyteorder("<"))
    return elements.reshape(-1, *spec.shape)


def _sound(data: bytes, spec: TensorSpec) -> Array:
    """Return the whole inputs' worth of samples of a ``.wav`` file; a short one ends in silence."""
    if max(spec.shape, default=1) != math.prod(spec.shape):
        raise ValueError(
            f"the model takes {list(spec.shape)}, which is no waveform; compute its features and "
            "save them as .npy"
        )
    frames, width = _recorded(data)
    wanted = math.prod(spec.shape)
    samples = _samples(frames, width)
    if len(samples) == 0:
        raise ValueError("it has no samples")
    if len(samples) < wanted:
        samples = np.pad(samples, (0, wanted - len(samples)))
    samples = samples[: len(samples) // wanted * wanted]
    return _loud(samples, spec).reshape(-1, *spec.shape)


def _recorded(data: bytes) -> tuple[bytes, int]:
    """Return the samples of a ``.wav`` file and how many bytes each of them has."""
    try:
        with wave.open(io.BytesIO(data)) as file:
            if file.getnchannels() != 1:
                raise ValueError(f"it has {file.getnchannels()} channels; save it as mono")
            if file.getsampwidth() not in _SAMPLE_BYTES:
                raise ValueError(
                    f"its samples have {8 * file.getsampwidth()} bits; save them with 16"
                )
            return file.readframes(min(file.getnframes(), len(data))), file.getsampwidth()
    except RuntimeError as error:  # what wave makes of a chunk within another that ends before it
        raise ValueError("it ends too early") from error


def _loud(samples: Array, spec: TensorSpec) -> Array:
    """Return samples in [-1, 1) in the range that the model takes, which its quantization says."""
    if spec.scale:
        low, high = value_range(spec)
        if low < -_FULL_SCALE / 2 and high > _FULL_SCALE / 2:
            samples = samples * np.float32(_FULL_SCALE)
        elif low < -1.5 or high > 1.5 or low > -0.5 or high < 0.5:
            raise ValueError(
                f"the model takes values from {low:.4g} to {high:.4g}, which are no sound's: "
                "neither [-1, 1] nor 16 bits; save what it takes as .npy"
            )
    elif spec.dtype == "int16":  # as the operators that begin with a waveform take it
        loud = np.clip(samples * np.float32(_FULL_SCALE), -_FULL_SCALE, _FULL_SCALE - 1)
        samples = loud.astype(np.int16)
    elif not spec.dtype.startswith("float"):
        raise ValueError(
            f"the model takes {spec.dtype} without a scale, so that nobody knows what loud is; "
            "save what it takes as .npy"
        )
    return samples


def _samples(frames: bytes, width: int) -> Array:
    """Return PCM as float32 in [-1, 1)."""
    frames = frames[: len(frames) // width * width]
    if width == 1:  # the only one without a sign
        return (np.frombuffer(frames, np.uint8).astype(np.float32) - 128.0) / 128.0
    if width == 3:
        wide = np.zeros((len(frames) // 3, 4), np.uint8)
        wide[:, 1:] = np.frombuffer(frames, np.uint8).reshape(-1, 3)
        frames, width = wide.tobytes(), 4
    whole = np.frombuffer(frames, f"<i{width}").astype(np.float64)
    return (whole / 2.0 ** (8 * width - 1)).astype(np.float32)


def _stack(array: Array, spec: TensorSpec) -> list[Array]:
    """Return an array, or each of a stack of them, as input tensors."""
    single = (spec.shape, spec.shape[1:] if spec.shape[:1] == (1,) else spec.shape)
    if array.shape in single:
        parts = [array]
    elif array.shape[1:] in single:
        parts = list(array)
    else:
        raise ValueError(
            f"it has the shape {list(array.shape)}, and the model takes {list(spec.shape)}"
        )
    return [_element(part, spec).reshape(spec.shape) for part in parts]


def _element(values: Array, spec: TensorSpec) -> Array:
    if values.dtype == np.dtype(spec.dtype):
        return np.ascontiguousarray(values).astype(spec.dtype, copy=False)
    if values.dtype.kind != "f":
        raise ValueError(
            f"it holds {values.dtype}, and the model takes {spec.dtype}; save it as {spec.dtype}, "
            "or as float32 for real values"
        )
    if spec.scale == 0.0 and not spec.dtype.startswith("float"):
        raise ValueError(f"it holds {values.dtype}, and the model takes {spec.dtype} as it is")
    if not np.all(np.isfinite(values)):
        raise ValueError("some of its values are not finite")
    return quantized(values.astype(np.float32), spec)
