# SPDX-License-Identifier: MIT
"""The console's lines of text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hil.errors import BadInputError
from hil.protocol.console.line import (
    Answer,
    Event,
    Log,
    Noise,
    Refusal,
    crc16,
    format_request,
    parse_line,
    parse_values,
)

VALUES = st.text(
    st.characters(exclude_categories=["Cc", "Cs"]) | st.sampled_from(' "\\=*#'), max_size=20
)
ARGUMENTS = st.dictionaries(st.from_regex(r"[a-z_]{1,8}", fullmatch=True), VALUES, max_size=4)
RESERVED = {"number", "verb"}


def text_of(field: str) -> str:
    return bytes.fromhex(field).decode(errors="replace")


def values_of(fields: list[str]) -> dict[str, str]:
    pairs = (field.split("=") for field in fields)
    return {key: "" if value == "-" else text_of(value) for key, value in pairs}


def with_crc(text: str) -> str:
    return f"{text} *{crc16(text.encode()):04x}"


def test_crc16_is_that_of_the_vectors(vectors):
    for kind, data, value in vectors("crc.txt"):
        if kind == "crc16":
            assert f"{crc16(bytes.fromhex(data)):04x}" == value


def test_requests_are_those_of_the_vectors(vectors):
    for kind, line, number, verb, *pairs in filter(lambda r: len(r) > 3, vectors("line.txt")):
        if kind == "request":
            assert format_request(int(number), verb, **values_of(pairs)) == text_of(line)


def test_lines_from_the_board_are_read_as_the_vectors_say(vectors):
    seen = set()
    for kind, line, *fields in vectors("line.txt"):
        parsed = parse_line(text_of(line))
        seen.add(kind)
        if kind == "noise":
            assert parsed == Noise(text_of(line))
        elif kind == "log":
            level, time_ms, tag, text = fields
            assert parsed == Log(level, int(time_ms), tag, text_of(text))
        elif kind in ("answer", "refusal", "event"):
            number = int(fields[0]) if fields[0] else None
            values = values_of(fields[2:])
            assert (
                parsed
                == {
                    "answer": lambda n=number, v=values: Answer(n, v),
                    "refusal": lambda n=number, v=values: Refusal(n, v["code"], v["msg"]),
                    "event": lambda f=fields, v=values: Event(f[1], v),
                }[kind]()
            )
    assert {"noise", "log", "answer", "refusal", "event"} <= seen


@given(st.integers(0, 2**32 - 1), ARGUMENTS)
def test_whatever_values_a_request_carries_can_be_read_back(number, arguments):
    arguments = {key: value for key, value in arguments.items() if key not in RESERVED}
    line = format_request(number, "wifi", **arguments)
    text, _, crc = line.rpartition(" *")
    assert int(crc, 16) == crc16(text.encode())
    start = f"#{number} wifi"
    assert text.startswith(start)
    assert parse_values(text[len(start) :]) == arguments


@given(st.integers(0, 2**32 - 1), ARGUMENTS, st.data())
def test_an_answer_with_one_changed_character_is_never_taken_for_another_answer(
    number, arguments, data
):
    arguments = {key: value for key, value in arguments.items() if key not in RESERVED}
    line = format_request(number, "ok", **arguments)
    assert parse_line(line) == Answer(number, arguments)
    place = data.draw(st.integers(0, len(line) - 1))
    other = data.draw(st.characters(codec="ascii").filter(lambda c: c != line[place]))
    changed = line[:place] + other + line[place + 1 :]
    assert parse_line(changed) == Noise(changed)


@given(st.text(max_size=60))
def test_any_text_is_parsed_without_an_error(text):
    parse_line(text)
    parse_line(with_crc(f"#1 ok {text}".encode(errors="replace").decode()))


def test_integers_and_truth_values_are_written_as_numbers():
    assert format_request(3, "infer", via="tcp", output=True).startswith(
        "#3 infer via=tcp output=1 *"
    )
    assert format_request(4, "baud", rate=921600).startswith("#4 baud rate=921600 *")


@pytest.mark.parametrize("value", ["two\nlines", "\0", "\x7f", "\ud800"])
def test_a_value_that_cannot_stand_on_a_line_is_bad_input(value):
    with pytest.raises(BadInputError):
        format_request(1, "wifi", ssid=value)


def test_a_line_of_512_bytes_is_sent_and_one_of_513_is_bad_input():
    room = 512 - len(format_request(1, "wifi", ssid="x")) + 1
    assert len(format_request(1, "wifi", ssid="x" * room)) == 512
    with pytest.raises(BadInputError, match="513 bytes"):
        format_request(1, "wifi", ssid="x" * (room + 1))


def test_a_key_given_twice_makes_the_line_noise():
    assert isinstance(parse_line(with_crc("#1 ok a=1 a=2")), Noise)
