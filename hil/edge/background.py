# SPDX-License-Identifier: MIT
"""The edge server in a thread of its own, as a plain object for synchronous code."""

import contextlib
import threading
from collections.abc import Callable, Hashable, Iterator
from typing import Self

from hil.edge.hearing import Hearing
from hil.edge.server import Server
from hil.edge.stopwatch import Stopwatch, WallStopwatch
from hil.edge.store import EdgeRecord
from hil.edge.tail import Tail
from hil.edge.thread import ServerThread
from hil.errors import BadInputError
from hil.host.secret import Unseen
from hil.model.interpreter import Kernels
from hil.model.predictions import Predictions
from hil.transport.impairment.impairment import Impairment
from hil.transport.impairment.packets import ImpairedPackets
from hil.transport.impairment.plan import Other, Plan, Point, Ways
from hil.transport.packet import PacketTransport

_EVERYBODY = "everybody"
"""Who has the key that a server was started with."""


class EdgeServer:
    """An edge server that listens from construction until it is closed; a context manager.

    Its methods may be called from any thread.

    Attributes:
        address: host and port it listens on, over TCP and UDP.

    Args:
        tail: flatbuffer of the tail.
        model_id: names full model and cut, u32.
        kernels: the reference ones make its results comparable bit for bit.
        host: address to listen on; ``0.0.0.0`` for boards on a network.
        port: of TCP and UDP, 0 for one that is free for both.
        stopwatch: which times boards are told, the measured ones if None.
        patience_s: longest wait for the rest of a frame or for a board to take its answers, in s.
        kept: outputs of the tail that are known, to be given without running it: where the times
            that boards are told are stated ones.
        key: 16 bytes that every board has to have been given; without one, boards may come without,
            until :meth:`give_key` gives one of them a key.

    Raises:
        BadInputError: the tail is not sound.
        EdgeError: the address cannot be had.
    """

    def __init__(
        self,
        tail: bytes,
        model_id: int,
        *,
        kernels: Kernels = Kernels.REFERENCE,
        host: str = "127.0.0.1",
        port: int = 0,
        stopwatch: Stopwatch | None = None,
        patience_s: float = 30.0,
        kept: Predictions | None = None,
        key: Unseen | None = None,
    ) -> None:
        self._kernels = kernels
        self._kept = kept
        self._model_id = model_id
        self._server = Server(
            Tail(tail, model_id, kernels, kept), stopwatch or WallStopwatch(), patience_s
        )
        if key is not None:
            self._server.give_key(_EVERYBODY, key)
        self._attached: dict[PacketTransport, ImpairedPackets] = {}
        self._impairment: Impairment | None = None
        self._impairments = 0
        self._changing = threading.RLock()
        self._thread = ServerThread(self._server, host, port)
        self.address = self._thread.address

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    @property
    def alive(self) -> bool:
        """Whether it still serves."""
        return self._thread.alive

    @property
    def model_id(self) -> int:
        """The id of the model and cut whose tail it serves."""
        return self._model_id

    @property
    def impairment(self) -> Impairment | None:
        """What is done to its links now; None if they are left alone."""
        return self._impairment

    @property
    def impairments(self) -> int:
        """How often its links have been impaired: what is measured meanwhile is not theirs."""
        return self._impairments

    @property
    def counters(self) -> dict[str, int]:
        """Frames and inferences so far, under the names of docs/protocol.md, section 2.4."""
        return dict(self._server.counters)

    @property
    def hearing(self) -> Hearing:
        """What it could not take, and who has greeted it."""
        return self._server.hearing

    @property
    def takes_keyless(self) -> bool:
        """Whether boards may come without a key, and so may anybody."""
        return self._server.takes_keyless

    def give_key(self, owner: Hashable, key: Unseen | None) -> None:
        """Have a board come with a key from now on; the one that it had before is over.

        As soon as every board that this was told of has a key, nothing else is taken.

        Args:
            owner: by what the board is known, for example its MAC.
            key: 16 bytes; None for a board that can have none.

        Raises:
            EdgeError: the server has ended.
        """
        self._on_loop(lambda: self._server.give_key(owner, key))

    def take_key(self, owner: Hashable) -> None:
        """Forget a board and its key; raises EdgeError if the server has ended."""
        self._on_loop(lambda: self._server.take_key(owner))

    def record(
        self,
        message_id: int,
        session: int | None = None,
        timeout: float = 5.0,
        owner: Hashable | None = None,
    ) -> EdgeRecord:
        """Return what was received and answered under a message id, the newest if several.

        Args:
            message_id: number the board gave the message.
            session: session number of the board's run, None for any.
            timeout: longest wait for it, in seconds.
            owner: who was given the key that it came with, None for any.

        Raises:
            EdgeError: there is none in time; the last 64 are kept, of each board with a key.
        """
        return self._server.records.get(message_id, session, timeout, owner)

    def serve(self, tail: bytes, model_id: int) -> None:
        """Serve another model; messages that come after this returns meet the new one.

        Raises:
            BadInputError: the tail is not sound.
            EdgeError: the server has ended.
        """
        ready = Tail(tail, model_id, self._kernels, self._kept)
        self._on_loop(lambda: self._server.serve(ready))
        self._model_id = model_id

    def attach(self, transport: PacketTransport) -> None:
        """Serve the boards of a transport, too, until it is detached or the server is closed.

        Raises:
            EdgeError: the server has ended.
            InfrastructureError: the transport does not start.
        """
        seen = self._server.packets(transport)
        with self._changing:
            self.check()
            calling = self._thread.calling
            transport.start(calling(seen.received), calling(seen.lost))
            self._attached[transport] = seen

    def detach(self, transport: PacketTransport) -> None:
        """Forget a transport's boards and close it; harmless if it is not attached."""
        with self._changing:
            if transport not in self._attached:
                return
            seen = self._attached.pop(transport)
            try:
                if self.alive:  # first, for it may have to say what has been dealt with
                    self._on_loop(lambda: self._server.forget(seen))
            finally:
                transport.close()

    def impair(
        self,
        *,
        loss: float = 0.0,
        duplicate: float = 0.0,
        reorder: float = 0.0,
        corrupt: float = 0.0,
        delay: float = 0.0,
        replay: float = 0.0,
        foreign: float = 0.0,
        drop_connection: Point | None = None,
        delay_frames: int = 8,
        foreign_in: tuple[Other, ...] = ("session", "message"),
        ways: Ways = "both",
        seed: int = 1,
    ) -> contextlib.AbstractContextManager[Impairment]:
        """Impair every link of this server in a ``with`` block, at its own end.

        All but the last five are probabilities for every single frame, over TCP for every message.
        TCP and BLE neither lose, double, reorder nor delay. See docs/impairment.md.

        Args:
            loss: that it goes no further.
            duplicate: that it comes twice.
            reorder: that one to three frames of its way overtake it.
            corrupt: that a bit behind its header is flipped.
            delay: that it is held back until `delay_frames` more have come from the board.
            replay: that a frame of an earlier message comes once more in front of it.
            foreign: that a frame of another session comes in front of it, or one with the number of
                an earlier message: what `foreign_in` names. ``model``: it is made another model's,
                which has no effect over a link with a key.
            drop_connection: drop a connection, once, amid the first ``request`` of a board, or amid
                its ``answer``; or all that there are, ``idle``, at once. Over UDP and ESP-NOW what
                is known of the board is forgotten.
            delay_frames: see `delay`.
            foreign_in: see `foreign`.
            ways: ``rx``, frames from boards, ``tx``, frames to boards, or ``both``.
            seed: of everything random.

        Returns:
            a context manager for the counts of what is done. What is held back at its end is
            dropped.

        Raises:
            BadInputError: an argument makes no sense, or an impairment is under way.
            EdgeError: the server has ended.
        """
        return self._impaired(
            Plan(
                loss=loss,
                duplicate=duplicate,
                reorder=reorder,
                corrupt=corrupt,
                delay=delay,
                replay=replay,
                foreign=foreign,
                delay_frames=delay_frames,
                foreign_in=foreign_in,
                drop_connection=drop_connection,
                ways=ways,
                seed=seed,
            )
        )

    @contextlib.contextmanager
    def _impaired(self, plan: Plan) -> Iterator[Impairment]:
        impairment = Impairment(plan)
        with self._changing:
            if self._impairment is not None:
                raise BadInputError(
                    "This edge server's links are impaired already; end that impairment first."
                )
            self._on_loop(lambda: self._server.impair(impairment))
            self._impairment = impairment
            self._impairments += 1
        try:
            yield impairment
        finally:
            with self._changing:
                self._impairment = None
                if self.alive:
                    self._on_loop(self._server.stop_impairing)

    def close(self) -> None:
        """Drop every connection, close what is attached and end the thread; harmless if done.

        Raises:
            EdgeError: a tail has been running for half a minute.
        """
        with self._changing, contextlib.ExitStack() as stack:
            stack.callback(self._thread.end)
            for transport in list(self._attached):
                stack.callback(self.detach, transport)

    def check(self) -> None:
        """Raise EdgeError if the server has ended."""
        self._thread.check()

    def _on_loop(self, action: Callable[[], None]) -> None:
        with self._changing:
            self._thread.run(action)
