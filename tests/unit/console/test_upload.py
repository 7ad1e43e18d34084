# SPDX-License-Identifier: MIT
"""Uploads to boards that are slow, forgetful, late or repeat themselves, in simulated time."""

import random
import zlib
from collections import deque

import pytest

from hil.console import upload as console_upload
from hil.console.transfer import write_image, write_update
from hil.errors import BoardRefused, BoardSilent

CHUNK = 1024


class SlowBoard:
    """A console and the board behind it. Time passes only while something is waited for.

    Chunks cross the line at its rate and are dealt with one after the other, as a chip does.

    Args:
        data: what is to arrive.
        baud: rate of the line.
        work_s: seconds that a chunk takes, by its offset.
        lost: whether the chunk of this offset is lost, as often as it is asked.
        mute: whether an answer is lost, by its text, as often as it is asked.
        answers: events for each one.
    """

    def __init__(
        self,
        data,
        *,
        baud=115_200,
        work_s=lambda at: 0.001,
        lost=lambda at: False,
        mute=lambda text: False,
        answers=1,
    ):
        self.now = 0.0
        self.rate = baud
        self.sent = []
        self.uploads = 0
        self._data = data
        self._work_s, self._lost, self._mute, self._answers = work_s, lost, mute, answers
        self._line_free = self._board_free = 0.0
        self._events = deque()
        self.stray = []
        self.remarks = []

    def remark(self, text):
        self.remarks.append(text)

    def monotonic(self):
        return self.now

    def request(self, verb, *, timeout, **arguments):
        self._verb, self._stored = verb, 0
        self.uploads += 1
        # What was on its way is dealt with before the request is read.
        self.now = max(self.now, self._line_free, self._board_free)
        self._events.extend((self.now, event) for event in self.stray)
        return {"chunk": str(CHUNK), "window": "16"}

    def forget(self, name):
        self._events = deque(event for event in self._events if event[0] > self.now)

    def send_chunks(self, chunks):
        for chunk in chunks:
            self.sent.append(chunk.offset)
            assert len(self.sent) < 10_000, "it goes on for ever"
            self._line_free = max(self._line_free, self.now) + (len(chunk.data) + 20) * 10 / (
                self.rate
            )
            if not self._lost(chunk.offset):
                self._deal_with(chunk, max(self._line_free, self._board_free))

    def _deal_with(self, chunk, when):
        fits = chunk.offset == self._stored and self._stored < len(self._data)
        self._board_free = when + (self._work_s(chunk.offset) if fits else 0.0001)
        if fits:
            self._stored += len(chunk.data)
            assert self._data[chunk.offset : self._stored] == chunk.data
        for _ in range(self._answers):
            self._say({"next": str(self._stored)})
        if self._stored == len(self._data):
            self._say({"state": "ok"})

    def _say(self, event):
        if not self._mute(" ".join(f"{k}={v}" for k, v in event.items())):
            self._events.append((self._board_free, event))

    def wait_event(self, name, timeout):
        assert name == self._verb
        if self._events and self._events[0][0] <= self.now + timeout:
            self.now = max(self.now, self._events[0][0])
            return self._events.popleft()[1]
        self.now += timeout
        raise BoardSilent(f"No {name} within {timeout:g} s.")

    def next_event(self, name):
        due = self._events and self._events[0][0] <= self.now
        return self._events.popleft()[1] if due else None


@pytest.fixture
def board(monkeypatch):
    def make(*args, **kwargs):
        made = SlowBoard(*args, **kwargs)
        monkeypatch.setattr(console_upload, "monotonic", made.monotonic)
        return made

    return make


DATA = random.Random(5).randbytes(40 * CHUNK + 100)


def test_a_fast_board_gets_each_chunk_once(board):
    one = board(DATA)
    write_image(one, DATA)
    assert one.sent == list(range(0, len(DATA), CHUNK))
    assert one.now == pytest.approx(len(DATA) * 10 / 115_200, rel=0.05)


def test_a_flash_that_takes_seconds_to_erase_gets_little_more_than_each_chunk_once(board):
    one = board(DATA, work_s=lambda at: 3.0 if at % (4 * CHUNK) == 0 else 0.01)
    write_update(one, "app", DATA)
    assert one.uploads == 1
    assert len(one.sent) - len(set(one.sent)) <= 16  # what it took to learn of it
    assert one.now == pytest.approx(11 * 3.0 + 30 * 0.01, rel=0.2)


def test_a_block_that_takes_ten_seconds_is_borne(board):
    one = board(DATA, work_s=lambda at: 10.0 if at == 8 * CHUNK else 0.01)
    write_update(one, "app", DATA)
    assert one.uploads == 1


def test_a_line_of_9600_baud_is_not_filled_with_what_is_on_it_already(board):
    one = board(DATA, baud=9_600)
    write_image(one, DATA)
    assert one.sent == list(range(0, len(DATA), CHUNK))


@pytest.mark.parametrize("seed", range(8))
def test_chunks_and_answers_that_are_lost_cost_no_second_upload(board, seed):
    chance = random.Random(seed)
    one = board(
        DATA,
        lost=lambda at: chance.random() < 0.15,
        mute=lambda text: chance.random() < 0.15,
    )
    write_image(one, DATA)
    assert one.uploads == 1
    assert len(one.sent) < 10 * len(set(one.sent))


def test_a_whole_window_that_is_lost_is_asked_for_by_one_chunk(board):
    gone = set(range(0, 16 * CHUNK, CHUNK))
    one = board(DATA, lost=lambda at: at in gone and not gone.discard(at))
    write_image(one, DATA)
    assert one.sent[16:19] == [0, CHUNK, 2 * CHUNK]
    assert one.uploads == 1


def test_a_board_that_answers_twice_makes_nothing_be_sent_for_ever(board):
    one = board(DATA, answers=2)
    write_image(one, DATA)
    assert one.uploads == 1
    assert len(one.sent) < 4 * len(set(one.sent))


def test_a_verdict_that_comes_late_counts(board):
    last = len(DATA) // CHUNK * CHUNK
    one = board(DATA, work_s=lambda at: 12.0 if at == last else 0.001)
    write_image(one, DATA)
    assert one.uploads == 1


def test_a_verdict_that_is_lost_is_asked_for_by_the_last_chunk(board):
    losses = ["state=ok", "state=ok"]
    one = board(DATA, mute=lambda text: text in losses and not losses.remove(text))
    write_update(one, "app", DATA)
    assert one.uploads == 1
    assert one.sent[-2:] == [40 * CHUNK] * 2


def test_answers_of_the_upload_before_harm_nothing(board):
    one = board(DATA)
    one.stray = [
        {"state": "err", "code": "no_image"},
        {"state": "ok"},
        {"next": "7"},
        {"next": str(1 << 40)},
        {"next": "nonsense"},
    ]
    write_image(one, DATA)
    assert one.sent == list(range(0, len(DATA), CHUNK))


def test_a_board_that_stops_is_given_up_after_some_seconds(board):
    one = board(DATA, lost=lambda at: at >= 20 * CHUNK)
    with pytest.raises(BoardSilent):
        write_image(one, DATA)
    assert 15 < one.now < 30
    assert one.sent.count(20 * CHUNK) < 10


def test_a_board_that_answers_but_stores_nothing_is_given_up_too(board):
    one = board(DATA)
    one._deal_with = lambda chunk, when: (
        setattr(one, "_board_free", when),
        one._say({"next": "0"}),
    )
    with pytest.raises(BoardSilent, match="stored 0 of 41060 bytes"):
        write_image(one, DATA)
    assert one.now < 120


def test_a_board_that_never_confirms_is_given_up_after_three_uploads(board):
    one = board(DATA, mute=lambda text: text == "state=ok")
    with pytest.raises(BoardSilent):
        write_image(one, DATA)
    assert one.uploads == 3


def test_a_failure_in_the_midst_is_passed_on(board):
    one = board(DATA)
    deal_with = one._deal_with

    def fail(chunk, when):
        deal_with(chunk, when)
        if chunk.offset == 5 * CHUNK:
            one._say({"state": "err", "code": "storage", "msg": "No."})

    one._deal_with = fail
    with pytest.raises(BoardRefused) as refusal:
        write_update(one, "app", DATA)
    assert refusal.value.code == "storage"


def test_the_digest_is_that_of_all(board):
    asked = {}
    one = board(DATA)
    request = one.request
    one.request = lambda verb, **arguments: asked.update(arguments) or request(verb, timeout=1)
    write_image(one, DATA)
    assert asked["crc"] == f"{zlib.crc32(DATA):08x}"
