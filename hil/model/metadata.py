# SPDX-License-Identifier: MIT
"""What a ``.tflite`` file says about itself: normalization and labels, in TFLite's own metadata.

A buffer of the model named ``TFLITE_METADATA`` holds a flatbuffer of its own ("M001"), and the
files that it names are in a zip archive behind the model. Field names and slot order are those of
tflite-support's ``metadata_schema.fbs``. All of it is optional, so what cannot be understood is
left out and said, and the model used without it.
"""

import io
import zipfile
from dataclasses import dataclass
from typing import Any

from hil.host.files.zips import DAMAGE
from hil.model.inputs.preprocessing import normalization_fault
from hil.model.tflite.flatbuffer import (
    DamagedError,
    Field,
    Layout,
    Reader,
    Scalar,
    Skipped,
    String,
    Tables,
    Union,
    UnsupportedError,
    Vector,
)
from hil.model.tflite.layout import TFLITE

_NAME = "TFLITE_METADATA"
_IDENTIFIER = b"M001"
_NORMALIZATION = 1
_AXIS_LABELS = 2
_LABELS_BYTES = 1 << 20


def _skipped(count: int) -> tuple[tuple[str, Field], ...]:
    return tuple((f"skipped_{number}", Skipped()) for number in range(count))


_MODEL: Layout = {
    "Model": tuple(
        (name, field if name in ("buffers", "metadata") else Skipped())
        for name, field in TFLITE["Model"]
    ),
    "Buffer": TFLITE["Buffer"],
    "Metadata": TFLITE["Metadata"],
}

_METADATA: Layout = {
    "ModelMetadata": (*_skipped(3), ("subgraphs", Tables("SubGraphMetadata"))),
    "SubGraphMetadata": (
        *_skipped(2),
        ("inputs", Tables("TensorMetadata")),
        ("outputs", Tables("TensorMetadata")),
    ),
    "TensorMetadata": (
        *_skipped(4),
        ("process_units", Tables("ProcessUnit")),
        ("stats", Skipped()),
        ("files", Tables("AssociatedFile")),
    ),
    "ProcessUnit": (
        ("options_type", Scalar("B")),
        (
            "options",
            Union(
                "options_type",
                {_NORMALIZATION: "NormalizationOptions"},
            ),
        ),
    ),
    "NormalizationOptions": (("mean", Vector("<f4")), ("std", Vector("<f4"))),
    "AssociatedFile": (
        ("name", String()),
        ("description", Skipped()),
        ("type", Scalar("b")),
    ),
}


@dataclass(frozen=True)
class Metadata:
    """What a model says about itself.

    Attributes:
        mean: of its input's pixels, for all channels or for each; empty if it does not say.
        std: likewise: a pixel stands for (pixel - mean) / std.
        labels: names of its classes, in class order; empty if it does not say.
        unread: why some of it was left out, as half a sentence; empty if nothing was.
    """

    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()
    labels: tuple[str, ...] = ()
    unread: str = ""


def read_metadata(model: bytes, output: tuple[int, ...]) -> Metadata:
    """Read the metadata of a verified model.

    Args:
        model: the bytes of a ``.tflite`` file.
        output: shape of its output, whose last dimension its labels have to be.
    """
    try:
        buffer = _buffer(model)
        if buffer is None:
            return Metadata()
        if buffer[4:8] != _IDENTIFIER:
            raise DamagedError("it has no M001 identifier")
        tree = Reader(buffer, _METADATA).root("ModelMetadata")
    except (DamagedError, UnsupportedError) as error:
        return Metadata(unread=f"its metadata is damaged: {error}")
    subgraph = _first(tree["subgraphs"])
    source, result = _first(subgraph.get("inputs")), _first(subgraph.get("outputs"))
    mean, std = _normalization(source)
    labels, unread = _labels(model, result, output[-1] if output else 1)
    if mean and (fault := normalization_fault(mean, std)):
        mean, std, unread = (), (), f"its normalization {fault}"
    return Metadata(mean, std, labels, unread)


def _buffer(model: bytes) -> bytes | None:
    root = Reader(model, _MODEL).root("Model")
    for entry in root["metadata"] or ():
        if entry["name"] == _NAME and entry["buffer"] < len(root["buffers"]):
            data = root["buffers"][entry["buffer"]]["data"]
            return None if data is None else data.tobytes()
    return None


def _first(tables: list[dict[str, Any]] | None) -> dict[str, Any]:
    return tables[0] if tables else {}


def _normalization(tensor: dict[str, Any]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    for unit in tensor.get("process_units") or ():
        if unit["options_type"] == _NORMALIZATION and unit["options"] is not None:
            options = unit["options"]
            mean, std = (options[key] for key in ("mean", "std"))
            if mean is not None and std is not None:
                return tuple(map(float, mean)), tuple(map(float, std))
    return (), ()


def _labels(model: bytes, tensor: dict[str, Any], classes: int) -> tuple[tuple[str, ...], str]:
    """Return the labels of the output's classes, and why there are none though a file is named."""
    names = [
        each["name"] or "" for each in tensor.get("files") or () if each["type"] == _AXIS_LABELS
    ]
    if not names:
        return (), ""
    try:
        with zipfile.ZipFile(io.BytesIO(model)) as archive:
            if archive.getinfo(names[0]).file_size > _LABELS_BYTES:
                raise ValueError("it is too large")
            labels = tuple(archive.read(names[0]).decode("utf-8").splitlines())
    except DAMAGE as error:
        return (), f"its file of labels {names[0]!r} cannot be read ({error})"
    if len(labels) != classes:
        return (), f"its file of labels {names[0]!r} has {len(labels)} for {classes} classes"
    return labels, ""
