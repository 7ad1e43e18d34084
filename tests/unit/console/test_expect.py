# SPDX-License-Identifier: MIT
"""``console.expect``: patterns over the lines of a board."""

import threading

import pytest
from console_lines import LONG

from hil.errors import (
    BadInputError,
    BoardPanic,
    BoardSilent,
)


def test_expect_returns_the_groups_of_the_first_line_that_matches(port, console):
    port.feed(b"I (12) wifi: scanning\r\nI (340) wifi: got ip 192.168.4.2\r\nready\r\n")
    match = console.expect(r"got ip (?P<ip>[0-9.]+)", timeout=LONG)
    assert match["ip"] == "192.168.4.2"
    assert console.expect("rea(dy)", timeout=LONG)[1] == "dy"


def test_expect_counts_lines_from_behind_the_last_match_on(port, console):
    port.feed(b"tick 1\r\ntick 2\r\n")
    assert [console.expect(r"tick (\d)", timeout=LONG)[1] for _ in range(2)] == ["1", "2"]
    threading.Timer(0.05, port.feed, [b"tick 3\r\n"]).start()
    assert console.expect(r"tick (\d)", timeout=LONG)[1] == "3"


def test_expect_without_a_match_quotes_the_last_lines(port, console):
    port.feed(b"something else\r\n")
    console.wait_line(lambda line: "else" in line, 0.05)
    with pytest.raises(BoardSilent, match=r"a line with 'ready' within 0\.05 s") as caught:
        console.expect("ready", timeout=0.05)
    assert "something else" in "".join(caught.value.__notes__)
    assert console.expect("something", timeout=LONG)  # what did not match is still there


def test_expect_refuses_what_is_no_pattern(console):
    with pytest.raises(BadInputError, match=r"'\(' is no regular expression"):
        console.expect("(", timeout=LONG)


def test_expect_does_not_find_what_a_board_said_before_its_reset(port, console):
    port.feed(b"ready\r\n")
    console.expect("rea", timeout=LONG)
    port.feed(b"ready\r\nmark\r\n")
    console.wait_line(lambda line: "mark" in line, 0.05)
    console.expect_boot()
    with pytest.raises(BoardSilent):
        console.expect("ready", timeout=0.05)


def test_expect_ends_with_a_panic(port, console):
    port.feed(b"Guru Meditation Error: Core  0 panic'ed (LoadProhibited).\r\n")
    with pytest.raises(BoardPanic):
        console.expect("ready", timeout=LONG)
