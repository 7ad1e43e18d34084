# SPDX-License-Identifier: MIT
"""``console.expect``: patterns over the lines of a board."""

import threading

import pytest
from console_lines import LONG

from hil.errors import (
    BadInputError,
    BoardPanic,
    BoardSilent,
    LineMissing,
    PlainFirmware,
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


def test_what_is_not_said_is_told_apart_from_a_board_that_is_silent(console):
    with pytest.raises(LineMissing):
        console.expect("ready", timeout=0.01)
    with pytest.raises(BoardSilent) as caught:
        console.request("info", timeout=0.01)
    assert not isinstance(caught.value, LineMissing)


def test_expect_sees_lines_without_their_colours(port, console):
    port.feed(b"\x1b[0;32mI (81) hello: 2 cores\x1b[0m\r\n")
    assert console.expect(r"^I \(81\) hello: (\d) cores$", timeout=LONG)[1] == "2"


def test_firmware_that_does_not_speak_the_console_is_asked_nothing(port, console):
    written = []
    port.on_write = written.append
    console.health.plain = "hello_world"
    with pytest.raises(PlainFirmware, match=r"'hello_world'.*which the request 'info' needs"):
        console.request("info")
    assert written == []


def test_expect_refuses_bytes_which_pexpect_takes(console):
    with pytest.raises(BadInputError, match="for text"):
        console.expect(b"ready", timeout=LONG)


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
