# SPDX-License-Identifier: MIT
"""The virtual board's TCP: real bytes over a real socket, at times that the host cannot change."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from hil.protocol import Flags, Message, MessageType
from hil.protocol.stream import pack_stream
from hil.sim.clock import CYCLES_PER_US, SimClock
from hil.sim.link import WIFI_TCP, LinkDirection
from hil.sim.tcp import SEND_BUFFER, TcpConnection, TcpEvents

HOST_WORK_US = 5_000
PATIENCE_S = 20.0
Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def message(kind: MessageType, payload: bytes = b"", answer: bool = False) -> bytes:
    flags = Flags.ANSWER if answer else Flags(0)
    return pack_stream(Message(kind, flags, session=1, message_id=1, model_id=0, payload=payload))


@dataclass
class Board:
    """What a board hears, with the simulated microsecond at which it hears it."""

    clock: SimClock
    heard: list[tuple[str, object, float]] = field(default_factory=list)

    def _note(self, name: str) -> Callable[..., None]:
        return lambda *what: self.heard.append(
            (name, what[0] if what else None, self.clock.now / CYCLES_PER_US)
        )

    def events(self) -> TcpEvents:
        names = ("up", "failed", "lost", "received", "writable")
        return TcpEvents(**{name: self._note(name) for name in names})

    def count(self, name: str) -> int:
        return sum(1 for each in self.heard if each[0] == name)


async def settle(clock: SimClock, done: Callable[[], bool]) -> None:
    """Fire events, and look at the sockets, until `done`."""

    async def run() -> None:
        while not done():
            if not clock.step():
                await asyncio.sleep(0.001)  # the other end is a real socket

    await asyncio.wait_for(run(), PATIENCE_S)


@asynccontextmanager
async def connection(
    handler: Handler,
) -> AsyncIterator[tuple[SimClock, Board, TcpConnection]]:
    """A board connected to a server that serves one client with `handler`."""
    served = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await handler(reader, writer)
        finally:
            writer.close()
            served.set()

    clock = SimClock()
    board = Board(clock)
    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        address = server.sockets[0].getsockname()
        tcp = TcpConnection(clock, WIFI_TCP, HOST_WORK_US, address, board.events())
        await settle(clock, lambda: bool(board.heard))
        yield clock, board, tcp
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


async def exchange(delay: float) -> list[tuple[str, object, float]]:
    async with connection(answering(delay)) as (clock, board, tcp):
        data = message(MessageType.DATA, bytes(4_704))
        assert tcp.send(data, clock.now) == len(data)
        clock.at(10**12, lambda: None)  # something later, which must not happen before the answer
        await settle(clock, lambda: board.count("received") == 1)
        return board.heard


def test_simulated_times_do_not_depend_on_how_slow_the_host_is() -> None:
    assert asyncio.run(exchange(0.0)) == asyncio.run(exchange(0.1))


def test_an_answer_arrives_after_both_ways_and_the_stated_work_of_the_host() -> None:
    heard = asyncio.run(exchange(0.0))
    request, answer = (
        len(message(MessageType.DATA, bytes(4_704))),
        len(message(MessageType.RESULT, bytes(76))),
    )
    start = int(heard[0][2] * CYCLES_PER_US)
    _, there = LinkDirection(WIFI_TCP).send(start, request)
    _, back = LinkDirection(WIFI_TCP).send(there + HOST_WORK_US * CYCLES_PER_US, answer)
    assert heard[-1][2] == back / CYCLES_PER_US


def test_the_send_buffer_takes_what_it_has_room_for_and_says_when_there_is_more() -> None:
    async def run() -> tuple[int, int]:
        async with connection(answering(0)) as (clock, board, tcp):
            data = message(MessageType.DATA, bytes(20_000))
            first = sent = tcp.send(data, clock.now)
            while sent < len(data):
                seen = board.count("writable")
                await settle(clock, lambda seen=seen: board.count("writable") > seen)
                sent += tcp.send(data[sent:], clock.now)
            await settle(clock, lambda: board.count("received") == 1)
            return first, sent - len(data)

    first, rest = asyncio.run(run())
    assert first == SEND_BUFFER
    assert rest == 0


def test_an_unreachable_host_is_reported_with_its_address() -> None:
    async def run() -> Board:
        server = await asyncio.start_server(answering(0), "127.0.0.1", 0)
        address = server.sockets[0].getsockname()
        server.close()
        await server.wait_closed()
        clock = SimClock()
        board = Board(clock)
        TcpConnection(clock, WIFI_TCP, HOST_WORK_US, address, board.events())
        await settle(clock, lambda: bool(board.heard))
        assert not clock.waits_for_host
        return board

    [(name, text, _)] = asyncio.run(run()).heard
    assert name == "failed"
    assert "no connection to 127.0.0.1:" in str(text)


def test_a_host_that_dies_owing_an_answer_ends_the_connection_and_the_debt() -> None:
    async def die(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(4)

    async def run() -> Board:
        async with connection(die) as (clock, board, tcp):
            tcp.send(message(MessageType.DATA, bytes(100)), clock.now)
            await settle(clock, lambda: board.count("lost") == 1)
            assert not clock.waits_for_host
            return board

    assert "closed by the host" in str(asyncio.run(run()).heard[-1][1])


def test_a_closed_connection_tells_its_board_nothing_more() -> None:
    async def run() -> Board:
        async with connection(answering(0)) as (clock, board, tcp):
            tcp.send(message(MessageType.DATA, bytes(100)), clock.now)
            tcp.close()
            assert not clock.waits_for_host
            while clock.step():
                pass
            return board

    assert [name for name, _, _ in asyncio.run(run()).heard] == ["up"]


@pytest.mark.parametrize("kind", [MessageType.RESULT, MessageType.ERROR])
def test_the_host_owes_nothing_for_an_answer_of_the_board(kind: MessageType) -> None:
    async def run() -> bool:
        async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read()

        async with connection(listen) as (clock, _, tcp):
            tcp.send(message(kind, bytes(76), answer=True), clock.now)
            while clock.step():
                pass
            return clock.waits_for_host

    assert not asyncio.run(run())
