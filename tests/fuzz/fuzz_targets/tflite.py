# SPDX-License-Identifier: MIT
"""The verifier of models (hil/model/tflite) and their metadata, with the zip behind it."""

import io
import zipfile
from collections.abc import Iterator

from fuzz_targets import ROOT
from hil.errors import BadInputError
from hil.model.metadata import read_metadata
from hil.model.tflite.verify import verify


def run(data: bytes) -> None:
    try:
        graph = verify(data)
    except BadInputError:
        return
    shape = graph.tensors[graph.outputs[0]].shape
    read_metadata(data, shape)


def seeds() -> Iterator[bytes]:
    for each in sorted((ROOT / "models" / "tiny").glob("*.tflite")):
        yield each.read_bytes()
    sample = ROOT / "tests" / "unit" / "model"
    for each in sorted(sample.rglob("*.tflite")):
        if each.stat().st_size < 1 << 16:
            yield each.read_bytes()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("labels.txt", "a\nb\n")
    yield (ROOT / "models" / "tiny" / "full_int8.tflite").read_bytes() + packed.getvalue()
