# SPDX-License-Identifier: MIT
"""Links that lose, double and reorder frames: in memory, and between UDP sockets."""

import queue
import random
import select
import socket
import threading


class Weather:
    """Decides what becomes of frames in one direction; every figure is a probability.

    A frame that is reordered arrives behind the next one.
    """

    def __init__(self, seed, loss=0.0, duplication=0.0, reordering=0.0) -> None:
        self._random = random.Random(seed)
        self._figures = loss, duplication, reordering
        self._late: list[bytes] = []

    def through(self, frame: bytes) -> list[bytes]:
        loss, duplication, reordering = self._figures
        if self._random.random() < loss:
            return []
        if self._random.random() < reordering:
            self._late.append(frame)
            return []
        arrived = [frame, *self._late]
        self._late = []
        return arrived * 2 if self._random.random() < duplication else arrived


FAIR = Weather(0)


class MemoryPackets:
    """A packet transport whose peers are channels in this process."""

    def __init__(self, kind="espnow", frame_limit=250, selective_repeat=True) -> None:
        self.kind = kind
        self.frame_limit = frame_limit
        self.selective_repeat = selective_repeat
        self.closed = False
        self.has_connections = False
        self.disconnected: list[str] = []
        self.sent: list[tuple[str, bytes]] = []
        self._channels: dict[str, MemoryChannel] = {}

    def start(self, received, lost):
        self.received, self.lost = received, lost

    def send(self, peer, frames):
        for frame in frames:
            self.sent.append((peer, frame))
            if peer in self._channels:
                self._channels[peer].arrive(frame)

    def known(self, peer, *, begun):
        pass

    def unknown(self, peer):
        pass

    def disconnect(self, peer):
        self.disconnected.append(peer)
        return self.has_connections

    def close(self):
        self.closed = True

    def channel(self, peer, up=FAIR, down=FAIR):
        channel = self._channels[peer] = MemoryChannel(self, peer, up, down)
        return channel


class MemoryChannel:
    """The asking side's end."""

    def __init__(self, transport, peer, up, down) -> None:
        self.frame_limit = transport.frame_limit
        self._transport = transport
        self._peer = peer
        self._up, self._down = up, down
        self._frames: queue.Queue[bytes] = queue.Queue()

    def arrive(self, frame):
        for each in self._down.through(frame):
            self._frames.put(each)

    def send(self, frames):
        for frame in frames:
            for each in self._up.through(frame):
                self._transport.received(self._peer, each, lambda: None)

    def receive(self, timeout_s):
        try:
            return self._frames.get(timeout=max(timeout_s, 1e-6))
        except queue.Empty:
            return None

    def close(self):
        pass


class UdpProxy:
    """Stands between UDP clients and a server; a context manager.

    Attributes:
        address: where clients send to.
    """

    def __init__(self, server, seed=0, **figures) -> None:
        self._front = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._front.bind(("127.0.0.1", 0))
        self.address = self._front.getsockname()
        self._server = server
        self._seed, self._figures = seed, figures
        self._backs: dict[tuple[str, int], socket.socket] = {}
        self._weather: dict[object, Weather] = {}
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *exc_info):
        self._end.set()
        self._thread.join()
        for each in (self._front, *self._backs.values()):
            each.close()

    def _run(self):
        while not self._end.is_set():
            ready, _, _ = select.select([self._front, *self._backs.values()], [], [], 0.05)
            for source in ready:
                data, address = source.recvfrom(1 << 16)
                if source is self._front:
                    for each in self._at((address, "up")).through(data):
                        self._back(address).sendto(each, self._server)
                else:
                    client = next(c for c, back in self._backs.items() if back is source)
                    for each in self._at((client, "down")).through(data):
                        self._front.sendto(each, client)

    def _back(self, client):
        if client not in self._backs:
            self._backs[client] = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self._backs[client].bind(("127.0.0.1", 0))
        return self._backs[client]

    def _at(self, way):
        if way not in self._weather:
            self._weather[way] = Weather(f"{self._seed} {len(self._weather)}", **self._figures)
        return self._weather[way]
