# SPDX-License-Identifier: MIT
"""A gateway's serial line: records take their time, and time waits for the host's reaction."""

import struct
from collections import deque
from collections.abc import Callable
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hil.protocol import Flags, FrameHeader, MessageType
from hil.protocol.console.chunk import Chunk, ChunkType
from hil.sim.clock import host_work
from hil.sim.clock.clock import CYCLES_PER_US, SimClock
from hil.sim.serial.uart import DEFAULT_BAUD, Uart
from hil.transport.espnow import CREDIT

MAC = bytes.fromhex("0248494c0001")
TURNAROUND = host_work.TURNAROUND_US * CYCLES_PER_US
TOTAL = host_work.TOTAL_US * CYCLES_PER_US
ACK = FrameHeader(MessageType.ACK, Flags.ANSWER, 7, 1).pack() + bytes(12)


def received(number: int, frame: bytes = ACK) -> bytes:
    return Chunk(ChunkType.RECEIVED, number, struct.pack("<6sbQ", MAC, -40, 0) + frame).pack()


def taken(number: int) -> bytes:
    return Chunk(ChunkType.TAKEN, number, b"").pack()


def send(number: int, frame: bytes = ACK) -> bytes:
    return Chunk(ChunkType.SEND, number, MAC + frame).pack()


def dealt(number: int) -> bytes:
    return Chunk(ChunkType.DEALT, number, b"").pack()


def crossing(data: bytes, baud: int = DEFAULT_BAUD) -> int:
    return len(data) * 10 * 1_000_000 * CYCLES_PER_US // baud


class Line:
    """A line whose host says what a test lets it say, having asked for the role at time 0."""

    def __init__(self, *, asks: bool = True) -> None:
        self.clock = SimClock()
        self.attached = True
        self.to_host: list[tuple[int, bytes]] = []
        self.to_board: list[tuple[int, bytes]] = []
        self.free: list[bytes] = []
        self.on_unit: Callable[[bytes], None] = lambda data: None
        self.uart = Uart(self.clock, self._take, self._give)
        if asks:
            self.uart.set_baud(10**12)
            self.uart.feed(b"#1 role set=gateway channel=1\r\n")
            self.run()
            self.uart.set_baud(DEFAULT_BAUD)
            self.to_board.clear()

    def _take(self, time: int, unit: bytes, free: bool) -> None:
        self.clock.at(time, lambda: self.to_board.append((time, unit)))
        self.free += [unit] * free

    def _give(self, data: bytes) -> bool:
        self.to_host.append((self.clock.now, data))
        self.on_unit(data)
        return self.attached

    def write(self, *units: bytes, free: bool = False) -> None:
        for unit in units:
            self.uart.write(unit, self.clock.now, free=free)

    def run(self, until: int | None = None) -> int:
        """Let boards and time go on; return the time at which they stand still."""
        if until is not None:
            self.clock.at(until, lambda: None)
        while self.clock.step():
            pass
        return self.clock.now


def test_a_request_waits_for_what_the_host_owes_but_a_record_behind_it_does_not() -> None:
    line, request = Line(), b"#4 info\r"
    line.write(received(1))
    line.run()
    line.uart.feed(request + dealt(1))
    line.run()
    assert [unit for _, unit in line.to_board] == [dealt(1), request]


def test_a_record_reaches_the_host_when_its_last_byte_has_crossed() -> None:
    line, record = Line(), taken(1)
    line.write(record, record)
    line.run()
    assert [time for time, _ in line.to_host] == [crossing(record), crossing(record * 2)]


def test_the_rate_of_the_line_is_the_boards() -> None:
    line, record = Line(), taken(1)
    line.uart.set_baud(921_600)
    line.write(record)
    line.run()
    assert line.to_host[0][0] == crossing(record, 921_600)


def test_a_rate_that_no_driver_takes_leaves_the_line_as_it_is() -> None:
    line, record = Line(), taken(1)
    line.uart.set_baud(0)
    line.write(record)
    line.run()
    assert line.to_host[0][0] == crossing(record)


def test_a_text_line_goes_at_once_but_never_overtakes_a_record() -> None:
    line, record = Line(), taken(1)
    line.write(b"I (1) boot: hello\r\n", record, b"#1 ok *0000\r\n")
    assert [data for _, data in line.to_host] == [b"I (1) boot: hello\r\n"]
    assert line.uart.idle_at == line.clock.now + crossing(record)
    line.run()
    assert line.to_host[1:] == [
        (crossing(record), record),
        (crossing(record), b"#1 ok *0000\r\n"),
    ]


def test_blobs_that_are_read_and_lines_cost_no_time_to_the_host() -> None:
    line = Line()
    line.write(Chunk(ChunkType.READ, 0, bytes(1000)).pack(), b"#1 ok *0000\r\n")
    assert [time for time, _ in line.to_host] == [0, 0]


def test_time_stands_still_from_a_frames_delivery_until_the_host_has_dealt_with_it() -> None:
    line, record = Line(), received(1)
    line.write(record)
    delivered = line.run(until=1_000_000 * CYCLES_PER_US)
    assert delivered == crossing(record)
    assert line.clock.waits_for_host
    line.uart.feed(dealt(1))
    line.run()
    assert line.to_board == [(delivered + TURNAROUND + crossing(dealt(1)), dealt(1))]


def test_a_count_covers_all_records_up_to_it() -> None:
    line = Line()
    line.write(received(1), received(2), received(3))
    line.run()
    line.uart.feed(dealt(1))
    line.run()
    line.uart.feed(dealt(3))
    line.run()
    assert len(line.to_host) == 3
    assert not line.clock.waits_for_host


def test_a_reply_departs_after_the_hosts_time_for_it_and_in_order() -> None:
    line = Line()
    result = FrameHeader(MessageType.RESULT, Flags.ANSWER, 7, 1).pack() + bytes(100)
    line.write(received(1))
    caused = line.run()
    line.uart.feed(send(1) + send(2, result) + dealt(1))
    line.run()
    acknowledged = caused + TURNAROUND + crossing(send(1))
    answered = max(caused + TOTAL, acknowledged) + crossing(send(2, result))
    assert [time for time, _ in line.to_board] == [
        acknowledged,
        answered,
        answered + crossing(dealt(1)),
    ]


def test_what_a_stranger_does_takes_no_time_of_the_line_nor_does_what_is_said_to_it() -> None:
    line = Line()
    line.write(received(1), free=True)
    line.run()
    assert line.clock.waits_for_host
    line.uart.feed(send(1) + dealt(1))
    line.run()
    line.write(taken(1), free=True)
    line.run()
    assert line.to_host == [(0, received(1)), (0, taken(1))]
    assert line.to_board == [(0, send(1)), (0, dealt(1))]
    assert line.free == [send(1), dealt(1)]
    assert not line.clock.waits_for_host


def test_what_a_stranger_does_overtakes_no_record_and_is_dealt_with_by_itself() -> None:
    quiet, line = Line(), Line()
    quiet.write(received(1))
    line.write(received(1))
    line.write(received(2), free=True)
    crossed = quiet.run()
    for each in (quiet, line):
        each.run()
        each.uart.feed(send(1) + dealt(1))
        each.run()
    line.uart.feed(dealt(2))
    line.run()
    assert line.to_host == [(crossed, received(1)), (crossed, received(2))]
    assert line.uart.idle_at == quiet.uart.idle_at
    assert line.free == [dealt(2)]
    assert [each for each in line.to_board if each[1] not in line.free] == quiet.to_board


def test_a_count_that_covers_a_peers_record_too_takes_its_time() -> None:
    line = Line()
    line.write(received(1), free=True)
    line.clock.forgive()
    line.write(received(2))
    line.run()
    line.clock.forgive()
    delivered = line.run()
    line.uart.feed(dealt(2))
    line.run()
    assert line.to_board == [(delivered + TURNAROUND + crossing(dealt(2)), dealt(2))]


def test_time_goes_on_while_the_host_lacks_the_credit_to_say_more() -> None:
    line = Line()
    line.write(received(1))
    line.run()
    line.uart.feed(b"".join(send(number) for number in range(1, CREDIT)))
    line.run()
    assert line.clock.waits_for_host
    line.uart.feed(send(CREDIT))
    line.run()
    assert not line.clock.waits_for_host
    assert len(line.to_board) == CREDIT
    line.write(taken(1))
    line.run()
    assert line.clock.waits_for_host
    line.uart.feed(send(CREDIT + 1) + dealt(1))
    line.run()
    assert not line.clock.waits_for_host


class Gateway(Line):
    """A line between a gateway's firmware and a host with replies of many frames."""

    def __init__(self, replies: list[int], pace: Callable[[], bool]) -> None:
        super().__init__()
        self.on_unit = self._on_host
        self._replies = iter(replies)
        self._pace = pace  # whether the host gets to say something, however far time has come
        self._queue: deque[tuple[ChunkType, int]] = deque()
        self._sent = self._taken = 0

    def _take(self, time: int, unit: bytes, free: bool) -> None:
        super()._take(time, unit, free)
        if unit[:1] != b"\0":
            return
        record = Chunk.parse(unit[1:-1])
        if record.type is ChunkType.SEND:
            later = time + 3_000 * CYCLES_PER_US
            self.clock.at(later, lambda: self.write(taken(record.offset)))

    def _on_host(self, data: bytes) -> None:
        record = Chunk.parse(data[1:-1])
        if record.type is ChunkType.RECEIVED:
            self._queue += [(ChunkType.SEND, 0)] * next(self._replies)
            self._queue.append((ChunkType.DEALT, record.offset))
        else:
            self._taken = record.offset

    def _speak(self) -> bool:
        if not self._queue:
            return False
        kind, number = self._queue[0]
        if kind is ChunkType.DEALT:
            self.uart.feed(dealt(number))
        elif self._sent - self._taken < CREDIT:
            self._sent += 1
            self.uart.feed(send(self._sent))
        else:
            return False
        self._queue.popleft()
        return True

    def play(self, frames: int) -> list[tuple[int, bytes]]:
        for number in range(1, frames + 1):
            self.clock.at(number * 40_000 * CYCLES_PER_US, lambda n=number: self.write(received(n)))
        while self.clock.step() or self._speak():
            while self._pace() and self._speak():
                pass
        return self.to_board


@settings(max_examples=50)
@given(st.lists(st.integers(0, 3 * CREDIT), min_size=1, max_size=4), st.randoms())
def test_when_the_firmware_hears_the_host_does_not_depend_on_the_hosts_speed(
    replies: list[int], random: Random
) -> None:
    quick = Gateway(replies, lambda: True).play(len(replies))
    assert len(quick) == sum(replies) + len(replies)
    assert Gateway(replies, lambda: random.random() < 0.3).play(len(replies)) == quick
    assert Gateway(replies, lambda: False).play(len(replies)) == quick


@pytest.mark.parametrize("end", ["client gone", "reset", "#4 role set=model\r\n", "reboot\r\n"])
def test_nothing_is_owed_after_the_end_of_the_role_or_of_its_host(end: str) -> None:
    line = Line()
    line.write(received(1))
    line.run()
    if end == "client gone":
        line.uart.host_gone()
    elif end == "reset":
        line.uart.close()
    else:
        line.uart.feed(end.encode())
    line.run()
    assert not line.clock.waits_for_host


def test_what_is_on_the_line_when_the_role_ends_is_nobodys() -> None:
    line = Line()
    line.write(received(1), received(2))
    line.uart.feed(b"#4 role set=model\r\n")
    line.run()
    assert len(line.to_host) == 2
    assert not line.clock.waits_for_host


def test_asking_for_the_role_changes_nothing() -> None:
    line = Line()
    line.write(received(1))
    line.run()
    line.uart.feed(b"#4 role\r\n")
    line.run()
    assert line.clock.waits_for_host


def test_a_reset_loses_what_is_on_the_line() -> None:
    line = Line()
    line.write(received(1))
    line.uart.feed(b"info\r\n")
    line.uart.close()
    line.run()
    assert (line.to_host, line.to_board) == ([], [])


def test_counts_start_anew_with_the_role() -> None:
    line = Line()
    for _ in range(2):
        line.write(received(1))
        line.run()
        assert line.clock.waits_for_host
        line.uart.feed(dealt(1))
        line.run()
        assert not line.clock.waits_for_host
        line.uart.feed(b"#1 role set=gateway channel=1\r\n")
        line.run()


def test_nobody_owes_where_nobody_listens() -> None:
    line = Line()
    line.attached = False
    line.write(received(1))
    line.run()
    assert not line.clock.waits_for_host


@pytest.mark.parametrize("earlier", [True, False], ids=["after a gateway's host", "at first"])
def test_a_host_that_has_not_asked_for_the_role_owes_nothing(earlier: bool) -> None:
    line = Line(asks=earlier)
    line.uart.host_gone()
    line.uart.feed(b"info\r\n")
    line.write(received(1))
    line.run()
    assert len(line.to_host) == 1
    assert not line.clock.waits_for_host


def test_a_host_that_never_answers_costs_patience_once() -> None:
    line = Line()
    line.write(received(1), received(2), received(3))
    line.run()
    assert line.clock.forgive() == 1
    line.run()
    assert len(line.to_host) == 3
    assert not line.clock.waits_for_host


def test_a_host_that_speaks_again_is_waited_for_again() -> None:
    line = Line()
    line.write(received(1), received(2))
    line.run()
    line.clock.forgive()
    line.run()
    line.uart.feed(dealt(2))
    line.run()
    line.write(received(3))
    line.run()
    assert line.clock.waits_for_host


def spoilt(record: bytes) -> bytes:
    return record[:8] + bytes([record[8] ^ 1 or 2]) + record[9:]


@pytest.mark.parametrize(
    "noise",
    [spoilt(dealt(1)), spoilt(send(1)), dealt(1)[:-3], b"\x06\x06\r"],
    ids=["a bad count", "a bad frame", "cut short", "text"],
)
def test_noise_pays_no_debt_and_is_left_to_the_firmware(noise: bytes) -> None:
    line = Line()
    line.write(received(1))
    line.run()
    line.uart.feed(noise + b"\r\0")
    line.run()
    assert line.clock.waits_for_host
    line.uart.feed(dealt(1))
    line.run()
    assert not line.clock.waits_for_host
    assert noise in b"".join(unit for _, unit in line.to_board)


@given(st.lists(st.binary(max_size=40), max_size=8), st.data())
def test_no_garbage_stops_the_line(garbage: list[bytes], data: st.DataObject) -> None:
    line = Line()
    for each in garbage:
        line.uart.feed(each)
        line.write(data.draw(st.sampled_from([received(1), taken(9), b"\0", each])))
        line.run()
        line.clock.forgive()
    line.uart.feed(b"\r\0\0\0\r\n")
    line.run()
    assert not line.clock.waits_for_host
