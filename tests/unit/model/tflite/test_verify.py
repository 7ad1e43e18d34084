# SPDX-License-Identifier: MIT
"""Verification of untrusted models: what it refuses, and that what it accepts is safe to run."""

import os
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hil.errors import BadInputError
from hil.model.model import Model
from hil.model.tflite.verify import verify

Change = Callable[[Any], None]
Alter = Callable[[Change], bytes]


def test_a_real_model_verifies_and_describes_itself(tiny: Model) -> None:
    graph = verify(tiny.int8)
    assert len(graph.operators) == 35
    assert graph.input_spec.shape == (1, 48, 48, 3)
    assert (graph.input_spec.dtype, graph.output_spec.shape) == ("uint8", (1, 10))
    assert [op.kind for op in graph.operators][:3] == ["QUANTIZE", "CONV_2D", "DEPTHWISE_CONV_2D"]


def test_a_float_model_verifies(tiny: Model) -> None:
    assert tiny.float32 is not None
    assert verify(tiny.float32).input_spec.dtype == "float32"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not a .tflite file"),
        (b"TFL3", "not a .tflite file"),
        (b"\x89PNG\r\n\x1a\n" + bytes(64), "not a .tflite file"),
        (b"\x00\x00\x00\x00TFL3", "leads nowhere"),
        (b"\xff\xff\xff\xffTFL3" + bytes(64), "leads nowhere"),
        (b"\x10\x00\x00\x00TFL3" + bytes(64), "malformed"),
    ],
)
def test_what_is_not_a_model_is_refused_in_one_sentence(data: bytes, reason: str) -> None:
    with pytest.raises(BadInputError, match=reason) as caught:
        verify(data, "x.tflite")
    message = str(caught.value)
    assert message.startswith("x.tflite ")
    assert message.endswith(".")
    assert "\n" not in message


@pytest.mark.parametrize("share", [0.001, 0.1, 0.5, 0.9, 0.999])
def test_a_truncated_model_is_refused(tiny: Model, share: float) -> None:
    with pytest.raises(BadInputError, match=r"damaged|cannot be used"):
        verify(tiny.int8[: int(len(tiny.int8) * share)])


def _operator(tree: Any, kind: str) -> Any:
    codes = {"CONV_2D": 3, "MEAN": 40, "SOFTMAX": 25, "ADD": 0, "FULLY_CONNECTED": 9}
    for operator in tree.subgraphs[0].operators:
        if tree.operatorCodes[operator.opcodeIndex].builtinCode == codes[kind]:
            return operator
    raise AssertionError(kind)


def _tensor(tree: Any, kind: str, position: int) -> Any:
    return tree.subgraphs[0].tensors[_operator(tree, kind).inputs[position]]


def _result(tree: Any, kind: str) -> Any:
    return tree.subgraphs[0].tensors[_operator(tree, kind).outputs[0]]


def _without_bias(tree: Any) -> None:
    operator = tree.subgraphs[0].operators[2]
    operator.inputs = np.array([*operator.inputs[:2], -1], np.int32)


def _no_graphs(tree: Any) -> None:
    tree.subgraphs = []


def _reversed(tree: Any) -> None:
    tree.subgraphs[0].operators.reverse()


def _written_twice(tree: Any) -> None:
    operators = tree.subgraphs[0].operators
    operators[2].outputs = operators[1].outputs


def _set(path: str, value: Any) -> Change:
    """Set ``tree.<path>``, a dotted path of attributes and list indices."""

    def change(tree: Any) -> None:
        *parents, last = path.split(".")
        for name in parents:
            tree = tree[int(name)] if name.isdigit() else getattr(tree, name)
        setattr(tree, last, value)

    return change


def _conv(name: str, value: int) -> Change:
    return lambda tree: setattr(_operator(tree, "CONV_2D").builtinOptions, name, value)


def _filter_scale(value: float) -> Change:
    def change(tree: Any) -> None:
        quantization = _tensor(tree, "CONV_2D", 1).quantization
        quantization.scale = np.full_like(quantization.scale, value)

    return change


def _shape(kind: str, position: int, shape: list[int]) -> Change:
    def change(tree: Any) -> None:
        tensor = _tensor(tree, kind, position)
        tensor.shape, tensor.shapeSignature = np.array(shape, np.int32), None

    return change


def _mean_axes(tree: Any) -> None:
    buffer = tree.buffers[_tensor(tree, "MEAN", 1).buffer]
    buffer.data = np.frombuffer(np.array([1, 9], np.int32).tobytes(), np.uint8)


def _tiny_sum_scale(tree: Any) -> None:
    _result(tree, "ADD").quantization.scale = np.array([1e-20], np.float32)


def _plan(tree: Any) -> None:
    tree.metadata[0].name = b"OfflineMemoryAllocation"


def _compressed(tree: Any) -> None:
    tree.metadata[0].name = b"COMPRESSION_METADATA"


def _signature(tree: Any) -> None:
    tree.signatureDefs[0].inputs[0].tensorIndex = 12345


REFUSED: dict[str, tuple[Change, str]] = {
    "no graphs": (_no_graphs, "no graph"),
    "no outputs": (_set("subgraphs.0.outputs", np.array([], np.int32)), "no outputs"),
    "a missing input": (_set("subgraphs.0.inputs", np.array([999], np.int32)), "missing tensor"),
    "a constant input": (_set("subgraphs.0.inputs", np.array([2], np.int32)), "is a constant"),
    "no operators": (_set("subgraphs.0.operators", []), "no operators"),
    "another version": (_set("version", 4), "schema version 4"),
    "a buffer out of range": (_set("subgraphs.0.tensors.5.buffer", 9999), "missing buffer"),
    "an operator code out of range": (
        _set("subgraphs.0.operators.1.opcodeIndex", 77),
        "kind that is not listed",
    ),
    "an operator's tensor out of range": (
        _set("subgraphs.0.operators.1.inputs", np.array([9999, 1, 2], np.int32)),
        "missing tensor",
    ),
    "an input of minus two": (
        _set("subgraphs.0.operators.1.inputs", np.array([-2, 1, 2], np.int32)),
        "missing tensor",
    ),
    "no options": (_set("subgraphs.0.operators.1.builtinOptionsType", 0), "options"),
    "operators out of order": (_reversed, "before it is made"),
    "a tensor made twice": (_written_twice, "overwrites"),
    "an unknown operator": (_set("operatorCodes.0.builtinCode", 150), "the operator GELU"),
    "an input that is a variable": (_set("subgraphs.0.tensors.0.isVariable", True), "keeps state"),
    "a variable that is computed": (
        _set("subgraphs.0.tensors.60.isVariable", True),
        "overwrites a tensor",
    ),
    "an unknown type": (_set("subgraphs.0.tensors.60.type", 99), "unknown element type 99"),
    "an input of complex numbers": (_set("subgraphs.0.tensors.0.type", 8), "type complex64"),
    "StableHLO options": (_set("subgraphs.0.operators.1.builtinOptionsType", 116), "another"),
    "weights outside the file": (_set("buffers.3.offset", 64), "outside the flatbuffer"),
    "a stride of zero": (_conv("strideW", 0), "stride or window"),
    "a negative stride": (_conv("strideH", -2), "stride or window"),
    "a huge dilation": (_conv("dilationWFactor", 1 << 30), "stride or window"),
    "an unknown padding": (_conv("padding", 7), "unknown padding"),
    "a scale that is not a number": (_filter_scale(float("nan")), "not a positive number"),
    "a scale of zero": (_filter_scale(0.0), "not a positive number"),
    "weights smaller than their shape": (
        _shape("CONV_2D", 1, [8, 3, 3, 4]),
        "differs in size from its data",
    ),
    "weights that do not fit the input": (_shape("CONV_2D", 1, [8, 3, 1, 9]), "weights for other"),
    "an input of another size": (_shape("CONV_2D", 0, [1, 50, 48, 3]), "changes the shape"),
    "an enormous tensor": (_shape("CONV_2D", 0, [1, 1 << 30, 1 << 30, 1 << 30]), "64 MiB"),
    "a negative dimension": (_shape("CONV_2D", 0, [1, -48, 48, 3]), "odd shape"),
    "an axis out of range": (_mean_axes, "axes out of range"),
    "scales that make the kernel abort": (_tiny_sum_scale, "scales out of range"),
    "obsolete metadata out of range": (
        _set("metadataBuffer", np.array([0, 9999], np.int32)),
        "metadata names a missing buffer",
    ),
    "compressed weights": (_compressed, "COMPRESSION_METADATA"),
    "a signature of missing tensors": (_signature, "signature"),
}


UNPROVEN: dict[str, tuple[Change, str]] = {
    "a convolution without bias": (_without_bias, "without one of its inputs"),
    "a missing required input": (
        _set("subgraphs.0.operators.1.inputs", np.array([-1, 1, 2], np.int32)),
        "without one of its inputs",
    ),
    "another activation": (_conv("fusedActivationFunction", 4), "activation"),
    "a memory plan in the metadata": (_plan, "OfflineMemoryAllocation"),
    "another element type": (_set("subgraphs.0.tensors.60.type", 7), "int16"),
}


@pytest.mark.parametrize("name", UNPROVEN)
def test_what_no_rule_knows_is_left_to_a_process_of_its_own(name: str, altered: Alter) -> None:
    change, reason = UNPROVEN[name]
    doubts = verify(altered(change)).unproven
    assert any(reason in doubt for doubt in doubts), doubts


@pytest.mark.parametrize("name", REFUSED)
def test_a_model_is_refused_for(name: str, altered: Alter) -> None:
    change, reason = REFUSED[name]
    with pytest.raises(BadInputError, match=reason) as caught:
        verify(altered(change))
    assert "\n" not in str(caught.value)


def test_a_dense_layer_needs_no_bias(altered: Alter) -> None:
    def without_bias(tree: Any) -> None:
        operator = _operator(tree, "FULLY_CONNECTED")
        operator.inputs = np.array([*operator.inputs[:2], -1], np.int32)

    assert verify(altered(without_bias))


def test_shared_tables_cannot_multiply_the_work(
    tiny: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hil.model.tflite.flatbuffer.MAX_VISITS", 100)
    with pytest.raises(BadInputError, match="more than 100 tables"):
        verify(tiny.int8 + bytes(4))


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damage_is_refused_or_harmless_but_never_another_exception(
    tiny: Model, data: st.DataObject
) -> None:
    damaged = bytearray(tiny.int8)
    for _ in range(data.draw(st.integers(1, 4))):
        position = data.draw(st.integers(0, len(damaged) - 1))
        damaged[position] = data.draw(st.integers(0, 255))
    del damaged[data.draw(st.one_of(st.just(len(damaged)), st.integers(0, len(damaged)))) :]
    _accepts(bytes(damaged))


@given(st.binary(max_size=200))
def test_arbitrary_bytes_after_the_identifier_are_refused(body: bytes) -> None:
    assert not _accepts(body[:4].ljust(4, b"\x10") + b"TFL3" + body[4:])


def test_damaged_models_that_verify_do_not_crash_the_interpreters(
    tiny: Model, tmp_path: Path
) -> None:
    generator = random.Random(20261122)
    structure = _structure(tiny.int8)
    accepted = []
    while len(accepted) < 25:
        damaged = bytearray(tiny.int8)
        damaged[generator.choice(structure)] = generator.choice([0, 1, 2, 3, 127, 128, 255])
        if damaged != tiny.int8 and _accepts(bytes(damaged)):
            accepted.append(bytes(damaged))
    for number, model in enumerate(accepted):
        (tmp_path / f"{number:02}.tflite").write_bytes(model)
    script = Path(__file__).with_name("run_models.py")
    done = subprocess.run(
        [sys.executable, str(script), str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[4])},
    )
    assert done.returncode == 0, f"{done.stdout[-20:]} {done.stderr[-500:]}"
    assert len(done.stdout.splitlines()) == len(accepted)


def _structure(model: bytes) -> list[int]:
    """Return the positions that are not weights: there damage does something."""
    weights = bytearray(len(model))
    for tensor in verify(model).tensors:
        if tensor.data is not None and len(data := tensor.data.tobytes()) > 16:
            start = model.find(data)
            weights[start : start + len(data)] = b"\x01" * len(data)
    return [position for position, weight in enumerate(weights) if not weight]


def _accepts(model: bytes) -> bool:
    try:
        verify(model)
    except BadInputError:
        return False
    return True
