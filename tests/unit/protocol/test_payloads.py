# SPDX-License-Identifier: MIT
"""HELLO, RESULT, ERROR and the table of codes."""

import contextlib
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hil.protocol import DataType, ErrorCode, ErrorPayload, Hello, ProtocolError, Result, Role
from hil.protocol.payloads import Score

ROOT = Path(__file__).parents[3]


def assert_refused(parse, row):
    with pytest.raises(ProtocolError) as caught:
        parse(bytes.fromhex(row[1]))
    assert caught.value.reason == row[2], row


def test_hello_is_that_of_the_vectors(vectors):
    for row in vectors("hello.txt"):
        if row[0] == "bad":
            assert_refused(Hello.parse, row)
            continue
        role, dtype, *numbers = (int(field, 16) for field in row[:5])
        hello = Hello(Role(role), DataType(dtype), *numbers)
        assert hello.pack().hex() == row[5]
        assert Hello.parse(bytes.fromhex(row[5])) == hello


def test_result_is_that_of_the_vectors(vectors):
    for row in vectors("result.txt"):
        if row[0] == "bad":
            assert_refused(Result.parse, row)
            continue
        pairs = [[int(part, 16) for part in entry.split(":")] for entry in row[2].split(",")]
        numbers = [int(field, 16) for field in row[3:8]]
        result = Result(
            DataType(int(row[0], 16)),
            int(row[1], 16),
            tuple(Score(i, bits - 2**32 if bits >= 2**31 else bits) for i, bits in pairs),
            *numbers,
            bytes.fromhex(row[8]),
        )
        assert result.pack().hex() == row[9]
        assert Result.parse(bytes.fromhex(row[9])) == result


def test_error_is_that_of_the_vectors(vectors):
    for row in vectors("error.txt"):
        if row[0] == "bad":
            assert_refused(ErrorPayload.parse, row)
            continue
        error = ErrorPayload(int(row[0], 16), bytes.fromhex(row[1]).decode())
        assert error.pack().hex() == row[2]
        assert ErrorPayload.parse(bytes.fromhex(row[2])) == error


@pytest.mark.parametrize("parse", [Hello.parse, Result.parse, ErrorPayload.parse])
@given(data=st.binary(max_size=120) | st.binary(min_size=16, max_size=16))
def test_random_payloads_raise_only_protocol_errors(parse, data):
    with contextlib.suppress(ProtocolError):
        parse(data)


def test_error_codes_are_those_of_the_specification():
    text = (ROOT / "docs" / "protocol.md").read_text(encoding="utf-8")
    table = re.findall(r"^\| `(\w+)` \| (\d+) \|", text, re.MULTILINE)
    assert {(code.label, code.value) for code in ErrorCode} == {(n, int(v)) for n, v in table}


def test_an_unknown_error_number_keeps_its_sentence():
    error = ErrorPayload.parse(ErrorPayload(999, "from the future").pack())
    assert (error.label, error.text) == ("unknown", "from the future")
    assert ErrorPayload(45, "").label == "model_mismatch"
