# SPDX-License-Identifier: MIT
"""Cutting a model: which cuts are legal, and that head and tail compose exactly."""

import hashlib
import struct
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hil.errors import BadInputError
from hil.model.compare import compare
from hil.model.interpreter import Interpreter, Kernels
from hil.model.model import Model
from hil.model.prove import Prover, random_inputs
from hil.model.split import Cuts, Split, find_cut, legal_cuts, model_id, split_at
from hil.model.tflite.verify import verify

Additions = Callable[[Sequence[tuple[int, int]], int], bytes]


def test_no_cut_is_legal_inside_a_residual_block(tiny: Model) -> None:
    legal = {cut.short_name for cut in tiny.cuts}
    assert {"block_1_project", "block_2_add", "block_3_expand", "block_3_project"} <= legal
    assert not {"block_2_expand", "block_2_depthwise", "block_2_project"} & legal


def test_the_default_models_have_the_documented_cuts(tiny: Model, dogs19: Model) -> None:
    assert len(tiny.cuts) == 20
    assert len(dogs19.cuts) == 36
    cut = dogs19.default_cut
    assert (cut.short_name, cut.index, cut.bytes) == ("block_6_project", 24, 6400)
    assert (cut.shape, cut.dtype) == ((1, 10, 10, 64), "int8")


def test_every_cut_of_the_tiny_model_composes_exactly(tiny: Model) -> None:
    prover = Prover(tiny.int8)
    for cut in tiny.cuts:
        inputs = [(str(i), x) for i, x in enumerate(random_inputs(tiny.input, 3, cut.index))]
        assert prover.prove(tiny.split(cut), inputs) == 3


def test_cuts_of_a_float_model_compose_exactly(tiny: Model) -> None:
    assert tiny.float32 is not None
    prover = Prover(tiny.float32)
    cuts = legal_cuts(tiny.float32)
    inputs = [("random", next(random_inputs(verify(tiny.float32).input_spec, 1)))]
    for cut in (cuts[0], cuts[7], cuts[-1]):
        assert prover.prove(split_at(tiny.float32, cut), inputs) == 1


def test_the_default_cut_of_dogs19_composes_exactly(dogs19: Model) -> None:
    inputs = [(str(i), x) for i, x in enumerate(random_inputs(dogs19.input, 2))]
    assert Prover(dogs19.int8).prove(dogs19.split(), inputs) == 2


def test_a_wrong_tail_is_found_and_named(tiny: Model) -> None:
    right = tiny.split("block_3_project")
    position = right.tail.find(_weights(right.tail))
    damaged = bytearray(right.tail)
    damaged[position : position + 64] = bytes(64)
    wrong = Split(right.head, bytes(damaged), right.cut, right.model_id)
    x = next(random_inputs(tiny.input, 1))
    with pytest.raises(BadInputError, match=r"block_3_project is not exact on noise: .* differ"):
        Prover(tiny.int8).prove(wrong, [("noise", x)])


def test_head_and_tail_are_the_same_bytes_every_time(tiny: Model) -> None:
    first, second = (split_at(tiny.int8, find_cut(legal_cuts(tiny.int8), 11)) for _ in range(2))
    assert (first.head, first.tail) == (second.head, second.tail)


def test_macs_and_sizes_add_up(tiny: Model) -> None:
    totals = {cut.head_macs + cut.tail_macs for cut in tiny.cuts}
    assert len(totals) == 1
    # Conv1 of the tiny model: 24 x 24 outputs of 8 channels, each of 3 x 3 x 3 products
    assert find_cut(tiny.cuts, "Conv1").head_macs == 24 * 24 * 8 * 27
    cut = find_cut(tiny.cuts, "block_2_add")
    parts = tiny.split(cut)
    assert (cut.head_bytes, cut.tail_bytes) == (len(parts.head), len(parts.tail))
    assert cut.bytes == 12 * 12 * 12


def test_the_activation_keeps_its_quantization(tiny: Model) -> None:
    parts = tiny.split("block_3_project")
    head, tail = verify(parts.head), verify(parts.tail)
    assert head.input_spec == tiny.input
    assert tail.output_spec == tiny.output
    assert head.output_spec == tail.input_spec
    assert head.output_spec.scale == parts.cut.scale != 0.0


def test_weights_of_the_parts_are_aligned_for_vector_loads(tiny: Model) -> None:
    parts = tiny.split()
    for part in (parts.head, parts.tail):
        constants = [t.data.tobytes() for t in verify(part).tensors if t.data is not None]
        large = [data for data in constants if len(data) >= 64]
        assert large
        assert {part.find(data) % 16 for data in large} == {0}


@settings(max_examples=60)
@given(st.data())
def test_a_cut_is_legal_exactly_where_one_activation_crosses(
    additions: Additions, data: st.DataObject
) -> None:
    count = data.draw(st.integers(2, 7))
    operands = []
    for number in range(count):
        tensors = st.integers(0, number)
        operands.append((data.draw(tensors), data.draw(tensors)))
    output = data.draw(st.integers(1, count))
    model = additions(operands, output)
    expected = []
    for index in range(count - 1):
        needed = {t for pair in operands[index + 1 :] for t in pair} | {output}
        if {t for t in needed if t <= index + 1} == {index + 1} != {output}:
            expected.append(index)
    cuts = legal_cuts(model)
    assert [cut.index for cut in cuts] == expected
    x = np.array([[1.5, -2.0, 0.25, 3.0]], np.float32)
    whole = Interpreter(model).invoke(x)
    for cut in cuts:
        parts = split_at(model, cut)
        composed = Interpreter(parts.tail).invoke(Interpreter(parts.head).invoke(x))
        assert compare(composed, whole).exact


def test_a_cut_is_found_by_index_full_name_and_short_name(tiny: Model) -> None:
    wanted = tiny.cuts[8]
    for name in (wanted.index, str(wanted.index), wanted.short_name, wanted.tensor_name):
        assert find_cut(tiny.cuts, name) is wanted


@pytest.mark.parametrize(
    ("wanted", "sentence"),
    [
        ("block_2_project", "cannot be cut after block_2_project.* block_2_add"),
        (10, "cannot be cut after 10: more than one .* block_2_add .11."),
        ("34", "cannot be cut after 34"),
        ("block_3_projct", "no tensor or operator 'block_3_projct'.* are block_3_project .14."),
        ("", "no tensor or operator ''"),
        (4711, "no operator 4711, only 0 to 34"),
    ],
)
def test_an_illegal_cut_is_refused_with_the_nearest_legal_ones(
    tiny: Model, wanted: str | int, sentence: str
) -> None:
    with pytest.raises(BadInputError, match=sentence):
        find_cut(tiny.cuts, wanted)


@pytest.mark.parametrize(
    ("wanted", "name"),
    [
        ("global_average_pooling", "global_average_pooling2d"),
        ("block_1_e", "block_1_expand"),
        ("conv1", "Conv1"),
        ("block_2", "block_2_add"),  # the only operator of the block that can be cut after
    ],
)
def test_so_much_of_a_name_is_enough_that_it_can_mean_one_cut(
    tiny: Model, wanted: str, name: str
) -> None:
    assert find_cut(tiny.cuts, wanted).short_name == name


@pytest.mark.parametrize(
    ("wanted", "sentence"),
    [
        (
            "block_1",
            r"^'block_1' may mean block_1_expand \(5\), .*block_1_project \(7\); say which.$",
        ),
        ("block_", r"block_3_depthwise \(13\), 7 more; say which"),
    ],
)
def test_a_name_that_may_mean_several_cuts_is_refused_with_them(
    tiny: Model, wanted: str, sentence: str
) -> None:
    with pytest.raises(BadInputError, match=sentence):
        find_cut(tiny.cuts, wanted)


def test_a_name_does_not_end_within_a_number(dogs19: Model) -> None:
    with pytest.raises(BadInputError, match="'block_1' may mean") as caught:
        find_cut(dogs19.cuts, "block_1")
    assert "block_1_project" in str(caught.value)
    assert "block_10" not in str(caught.value)


def test_an_ambiguous_name_is_refused_with_the_indices(tiny: Model) -> None:
    twins = tuple(replace(cut, tensor_name="same") for cut in tiny.cuts[:2])
    with pytest.raises(BadInputError, match=r"2 tensors named 'same'.*\(0\), Conv1 \(1\)"):
        find_cut(Cuts(twins, tiny.cuts.operators), "same")


def test_a_cut_of_another_model_is_refused(tiny: Model, dogs19: Model) -> None:
    with pytest.raises(BadInputError, match="does not belong to this model"):
        split_at(tiny.int8, dogs19.default_cut)
    with pytest.raises(BadInputError, match="does not belong to this model"):
        split_at(tiny.int8, replace(tiny.default_cut, index=9))


def test_a_model_of_one_operator_has_no_cut(additions: Additions) -> None:
    cuts = legal_cuts(additions([(0, 0)], 1))
    assert len(cuts) == 0
    with pytest.raises(BadInputError, match="no legal cut"):
        find_cut(cuts, 0)


def test_the_model_id_is_the_documented_hash(tiny: Model) -> None:
    cut = tiny.default_cut
    for index, actual in ((cut.index, tiny.split().model_id), (0xFFFF, tiny.model_id)):
        inner = hashlib.sha256(tiny.int8).digest()
        digest = hashlib.sha256(inner + struct.pack("<H", index)).digest()
        assert actual == int.from_bytes(digest[:4], "little")


def test_model_ids_of_all_cuts_differ(tiny: Model) -> None:
    ids = {model_id(tiny.int8, cut) for cut in (None, *tiny.cuts)}
    assert len(ids) == len(tiny.cuts) + 1


def test_kernel_sets_agree_on_float_models_nearly(tiny: Model) -> None:
    assert tiny.float32 is not None
    x = next(random_inputs(verify(tiny.float32).input_spec, 1))
    results = [Interpreter(tiny.float32, kernels).invoke(x) for kernels in Kernels]
    np.testing.assert_allclose(*results, atol=1e-4)


def _weights(model: bytes) -> bytes:
    constants = [t.data for t in verify(model).tensors if t.data is not None and t.dtype == "int8"]
    return bytes(max(constants, key=len).tobytes())
