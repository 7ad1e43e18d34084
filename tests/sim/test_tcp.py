# SPDX-License-Identifier: MIT
"""The virtual board's TCP to the host: real bytes, at times that the host cannot change."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from hil.protocol import ErrorCode, Flags, Message, MessageType
from hil.protocol.stream import pack_stream
from hil.sim.clock import host_work
from hil.sim.clock.clock import CYCLES_PER_US, SimClock
from hil.sim.ip.tcp import TcpRadio
from hil.sim.ip.tcp_sender import SEND_BUFFER
from hil.sim.radio.air import Air
from hil.sim.radio.link import LinkDirection
from hil.sim.radio.presets import PRESETS

VIA = 1
PATIENCE_S = 20.0
Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
Settle = Callable[[SimClock, Callable[[], bool]], Awaitable[None]]


def message(kind: MessageType, payload: bytes = b"", answer: bool = False) -> bytes:
    flags = Flags.ANSWER if answer else Flags(0)
    return pack_stream(Message(kind, flags, session=1, message_id=1, model_id=0, payload=payload))


@asynccontextmanager
async def connection(
    firmware: type[Any], settle: Settle, handler: Handler, **options: Any
) -> AsyncIterator[tuple[Any, TcpRadio]]:
    """A board connected to a server that serves one client with `handler`."""
    served = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await handler(reader, writer)
        finally:
            writer.close()
            served.set()

    board = firmware(Air(SimClock(), **options))
    tcp = TcpRadio(board.antenna(VIA))
    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        assert tcp.open(*server.sockets[0].getsockname()) == 0
        await settle(board.clock, lambda: bool(board.told))
        assert board.told[0][1] == (VIA, 0, 0)
        yield board, tcp
        tcp.close()
        await asyncio.wait_for(served.wait(), PATIENCE_S)


def answering(delay: float) -> Handler:
    """Answer every message with a RESULT, `delay` real seconds after it came."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while prefix := await reader.read(4):
            await reader.readexactly(int.from_bytes(prefix, "little"))
            await asyncio.sleep(delay)
            writer.write(message(MessageType.RESULT, bytes(76), answer=True))

    return handle


async def exchange(
    firmware: type[Any], settle: Settle, delay: float, messages: int = 1, **options: Any
) -> list[tuple[str, bytes, float]]:
    async with connection(firmware, settle, answering(delay), **options) as (board, tcp):
        data = message(MessageType.DATA, bytes(4_704))
        for n in range(messages):
            assert tcp.send(0, data, board.clock.now) == len(data)
            board.clock.at(10**14, lambda: None)  # later: it must not happen before the answer
            await settle(board.clock, lambda n=n: board.count("on_receive") == n + 1)
        return [(name, staged, at) for name, _, staged, at in board.told]


def test_simulated_times_do_not_depend_on_how_slow_the_host_is(
    firmware: type[Any], settle: Settle
) -> None:
    slow = asyncio.run(exchange(firmware, settle, 0.1))
    assert asyncio.run(exchange(firmware, settle, 0.0)) == slow


def test_an_answer_arrives_after_both_ways_and_the_stated_work_of_the_host(
    firmware: type[Any], settle: Settle
) -> None:
    heard = asyncio.run(exchange(firmware, settle, 0.0))
    request = len(message(MessageType.DATA, bytes(4_704)))
    answer = len(message(MessageType.RESULT, bytes(76)))
    start = int(heard[0][2] * CYCLES_PER_US)
    _, there = LinkDirection(PRESETS["tcp"]).stream(start, request, 0)
    departure = there + host_work.TOTAL_US * CYCLES_PER_US
    _, back = LinkDirection(PRESETS["tcp"]).stream(departure, answer, 0)
    assert heard[-1][2] == back / CYCLES_PER_US


def test_losses_cost_time_outs_and_repeat_from_their_seed(
    firmware: type[Any], settle: Settle
) -> None:
    lossy = {"tcp": replace(PRESETS["tcp"], loss=0.2, jitter_us=500)}
    runs = [
        asyncio.run(exchange(firmware, settle, delay, 8, links=lossy, seed=seed))
        for delay, seed in ((0.0, 1), (0.01, 1), (0.0, 2))
    ]
    assert runs[0] == runs[1] != runs[2]
    assert [staged for _, staged, _ in runs[0]] == [staged for _, staged, _ in runs[2]]
    assert runs[0][-1][2] - runs[0][0][2] > 1_500_000


def test_the_send_buffer_takes_what_it_has_room_for_and_says_when_there_is_more(
    firmware: type[Any], settle: Settle
) -> None:
    async def run() -> tuple[int, int]:
        async with connection(firmware, settle, answering(0)) as (board, tcp):
            data = message(MessageType.DATA, bytes(20_000))
            first = sent = tcp.send(0, data, board.clock.now)
            while sent < len(data):
                seen = board.count("on_writable")
                await settle(board.clock, lambda seen=seen: board.count("on_writable") > seen)
                sent += tcp.send(0, data[sent:], board.clock.now)
            await settle(board.clock, lambda: board.count("on_receive") == 1)
            return first, sent - len(data)

    assert asyncio.run(run()) == (SEND_BUFFER, 0)


@pytest.mark.parametrize("length", [3, 40])
def test_what_has_come_of_a_frame_is_the_boards_before_the_end(
    firmware: type[Any], settle: Settle, length: int
) -> None:
    begun = message(MessageType.RESULT, bytes(76), answer=True)[:length]

    async def break_off(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(4)
        writer.write(begun)

    async def run() -> list[tuple[str, bytes]]:
        async with connection(firmware, settle, break_off) as (board, tcp):
            tcp.send(0, message(MessageType.DATA, bytes(100)), board.clock.now)
            await settle(board.clock, lambda: board.count("on_link") == 2)
            return [(name, staged) for name, _, staged, _ in board.told]

    (_, received), (end, _) = asyncio.run(run())[1:]
    assert (received, end) == (begun, "on_link")


def test_an_unreachable_host_is_reported_with_its_address(
    firmware: type[Any], settle: Settle
) -> None:
    async def run() -> Any:
        server = await asyncio.start_server(answering(0), "127.0.0.1", 0)
        address = server.sockets[0].getsockname()
        server.close()
        await server.wait_closed()
        board = firmware(Air(SimClock()))
        TcpRadio(board.antenna(VIA)).open(*address)
        await settle(board.clock, lambda: bool(board.told))
        assert not board.clock.waits_for_host
        return board

    [(name, (_, code, _), text, _)] = asyncio.run(run()).told
    assert (name, code) == ("on_link", ErrorCode.EDGE_UNREACHABLE)
    assert b"no connection to 127.0.0.1:" in text


def test_a_host_that_dies_owing_an_answer_ends_the_connection_and_the_debt(
    firmware: type[Any], settle: Settle
) -> None:
    async def die(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(4)

    async def run() -> Any:
        async with connection(firmware, settle, die) as (board, tcp):
            tcp.send(0, message(MessageType.DATA, bytes(100)), board.clock.now)
            await settle(board.clock, lambda: board.count("on_link") == 2)
            assert not board.clock.waits_for_host
            return board.told[-1]

    _, (_, code, _), text, _ = asyncio.run(run())
    assert code == ErrorCode.EDGE_LOST
    assert b"closed by the host" in text


def test_only_the_answer_itself_pays_for_a_request(firmware: type[Any], settle: Settle) -> None:
    stray = Message(MessageType.RESULT, Flags.ANSWER, 2, 1, 0, bytes(76))

    def strays(delay: float) -> Handler:
        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            prefix = await reader.readexactly(4)
            await reader.readexactly(int.from_bytes(prefix, "little"))
            for each in (stray, stray._replace(session=1, message_id=2)):
                writer.write(pack_stream(each))
                await asyncio.sleep(delay)
            writer.write(message(MessageType.RESULT, bytes(76), answer=True))
            await reader.read()

        return handle

    async def run(delay: float) -> list[tuple[str, float]]:
        async with connection(firmware, settle, strays(delay)) as (board, tcp):
            tcp.send(0, message(MessageType.DATA, bytes(100)), board.clock.now)
            board.clock.at(10**14, lambda: None)  # later: it must not happen before the answer
            await settle(board.clock, lambda: board.count("on_receive") == 3)
            return [(name, at) for name, _, _, at in board.told]

    quick = asyncio.run(run(0.0))
    assert asyncio.run(run(0.05)) == quick


def test_a_host_that_goes_of_its_own_accord_does_so_when_nothing_is_left_to_happen(
    firmware: type[Any], settle: Settle
) -> None:
    async def answer_and_go(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        prefix = await reader.readexactly(4)
        await reader.readexactly(int.from_bytes(prefix, "little"))
        writer.write(message(MessageType.RESULT, bytes(76), answer=True))

    async def run() -> Any:
        async with connection(firmware, settle, answer_and_go) as (board, tcp):
            tcp.send(0, message(MessageType.DATA, bytes(100)), board.clock.now)
            board.clock.at(10**10, lambda: None)
            await settle(board.clock, lambda: board.count("on_link") == 2)
            return board.told[-1]

    _, (_, code, _), _, at = asyncio.run(run())
    assert code == ErrorCode.EDGE_LOST
    assert at > 10**10 / CYCLES_PER_US


def test_a_host_that_has_gone_owes_nothing_for_what_reaches_it_later(
    firmware: type[Any], settle: Settle
) -> None:
    async def run() -> None:
        leave = asyncio.Event()

        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await leave.wait()

        async with connection(firmware, settle, handle) as (board, tcp):
            clock = board.clock
            tcp.send(0, message(MessageType.HELLO, bytes(16)), clock.now)
            clock.at(clock.now + 1_000 * CYCLES_PER_US, lambda: None)
            clock.step()
            leave.set()
            await tcp._connection._task  # the board's side has seen it, the board has not
            await settle(clock, lambda: board.count("on_link") == 2)
            assert not clock.waits_for_host

    asyncio.run(run())


def test_a_closed_connection_tells_its_board_nothing_more(
    firmware: type[Any], settle: Settle
) -> None:
    async def run() -> int:
        async with connection(firmware, settle, answering(0)) as (board, tcp):
            tcp.send(0, message(MessageType.DATA, bytes(100)), board.clock.now)
            tcp.close()
            assert not board.clock.waits_for_host
            while board.clock.step():
                pass
            assert tcp.send(0, b"x", board.clock.now) < 0
            return len(board.told)

    assert asyncio.run(run()) == 1


@pytest.mark.parametrize(
    ("kind", "answer"),
    [
        (MessageType.RESULT, True),
        (MessageType.ERROR, True),
        (MessageType.ERROR, False),
        (MessageType.RESULT, False),
    ],
)
def test_the_host_owes_nothing_for_what_asks_nothing(
    firmware: type[Any], settle: Settle, kind: MessageType, answer: bool
) -> None:
    async def run() -> bool:
        async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read()

        async with connection(firmware, settle, listen) as (board, tcp):
            tcp.send(0, message(kind, bytes(76), answer=answer), board.clock.now)
            while board.clock.step():
                pass
            return board.clock.waits_for_host

    assert not asyncio.run(run())


def test_without_wifi_there_is_no_tcp(firmware: type[Any]) -> None:
    board = firmware(Air(SimClock()))
    board.joined = False
    assert TcpRadio(board.antenna(VIA)).open("127.0.0.1", 9) == ErrorCode.WIFI
