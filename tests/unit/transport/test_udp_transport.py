# SPDX-License-Identifier: MIT
"""The UDP socket of whoever listens."""

import asyncio
import contextlib
import socket
import struct

import pytest

from hil.transport.udp import UdpTransport

PATIENCE_S = 10.0


def barrier(number):
    return b"SNBR" + struct.pack("<I", number)


class Wire:
    """A transport and a client's socket on one event loop."""

    def __init__(self, transport, client) -> None:
        self.transport, self.client = transport, client
        self.frames: asyncio.Queue = asyncio.Queue()
        transport.start(lambda *frame: self.frames.put_nowait(frame), lambda *loss: None)

    async def send(self, *datagrams):
        for each in datagrams:
            await asyncio.get_running_loop().sock_sendall(self.client, each)

    async def next(self):
        async with asyncio.timeout(PATIENCE_S):
            return await self.frames.get()

    async def heard(self):
        async with asyncio.timeout(PATIENCE_S):
            return await asyncio.get_running_loop().sock_recv(self.client, 2048)


@pytest.fixture(params=["127.0.0.1", "::1"])
def on_wire(request):
    """Runs a coroutine function with a :class:`Wire`."""
    family = socket.AF_INET6 if ":" in request.param else socket.AF_INET

    def run(body):
        async def main():
            transport = await UdpTransport.open(family, (request.param, 0))
            try:
                with socket.socket(family, socket.SOCK_DGRAM) as client:
                    client.setblocking(False)
                    client.connect(transport._transport.get_extra_info("sockname")[:2])
                    await body(Wire(transport, client))
            finally:
                transport.close()
                await asyncio.sleep(0)  # the loop's turn in which it closes the socket

        asyncio.run(main())

    return run


def test_frames_come_with_an_address_to_which_answers_go(on_wire):
    async def body(wire):
        await wire.send(b"question")
        peer, frame, done = await wire.next()
        assert frame == b"question"
        assert peer.endswith(f":{wire.client.getsockname()[1]}")
        wire.transport.send(peer, [b"one", b"two"])
        done()
        assert [await wire.heard() for _ in range(2)] == [b"one", b"two"]

    on_wire(body)


def test_a_barrier_waits_for_what_came_before_it_and_not_for_what_came_after(on_wire):
    async def body(wire):
        await wire.send(b"1", b"2", barrier(7), b"3")
        (peer, _, first), (_, _, second), (_, _, third) = [await wire.next() for _ in range(3)]
        second()
        wire.transport.send(peer, [b"before"])
        first()
        assert [await wire.heard() for _ in range(2)] == [b"before", barrier(7)]
        third()

    on_wire(body)


def test_a_barrier_without_anything_before_it_comes_back_at_once(on_wire):
    async def body(wire):
        await wire.send(barrier(1))
        assert await wire.heard() == barrier(1)

    on_wire(body)


def test_of_a_peer_whose_frames_are_dealt_with_nothing_is_kept(on_wire):
    async def body(wire):
        await wire.send(b"1", b"2")
        dones = [(await wire.next())[2] for _ in range(2)]
        assert len(wire.transport._remotes) == 1
        for done in dones:
            done()
        assert wire.transport._remotes == {}

    on_wire(body)


def test_after_closing_nothing_is_sent_and_nothing_fails(on_wire):
    async def body(wire):
        await wire.send(b"1", barrier(1))
        peer, _, done = await wire.next()
        wire.transport.close()
        wire.transport.send(peer, [b"too late"])
        done()

    on_wire(body)


def test_what_the_kernel_does_not_take_is_dropped(on_wire):
    async def body(wire):
        await wire.send(b"1")
        peer, _, done = await wire.next()
        wire.transport.pause_writing()
        wire.transport.send(peer, [b"dropped"])
        wire.transport.resume_writing()
        wire.transport.send(peer, [b"sent"])
        done()
        assert await wire.heard() == b"sent"

    on_wire(body)


def test_once_a_session_has_begun_what_strangers_send_costs_its_peer_nothing(on_wire):
    async def body(wire):
        await wire.send(b"hello")
        peer, _, done = await wire.next()
        wire.transport.known(peer, begun=True)
        done()
        with socket.socket(wire.client.family, socket.SOCK_DGRAM) as stranger:
            stranger.setblocking(False)
            stranger.connect(wire.client.getpeername())
            await asyncio.sleep(0)  # the turn in which the socket is taken over
            for _ in range(20_000):  # more than any buffer holds
                stranger.send(b"noise")
            await wire.send(*[b"frame %d" % number for number in range(200)])
            heard = []
            while len(heard) < 200:
                who, frame, done = await wire.next()
                done()
                heard += [frame] if who == peer else []
        assert heard == [b"frame %d" % number for number in range(200)]

    on_wire(body)


def test_what_came_before_a_session_began_is_dealt_with_before_what_comes_after(on_wire):
    async def body(wire):
        await wire.send(b"hello", b"1", barrier(1), b"2")
        peer, _, done = await wire.next()
        wire.transport.known(peer, begun=True)
        await wire.send(b"3", barrier(2))
        done()
        for expected in (b"1", b"2", b"3"):
            _, frame, done = await wire.next()
            assert frame == expected
            done()
        assert [await wire.heard() for _ in range(2)] == [barrier(1), barrier(2)]

    on_wire(body)


def test_when_a_session_has_ended_its_peer_is_heard_as_strangers_are(on_wire):
    async def body(wire):
        await wire.send(b"1")
        peer, _, done = await wire.next()
        wire.transport.known(peer, begun=True)
        done()
        await wire.send(b"2")
        _, frame, second = await wire.next()
        assert frame == b"2"
        await wire.send(b"3")
        wire.transport.unknown(peer)
        wire.transport.unknown(peer)
        _, frame, third = await wire.next()
        assert frame == b"3"
        await wire.send(b"4", barrier(1))
        _, frame, fourth = await wire.next()
        assert frame == b"4"
        for each in (second, third, fourth):
            each()
        assert await wire.heard() == barrier(1)

    on_wire(body)


def test_closing_with_sessions_that_have_begun_leaves_no_socket_open(on_wire):
    async def body(wire):
        await wire.send(b"1")
        peer, _, done = await wire.next()
        wire.transport.known(peer, begun=True)
        done()
        await asyncio.sleep(0)
        (line,) = wire.transport._lines.values()
        wire.transport.close()
        await asyncio.sleep(0)
        assert line.socket.fileno() == -1

    on_wire(body)


def test_who_has_only_greeted_makes_room_for_others_and_not_who_has_begun(on_wire):
    async def body(wire):
        # All of them stay open: the port of one that is closed may be the next one's.
        with contextlib.ExitStack() as others:

            async def greet(begun):
                other = others.enter_context(socket.socket(wire.client.family, socket.SOCK_DGRAM))
                other.setblocking(False)
                other.connect(wire.client.getpeername())
                other.send(b"hello")
                peer, _, done = await wire.next()
                wire.transport.known(peer, begun=begun)
                done()
                return peer

            first = await greet(True)
            greeted = [await greet(False) for _ in range(40)]
            assert list(wire.transport._lines) == [first, *greeted[8:]]

    on_wire(body)


def test_a_system_without_such_sockets_serves_all_by_one(on_wire, monkeypatch):
    monkeypatch.delattr(socket, "SO_REUSEPORT")

    async def body(wire):
        await wire.send(b"1")
        peer, _, done = await wire.next()
        wire.transport.known(peer, begun=True)
        done()
        await wire.send(b"2")
        assert (await wire.next())[:2] == (peer, b"2")

    on_wire(body)
