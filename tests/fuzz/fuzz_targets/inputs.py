# SPDX-License-Identifier: MIT
"""Inputs that are no photos: .npy, .npz, .bin, .wav (hil/model/inputs/tensors.py)."""

import io
import tempfile
import wave
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from hil.errors import BadInputError
from hil.model.inputs.tensors import load_inputs
from hil.model.tflite.graph import TensorSpec

_SUFFIXES = (".npy", ".npz", ".bin", ".wav", ".npz")
_SPEC = TensorSpec("x", (1, 4), "int8", 0.5, 3)
_PARTS = (TensorSpec("a", (1, 2), "int8", 0.5, 3), TensorSpec("b", (1, 2), "uint8", 0.5, 3))


def run(data: bytes) -> None:
    kind = data[0] % len(_SUFFIXES) if data else 0
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / f"x{_SUFFIXES[kind]}"
        path.write_bytes(data[1:])
        try:
            found = load_inputs(path, _SPEC, _PARTS if kind == 4 else ())
        except BadInputError:
            return
        assert found
        for each in found:
            assert each.tensor.nbytes <= 64


def seeds() -> Iterator[bytes]:
    for array in (np.zeros((1, 4), np.int8), np.zeros((3, 4), np.float32)):
        saved = io.BytesIO()
        np.save(saved, array)
        yield b"\0" + saved.getvalue()
    saved = io.BytesIO()
    np.savez(saved, x=np.zeros((2, 4), np.int8), y=np.array([1, 2]))
    yield b"\1" + saved.getvalue()
    saved = io.BytesIO()
    np.savez_compressed(saved, a=np.zeros(2, np.int8), b=np.zeros(2, np.uint8))
    yield b"\4" + saved.getvalue()
    yield b"\2" + bytes(8)
    sound = io.BytesIO()
    with wave.open(sound, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16000)
        file.writeframes(bytes(16))
    yield b"\3" + sound.getvalue()
