# SPDX-License-Identifier: MIT
"""A place that this process has, until it releases or loses it."""

import threading
from collections.abc import Callable

from hil.errors import BoardLostError, CoordinatorError, InfrastructureError
from hil.labgrid.places import Resource
from hil.labgrid.session import Session


class Tenancy:
    """A place that has been acquired.

    Args:
        session: by which.
        place: its name.
        port: the serial port that belongs to it.
        give_back: releases it, and cancels its reservation.

    Attributes:
        place: likewise.
        url: of its console, for pyserial.

    Raises:
        InfrastructureError: the port is not there, or cannot be reached.
    """

    def __init__(
        self, session: Session, place: str, port: Resource, give_back: Callable[[], None]
    ) -> None:
        self.place = place
        self.url = port.url()
        self._session = session
        self._port = port
        self._give_back = give_back
        self._guard = threading.Lock()
        self._loss: str = ""
        self._listeners: list[Callable[[], None]] = []
        self._end = session.watch(self._look)
        self._look()

    def release(self) -> None:
        """Give the place back; one that is lost need not be.

        Raises:
            InfrastructureError: the coordinator cannot be told; the place then is that of a dead
                session, see :mod:`hil.labgrid.leftovers`.
        """
        self._end()
        with self._guard:
            lost = bool(self._loss)
        try:
            self._give_back()
        except InfrastructureError as error:
            if not lost:
                raise InfrastructureError(
                    f"The place {self.place} of labgrid was not given back ({error}) 'hil boards "
                    f"release {self.place}' does it, once this session has ended."
                ) from error

    def on_lost(self, listener: Callable[[], None]) -> None:
        """Have something called, from any thread, when the place is lost, or at once if it is."""
        with self._guard:
            if not self._loss:
                self._listeners.append(listener)
                return
        listener()

    def check(self) -> None:
        """Make sure that the place is this session's, and its board there.

        Raises:
            BoardLostError: it is not, or its exporter is gone; the sentence says which.
        """
        try:
            if not self._session.lost:
                self._session.refresh()
            self._look()
        except CoordinatorError as error:
            self._lose(self._forgotten(str(error)))
        if self._loss:
            raise BoardLostError(self._loss)
        resources = {each.path: each for each in self._session.resources()}
        port = resources.get(self._port.path)
        if port is None:
            raise BoardLostError(
                f"The exporter {self._port.path[0]} of labgrid has gone, and with it the board of "
                f"the place {self.place}; start it again, and look after the network."
            )
        if not port.available:
            raise BoardLostError(
                f"The board of the place {self.place} of labgrid has gone: its exporter says that "
                f"{port} is not there; look after its cable."
            )

    def _look(self) -> None:
        """Find out from what has been told whether the place is lost, and to whom."""
        session = self._session
        if session.lost:
            self._lose(self._forgotten(session.lost))
            return
        place = session.place(self.place)
        if place is None:
            self._lose(f"The place {self.place} of labgrid has been deleted by somebody.")
        elif place.holder != session.owner:
            by = f"{place.held} has it" if place.holder else "nobody has it now"
            self._lose(
                f"The place {self.place} of labgrid has been taken from this session ({by}); ask "
                "who released it, and start again."
            )

    def _forgotten(self, why: str) -> str:
        return (
            f"The place {self.place} of labgrid is lost, for a coordinator that is started again "
            f"forgets who has which: {why}"
        )

    def _lose(self, why: str) -> None:
        """Note a loss, or what has become of the place since; a coordinator's end tells no more."""
        with self._guard:
            if self._loss and self._session.lost:
                return
            self._loss = why
            listeners, self._listeners = self._listeners, []
        for listener in listeners:
            listener()
