# SPDX-License-Identifier: MIT
"""Names of others are shown so that no terminal obeys them."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hil.errors import BadInputError
from hil.host.printable import printable


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("dog.jpg", "dog.jpg"),
        ("Größe 日本.jpg", "Größe 日本.jpg"),
        (os.fsdecode(b"c\xfct.jpg"), r"c\xfct.jpg"),
        ("\x1b[31mred", r"\x1b[31mred"),
        ("\x9b31m \x7f", r"\x9b31m \x7f"),
        ("two\nlines", r"two\x0alines"),
        ("\u202egpj.exe", r"\u202egpj.exe"),
        ("\U000e0001", r"\U000e0001"),
    ],
)
def test_what_cannot_be_seen_is_escaped(name: str, shown: str) -> None:
    assert printable(name) == shown


@given(st.text())
def test_what_is_shown_is_one_line_of_utf8(name: str) -> None:
    assert printable(name).isprintable()
    printable(name).encode()


def test_errors_are_shown_so_and_keep_their_lines() -> None:
    assert str(BadInputError("\x1b[2J\nsecond\tline")) == "\\x1b[2J\nsecond\tline"
