# SPDX-License-Identifier: MIT
"""What a board costs this host that says anything at any rate, and how that ends."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from console_lines import LONG, answer_with, checked
from hostile_board import KINDS

from hil.console.console import Console
from hil.console.contradiction import flood
from hil.errors import LONGEST, BoardSilent, HilError, LineMissing, ProductFailure
from hil.protocol.console.chunk import Chunk, ChunkType
from hil.symptoms import Misbehaviour

FAKES = Path(__file__).parents[1] / "fakes"
MOST_GROWN_MB = 16
MOST_TOLD = 30_000
"""Characters of an error with its notes: some 40 lines of the log."""


@pytest.mark.skipif(sys.platform != "linux", reason="a process's memory is read from /proc")
@pytest.mark.parametrize("kind", KINDS)
def test_memory_and_sentence_stay_small_whatever_a_board_says(kind):
    ran = subprocess.run(
        [sys.executable, str(FAKES / "hostile_board.py"), kind],
        capture_output=True,
        check=True,
        timeout=240,
    )
    seen = json.loads(ran.stdout)
    assert seen["grown_mb"] < MOST_GROWN_MB
    assert seen["told"] < MOST_TOLD
    assert seen["error"] in {each.__name__ for each in _kinds_of(ProductFailure)}


def _kinds_of(error):
    return {error}.union(*map(_kinds_of, error.__subclasses__()))


@pytest.fixture
def few_unasked(monkeypatch):
    monkeypatch.setattr("hil.console.incoming.inbox._KEPT_EVENTS", 3)
    monkeypatch.setattr("hil.console.incoming.inbox._KEPT_CHUNKS", 3)
    monkeypatch.setattr("hil.console.incoming.inbox.UNASKED", 4)


@pytest.mark.usefixtures("few_unasked")
@pytest.mark.parametrize(
    ("said", "told"),
    [
        (checked("! nonsense id=1"), "5 events and 0 binary chunks"),
        (Chunk(ChunkType.READ, 0, b"x").pack(), "0 events and 5 binary chunks"),
    ],
)
def test_what_nobody_asked_for_is_told_once_it_is_too_much(port, said, told):
    with Console(port, "test") as console:
        port.feed(said * 8 + b"I (1) main: done\r\n")
        console.expect("done", timeout=LONG)
        with pytest.raises(Misbehaviour, match=told) as caught:
            console.request("info")
        assert caught.value.symptom == "console-flooded"
        answer_with(port, b"#N ok proto=1")
        assert console.request("info", timeout=LONG) == {"proto": "1"}


def test_much_that_came_in_place_of_an_answer_is_no_silence(port, console, monkeypatch):
    monkeypatch.setattr("hil.console.incoming.input._MUCH_BYTES", 1_000)
    port.on_write = lambda data: port.feed(b"I (1) loop: again\r\n" * 100)
    with pytest.raises(Misbehaviour, match=r"an answer to 'info'.* got .* bytes of other things"):
        console.request("info", timeout=0.2)
    port.on_write = lambda data: None
    with pytest.raises(BoardSilent):
        console.request("info", timeout=0.1)


def test_a_flood_ends_a_wait_before_its_patience_is_over(port, console, monkeypatch):
    monkeypatch.setattr("hil.console.incoming.input._FLOOD_BYTES", 1_000)
    monkeypatch.setattr("hil.console.incoming.input._CONTRADICTED_S", 0.05)
    port.feed(b"I (1) main: up\r\n")
    console.expect("up", timeout=LONG)
    port.on_write = lambda data: port.feed(b"I (1) loop: again\r\n" * 100)
    with pytest.raises(Misbehaviour, match="bytes of other things"):
        console.request("info", timeout=3600)


def test_an_answer_in_a_flood_is_an_answer(port, console, monkeypatch):
    monkeypatch.setattr("hil.console.incoming.input._FLOOD_BYTES", 1_000)

    def reply(data):
        number = data.split()[0].lstrip(b"\0#").decode()
        port.feed(b"I (1) loop: again\r\n" * 100 + checked(f"#{number} ok proto=1"))

    port.on_write = reply
    assert console.request("info", timeout=LONG) == {"proto": "1"}


def test_firmware_of_any_kind_may_say_as_much_as_it_likes(port, console, monkeypatch):
    monkeypatch.setattr("hil.console.incoming.input._FLOOD_BYTES", 100)
    monkeypatch.setattr("hil.console.incoming.input._MUCH_BYTES", 100)
    port.feed(b"x" * 50 + b"\r\n" + b"another line\r\n" * 50)
    with pytest.raises(LineMissing):
        console.expect("not there", timeout=0.1)
    port.feed(b"at last\r\n")
    assert console.expect("at (last)", timeout=LONG)[1] == "last"


def test_lines_that_were_searched_are_not_searched_again_but_are_there_for_another_pattern(console):
    unmatched = console._unmatched
    for line in ("one", "two", "three"):
        unmatched.put(line)
    late = re.compile("four")
    assert unmatched.take(late) is None
    unmatched.put("four")
    assert unmatched.take(re.compile("two"))[0] == "two"
    assert unmatched.take(late)[0] == "four"
    assert unmatched.take(re.compile("three")) is None


def test_damaged_answers_to_what_was_not_asked_are_not_kept(port, console):
    port.feed(b"".join(b"#%d ok *0000\r\n" % number for number in range(2000)))
    port.feed(b"I (1) main: done\r\n")
    console.expect("done", timeout=LONG)
    assert console._inbox._damaged == {}


def test_a_sentence_that_quotes_much_is_cut_in_its_middle():
    told = str(HilError("The board says " + "x" * 100_000 + "; reset it."))
    assert len(told) < LONGEST + 20
    assert told.startswith("The board says xxx")
    assert told.endswith("xxx; reset it.")
    assert len(str(flood("x" * 100_000, 1))) < LONGEST
