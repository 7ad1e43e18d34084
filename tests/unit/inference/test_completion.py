# SPDX-License-Identifier: MIT
"""Reading the event that ends an inference."""

import dataclasses
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hil.console.refusal import raise_refusal
from hil.errors import BoardRefused, MessageLost
from hil.inference.completion import parse_completion, parse_wire, predictions, require_possible
from hil.model.model import Model
from hil.resources import resource
from hil.symptoms import Misbehaviour

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


OF_TINY = {**EVENT, "top5": "9:250,3:1,0:0,1:0,2:0", "out_len": "10"}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("load_us", "-1"),
        ("invoke_us", "nan"),
        ("invoke_us", "1_0"),
        ("invoke_us", "\u0662"),
        ("send_us", "9" * 4000),
        ("total_us", "inf"),
        ("edge_us", str(25 * 3600 * 1_000_000)),
        ("edge_invoke_us", "-5"),
        ("id", "4294967296"),
        ("top5", ""),
        ("top5", "-1:250,3:1,0:0,1:0,2:0"),
        ("top5", "1:1,2:2,3:3,4:4,5:5,6:6"),
        ("top5", "1:" + "9" * 30),
        ("out_len", "-10"),
        ("out_crc", "1" * 9),
        ("act_crc", "-1"),
        ("rx_crc", "0x1"),
    ],
)
def test_a_value_that_cannot_be_breaks_the_protocol(key, value):
    with pytest.raises(BoardRefused) as caught:
        parse_completion({**EVENT, key: value})
    assert caught.value.code == "protocol"
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("wrong", [{"frames": "-1"}, {"wire": "9" * 11}, {"resent": "4"}])
def test_costs_on_the_link_that_cannot_be_are_none(wrong):
    assert parse_wire({"frames": "3", "resent": "1", "wire": "99"}).frames == 3
    with pytest.raises(ValueError, match=r"."):
        parse_wire({"frames": "3", "resent": "1", "wire": "99", **wrong})


def test_a_report_that_fits_the_model_is_possible(model):
    require_possible(parse_completion(OF_TINY), model)


@pytest.mark.parametrize(
    ("key", "value", "symptom"),
    [
        ("top5", "10:250,3:1,0:0,1:0,2:0", "wrong-top-five"),
        ("top5", "65535:250,3:1,0:0,1:0,2:0", "wrong-top-five"),
        ("top5", "9:250,9:1,0:0,1:0,2:0", "wrong-top-five"),
        ("top5", "9:250,3:1,0:0,1:0", "wrong-top-five"),
        ("top5", "9:256,3:1,0:0,1:0,2:0", "wrong-top-five"),
        ("top5", "9:250,3:-1,0:0,1:0,2:0", "wrong-top-five"),
        ("out_len", "11", "tensor-cut"),
        ("out_len", "4294967295", "tensor-cut"),
    ],
)
def test_an_answer_that_the_model_does_not_have_is_the_boards_fault(model, key, value, symptom):
    with pytest.raises(Misbehaviour) as caught:
        require_possible(parse_completion({**OF_TINY, key: value}), model)
    assert caught.value.symptom == symptom
