# SPDX-License-Identifier: MIT
"""A connection to an RFC 2217 server: requests and their answers, data, and the modem's lines."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable
from urllib.parse import urlsplit

from serial.serialutil import (
    PortNotOpenError,
    SerialException,
    SerialTimeoutException,
    Timeout,
)

from hil.serialport.telnet import (
    ANSWER,
    ComPort,
    Event,
    Negotiation,
    Option,
    Subnegotiation,
    TelnetDecoder,
    Verb,
    com_port,
    negotiation,
)

UNANSWERED = "ign_set_control"
"""What a URL says behind ``?`` where the server answers no SET_CONTROL."""

PATIENCE_S = 3.0
"""For the server to answer a request, as in pyserial."""

MOST_RECEIVED = 1 << 18
"""Bytes that are kept until they are read. While somebody reads, the server is made to wait for
room; while nobody does, the oldest are lost, as in a UART, so that its answers are still heard."""

_ROOM_S = 0.5


class ServerConnection:
    """Connected from the beginning; a thread of its own takes in what comes.

    Args:
        url: ``rfc2217://HOST:PORT``, with ``?ign_set_control`` where that is needed.

    Attributes:
        modem_state: as the server last reported it.
        round_trip_s: the quickest answer so far; 0 before the first.

    Raises:
        SerialException: there is nobody.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        parts = urlsplit(url)
        try:
            address = (parts.hostname or "", parts.port or 0)
            self._socket: socket.socket | None = socket.create_connection(
                address, timeout=PATIENCE_S
            )
        except OSError as error:
            raise SerialException(error.errno, f"could not open port {url}: {error}") from error
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._received = bytearray()
        self._is_read = False
        self._changed = threading.Condition()
        self.modem_state = 0
        self.round_trip_s = 0.0
        self._closed_by: str | None = None
        self._sending = threading.Lock()
        self._answers: dict[int, bytes] = {}
        self._heard: set[Negotiation] = set()
        self._reader = threading.Thread(target=self._read_socket, args=(self._socket,), daemon=True)
        self._reader.start()

    def close(self) -> None:
        """Disconnect; calling it again does nothing."""
        connection, self._socket = self._socket, None
        if connection is None:
            return
        with self._changed:
            self._changed.notify_all()
        with contextlib.suppress(OSError):  # the server was first
            connection.shutdown(socket.SHUT_RDWR)
        self._reader.join()
        connection.close()

    @property
    def waiting(self) -> int:
        """Bytes that have been received and not read."""
        return len(self._received)

    def read(self, size: int, timeout: float | None) -> bytes:
        """Return so many bytes, or fewer when ``timeout`` (seconds; ``None``: none) has passed.

        Raises:
            SerialException: the connection has ended, and nothing is left to read.
        """
        left = Timeout(timeout)
        data = b""
        with self._changed:
            while True:
                wanted = min(size - len(data), MOST_RECEIVED)
                self._wait_for_data(wanted, left.time_left())
                piece = bytes(self._received[: size - len(data)])
                del self._received[: len(piece)]
                if self._closed_by and size and not data and not piece:
                    raise SerialException(self._closed_by)
                self._is_read = True
                self._changed.notify_all()
                data += piece
                if len(piece) < wanted or len(data) == size:
                    return data

    def forget(self) -> None:
        """Drop what has been received and not read."""
        with self._changed:
            self._received.clear()

    def negotiate(self) -> None:
        """Agree on RFC 2217 and binary data; raises SerialException where the server does not."""
        for option in (Option.COM_PORT, Option.BINARY):
            self.transmit(negotiation(Verb.WILL, option) + negotiation(Verb.DO, option))
        self._wait_for(self._negotiated, "the RFC 2217 negotiation")

    def request(self, command: ComPort, value: bytes, timeout: float | None = None) -> None:
        """Send a COM-PORT-OPTION request and wait until the server has agreed.

        Args:
            command: which.
            value: its argument.
            timeout: seconds for sending it, see :meth:`transmit`.

        Raises:
            SerialException: it does not agree, or does not answer.
        """
        answer = command + ANSWER
        self._answers.pop(answer, None)
        self.transmit(com_port(command, value), timeout)
        if command == ComPort.SET_CONTROL and urlsplit(self._url).query == UNANSWERED:
            return
        self._wait_for(lambda: answer in self._answers, f"an answer to {command.name}")
        if not self._answers[answer].startswith(value):
            raise SerialException(
                f"{self._url} answers {command.name} {value.hex()} with "
                f"{self._answers[answer].hex()}: the server does not support this setting"
            )

    def transmit(self, data: bytes, timeout: float | None = None) -> None:
        """Send Telnet bytes; every wait for the server is bounded.

        Args:
            data: with what is special to Telnet escaped.
            timeout: seconds for all of it; ``None``: 3 s from one piece to the next.

        Raises:
            SerialTimeoutException: they have passed.
            SerialException: the connection has ended.
        """
        connection = self._socket
        if connection is None:
            raise PortNotOpenError()
        with self._sending:
            view = memoryview(data)
            deadline = time.monotonic() + (PATIENCE_S if timeout is None else timeout)
            while view:
                try:
                    view = view[connection.send(view) :]
                except TimeoutError as error:
                    if time.monotonic() >= deadline:
                        raise SerialTimeoutException("Write timeout") from error
                except OSError as error:
                    raise SerialException(
                        f"{self._url} was closed by the server ({error})"
                    ) from error
                else:
                    if timeout is None:
                        deadline = time.monotonic() + PATIENCE_S

    def _wait_for(self, condition: Callable[[], bool], what: str) -> None:
        began = time.monotonic()
        with self._changed:
            self._changed.wait_for(lambda: condition() or self._closed_by, PATIENCE_S)
            if condition():
                took_s = time.monotonic() - began
                self.round_trip_s = min(self.round_trip_s or took_s, took_s)
                return  # although the server may have closed the connection right behind it
            if self._closed_by:
                raise SerialException(self._closed_by)
            raise SerialException(
                f"{self._url} did not complete {what} within {PATIENCE_S:g} s: "
                f"is it an RFC 2217 server? (esptool's needs ?{UNANSWERED} behind its URL)"
            )

    def _negotiated(self) -> bool:
        """Whether the server does RFC 2217 and has said if it does binary; not all do."""
        binary = {Negotiation(Verb.DO, Option.BINARY), Negotiation(Verb.DONT, Option.BINARY)}
        return Negotiation(Verb.DO, Option.COM_PORT) in self._heard and bool(binary & self._heard)

    def _read_socket(self, connection: socket.socket) -> None:
        """Run in the reader thread until the connection ends."""
        telnet = TelnetDecoder()
        reason = f"{self._url} was closed by the server"
        try:
            while stream := self._receive(connection):
                with self._changed:
                    for event in telnet.feed(stream):
                        self._take(event)
                    self._changed.notify_all()
                    self._make_room()
        except OSError as error:
            reason = f"{reason} ({error})"
        with self._changed:
            self._closed_by = reason
            self._changed.notify_all()

    def _wait_for_data(self, size: int, timeout: float | None) -> None:
        self._changed.wait_for(lambda: len(self._received) >= size or self._closed_by, timeout)

    def _make_room(self) -> None:
        """Wait for what is too much to be read; lose it where nobody reads."""
        while self._is_read and len(self._received) > MOST_RECEIVED and self._socket is not None:
            self._is_read = False
            self._changed.wait_for(lambda: self._is_read or self._socket is None, _ROOM_S)
        del self._received[:-MOST_RECEIVED]

    @staticmethod
    def _receive(connection: socket.socket) -> bytes:
        """Return the next bytes, or none at the end of the connection."""
        while True:
            try:
                return connection.recv(65536)
            except TimeoutError:  # the socket's timeout is there to bound sending
                continue

    def _take(self, event: Event) -> None:
        if isinstance(event, bytes):
            self._received += event
        elif isinstance(event, Negotiation):
            self._negotiate(event)
        else:
            self._note(event)

    def _negotiate(self, event: Negotiation) -> None:
        """Note what the server agrees to, and agree to what does no harm."""
        if event in self._heard:
            return
        self._heard.add(event)
        if event.option in (Option.COM_PORT, Option.BINARY):
            return  # these were asked for from this end
        harmless = event.option in (Option.ECHO, Option.SUPPRESS_GO_AHEAD)
        if event.verb == Verb.WILL:
            self.transmit(negotiation(Verb.DO if harmless else Verb.DONT, event.option))
        elif event.verb == Verb.DO:
            agree = event.option == Option.SUPPRESS_GO_AHEAD
            self.transmit(negotiation(Verb.WILL if agree else Verb.WONT, event.option))

    def _note(self, event: Subnegotiation) -> None:
        if event.payload[0] != Option.COM_PORT or len(event.payload) < 3:
            return
        command, value = event.payload[1], event.payload[2:]
        if command == ComPort.NOTIFY_MODEMSTATE + ANSWER:
            self.modem_state = value[0]
        else:
            self._answers[command] = value
