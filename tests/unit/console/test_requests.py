# SPDX-License-Identifier: MIT
"""What answers a request, and what does not; events."""

import pytest
from console_lines import LONG, answer_with, checked

from hil.errors import (
    BoardRefused,
    BoardSilent,
)
from hil.protocol.console.chunk import Chunk, ChunkType
from hil.symptoms import Misbehaviour


def test_a_request_returns_the_values_of_its_answer(port, console):
    answer_with(port, b'#N ok name="a b" proto=1')
    assert console.request("info", timeout=LONG) == {"name": "a b", "proto": "1"}


def test_answers_to_other_requests_are_ignored(port, console):
    answer_with(port, b"#99999 ok proto=9", b"#N ok proto=1")
    assert console.request("info", timeout=LONG) == {"proto": "1"}


def test_a_refusal_carries_its_code_and_sentence(port, console):
    answer_with(port, b'#N err code=no_model msg="The model slot is empty."')
    with pytest.raises(BoardRefused, match="slot is empty") as caught:
        console.request("infer", timeout=LONG)
    assert caught.value.code == "no_model"


def test_a_line_with_a_wrong_crc_is_no_answer(port, console):
    port.on_write = lambda data: port.feed(b"#100 ok proto=1 *0000\r\n")
    with pytest.raises(Misbehaviour, match=r"with CRC 0000 where [0-9a-f]{4} is right"):
        console.request("info", timeout=0.2)


def test_a_line_that_was_cut_is_no_answer(port, console):
    port.on_write = lambda data: port.feed(b"#100 ok proto=1 fw=0.\r\n")
    with pytest.raises(Misbehaviour, match="with no CRC, or not whole"):
        console.request("info", timeout=0.2)


NOISE = (
    b"I (42) splitnode: half of a li",
    b"\xff\xfe\xc3(#1 ok",
    b"! nothing #7 er",
    b"\x03\x00#! ",
)


@pytest.mark.parametrize("noise", NOISE)
def test_noise_in_front_of_an_answer_or_an_event_takes_nothing_from_it(port, console, noise):
    said = checked("#100 ok proto=1"), checked("! infer id=3 state=ok")
    port.on_write = lambda data: port.feed(b"".join(noise + line for line in said))
    assert console.request("info", timeout=LONG) == {"proto": "1"}
    assert console.wait_event("infer", LONG) == {"id": "3", "state": "ok"}
    assert console.mended == 2


def test_what_a_line_quotes_without_its_crc_is_no_answer(port, console):
    port.on_write = lambda data: port.feed(
        b"I (42) app: #100 ok proto=9 *0000\r\n" + checked("#100 ok proto=1")
    )
    assert console.request("info", timeout=LONG) == {"proto": "1"}
    assert console.mended == 0


@pytest.mark.parametrize(
    ("came", "words"),
    [
        ("#0 ok proto=1", "request 100 was answered as id 0;"),
        ("#0 err code=busy", "request 100 was answered as id 0;"),
        ("ok proto=1", "request 100 was answered without a number;"),
    ],
)
def test_an_answer_under_another_number_is_said_to_be_one(port, console, came, words):
    port.on_write = lambda data: port.feed(checked(came))
    with pytest.raises(Misbehaviour, match=words) as caught:
        console.request("info", timeout=LONG)
    assert caught.value.symptom == "request-id-truncated"


@pytest.mark.parametrize("came", ["#7 err code=crc", "err code=syntax"])
def test_a_request_that_was_misheard_is_not_answered_wrongly(port, console, came):
    port.on_write = lambda data: port.feed(checked(came))
    with pytest.raises(BoardSilent):
        console.request("info", timeout=0.2)


def test_what_answers_a_line_that_a_person_typed_answers_no_request_wrongly(port, console):
    console.type_line("info")
    port.on_write = lambda data: port.feed(checked("ok proto=1"))
    with pytest.raises(BoardSilent):
        console.request("info", timeout=0.2)


def test_an_answer_that_comes_late_answers_no_request_wrongly(port, console):
    port.on_write = lambda data: None
    with pytest.raises(BoardSilent):
        console.request("info", timeout=0.1)
    port.on_write = lambda data: port.feed(checked("#100 ok proto=1"))
    with pytest.raises(BoardSilent):
        console.request("info", timeout=0.2)


def test_a_right_answer_behind_a_wrong_one_is_taken(port, console):
    port.on_write = lambda data: port.feed(checked("#0 ok proto=2") + checked("#100 ok proto=1"))
    assert console.request("info", timeout=LONG) == {"proto": "1"}


def test_an_event_of_another_id_is_said_to_be_one(port, console):
    port.feed(checked("! infer id=4464 state=ok"))
    with pytest.raises(Misbehaviour, match="the end of id 70000, got that of id 4464"):
        console.wait_event("infer", LONG, id=70_000)


def test_events_are_matched_by_value_and_taken_once(port, console):
    port.feed(checked("! infer id=1 state=ok") + checked("! infer id=2 state=ok"))
    assert console.wait_event("infer", LONG, id=2)["id"] == "2"
    assert console.wait_event("infer", LONG)["id"] == "1"
    with pytest.raises(BoardSilent, match="event 'infer'"):
        console.wait_event("infer", 0.1)


def test_forgotten_events_do_not_count(port, console):
    port.feed(checked("! link via=tcp state=up") + checked("! other"))
    console.wait_event("other", LONG)
    console.forget("link")
    with pytest.raises(BoardSilent):
        console.wait_event("link", 0.1)


def test_a_damaged_chunk_is_dropped_and_a_sound_one_taken(port, console):
    sound = Chunk(ChunkType.READ, 1024, b"\0data")
    damaged = bytearray(sound.pack())
    damaged[4] ^= 0x55
    port.feed(bytes(damaged) + sound.pack())
    assert console.take_chunk(LONG) == sound


def test_answers_to_such_bytes_contradict_nothing_until_a_request_is_answered(port, console):
    console.send_bytes(b"#7 help\r\n#8 help\r\n")
    answers = [b"".join(checked(f"#{number} ok") for number in (7, 8)) + checked("#100 ok")]
    port.on_write = lambda data: port.feed(answers.pop() if answers else checked("#9 ok"))
    assert console.request("stats") == {}
    with pytest.raises(Misbehaviour, match="request 101 was answered as id 9;"):
        console.request("stats", timeout=LONG)
