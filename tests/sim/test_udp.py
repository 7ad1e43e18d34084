# SPDX-License-Identifier: MIT
"""The virtual board's UDP to the host: real datagrams, at times that the host cannot change."""

import asyncio
import itertools
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from hil.protocol import ErrorCode, Flags, FrameHeader, MessageType
from hil.sim.clock import host_work
from hil.sim.clock.clock import CYCLES_PER_US, SimClock
from hil.sim.ip.udp import QUEUE, UdpRadio
from hil.sim.radio.air import Air
from hil.sim.radio.presets import PRESETS, unshaped

VIA = 2
LOSSY = replace(PRESETS["udp"], loss=0.2, duplicate=0.1, reorder=0.1, jitter_us=800)
Settle = Callable[[SimClock, Callable[[], bool]], Awaitable[None]]
Reply = tuple[bytes, float]  # what to say, and after how many real seconds


def frame(kind: MessageType, number: int = 1, payload: bytes = b"", answer: bool = False) -> bytes:
    flags = Flags.ANSWER if answer else Flags(0)
    return FrameHeader(kind, flags, 1, number, 0, 1).pack() + payload


@dataclass
class Host(asyncio.DatagramProtocol):
    """Answers every datagram as it is told to, and then the barrier behind it."""

    replies: Callable[[bytes], list[Reply]]
    knows_barriers: bool = True
    heard: list[bytes] = field(default_factory=list)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport
        self._work: asyncio.Queue[tuple[bytes, object]] = asyncio.Queue()
        self._task = asyncio.create_task(self._answer())

    def datagram_received(self, data: bytes, addr: object) -> None:
        self._work.put_nowait((data, addr))

    async def _answer(self) -> None:
        while True:
            data, address = await self._work.get()
            if data.startswith(b"SNBR"):
                if self.knows_barriers:
                    self._transport.sendto(data, address)
                continue
            self.heard.append(data)
            for reply, delay in self.replies(data):
                await asyncio.sleep(delay)
                self._transport.sendto(reply, address)

    def close(self) -> None:
        self._task.cancel()
        self._transport.close()


@asynccontextmanager
async def opened(
    firmware: type[Any], settle: Settle, replies: Callable[[bytes], list[Reply]], **options: Any
) -> AsyncIterator[tuple[Any, UdpRadio, Host]]:
    """A board whose link to a host is up."""
    loop = asyncio.get_running_loop()
    knows_barriers = options.pop("knows_barriers", True)
    transport, host = await loop.create_datagram_endpoint(
        lambda: Host(replies, knows_barriers), local_addr=("127.0.0.1", 0)
    )
    board = firmware(Air(SimClock(), **options))
    radio = UdpRadio(board.antenna(VIA))
    assert radio.open(*transport.get_extra_info("sockname")) == 0
    await settle(board.clock, lambda: board.count("on_link") == 1)
    assert board.told[0][1] == (VIA, 0, 0)
    try:
        yield board, radio, host
    finally:
        radio.close()
        host.close()


def echo(delay: float) -> Callable[[bytes], list[Reply]]:
    return lambda data: [(data, delay)]


async def exchange(firmware: type[Any], settle: Settle, delay: float, **options: Any) -> list[Any]:
    """Send a burst, and then one datagram for each that comes back."""
    async with opened(firmware, settle, echo(delay), **options) as (board, radio, _):
        for n in range(20):
            radio.send(0, frame(MessageType.ECHO, n, bytes(40 * n)), board.clock.now)
        board.clock.at(10**12, lambda: None)  # something later, which must not happen before
        await settle(board.clock, lambda: board.clock.now == 10**12)
        return [(name, arguments[3:], staged, at) for name, arguments, staged, at in board.told]


@pytest.mark.parametrize("link", [PRESETS["udp"], LOSSY, unshaped(LOSSY)])
def test_simulated_times_do_not_depend_on_how_slow_the_host_is(
    firmware: type[Any], settle: Settle, link: object
) -> None:
    options = {"links": {"udp": link}}
    quick = asyncio.run(exchange(firmware, settle, 0.0, **options))
    assert asyncio.run(exchange(firmware, settle, 0.01, **options)) == quick
    assert len(quick) > 5


def test_another_seed_gives_other_times(firmware: type[Any], settle: Settle) -> None:
    one, two = (
        asyncio.run(exchange(firmware, settle, 0.0, links={"udp": LOSSY}, seed=seed))
        for seed in (1, 2)
    )
    assert one != two


def test_two_boards_with_traffic_at_the_same_time_hear_what_each_hears_alone(
    firmware: type[Any], settle: Settle
) -> None:
    async def run(numbers: tuple[int, ...], delay: float) -> dict[int, list[Any]]:
        loop = asyncio.get_running_loop()
        transport, host = await loop.create_datagram_endpoint(
            lambda: Host(echo(delay)), local_addr=("127.0.0.1", 0)
        )
        air = Air(SimClock(), {"udp": LOSSY})
        boards = {number: firmware(air, number) for number in numbers}
        radios = {number: UdpRadio(board.antenna(VIA)) for number, board in boards.items()}
        for radio in radios.values():
            radio.open(*transport.get_extra_info("sockname"))
        await settle(air.clock, lambda: all(b.count("on_link") for b in boards.values()))
        for n in range(20):
            for number, radio in radios.items():
                radio.send(0, frame(MessageType.ECHO, n, bytes(100 * number)), air.clock.now)
        air.clock.at(10**12, lambda: None)
        await settle(air.clock, lambda: air.clock.now == 10**12)
        for radio in radios.values():
            radio.close()
        host.close()
        return {n: [(name, s, at) for name, _, s, at in b.told] for n, b in boards.items()}

    together = asyncio.run(run((1, 2), 0.002))
    assert together == asyncio.run(run((1, 2), 0.0))
    for number in (1, 2):
        assert together[number] == asyncio.run(run((number,), 0.0))[number]


def test_an_answer_comes_after_both_ways_and_the_hosts_turnaround(
    firmware: type[Any], settle: Settle
) -> None:
    async def run() -> float:
        async with opened(firmware, settle, echo(0)) as (board, radio, _):
            radio.send(0, frame(MessageType.ECHO, payload=bytes(500)), board.clock.now)
            await settle(board.clock, lambda: board.count("on_receive") == 1)
            return board.told[-1][3] - board.told[0][3]

    link = PRESETS["udp"]
    one_way = link.cycles(516) / CYCLES_PER_US + link.latency_us
    assert asyncio.run(run()) == pytest.approx(2 * one_way + host_work.TURNAROUND_US, abs=0.1)


def test_a_result_comes_after_the_tails_work_and_again_only_after_the_turnaround(
    firmware: type[Any], settle: Settle
) -> None:
    result = frame(MessageType.RESULT, payload=bytes(76), answer=True)

    async def run() -> list[float]:
        free = {"udp": unshaped(PRESETS["udp"])}
        async with opened(firmware, settle, lambda _: [(result, 0)], links=free) as (
            board,
            radio,
            _,
        ):
            start = board.clock.now
            radio.send(0, frame(MessageType.DATA), start)
            # A second request before the first result is out makes it come no earlier.
            board.clock.at(
                start + 500 * CYCLES_PER_US,
                lambda: radio.send(0, frame(MessageType.ACK), board.clock.now),
            )
            await settle(board.clock, lambda: board.count("on_receive") == 2)
            radio.send(0, frame(MessageType.ACK), board.clock.now)
            await settle(board.clock, lambda: board.count("on_receive") == 3)
            return [at - start / CYCLES_PER_US for name, *_, at in board.told if "rec" in name]

    total, turn = host_work.TOTAL_US, host_work.TURNAROUND_US
    assert asyncio.run(run()) == [total, total, total + turn]


def test_a_port_on_which_nobody_listens_costs_no_patience(
    firmware: type[Any], settle: Settle
) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        address = taken.getsockname()

    async def run() -> None:
        board = firmware(Air(SimClock()))
        radio = UdpRadio(board.antenna(VIA))
        radio.open(*address)
        await settle(board.clock, lambda: board.count("on_link") == 1)
        for n in range(3):
            radio.send(0, frame(MessageType.HELLO, n), board.clock.now)
            end = board.clock.now + 10_000_000
            board.clock.at(end, lambda: None)
            await settle(board.clock, lambda end=end: board.clock.now == end)
        assert board.count("on_receive") == 0
        radio.close()

    asyncio.run(run())


def test_a_host_that_knows_no_barriers_is_waited_for_once(
    firmware: type[Any], settle: Settle
) -> None:
    async def run() -> None:
        async with opened(firmware, settle, echo(0), knows_barriers=False) as (board, radio, host):
            radio.send(0, frame(MessageType.ECHO, 1), board.clock.now)
            await settle(board.clock, lambda: board.clock.waits_for_host and bool(host.heard))
            assert board.clock.forgive() == 1
            await settle(board.clock, lambda: board.count("on_receive") == 1)
            radio.send(0, frame(MessageType.ECHO, 2), board.clock.now)
            await settle(board.clock, lambda: board.count("on_receive") == 2)
            assert not board.clock.waits_for_host

    asyncio.run(run())


def test_a_barrier_that_was_dropped_is_sent_again(firmware: type[Any], settle: Settle) -> None:
    async def run() -> None:
        async with opened(firmware, settle, echo(0), knows_barriers=False) as (board, radio, host):
            radio.send(0, frame(MessageType.ECHO, 1), board.clock.now)
            await settle(board.clock, lambda: board.clock.waits_for_host and bool(host.heard))
            host.knows_barriers = True
            await settle(board.clock, lambda: board.count("on_receive") == 1)

    asyncio.run(run())


def test_a_greeting_that_a_flooded_host_has_lost_is_sent_again_and_time_does_not_show_it(
    firmware: type[Any], settle: Settle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hil.sim.ip.udp_host.REMINDER_S", 0.02)

    async def run(lost: int) -> tuple[int, float]:
        """Have the host's buffer drop so many datagrams, barriers among them."""
        async with opened(firmware, settle, echo(0)) as (board, radio, host):
            take, count = host.datagram_received, itertools.count()

            def full(data: bytes, address: object) -> None:
                if next(count) >= lost:
                    take(data, address)

            host.datagram_received = full
            host._transport.set_protocol(host)
            radio.send(0, frame(MessageType.HELLO), board.clock.now)
            board.clock.at(10**12, lambda: None)
            await settle(board.clock, lambda: board.clock.now == 10**12)
            (at,) = [at for name, _, _, at in board.told if name == "on_receive"]
            return len(host.heard), at

    alone = asyncio.run(run(0))
    assert asyncio.run(run(4)) == alone
    assert alone[0] == 1


def test_what_comes_unasked_is_a_strangers_and_no_board_hears_of_it(
    firmware: type[Any], settle: Settle
) -> None:
    async def run(strangers: bool) -> list[Any]:
        async with opened(firmware, settle, echo(0)) as (board, radio, host):
            (board_end,) = (radio._host._transport.get_extra_info("sockname"),)
            for n in range(5):
                radio.send(0, frame(MessageType.ECHO, n), board.clock.now)
                end = board.clock.now + 10**9
                board.clock.at(end, lambda: None)
                await settle(board.clock, lambda end=end: board.clock.now == end)
                if strangers:
                    for _ in range(20):
                        forged = frame(MessageType.RESULT, n, bytes(72), answer=True)
                        host._transport.sendto(forged, board_end)
            return [(name, staged, at) for name, _, staged, at in board.told]

    assert asyncio.run(run(True)) == asyncio.run(run(False))


def test_a_host_that_closes_its_socket_without_reading_it_costs_no_patience(
    firmware: type[Any], settle: Settle
) -> None:
    async def run() -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as host:
            host.bind(("127.0.0.1", 0))
            board = firmware(Air(SimClock()))
            radio = UdpRadio(board.antenna(VIA))
            radio.open(*host.getsockname())
            await settle(board.clock, lambda: board.count("on_link") == 1)
            radio.send(0, frame(MessageType.HELLO), board.clock.now)
            await settle(board.clock, lambda: board.clock.waits_for_host)
        await settle(board.clock, lambda: not board.clock.waits_for_host)
        radio.close()

    asyncio.run(run())


def test_a_host_whose_name_is_unknown_is_reported(firmware: type[Any], settle: Settle) -> None:
    async def run() -> tuple[int, bytes]:
        board = firmware(Air(SimClock()))
        radio = UdpRadio(board.antenna(VIA))
        assert radio.open("no-such-host.invalid", 9) == 0
        await settle(board.clock, lambda: board.count("on_link") == 1)
        assert not board.clock.waits_for_host
        radio.close()
        _, (_, code, _), text, _ = board.told[0]
        return code, text

    code, text = asyncio.run(run())
    assert code == ErrorCode.EDGE_UNREACHABLE
    assert b"no way to no-such-host.invalid:9" in text


def test_a_closed_link_tells_its_board_nothing_more(firmware: type[Any], settle: Settle) -> None:
    async def run() -> int:
        async with opened(firmware, settle, echo(0.01)) as (board, radio, _):
            radio.send(0, frame(MessageType.ECHO), board.clock.now)
            await settle(board.clock, lambda: board.clock.waits_for_host)
            radio.close()
            assert not board.clock.waits_for_host
            assert radio.send(0, b"x", board.clock.now) < 0
            await asyncio.sleep(0.03)  # what the host still says
            while board.clock.step():
                pass
            return len(board.told)

    assert asyncio.run(run()) == 1


def test_the_drivers_queue_is_bounded_and_says_when_there_is_room(
    firmware: type[Any], settle: Settle
) -> None:
    async def run() -> None:
        async with opened(firmware, settle, lambda _: []) as (board, radio, host):
            data = frame(MessageType.DATA, payload=bytes(1_456))
            for _ in range(QUEUE):
                assert radio.send(0, data, board.clock.now) == len(data)
            assert radio.send(0, data, board.clock.now) == 0
            await settle(board.clock, lambda: board.count("on_writable") == 1)
            assert radio.send(0, data, board.clock.now) == len(data)
            await settle(board.clock, lambda: len(host.heard) == QUEUE + 1)

    asyncio.run(run())


def test_without_wifi_there_is_no_udp(firmware: type[Any]) -> None:
    board = firmware(Air(SimClock()))
    board.joined = False
    assert UdpRadio(board.antenna(VIA)).open("127.0.0.1", 9) == ErrorCode.WIFI
