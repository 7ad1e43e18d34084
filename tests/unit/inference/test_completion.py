# SPDX-License-Identifier: MIT
"""Reading the event that ends an inference."""

import dataclasses
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hil.console.refusal import raise_refusal
from hil.errors import BoardRefused, MessageLost
from hil.inference.completion import parse_completion, predictions
from hil.model.model import Model
from hil.resources import resource

EVENT = {
    "id": "4",
    "state": "ok",
    "top5": "12:250,3:1,0:0,1:0,2:0",
    "act_crc": "0000abcd",
    "act_len": "4704",
    "rx_crc": "0000abcd",
    "load_us": "1",
    "invoke_us": "20",
    "send_us": "300",
    "wait_us": "4000",
    "total_us": "4321",
    "edge_us": "3000",
    "edge_invoke_us": "2900",
    "out_len": "19",
    "out_crc": "ffffffff",
}


@pytest.fixture(scope="module")
def model():
    return Model.load(resource("models/tiny"))


def test_all_fields_are_read():
    done = parse_completion(EVENT)
    assert done.message_id == 4
    assert done.top5[0] == (12, 250)
    assert done.activation_crc == done.received_crc == 0xABCD
    assert done.output_crc == 0xFFFFFFFF
    assert done.stages.total_us == 4321
    assert done.stages.transfer_us == 300 + 4000 - 3000


def test_role_full_has_no_activation_and_no_edge():
    event = {k: v for k, v in EVENT.items() if not k.startswith(("act_", "rx_", "edge_"))}
    done = parse_completion(event)
    assert done.activation_crc is None
    assert done.stages.edge_us == 0


@pytest.mark.parametrize("key", ["id", "top5", "load_us", "total_us", "out_crc"])
def test_a_report_that_lacks_something_breaks_the_protocol(key):
    with pytest.raises(BoardRefused) as caught:
        parse_completion({k: v for k, v in EVENT.items() if k != key})
    assert caught.value.code == "protocol"


def test_stages_must_add_up():
    with pytest.raises(BoardRefused, match="do not add up"):
        parse_completion({**EVENT, "total_us": "4322"})


def test_scores_become_real_values_and_classes_labels(model):
    (entry,) = predictions(((3, 128),), model)
    assert entry.label == model.labels[3]
    assert entry.score == (128 - model.output.zero_point) * model.output.scale


def test_a_class_without_a_label_is_called_by_its_number(model):
    for labels in ((), model.labels[:8]):
        (entry,) = predictions(((8, 128),), dataclasses.replace(model, labels=labels))
        assert (entry.class_id, entry.label) == (8, "class 8")


@given(st.floats(width=32, allow_nan=False))
def test_float_scores_come_as_their_bits(model, value):
    output = dataclasses.replace(model.output, dtype="float32")
    raw = struct.unpack("<i", struct.pack("<f", value))[0]
    (entry,) = predictions(((0, raw),), dataclasses.replace(model, output=output))
    assert entry.score == value


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("edge_timeout", MessageLost),
        ("edge_lost", MessageLost),
        ("model_mismatch", BoardRefused),
        ("invoke", BoardRefused),
    ],
)
def test_refusals_are_the_rigs_or_the_products_fault_by_their_code(code, kind):
    with pytest.raises(kind, match=r"It failed.*Too bad"):
        raise_refusal({"code": code, "msg": "Too bad."}, "It failed")
