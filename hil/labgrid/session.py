# SPDX-License-Identifier: MIT
"""A connection to labgrid's coordinator: what it tells, and what it is asked.

The coordinator knows a client by its connection, and by the name that it gives itself there. While
the stream lasts it tells of every change. When it ends, the coordinator may have been restarted,
and then it has forgotten who has which place.
"""

import itertools
import queue
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from hil.errors import CoordinatorError, InfrastructureError
from hil.labgrid.places import Path, Place, Resource, path_of
from hil.labgrid.wire import load

PATIENCE_S = 10.0
"""For the coordinator's answer to whatever it does by itself."""

ACQUIRING_S = 20.0
"""For what it has an exporter do: it gives each resource 10 s."""

GLANCE_S = 2.0
"""Between two looks of somebody who waits at who has died meanwhile; a reservation that is not
asked after for a minute expires."""

WAITING, ALLOCATED, ACQUIRED = range(3)
"""States of a reservation, as labgrid numbers them."""

_ENDING_S = 2.0

_OPTIONS = (
    ("grpc.use_local_subchannel_pool", 1),  # else two of this process were one to the coordinator
    ("grpc.keepalive_time_ms", 7_500),
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.http2.ping_timeout_ms", 10_000),
    ("grpc.http2.max_pings_without_data", 0),
)
"""As labgrid's own clients have them, but for the first."""


class Session:
    """Connected from the beginning; a thread of its own takes in what comes.

    Args:
        address: of the coordinator, ``host:port``.
        owner: name under which places are acquired, ``HOST/USER``.

    Attributes:
        address: likewise.
        owner: likewise.
        lost: why the connection is gone; empty: it stands.
        users: how many have it; kept by whoever shares it.

    Raises:
        BadInputError: labgrid is not installed.
        CoordinatorError: the coordinator cannot be reached.
    """

    def __init__(self, address: str, owner: str) -> None:
        self.address = address
        self.owner = owner
        self.lost = ""
        self.users = 0
        self._wire = load()
        self._places: dict[str, Place] = {}
        self._resources: dict[Path, Resource] = {}
        self._changed = threading.Condition()
        self._numbers = itertools.count(1)
        self._synced = 0
        self._watchers: list[Callable[[], None]] = []
        self._out: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._channel = self._wire.grpc.insecure_channel(address, options=_OPTIONS)
        self._stub = self._wire.Stub(self._channel)
        messages = self._wire.messages
        self._say(startup=messages.StartupDone(version=self._wire.version, name=owner))
        self._say(subscribe=messages.Subscribe(all_places=True))
        self._say(subscribe=messages.Subscribe(all_resources=True))
        self._stream = self._stub.ClientStream(iter(self._out.get, None))
        self._reader = threading.Thread(target=self._read, name="labgrid", daemon=True)
        self._reader.start()
        try:
            self.refresh()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Disconnect; calling it again does nothing."""
        self._out.put(None)
        self._channel.close()
        if threading.current_thread() is not self._reader:
            self._reader.join(_ENDING_S)

    # What the coordinator tells

    def refresh(self) -> None:
        """Wait until all that the coordinator knew at this moment has been told.

        Raises:
            CoordinatorError: the connection is gone, or nothing comes.
        """
        number = next(self._numbers)
        self._say(sync=self._wire.messages.Sync(id=number))
        if not self.wait(lambda: self._synced >= number, PATIENCE_S):
            raise CoordinatorError(
                f"The labgrid coordinator at {self.address} does not answer within "
                f"{PATIENCE_S:g} s; look after it and the network."
            )

    def wait(self, condition: Callable[[], bool], timeout: float) -> bool:
        """Wait until something that is told makes a condition true; tell whether it is.

        Raises:
            CoordinatorError: the connection is gone.
        """
        with self._changed:
            done = self._changed.wait_for(lambda: bool(self.lost) or condition(), timeout)
            if self.lost:
                raise CoordinatorError(self.lost)
            return done

    def places(self) -> list[Place]:
        """Return all places, in the order of their names."""
        with self._changed:
            return [self._places[name] for name in sorted(self._places)]

    def place(self, name: str) -> Place | None:
        """Return a place by its name."""
        with self._changed:
            return self._places.get(name)

    def resources(self) -> list[Resource]:
        """Return what all exporters offer."""
        with self._changed:
            return list(self._resources.values())

    def watch(self, watcher: Callable[[], None]) -> Callable[[], None]:
        """Have something called after each change, from the reading thread; return what ends it."""
        with self._changed:
            self._watchers.append(watcher)

        def end() -> None:
            with self._changed, suppress(ValueError):
                self._watchers.remove(watcher)

        return end

    # What it is asked

    def reserve(self, tags: Mapping[str, str]) -> Any:
        """Ask for a place with some tags; return labgrid's ``Reservation``."""
        messages = self._wire.messages
        wanted = {"main": messages.Reservation.Filter(filter=tags)}
        request = messages.CreateReservationRequest(filters=wanted, prio=0.0)
        return self._call(self._stub.CreateReservation, request).reservation

    def poll(self, token: str) -> Any:
        """Return how a reservation stands, and keep it from expiring."""
        request = self._wire.messages.PollReservationRequest(token=token)
        return self._call(self._stub.PollReservation, request).reservation

    def reservations(self) -> list[Any]:
        """Return all reservations that there are."""
        request = self._wire.messages.GetReservationsRequest()
        return list(self._call(self._stub.GetReservations, request).reservations)

    def cancel(self, token: str) -> None:
        """Take a reservation back; one that is gone is none."""
        request = self._wire.messages.CancelReservationRequest(token=token)
        self._call(self._stub.CancelReservation, request, gone_ok=True)

    def acquire(self, place: str) -> None:
        """Have a place that is reserved for this session."""
        request = self._wire.messages.AcquirePlaceRequest(placename=place)
        self._call(self._stub.AcquirePlace, request, patience_s=ACQUIRING_S)

    def release(self, place: str, owner: str | None = None) -> None:
        """Give a place back; one that somebody else has by now stays his.

        Args:
            place: its name.
            owner: who has it, if not this session.
        """
        request = self._wire.messages.ReleasePlaceRequest(
            placename=place, fromuser=owner or self.owner
        )
        self._call(self._stub.ReleasePlace, request, patience_s=ACQUIRING_S)

    # Internals

    def _say(self, **what: Any) -> None:
        self._out.put(self._wire.messages.ClientInMessage(**what))

    def _call(
        self, method: Any, request: Any, *, patience_s: float = PATIENCE_S, gone_ok: bool = False
    ) -> Any:
        """Call the coordinator.

        Args:
            method: of the stub.
            request: its message.
            patience_s: for the answer.
            gone_ok: whether what it is about may have gone.

        Raises:
            CoordinatorError: it cannot be reached.
            InfrastructureError: it refuses.
        """
        codes = self._wire.grpc.StatusCode
        try:
            return method(request, timeout=patience_s)
        except self._wire.grpc.RpcError as error:
            if gone_ok and error.code() is codes.FAILED_PRECONDITION:
                return None
            if error.code() in (codes.UNAVAILABLE, codes.DEADLINE_EXCEEDED, codes.CANCELLED):
                raise CoordinatorError(self._unreachable(error)) from error
            raise InfrastructureError(
                f"The labgrid coordinator at {self.address} refuses ({error.details()}); try "
                "again, or look at its log."
            ) from error
        except ValueError as error:  # grpc's word for a channel that has been closed
            raise CoordinatorError(
                f"The connection to the labgrid coordinator at {self.address} has been closed."
            ) from error

    def _unreachable(self, error: Any) -> str:
        return (
            f"The labgrid coordinator at {self.address} cannot be reached ({error.details()}); "
            "start it, or mend its address in hil.toml or LG_COORDINATOR."
        )

    def _read(self) -> None:
        try:
            for message in self._stream:
                with self._changed:
                    for update in message.updates:
                        self._take(update)
                    if message.HasField("sync"):
                        self._synced = message.sync.id
                    self._changed.notify_all()
                self._tell()
            why = f"The labgrid coordinator at {self.address} has ended the connection."
        except self._wire.grpc.RpcError as error:
            why = self._unreachable(error)
        with self._changed:
            self.lost = why
            self._changed.notify_all()
        self._tell()

    def _take(self, update: Any) -> None:
        kind = update.WhichOneof("kind")
        if kind == "place":
            self._places[update.place.name] = Place.of(update.place)
        elif kind == "del_place":
            self._places.pop(update.del_place, None)
        elif kind == "resource":
            resource = Resource.of(update.resource)
            self._resources[resource.path] = resource
        elif kind == "del_resource":
            self._resources.pop(path_of(update.del_resource), None)

    def _tell(self) -> None:
        with self._changed:
            watchers = list(self._watchers)
        for watcher in watchers:
            watcher()


def seconds_left(deadline: float) -> float:
    """Return how long it is to a moment of ``time.monotonic()``; 0 when it has passed."""
    return max(0.0, deadline - time.monotonic())
