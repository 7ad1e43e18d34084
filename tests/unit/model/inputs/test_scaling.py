# SPDX-License-Identifier: MIT
"""What a photo's pixels stand for: as asked, by manifest, by metadata, by quantization."""

import io
import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import flatbuffers
import numpy as np
import pytest

from hil.errors import BadInputError
from hil.model.inputs.photos import default_photos
from hil.model.inputs.preprocessing import Preprocessing, parse_range
from hil.model.inputs.scaling import find_scaling, quantized
from hil.model.metadata import Metadata, read_metadata
from hil.model.model import Model
from hil.model.tflite.graph import TensorSpec

ROOT = Path(__file__).parents[4]
CIFAR = ROOT / "tests" / "models" / "mlperf_ic_int8.tflite"


def spec(dtype: str, scale: float, zero_point: int, channels: int = 3) -> TensorSpec:
    return TensorSpec("input", (1, 2, 2, channels), dtype, scale, zero_point)


@pytest.mark.parametrize(
    ("dtype", "scale", "zero_point", "low", "high"),
    [
        ("int8", 1.0, -128, 0, 255),
        ("uint8", 1.0, 0, 0, 255),
        ("int8", 1 / 255, -128, 0, 1),
        ("uint8", 0.003921568859368563, 0, 0, 1),
        ("int8", 1 / 127.5, 0, -1, 1),
        ("int8", 0.0078125, 0, -1, 1),
        ("int8", 0.007843137718737125, -1, -1, 1),
        ("uint8", 0.007843137718737125, 127, -1, 1),
        ("uint8", 0.0078125, 128, -1, 1),
        ("int16", 1 / 32768, 0, -1, 1),
    ],
)
def test_a_quantization_that_fits_a_usual_range_says_it(
    dtype: str, scale: float, zero_point: int, low: float, high: float
) -> None:
    scaling = find_scaling(spec(dtype, scale, zero_point), Preprocessing(), Metadata())
    assert (scaling.low, scaling.high) == ((low,), (high,))
    assert f"scaled to [{low}, {high}] as the input's quantization says" in str(scaling)


@pytest.mark.parametrize(
    ("dtype", "scale", "zero_point"),
    [
        ("int8", 0.5847029089927673, 83),  # features of speech
        ("int8", 1.0, 0),  # pixels less 128, or anything
        ("int8", 0.0186, -14),  # normalized by ImageNet's means
        ("uint8", 0.5, 0),
        ("int8", 1 / 127.5, -128),  # 0..2
        ("float32", 0.0, 0),
    ],
)
def test_any_other_input_asks_for_the_range(dtype: str, scale: float, zero_point: int) -> None:
    with pytest.raises(BadInputError, match=r"say by --range LOW,HIGH .*or by a manifest"):
        find_scaling(spec(dtype, scale, zero_point), Preprocessing(), Metadata())


def test_who_is_nearer_to_the_user_goes_first() -> None:
    int8 = spec("int8", 1 / 255, -128)
    metadata = Metadata((127.5,), (127.5,))
    manifest = Preprocessing(low=0.0, high=2.0)
    normalized = Preprocessing(mean=(0.0, 51.0, 255.0), std=(51.0,))
    found = [
        find_scaling(int8, manifest, metadata, (-3.0, 3.0)),
        find_scaling(int8, manifest, metadata),
        find_scaling(int8, normalized, metadata),
        find_scaling(int8, Preprocessing(), metadata),
        find_scaling(int8, Preprocessing(), Metadata()),
    ]
    assert [(each.low, each.high) for each in found] == [
        ((-3.0,), (3.0,)),
        ((0.0,), (2.0,)),
        ((0.0, -1.0, -5.0), (5.0, 4.0, 0.0)),
        ((-1.0,), (1.0,)),
        ((0.0,), (1.0,)),
    ]
    assert str(found[0]).endswith("as --range asks")
    assert str(found[2]).startswith("photos scaled to [0, 5] [-1, 4] [-5, 0] by the manifest")
    with pytest.raises(BadInputError, match="has 1 channels, and 3 means"):
        find_scaling(spec("int8", 1.0, 0, 1), normalized, Metadata())


def test_channels_are_scaled_each_by_its_own() -> None:
    scaling = find_scaling(
        spec("float32", 0.0, 0), Preprocessing(mean=(0.0, 51.0, 255.0), std=(51.0,)), Metadata()
    )
    pixels = np.array([0, 255] * 6, np.uint8).reshape(1, 2, 2, 3)
    expected = (pixels - np.array([0.0, 51.0, 255.0])) / 51.0
    np.testing.assert_allclose(scaling.tensor(pixels, spec("float32", 0.0, 0)), expected, atol=1e-5)


@pytest.mark.parametrize(("scale", "zero_point"), [(1.0, 0), (1 / 255, 0), (1 / 127.5, 127)])
def test_a_uint8_input_takes_pixels_as_they_are_where_its_range_is_theirs(
    scale: float, zero_point: int
) -> None:
    uint8 = spec("uint8", scale, zero_point)
    pixels = np.arange(12, dtype=np.uint8).reshape(1, 2, 2, 3) * 23
    scaling = find_scaling(uint8, Preprocessing(), Metadata())
    np.testing.assert_array_equal(scaling.tensor(pixels, uint8), pixels)
    halved = find_scaling(uint8, Preprocessing(), Metadata(), (0.0, 127.5 * scale))
    if zero_point == 0:
        np.testing.assert_allclose(halved.tensor(pixels, uint8), pixels / 2, atol=0.51)


def test_every_pixel_reaches_an_int8_input_that_is_made_for_pixels() -> None:
    int8 = spec("int8", 1.0, -128)
    scaling = find_scaling(int8, Preprocessing(), Metadata())
    pixels = np.arange(256, dtype=np.uint8)
    np.testing.assert_array_equal(scaling.tensor(pixels, int8), pixels.astype(int) - 128)


def test_values_beyond_the_range_end_at_it() -> None:
    values = np.array([-9.0, 0.1, 9.0], np.float32)
    assert quantized(values, spec("int8", 1 / 127.5, 0)).tolist() == [-128, 13, 127]


@pytest.mark.parametrize(
    ("photo", "class_id", "score"), [("cat_chelsea", 3, 0.996), ("horses_nokota", 7, 0.980)]
)
def test_a_model_of_others_sees_what_photos_show(photo: str, class_id: int, score: float) -> None:
    model = Model.load(CIFAR)
    output = model.predict(model.preprocess(default_photos() / f"{photo}.jpg"))
    probabilities = (output.reshape(-1).astype(float) + 128) / 256
    assert probabilities.argmax() == class_id
    assert probabilities[class_id] == pytest.approx(score, abs=0.001)


@pytest.mark.parametrize("text", ["", "1", "1,2,3", "a,b", "1,1", "2,1", "nan,1", "0,inf"])
def test_a_range_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(BadInputError, match="--range"):
        parse_range(text, "--range")


def test_a_range_goes_before_the_manifest(tiny: Model) -> None:
    asked = Model.load(ROOT / "models" / "tiny", value_range=parse_range("0,1", "--range"))
    assert (asked.scaling.low, tiny.scaling.low) == ((0.0,), (-1.0,))


def test_a_manifest_without_a_range_leaves_it_to_the_model(tmp_path: Path) -> None:
    copy = Path(shutil.copytree(ROOT / "models" / "tiny", tmp_path / "copy"))
    tree = json.loads((copy / "manifest.json").read_text())
    tree["preprocessing"] = {"resize": "nearest"}
    (copy / "manifest.json").write_text(json.dumps(tree))
    model = Model.load(copy)
    assert "[-1, 1] as the input's quantization says" in str(model.scaling)
    assert model.preprocessing.resize == "nearest"


def metadata(
    mean: list[float], std: list[float], labels: str | None, kind: int = 1, extra: bool = False
) -> bytes:
    """Write TFLite metadata as tflite-support does, with one input and one output."""
    builder = flatbuffers.Builder(1024)

    def vector(offsets: list[int]) -> int:
        builder.StartVector(4, len(offsets), 4)
        for each in reversed(offsets):
            builder.PrependUOffsetTRelative(each)
        return int(builder.EndVector())

    def table(slots: int, fields: dict[int, int], bytes_: dict[int, int] | None = None) -> int:
        builder.StartObject(slots)
        for slot, offset in fields.items():
            builder.PrependUOffsetTRelativeSlot(slot, offset, 0)
        for slot, value in (bytes_ or {}).items():
            builder.PrependInt8Slot(slot, value, 0)
        return int(builder.EndObject())

    options = table(
        2,
        {
            slot: builder.CreateNumpyVector(np.array(values, np.float32))
            for slot, values in enumerate((mean, std))
        },
    )
    unit = table(2, {1: options}, {0: kind})
    source = table(7, {0: builder.CreateString("image"), 4: vector([unit])})
    files = {}
    if labels is not None:
        name = builder.CreateString(labels)
        files = {6: vector([table(5, {0: name}, {2: 2})])}
    result = table(7, files)
    inputs, outputs = vector([source]), vector([result])
    subgraph = table(12 if extra else 4, {2: inputs, 3: outputs, **({11: inputs} if extra else {})})
    author = builder.CreateString("somebody")
    subgraphs = vector([subgraph])
    builder.Finish(table(8, {3: subgraphs, 4: author}), b"M001")
    return bytes(builder.Output())


def with_metadata(
    altered: Callable[[Callable[[Any], None]], bytes], content: bytes, files: dict[str, str]
) -> bytes:
    from hil.model.tflite import schema

    def change(tree: Any) -> None:
        module = schema.load()
        buffer, entry = module.BufferT(), module.MetadataT()
        buffer.data = np.frombuffer(content, np.uint8)
        entry.name, entry.buffer = "TFLITE_METADATA", len(tree.buffers)
        tree.buffers.append(buffer)
        tree.metadata = [entry]

    model = io.BytesIO(altered(change))
    if files:
        with zipfile.ZipFile(model, "a") as archive:
            for name, text in files.items():
                archive.writestr(name, text)
    return model.getvalue()


DIGITS = "".join(f"digit {number}\n" for number in range(10))


@pytest.mark.parametrize("extra", [False, True])
def test_normalization_and_labels_inside_the_flatbuffer_are_read(
    altered: Any, tmp_path: Path, extra: bool
) -> None:
    content = metadata([127.5], [63.75], "labels.txt", extra=extra)
    path = tmp_path / "model.tflite"
    path.write_bytes(with_metadata(altered, content, {"labels.txt": DIGITS}))
    model = Model.load(path)
    assert model.labels[3] == "digit 3"
    assert (model.scaling.low, model.scaling.high) == ((-2.0,), (2.0,))
    assert str(model.scaling).endswith("by the model's metadata")
    assert model.warnings == ()


@pytest.mark.parametrize(
    ("content", "files", "reason"),
    [
        (metadata([0.0], [0.0], None), {}, "its normalization has std 0"),
        (metadata([0.0, 1.0], [1.0], None), {}, "its normalization has 2 values of mean"),
        (metadata([0.0], [1.0], "labels.txt"), {}, "'labels.txt' cannot be read"),
        (metadata([0.0], [1.0], "labels.txt"), {"other.txt": ""}, "'labels.txt' cannot be read"),
        (metadata([0.0], [1.0], "labels.txt"), {"labels.txt": "a\nb"}, "has 2 for 10 classes"),
        (metadata([0.0], [1.0], "x")[:40], {}, "its metadata is damaged"),
        (b"M001M001", {}, "its metadata is damaged"),
        (b"", {}, "it has no M001 identifier"),
        (metadata([1.0], [2.0], None, kind=3), {}, ""),  # another unit of processing
    ],
)
def test_metadata_that_cannot_be_used_is_left_out_and_told(
    altered: Any, content: bytes, files: dict[str, str], reason: str
) -> None:
    found = read_metadata(with_metadata(altered, content, files), (1, 10))
    assert reason in found.unread
    assert bool(found.unread) == bool(reason)
    assert not found.labels


def test_a_file_of_labels_that_unpacks_to_too_much_is_left_out(altered: Any) -> None:
    content = metadata([0.0], [1.0], "labels.txt")
    found = read_metadata(with_metadata(altered, content, {"labels.txt": "a" * (2 << 20)}), (1, 10))
    assert "too large" in found.unread


PACKINGS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)


@pytest.mark.parametrize("packing", PACKINGS)
def test_labels_damaged_at_any_byte_are_read_or_left_out(altered: Any, packing: int) -> None:
    model = with_metadata(altered, metadata([0.0], [1.0], "labels.txt"), {})
    packed = io.BytesIO(model)
    with zipfile.ZipFile(packed, "a", packing) as archive:
        archive.writestr("labels.txt", DIGITS)
    whole = packed.getvalue()
    for at in range(len(model), len(whole)):
        damaged = whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :]
        found = read_metadata(damaged, (1, 10))
        assert found.unread or len(found.labels) == 10


def test_a_model_without_metadata_says_nothing(tiny: Model) -> None:
    assert read_metadata(tiny.int8, (1, 10)) == Metadata()
