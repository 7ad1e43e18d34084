# SPDX-License-Identifier: MIT
"""How strangers send the frames that they make (``strangers.py``): as fast as they can.

Over UDP they also send under the others' addresses where this system lets them (a raw socket).
"""

import contextlib
import itertools
import random
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from strangers import POOL, Hostile, Overheard, hello, hostile_frames

from hil.protocol.message import fragment

Address = tuple[str, int]

_FRESH_S = 0.05
"""How long they are sent: a message is about as long under way."""

_LATE_S = 0.02
"""By how much who sends at a rate may be late and make up for it."""

_PATIENCE_S = 10.0
"""For the first frames of one."""

_BATCH = 16
"""Frames after which it is looked whether all is over."""


@contextlib.contextmanager
def at_work(flood: Callable[[Callable[[], bool]], Iterator[int]]) -> Iterator[None]:
    """Have a stranger send in a thread as long as the block takes, and at least its first frames.

    Args:
        flood: gets what tells whether to end; see :func:`flood_udp` and :func:`flood_tcp`.

    Raises:
        TimeoutError: it has sent nothing.
    """
    over, begun = threading.Event(), threading.Event()

    def run() -> None:
        for count in flood(over.is_set):
            if count:
                begun.set()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        if not begun.wait(_PATIENCE_S):
            raise TimeoutError(f"A stranger has sent nothing within {_PATIENCE_S:g} s.")
        yield
    finally:
        over.set()
        thread.join()


class Pace:
    """Sleeps as much as a rate wants; not at all without one.

    Args:
        rate: frames a second, 0 for as many as can be.
    """

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._due = time.perf_counter()

    def sent(self, count: int) -> None:
        """Note that so many have gone. What was missed in a pause is not made up for."""
        if not self._rate:
            return
        now = time.perf_counter()
        self._due = max(self._due, now - _LATE_S) + count / self._rate
        if self._due - now > 0.002:
            time.sleep(self._due - now)


def flood_udp(
    edge: Address,
    board: Callable[[], Address | None],
    known: Callable[[], Overheard],
    over: Callable[[], bool],
    *,
    rate: float = 0,
    seed: int = 1,
    sockets: int = 32,
    spoof: bool = True,
) -> Iterator[int]:
    """Send frames to the edge server and, in its name, to the board; yield how many, ever again.

    Args:
        edge: the edge server's address.
        board: tells where the board's socket is, None while that is not known.
        known: tells what is known now.
        over: tells whether to end.
        rate: frames a second, 0 for as many as can be.
        seed: of all that is random.
        sockets: own addresses to send from.
        spoof: whether to use the others' addresses as well, where this system lets one.
    """
    chance, pace = random.Random(seed), Pace(rate)
    with contextlib.ExitStack() as stack:
        own = []
        for _ in range(sockets):
            each = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            each.setblocking(False)
            own.append(each)
        raw = stack.enter_context(raw_socket()) if spoof and can_spoof() else None
        frames, fresh_until = Hostile([], []), 0.0
        while not over():
            if time.monotonic() >= fresh_until:
                frames = hostile_frames(known(), chance)
                fresh_until = time.monotonic() + _FRESH_S
            there, sent = board(), 0
            for each, one, other in zip(itertools.cycle(own), *frames, strict=False):
                with contextlib.suppress(OSError):  # a full buffer; what a flood is like
                    each.sendto(one, edge)
                    sent += 1
                if raw is not None and there is not None and chance.random() < 0.5:
                    with contextlib.suppress(OSError):
                        raw.sendto(datagram(there, edge, one), edge)
                        raw.sendto(datagram(edge, there, other), there)
                        sent += 2
                if sent >= _BATCH:
                    pace.sent(sent)
                    yield sent
                    sent = 0
                    if over():
                        break
            pace.sent(sent)
            yield sent


def can_spoof() -> bool:
    """Whether this process may send under any address."""
    try:
        raw_socket().close()
    except OSError:
        return False
    return True


def raw_socket() -> socket.socket:
    """Return a socket that sends what :func:`datagram` makes.

    Raises:
        OSError: this process may not.
    """
    return socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)


def datagram(source: Address, to: Address, payload: bytes) -> bytes:
    """Return a UDP datagram over IPv4 with any sender; the kernel adds IP's checksum."""
    length = 8 + len(payload)
    ip = struct.pack(
        ">BBHHHBBH4s4s",
        0x45,
        0,
        20 + length,
        0,
        0,
        64,
        socket.IPPROTO_UDP,
        0,
        socket.inet_aton(source[0]),
        socket.inet_aton(to[0]),
    )
    return ip + struct.pack(">HHHH", source[1], to[1], length, 0) + payload


def flood_tcp(
    edge: Address,
    known: Callable[[], Overheard],
    over: Callable[[], bool],
    *,
    rate: float = 0,
    seed: int = 1,
    held: int = 400,
) -> Iterator[int]:
    """Connect and send frames, until the server closes; yield how many frames, ever again.

    Of the connections a part is held open: idle, with half a prefix, with half a frame. The others
    send all sorts of frames, behind a HELLO or not.

    Args:
        edge: the edge server's address.
        known: tells what is known now; its frames are whole messages.
        over: tells whether to end.
        rate: frames a second, 0 for as many as can be.
        seed: of all that is random.
        held: connections that are kept open at once.
    """
    chance, pace = random.Random(seed), Pace(rate)
    kept: list[socket.socket] = []
    bursts: list[tuple[bytes, int]] = []
    with contextlib.ExitStack() as stack:
        stack.callback(lambda: [each.close() for each in kept])
        while not over():
            bursts = bursts or _bursts(known(), chance)
            burst, count = bursts.pop()
            each = socket.socket()
            each.settimeout(0.5)
            try:
                each.connect(edge)
                each.sendall(burst)
            except OSError:
                count = 0  # refused, closed, or nobody takes it
            if chance.random() < 0.5:
                kept.append(each)
                if len(kept) > held:
                    kept.pop(chance.randrange(len(kept))).close()
            else:
                each.close()
            if rate:
                pace.sent(count)
            yield count


def _bursts(known: Overheard, chance: random.Random) -> list[tuple[bytes, int]]:
    """Return what is said on one connection each, and how many frames that are."""
    frames = hostile_frames(replace(known, frame_limit=1 << 20), chance).to_edge
    greeting = fragment(hello(known, known.session, known.message_id), 1 << 16)
    bursts = [(part, 1) for part in (b"\x40", b"\x40\0\0\0SN", b"\0\0\1\0" + bytes(60))]
    for _ in range(POOL // 16):
        some = chance.sample(frames, chance.choice((1, 4, 16, 64)))
        some = greeting + some if chance.random() < 0.5 else some
        bursts.append((as_stream(some), len(some)))
    chance.shuffle(bursts)
    return bursts


def as_stream(frames: Sequence[bytes]) -> bytes:
    """Return frames as they go over TCP, each behind its length."""
    return b"".join(struct.pack("<I", len(each)) + each for each in frames)
