# SPDX-License-Identifier: MIT
"""Numbers among a line's values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hil.protocol.console.numbers import U32, count, signed, u32_hex


@given(st.integers(0, U32))
def test_numbers_of_32_bits_are_read(number):
    assert count(str(number)) == number
    assert u32_hex(f"{number:08x}") == number
    assert signed(str(-number), -U32, 0) == -number


@given(st.text(max_size=30))
def test_what_is_no_number_in_ascii_digits_is_refused(text):
    for read, digits in ((count, "0123456789"), (u32_hex, "0123456789abcdefABCDEF")):
        if not text or set(text) - set(digits) or len(text) > 8:
            try:
                assert str(read(text)) == text.lstrip("0") or text.strip("0") == ""
            except ValueError:
                continue


@pytest.mark.parametrize(
    "text",
    ["", "-1", "+1", " 1", "1 ", "1_0", "1.0", "1e3", "nan", "\u0661", "4294967296", "9" * 5000],
)
def test_no_count(text):
    with pytest.raises(ValueError, match=r"is no decimal number|is not from") as caught:
        count(text)
    assert len(str(caught.value)) < 100


@pytest.mark.parametrize("text", ["", "-1", "0x1", "1" * 9, "g"])
def test_no_hexadecimal_number(text):
    with pytest.raises(ValueError, match="is no hexadecimal number"):
        u32_hex(text)


def test_no_signed_number_of_its_range():
    with pytest.raises(ValueError, match="-129 is not from -128 to 127"):
        signed("-129", -128, 127)
