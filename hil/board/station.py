# SPDX-License-Identifier: MIT
"""One ESP32-S3, virtual or real, and what it does on the air: network, gateway, listening tail."""

from hil.board.link import request_up, take_down
from hil.board.network import credentials, join
from hil.device.flashable import Flashable
from hil.links import IP_LINKS
from hil.rig.providers.interface import Lease
from hil.rig.rig import BoardSpec
from hil.serialport.ports import has_line_rate
from hil.sim.process import Lab

ESPNOW_CHANNEL = 1
"""The Wi-Fi channel on which two boards meet that are told no other."""


class Station(Flashable):
    """A board whose radio can be used, one use at a time."""

    def __init__(
        self, spec: BoardSpec, port: str, lab: Lab | None, lease: Lease | None = None
    ) -> None:
        super().__init__(spec, port, lab, lease)
        self.keyless = False
        """Whether its links are opened without a key, to try what docs/protocol.md says of those
        that have none; they are not told of as lacking one."""
        self._address = ""
        self._gateway = False
        self._listening: str | None = None

    def join_network(self) -> str:
        """Join the access point, unless joined already, and return the board's IP address.

        A link that is not over IP ends the membership: the radio may have to change its channel.

        Raises:
            InfrastructureError: the access point is missing or refuses.
            Misbehaviour: the board does not join a lab's, which does neither.
        """
        if self.console.next_event("wifi") is not None:
            self._address = ""  # membership was lost or renewed since, perhaps by another address
        if not self._address:
            known = self.spec.wifi is None and self.lab is not None and not self.lab.shaped
            self._address = join(self.console, credentials(self.spec, self.info), sure=known)
        return self._address

    def become_gateway(self, channel: int = ESPNOW_CHANNEL) -> None:
        """Carry ESP-NOW frames between the air and the console from now on.

        Args:
            channel: of Wi-Fi, 1 to 13.

        Raises:
            BoardRefused: the firmware cannot.
        """
        self.stop_listening()
        self._take_radio("espnow")
        if self.simulated or has_line_rate(self.port):
            self.raise_baud()
        self.console.request("role", set="gateway", channel=channel)
        self._gateway = True

    def end_gateway(self) -> None:
        """Run the model on the board again, if it has been made a gateway."""
        if self._gateway:
            self.console.request("role", set="model")
            self._gateway = False

    def listen(self, via: str) -> None:
        """Wait for a head on a link, in role tail; the link before it is closed.

        Raises:
            BoardRefused: the board is no tail, or has no such link.
        """
        self.end_gateway()
        self.stop_listening()
        self._take_radio(via)
        request_up(self.console, via)
        self._listening = via

    def stop_listening(self) -> None:
        """Wait for no head any more; the radio is then free for another link."""
        if self._listening is not None:
            take_down(self.console, self._listening)
            self._listening = None

    def _forget(self) -> None:
        super()._forget()
        self._address = ""
        self._gateway = False
        self._listening = None

    def _take_radio(self, via: str) -> None:
        if via not in IP_LINKS:
            self._address = ""
