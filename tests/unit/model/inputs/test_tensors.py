# SPDX-License-Identifier: MIT
"""Inputs that are no photos: arrays, bytes and sound, and what is none of them."""

import contextlib
import dataclasses
import hashlib
import io
import os
import wave
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hil.errors import BadInputError
from hil.model.inputs.tensors import load_inputs
from hil.model.model import Model
from hil.model.tflite.graph import TensorSpec

FEATURES = TensorSpec("input", (1, 4, 3, 1), "int8", 0.5, 10)
FLOATS = TensorSpec("input", (1, 12), "float32", 0.0, 0)
WAVEFORM = TensorSpec("input", (1, 8), "int8", 1 / 127.5, 0)
PCM = TensorSpec("input", (1, 8, 1), "int16", 1.0, 0)
COUNT = np.arange(12, dtype=np.int8)


def write(path: Path, array: Any) -> Path:
    np.save(path, array)
    return path


def pcm(path: Path, samples: list[int], width: int = 2, channels: int = 1) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(16_000)
        sign = width > 1
        file.writeframes(b"".join(each.to_bytes(width, "little", signed=sign) for each in samples))
    return path


@pytest.mark.parametrize("shape", [(1, 4, 3, 1), (4, 3, 1)])
@pytest.mark.parametrize("order", ["C", "F"])
def test_an_array_of_the_inputs_type_is_taken_as_it_is(
    tmp_path: Path, shape: tuple[int, ...], order: Any
) -> None:
    values = np.asarray(COUNT.reshape(shape), order=order)
    (found,) = load_inputs(write(tmp_path / "a.npy", values), FEATURES)
    assert (found.name, found.label, found.class_id) == ("a.npy", None, None)
    assert (found.tensor.shape, found.tensor.dtype) == (FEATURES.shape, np.int8)
    np.testing.assert_array_equal(found.tensor.ravel(), COUNT)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", ">f4"])
def test_real_values_are_quantized_as_the_input_is(tmp_path: Path, dtype: str) -> None:
    values = np.linspace(-100, 100, 12).reshape(4, 3, 1).astype(dtype)
    (found,) = load_inputs(write(tmp_path / "a.npy", values), FEATURES)
    expected = np.clip(np.round(values.astype(np.float32) / 0.5) + 10, -128, 127)
    np.testing.assert_array_equal(found.tensor[0], expected)
    (plain,) = load_inputs(write(tmp_path / "b.npy", values.reshape(1, 12)), FLOATS)
    np.testing.assert_array_equal(plain.tensor.ravel(), values.ravel().astype(np.float32))
    assert plain.tensor.dtype == np.float32


def test_a_stack_is_as_many_inputs(tmp_path: Path) -> None:
    stack = np.stack([COUNT, COUNT + 1, COUNT + 2]).reshape(3, 4, 3, 1)
    inputs = load_inputs(write(tmp_path / "a.npy", stack), FEATURES)
    assert [each.name for each in inputs] == ["a.npy[0]", "a.npy[1]", "a.npy[2]"]
    assert [int(each.tensor.ravel()[0]) for each in inputs] == [0, 1, 2]
    (tmp_path / "a.bin").write_bytes(stack.tobytes())
    raw = load_inputs(tmp_path / "a.bin", FEATURES)
    for left, right in zip(inputs, raw, strict=True):
        np.testing.assert_array_equal(left.tensor, right.tensor)


def test_an_archive_has_one_array_or_inputs_with_their_classes(tmp_path: Path) -> None:
    stack = np.stack([COUNT, COUNT]).reshape(2, 4, 3, 1)
    np.savez(tmp_path / "one.npz", stack)
    np.savez_compressed(tmp_path / "two.npz", x=stack, y=np.array([7, 2]))
    assert [each.class_id for each in load_inputs(tmp_path / "one.npz", FEATURES)] == [None, None]
    assert [each.class_id for each in load_inputs(tmp_path / "two.npz", FEATURES)] == [7, 2]


def test_directories_label_inputs_as_they_do_photos(tmp_path: Path) -> None:
    for name in ("yes/1.npy", "yes/2.bin", "no/1.npy"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        if name.endswith("npy"):
            write(tmp_path / name, COUNT.reshape(4, 3, 1))
        else:
            (tmp_path / name).write_bytes(COUNT.tobytes())
    (tmp_path / "yes" / "notes.txt").write_text("")
    assert [(each.name, each.label) for each in load_inputs(tmp_path, FEATURES)] == [
        ("no/1.npy", "no"),
        ("yes/1.npy", "yes"),
        ("yes/2.bin", "yes"),
    ]
    digest = hashlib.sha256((tmp_path / "yes" / "2.bin").read_bytes()).hexdigest()
    (tmp_path / "index.csv").write_text(f"file,sha256,label,class_id\nyes/2.bin,{digest},up,3\n")
    (listed,) = load_inputs(tmp_path, FEATURES)
    assert (listed.label, listed.class_id) == ("up", 3)


@pytest.mark.parametrize(("width", "most"), [(1, 255), (2, 32767), (3, 2**23 - 1), (4, 2**31 - 1)])
def test_sound_is_real_values_whatever_its_width(tmp_path: Path, width: int, most: int) -> None:
    middle = 128 if width == 1 else 0
    least = 0 if width == 1 else -most - 1
    path = pcm(tmp_path / "a.wav", [middle, most, least, middle] * 2, width)
    (found,) = load_inputs(path, TensorSpec("input", (1, 8), "float32", 0.0, 0))
    np.testing.assert_allclose(found.tensor[0, :4], [0, 1, -1, 0], atol=0.008)
    (quantized,) = load_inputs(path, WAVEFORM)
    np.testing.assert_allclose(quantized.tensor.ravel()[:4], [0, 127, -128, 0], atol=1)


@pytest.mark.parametrize("spec", [PCM, dataclasses.replace(PCM, scale=0.0)])
def test_a_model_of_16_bit_sound_gets_the_samples_themselves(
    tmp_path: Path, spec: TensorSpec
) -> None:
    samples = [0, 1, -1, 32767, -32768, 5, 6, 7]
    (found,) = load_inputs(pcm(tmp_path / "a.wav", samples), spec)
    assert found.tensor.ravel().tolist() == samples
    (wide,) = load_inputs(pcm(tmp_path / "b.wav", [2**31 - 1, -(2**31), 65536, 0] * 2, 4), spec)
    assert wide.tensor.ravel()[:4].tolist() == [32767, -32768, 1, 0]


def test_sound_for_integers_without_a_scale_is_refused(tmp_path: Path) -> None:
    spec = dataclasses.replace(WAVEFORM, scale=0.0)
    with pytest.raises(BadInputError, match="nobody knows what loud is"):
        load_inputs(pcm(tmp_path / "a.wav", [0] * 8), spec)


def test_short_sound_ends_in_silence_and_long_sound_is_several_inputs(tmp_path: Path) -> None:
    (short,) = load_inputs(pcm(tmp_path / "a.wav", [1] * 3), PCM)
    assert short.tensor.ravel().tolist() == [1, 1, 1, 0, 0, 0, 0, 0]
    both = load_inputs(pcm(tmp_path / "b.wav", list(range(20))), PCM)
    assert [each.name for each in both] == ["b.wav[0]", "b.wav[1]"]
    assert both[1].tensor.ravel().tolist() == list(range(8, 16))


def header(shape: str, descr: str = "'|i1'", extra: bytes = b"") -> bytes:
    text = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}".encode()
    text = text.ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + extra


def encrypted(name: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(name, header("(12,)", extra=COUNT.tobytes()))
    data = bytearray(file.getvalue())
    data[data.index(b"PK\x01\x02") + 8] |= 1
    data[6] |= 1
    return bytes(data)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.npy", b"", "it is no .npy file"),
        ("a.npy", b"\x93NUMPY\x01\x00", "cannot be used"),
        ("a.npy", header("(12,)"), "says that it has the shape"),
        ("a.npy", header("(99999999999999999,)"), "says that it has the shape"),
        ("a.npy", header("(0,)"), "says that it has the shape"),
        (
            "a.npy",
            header("(4, 3)", extra=COUNT.tobytes()),
            r"has the shape \[4, 3\], and the model",
        ),
        ("a.npy", header("(1,)", "'|O'", b"12345678"), r"it holds \|O, not numbers"),
        ("a.npy", header("(1,)", "'<U2'", b"12345678"), "not numbers"),
        ("a.npy", header("(1,)", "((((((((((("), "its header is damaged"),
        ("a.npy", header("(1, True)", "'|i1'", b"1"), "its header is damaged"),
        ("a.npy", header("{'a': 1}"), "its header is damaged"),
        ("a.npy", b"\x93NUMPY\x02\x00\xff\xff\x00\x00", "its header is too long"),
        ("a.npy", header("(4, 3, 1)", "'<i4'", bytes(48)), "it holds int32, and the model takes"),
        ("a.npy", header("(4, 3, 1)", "'<f4'", b"\xff" * 48), "not finite"),
        ("a.npz", b"PK\x05\x06", "cannot be used"),
        ("a.npz", b"PK\x05\x06" + bytes(18), "it is empty"),
        ("a.npz", encrypted("x.npy"), "it is encrypted"),
        ("a.bin", b"12345", "it has 5 bytes, and an input 12"),
        ("a.bin", b"", "it has 0 bytes"),
        ("a.wav", b"RIFF", "cannot be used"),
        ("a.wav", b"RIFF\xff\xff\xff\xffWAVEfmt ", "cannot be used"),
        ("a.wav", b"RIFF\x14\0\0\0WAVEjunk\xff\0\0\0" + bytes(8), "it ends too early"),
        ("a.jpg", b"", "no input that hil can read"),
    ],
)
def test_what_is_no_input_is_refused_in_one_sentence(
    tmp_path: Path, name: str, content: bytes, reason: str
) -> None:
    (tmp_path / name).write_bytes(content)
    spec = WAVEFORM if name.endswith("wav") else FEATURES
    with pytest.raises(BadInputError, match=reason) as caught:
        load_inputs(tmp_path / name, spec)
    assert name in str(caught.value)
    assert "\n" not in str(caught.value)


PACKINGS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)


@pytest.mark.parametrize("packing", PACKINGS)
def test_an_archive_damaged_at_any_byte_is_read_or_refused(tmp_path: Path, packing: int) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", packing) as archive:
        archive.writestr("x.npy", header("(4, 3, 1)", "'|i1'", bytes(12)))
    whole = packed.getvalue()
    for at in range(len(whole)):
        (tmp_path / "a.npz").write_bytes(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])
        with contextlib.suppress(BadInputError):
            load_inputs(tmp_path / "a.npz", FEATURES)


def test_archives_of_something_else_and_wrong_classes_are_refused(tmp_path: Path) -> None:
    x = COUNT.reshape(1, 4, 3, 1)
    for arrays, reason in (
        ({"a": x, "b": x}, "it holds a, b; give one array, or x and y"),
        ({"x": x, "y": np.array([1, 2])}, "not one class id for each of 1 inputs"),
        ({"x": x, "y": np.array([1.0])}, "not one class id"),
    ):
        np.savez(tmp_path / "a.npz", **arrays)
        with pytest.raises(BadInputError, match=reason):
            load_inputs(tmp_path / "a.npz", FEATURES)


def test_sound_for_a_model_that_takes_none_is_refused(tmp_path: Path) -> None:
    path = pcm(tmp_path / "a.wav", [0] * 24)
    with pytest.raises(BadInputError, match=r"takes \[1, 4, 3, 1\], which is no waveform"):
        load_inputs(path, FEATURES)
    odd = TensorSpec("input", (1, 12), "int8", 0.5, 10)
    with pytest.raises(BadInputError, match="which are no sound"):
        load_inputs(path, odd)
    with pytest.raises(BadInputError, match="2 channels; save it as mono"):
        load_inputs(pcm(tmp_path / "b.wav", [0] * 24, channels=2), WAVEFORM)
    with pytest.raises(BadInputError, match="no samples"):
        load_inputs(pcm(tmp_path / "c.wav", []), WAVEFORM)


@pytest.mark.parametrize("bits", [0, 40, 64, 0xC210, 0xFFF8])
def test_sound_whose_samples_are_no_pcm_is_refused(bits: int, tmp_path: Path) -> None:
    path = pcm(tmp_path / "a.wav", [0] * 24)
    data = bytearray(path.read_bytes())
    data[34:36] = bits.to_bytes(2, "little")  # bits per sample, in the chunk fmt
    path.write_bytes(data)
    with pytest.raises(BadInputError, match=rf"samples have {bits} bits|bad sample width"):
        load_inputs(path, WAVEFORM)


PARTS = (TensorSpec("a", (1, 3), "int8", 0.5, 0), TensorSpec("b", (1, 2, 1), "int8", 0.25, 0))
JOINED = TensorSpec("a+b", (5,), "int8", 0.0, 0)


def test_of_a_model_with_several_inputs_there_is_an_array_for_each(tmp_path: Path) -> None:
    values = np.array([[[1.0], [2.0]], [[3.0], [4.0]]], np.float32)
    np.savez(tmp_path / "a.npz", first=np.array([[1, 2, 3], [4, 5, 6]], np.int8), second=values)
    inputs = load_inputs(tmp_path / "a.npz", JOINED, PARTS)
    assert [each.tensor.tolist() for each in inputs] == [[1, 2, 3, 4, 8], [4, 5, 6, 12, 16]]
    (tmp_path / "a.bin").write_bytes(b"".join(each.tensor.tobytes() for each in inputs))
    raw = load_inputs(tmp_path / "a.bin", JOINED, PARTS)
    assert [each.tensor.tolist() for each in raw] == [each.tensor.tolist() for each in inputs]
    np.savez(tmp_path / "b.npz", np.zeros((2, 3), np.int8), np.zeros((3, 2, 1), np.int8))
    with pytest.raises(BadInputError, match="do not hold equally many inputs"):
        load_inputs(tmp_path / "b.npz", JOINED, PARTS)
    np.savez(tmp_path / "c.npz", np.zeros((2, 3), np.int8))
    with pytest.raises(BadInputError, match="it holds 1 arrays, and the model takes 2 inputs"):
        load_inputs(tmp_path / "c.npz", JOINED, PARTS)


def test_inputs_without_a_batch_or_any_dimension_are_read(tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(b"\1\2\3\4\5\6")
    for shape, count in (((3,), 2), ((), 6), ((2, 3), 1)):
        spec = TensorSpec("input", shape, "uint8", 0.5, 0)
        inputs = load_inputs(tmp_path / "a.bin", spec)
        assert len(inputs) == count
        assert all(each.tensor.shape == shape for each in inputs)


def test_a_pipe_and_an_empty_directory_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="holds no inputs"):
        load_inputs(tmp_path, FEATURES)
    os.mkfifo(tmp_path / "a.npy")
    for path in (tmp_path, tmp_path / "a.npy"):
        with pytest.raises(BadInputError, match="it is a pipe, not a file"):
            load_inputs(path, FEATURES)


@given(st.binary(max_size=300), st.sampled_from([".npy", ".npz", ".bin", ".wav"]))
def test_any_bytes_are_inputs_or_bad_input(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, suffix: str
) -> None:
    path = tmp_path_factory.getbasetemp() / f"any{suffix}"
    for prefix in (b"", b"\x93NUMPY\x01\x00", b"PK\x03\x04", b"RIFF\x30\x00\x00\x00WAVEfmt "):
        path.write_bytes(prefix + content)
        try:
            inputs = load_inputs(path, WAVEFORM)
        except BadInputError:
            continue
        assert all(each.tensor.shape == WAVEFORM.shape for each in inputs)


def test_a_model_predicts_on_inputs_as_on_photos(tiny: Model, tmp_path: Path) -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (48, 48, 3)).astype(np.uint8)
    (sample,) = load_inputs(write(tmp_path / "a.npy", pixels), tiny.input)
    np.testing.assert_array_equal(tiny.input_tensor(sample), tiny.preprocess(pixels))
    assert tiny.top5_ids(sample) == tiny.top5_ids(pixels)
    close = tiny.predict_float(sample) - tiny.predict_float(pixels)
    assert np.abs(close).max() < 0.05
