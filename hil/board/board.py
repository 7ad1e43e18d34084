# SPDX-License-Identifier: MIT
"""One ESP32-S3, virtual or real: flash it, connect it, infer on it."""

import zlib
from typing import TYPE_CHECKING

from hil.board.connecting import connect_boards, connect_edge
from hil.board.connection import Connection
from hil.board.infer import INFER_PATIENCE_S, infer_full, infer_split
from hil.board.rtt import RTT_PATIENCE_S, round_trip
from hil.board.station import ESPNOW_CHANNEL, Station
from hil.console.transfer import read_blob, write_image
from hil.errors import BadInputError
from hil.host.activity import doing
from hil.inference.inference import Inference, RoundTrip
from hil.links import parse_links
from hil.model.array import Array
from hil.rig.providers.interface import Lease
from hil.rig.rig import BoardSpec
from hil.sim.process import Lab

if TYPE_CHECKING:
    from hil.edge import Stopwatch, TailSide
    from hil.model.inputs.conversion import Photo
    from hil.model.inputs.samples import Sample


class Board(Station):
    """The one interface to a board, whatever it is; a context manager. See :meth:`open`.

    Attributes:
        connection: the link that is up, if one is.
    """

    def __init__(
        self, spec: BoardSpec, port: str, lab: Lab | None, lease: Lease | None = None
    ) -> None:
        super().__init__(spec, port, lab, lease)
        self.connection: Connection | None = None
        self._stored: int | None = None

    def close(self) -> None:
        """Let go of link and port, and end the lab, if it is this board's own."""
        try:
            self._forget()
        finally:
            super().close()

    @property
    def stopwatch(self) -> "Stopwatch | None":
        """What an edge server for this board is to measure with.

        Simulated time must not depend on the host's speed, so a virtual board is told a constant.
        """
        if not self.simulated:
            return None
        from hil.edge import FixedStopwatch
        from hil.sim.clock import host_work

        return FixedStopwatch(host_work.TOTAL_US, host_work.INVOKE_US)

    def connect(
        self, to: "TailSide | Station", via: str = "tcp", *, gateway: Station | None = None
    ) -> None:
        """Open a link to what runs the tail; the one before it is closed.

        Args:
            to: an edge server on this host, or a second board in role tail.
            via: one of :data:`hil.links.LINKS`.
            gateway: the second board that carries ESP-NOW to this host.

        Raises:
            BadInputError: no such link, no gateway, or the boards do not go together.
            InfrastructureError: the access point is missing or refuses, or this host has no BLE.
            EdgeError: the other side cannot be reached.
            BoardRefused: it can, but does not serve the model on the board (``model_mismatch``).
        """
        parse_links(via, "connect()")
        self.console.health.require_protocol("connect()")
        if self.info.role == "tail":
            raise BadInputError(
                f"The board at {self.port} holds a tail, which waits for a head to connect; "
                "flash it with role head."
            )
        with doing(f"connecting over {via}"), self.noticing_interruption():
            self.disconnect()
            self.end_gateway()
            self._take_radio(via)
            if isinstance(to, Station):
                self.connection = connect_boards(self, to, via)
            else:
                self.connection = connect_edge(self, to, via, gateway)

    def disconnect(self) -> None:
        """Close the link, if one is up; the radio is then free for another."""
        if (connection := self.connection) is not None:
            self.connection = None
            connection.close()

    def become_gateway(self, channel: int = ESPNOW_CHANNEL) -> None:
        """Close the link and carry ESP-NOW frames, see :meth:`Station.become_gateway`."""
        self.disconnect()
        super().become_gateway(channel)

    def infer(
        self,
        image: "Photo | Sample",
        via: str | None = None,
        *,
        output: bool = True,
        timeout: float | None = None,
    ) -> Inference:
        """Infer end to end on one image.

        Args:
            image: a path, a Pillow image, a :class:`hil.model.inputs.photos.Photo`, uint8 pixels,
                or the model's input tensor itself.
            via: the link, if one is to be insisted on: the one that is up is used.
            output: whether to have the whole output vector sent along.
            timeout: seconds of real time; 60 if not given.

        Raises:
            BadInputError: no model is known, or ``image`` is none.
            MessageLost: no answer came, or the link went down.
            EdgeError: the edge server has ended.
            BoardRefused, BoardPanic, BoardSilent, ConsoleError, LabError: as they say.
        """
        part = self.part
        self.store(part.input_tensor(image))
        timeout = timeout or INFER_PATIENCE_S
        if part.role == "full":
            with self.noticing_interruption():
                return infer_full(self.console, self.info, part, output=output, timeout=timeout)
        up = self._connected(via)
        with self.noticing_interruption(), up.explaining():
            return infer_split(self.console, self.info, part, up, output=output, timeout=timeout)

    def rtt(self, size: int, via: str | None = None, *, timeout: float | None = None) -> RoundTrip:
        """Send bytes to the tail's side and have them back, by the board's clock.

        Args:
            size: how many.
            via: as for :meth:`infer`.
            timeout: seconds of real time; 60 if not given.

        Returns:
            the time and cost; one that was lost (``edge_timeout``) has no time.

        Raises:
            BadInputError: the board cannot echo that many bytes.
            MessageLost: the link went down.
            EdgeError: the edge server has ended.
        """
        up = self._connected(via)
        with self.noticing_interruption(), up.explaining():
            trip = round_trip(self.console, self.info, up.via, size, timeout or RTT_PATIENCE_S)
        if trip.lost:
            up.check()
        return trip

    def store(self, tensor: Array) -> None:
        """Put an input tensor on the board, unless it is the one that is there.

        Raises:
            BoardRefused, BoardSilent, ConsoleError: as :func:`hil.console.transfer.write_image`.
        """
        data = tensor.tobytes()
        crc = zlib.crc32(data)
        if crc != self._stored:
            self._stored = None
            with self.noticing_interruption():
                write_image(self.console, data)
            self._stored = crc

    def read_activation(self) -> Array:
        """Return the last activation as the board has it, of the cut's shape and dtype.

        Raises:
            BoardRefused: there is none.
        """
        return self.part.activation(read_blob(self.console, "activation"))

    def _forget(self) -> None:
        super()._forget()
        self._stored = None
        if (connection := self.connection) is not None:
            self.connection = None
            connection.abandon()

    def _connected(self, via: str | None) -> Connection:
        """Return the link that is up, being the one that is insisted on."""
        if self.connection is None:
            self.console.health.require_protocol("a link")
            raise BadInputError("The board is not connected; call connect() with an edge server.")
        if via not in (None, self.connection.via):
            raise BadInputError(
                f"The board is connected over {self.connection.via}, not {via}; connect it anew."
            )
        return self.connection
