# SPDX-License-Identifier: MIT
"""A model's metadata and the zip archive behind it (hil/model/metadata.py)."""

import io
import zipfile
from collections.abc import Iterator

import flatbuffers

from fuzz_targets.choices import Choices
from hil.model.metadata import Metadata, read_metadata


def run(data: bytes) -> None:
    """First the metadata's flatbuffer behind its length, then what stands behind the model."""
    choices = Choices(data)
    buffer = choices.piece(2000)
    found = read_metadata(_model(buffer) + choices.rest(), (1, 2))
    assert isinstance(found, Metadata)
    assert len(found.labels) in (0, 2)


def _vector(builder: flatbuffers.Builder, offsets: list[int]) -> int:
    builder.StartVector(4, len(offsets), 4)
    for each in reversed(offsets):
        builder.PrependUOffsetTRelative(each)
    return int(builder.EndVector())


def _table(builder: flatbuffers.Builder, fields: dict[int, int], numbers: dict[int, int]) -> int:
    builder.StartObject(12)
    for slot, offset in fields.items():
        builder.PrependUOffsetTRelativeSlot(slot, offset, 0)
    for slot, number in numbers.items():
        builder.PrependInt8Slot(slot, number, 0)
    return int(builder.EndObject())


def _model(metadata: bytes) -> bytes:
    """Return the parts of a model that name its metadata, and nothing else."""
    builder = flatbuffers.Builder(256)
    buffer = _table(builder, {0: builder.CreateByteVector(metadata)}, {})
    entry = _table(builder, {0: builder.CreateString("TFLITE_METADATA")}, {})
    buffers, entries = _vector(builder, [buffer]), _vector(builder, [entry])
    builder.Finish(_table(builder, {4: buffers, 6: entries}, {}), b"TFL3")
    return bytes(builder.Output())


def _metadata(labels: str) -> bytes:
    builder = flatbuffers.Builder(256)
    numbers = []
    for _ in range(2):
        builder.StartVector(4, 1, 4)
        builder.PrependFloat32(127.5)
        numbers.append(int(builder.EndVector()))
    options = _table(builder, dict(enumerate(numbers)), {})
    unit = _table(builder, {1: options}, {0: 1})
    source = _table(builder, {4: _vector(builder, [unit])}, {})
    file = _table(builder, {0: builder.CreateString(labels)}, {2: 2})
    result = _table(builder, {6: _vector(builder, [file])}, {})
    inputs, outputs = _vector(builder, [source]), _vector(builder, [result])
    subgraph = _table(builder, {2: inputs, 3: outputs}, {})
    builder.Finish(_table(builder, {3: _vector(builder, [subgraph])}, {}), b"M001")
    return bytes(builder.Output())


def seeds() -> Iterator[bytes]:
    content = _metadata("l")
    lead = len(content).to_bytes(2, "little") + content
    yield lead
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", method) as archive:
            archive.writestr("l", "a\nb\n")
        yield lead + packed.getvalue()
