# SPDX-License-Identifier: MIT
"""Loading models and their manifests, preprocessing photos, predicting."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hil.errors import BadInputError
from hil.model.inputs.photo import photo_tensor
from hil.model.inputs.scaling import Scaling
from hil.model.interpreter import Kernels
from hil.model.manifest import Manifest, SplitManifest, sha256
from hil.model.model import Model
from hil.model.tflite.graph import TensorSpec
from hil.model.topk import top_k

ROOT = Path(__file__).parents[3]
TINY = ROOT / "models" / "tiny"
SCALING = Scaling((-1.0,), (1.0,), "by the manifest")
SAMPLES = sorted((TINY / "samples").glob("*.png"))


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Copy the tiny model's directory, to be damaged."""
    return Path(shutil.copytree(TINY, tmp_path / "copy"))


def _edit(directory: Path, **changes: object) -> None:
    path = directory / "manifest.json"
    tree = json.loads(path.read_text())
    tree.update(changes)
    path.write_text(json.dumps({key: value for key, value in tree.items() if value is not None}))


@pytest.mark.parametrize("kernels", list(Kernels))
def test_the_tiny_model_reads_its_sample_digits(tiny: Model, kernels: Kernels) -> None:
    assert len(SAMPLES) == 10
    read = [top_k(tiny.predict(tiny.preprocess(path), kernels), 1)[0][0] for path in SAMPLES]
    assert [tiny.labels[digit] for digit in read] == [path.stem for path in SAMPLES]


def test_the_float_model_reads_its_sample_digits(tiny: Model) -> None:
    read = [int(np.argmax(tiny.predict_float(path))) for path in SAMPLES]
    assert read == list(range(10))


def test_a_bare_file_loads_without_labels_and_with_a_default_cut(tiny: Model) -> None:
    bare = Model.load(TINY / "full_int8.tflite")
    assert (bare.name, bare.labels, bare.float32) == ("full_int8", (), None)
    assert bare.int8 == tiny.int8
    cut = bare.default_cut
    total = cut.head_macs + cut.tail_macs
    assert 0 < cut.head_macs <= 0.6 * total
    rivals = [c for c in bare.cuts if 0 < c.head_macs <= 0.6 * total]
    assert cut.bytes == min(c.bytes for c in rivals)
    with pytest.raises(BadInputError, match="no float32 version"):
        bare.predict_float(SAMPLES[0])


def test_a_split_can_be_asked_for_in_four_ways(tiny: Model) -> None:
    cut = tiny.default_cut
    ways = (None, cut, cut.index, cut.short_name)
    assert len({tiny.split(way).model_id for way in ways}) == 1


def test_a_changed_model_file_is_refused(copy: Path) -> None:
    path = copy / "full_int8.tflite"
    data = bytearray(path.read_bytes())
    data[-100] ^= 1
    path.write_bytes(data)
    with pytest.raises(BadInputError, match=r"full_int8\.tflite does not have the SHA-256"):
        Model.load(copy)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"default_cutt": "x"}, "unknown key 'default_cutt'"),
        ({"licence": None}, "lacks the key 'licence'"),
        ({"name": 7}, "name must be of type str"),
        ({"schema": "hil-model-2"}, "not a manifest"),
        ({"input_size": [48, 48]}, "list of 3 values"),
        ({"input_size": "48x48x3"}, "must be a JSON list"),
        ({"input_size": [48, 48, 1]}, r"states the input \[48, 48, 1\], but the model's"),
        ({"int8": {"name": "../x", "sha256": "0"}}, "must lie beside"),
        ({"int8": {"name": "gone", "sha256": "0"}}, "cannot be read"),
        ({"int8": "full_int8.tflite"}, "int8 must be a JSON object"),
        ({"preprocessing": {"resize": "lanczos"}}, "use nearest, bilinear or bicubic"),
        ({"preprocessing": {"low": 1.0}}, "only one of low and high"),
        ({"preprocessing": {"low": 1.0, "high": 1.0}}, "low must be below high"),
        ({"preprocessing": {"low": 0.0, "high": 1.0, "mean": [0.0], "std": [1.0]}}, "both a range"),
        ({"preprocessing": {"mean": [0.0, 1.0], "std": [1.0]}}, "has 2 values of mean"),
        ({"preprocessing": {"mean": [0.0], "std": [0.0]}}, "has std 0; numbers above 0"),
        ({"agreement": {"min_photos": 0}}, "min_photos = 0"),
        ({"agreement": {"xnnpack": {"top1": 1.5, "top5": 1.0}}}, "top1 = 1.5; give a share"),
        ({"agreement": {"xnnpack": {"top1": 1.0}}}, "lacks the key 'top5'"),
        ({"agreement": {"xnpack": {"top1": 1.0, "top5": 1.0}}}, "unknown key 'xnpack'"),
        ({"preprocessing": {"low": True}}, "low must be of type float"),
    ],
)
def test_a_wrong_manifest_is_refused(copy: Path, changes: dict[str, object], sentence: str) -> None:
    _edit(copy, **changes)
    with pytest.raises(BadInputError, match=sentence):
        Model.load(copy)


def test_a_manifest_that_is_not_json_is_refused(copy: Path) -> None:
    (copy / "manifest.json").write_text("{")
    with pytest.raises(BadInputError, match="not valid JSON"):
        Model.load(copy)


def test_an_unknown_default_cut_is_refused_when_it_is_needed(copy: Path) -> None:
    _edit(copy, default_cut="block_99")
    with pytest.raises(BadInputError, match="no tensor or operator 'block_99'"):
        Model.load(copy).split()


def test_labels_must_be_as_many_as_classes(copy: Path) -> None:
    _edit(copy, labels=None)
    assert Model.load(copy).labels == ()
    for data, sentence in ((b"zero\none\n", "2 labels for 10 classes"), (b"\xff", "not UTF-8")):
        (copy / "few.txt").write_bytes(data)
        _edit(copy, labels={"name": "few.txt", "sha256": sha256(data)})
        with pytest.raises(BadInputError, match=sentence):
            Model.load(copy)


def test_a_missing_model_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "x.tflite", tmp_path):
        with pytest.raises(BadInputError, match="cannot be read"):
            Model.load(path)


def test_a_manifest_survives_saving(tmp_path: Path) -> None:
    manifest = Manifest.load(TINY / "manifest.json")
    manifest.save(tmp_path / "m.json")
    assert Manifest.load(tmp_path / "m.json") == manifest
    with pytest.raises(BadInputError, match="hil-split-1"):
        SplitManifest.load(tmp_path / "m.json")


@pytest.mark.parametrize("name", ["tiny", "dogs19"])
def test_the_committed_manifests_name_the_licence_and_the_files(name: str) -> None:
    model = Model.load(ROOT / "models" / name)
    manifest = Manifest.load(ROOT / "models" / name / "manifest.json")
    assert (manifest.name, manifest.licence) == (name, "MIT")
    assert len(model.labels) == model.output.shape[-1]
    assert model.float32 is not None


def _photo(path: Path) -> Path:
    pixels = np.random.default_rng(1).integers(0, 256, (60, 90, 3)).astype(np.uint8)
    Image.fromarray(pixels).save(path)
    return path


def test_a_uint8_input_takes_pixels_as_they_are(tiny: Model, tmp_path: Path) -> None:
    path = _photo(tmp_path / "photo.png")
    x = tiny.preprocess(path)
    with Image.open(path) as image:
        expected = np.asarray(image.resize((48, 48), Image.Resampling.BILINEAR))
    assert (x.dtype, x.shape) == (np.uint8, (1, 48, 48, 3))
    np.testing.assert_array_equal(x[0], expected)
    with Image.open(path) as image:
        np.testing.assert_array_equal(tiny.preprocess(image), x)
        np.testing.assert_array_equal(tiny.preprocess(np.asarray(image)), x)


def test_a_float_input_is_scaled_and_an_int8_input_quantized_from_that() -> None:
    pixels = np.arange(256, dtype=np.uint8).reshape(16, 16)
    floats = photo_tensor(pixels, TensorSpec("", (1, 16, 16, 1), "float32", 0, 0), SCALING)
    np.testing.assert_allclose(floats.ravel(), np.arange(256) / 127.5 - 1.0, atol=1e-6)
    spec = TensorSpec("", (1, 16, 16, 1), "int8", 0.0078125, -1)
    quantized = photo_tensor(pixels, spec, SCALING)
    assert quantized.dtype == np.int8
    restored = (quantized.astype(np.float64) - spec.zero_point) * spec.scale
    in_range = np.abs(floats) <= 127 * spec.scale
    assert np.max(np.abs(restored - floats)[in_range]) <= spec.scale / 2 + 1e-6
    assert quantized.max() == 127


def test_what_is_not_a_photo_is_refused_by_name(tiny: Model, tmp_path: Path) -> None:
    text = tmp_path / "notes.jpg"
    text.write_text("not a photo")
    cut_off = tmp_path / "cut_off.png"
    cut_off.write_bytes(_photo(tmp_path / "whole.png").read_bytes()[:200])
    for path in (text, cut_off, tmp_path / "absent.png", tmp_path):
        with pytest.raises(BadInputError, match=path.name):
            tiny.preprocess(path)
    with pytest.raises(BadInputError, match=r"float64 \[4, 4, 3\] are not a photo"):
        tiny.preprocess(np.zeros((4, 4, 3)))


def test_an_input_of_another_shape_or_type_is_refused(tiny: Model) -> None:
    with pytest.raises(BadInputError, match=r"takes uint8 \[1, 48, 48, 3\], but was given int8"):
        tiny.predict(np.zeros((1, 48, 48, 3), np.int8))
    with pytest.raises(BadInputError, match=r"but was given uint8 \[48, 48, 3\]"):
        tiny.predict(np.zeros((48, 48, 3), np.uint8))


def test_a_result_is_not_overwritten_by_the_next_run(tiny: Model) -> None:
    first = tiny.predict(tiny.preprocess(SAMPLES[0]))
    kept = first.copy()
    tiny.predict(tiny.preprocess(SAMPLES[1]))
    np.testing.assert_array_equal(first, kept)


def test_importing_the_package_loads_neither_numpy_nor_an_interpreter() -> None:
    code = "import sys, hil.model, hil.model.manifest; print('numpy' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.stdout == "False\n"
