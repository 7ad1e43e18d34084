# SPDX-License-Identifier: MIT
"""bumble's simulated controller with what is defective in 0.0.236 put right.

Each override says what bumble does instead; ``tests/sim/ble/test_bumble.py`` shows it, and fails
when a later bumble does better, so that the override can go.
"""

import asyncio
from typing import TYPE_CHECKING

from bumble import hci, ll
from bumble.controller import Controller
from bumble.core import PhysicalTransport
from bumble.link import LocalLink

if TYPE_CHECKING:
    from bumble.controller import Connection
    from bumble.transport.common import TransportSink

_Report = hci.HCI_LE_Extended_Advertising_Report_Event.Report
_Reported = hci.HCI_LE_Extended_Advertising_Report_Event.EventType
# As boards advertise. A report that is not flagged so Linux does not merge with its scan response
# (net/bluetooth/hci_event.c, process_adv_report): BlueZ filters by service, and sees no name.
_ADVERTISEMENT = (
    _Reported.CONNECTABLE_ADVERTISING
    | _Reported.SCANNABLE_ADVERTISING
    | _Reported.LEGACY_ADVERTISING_PDU_USED
)
_ENHANCED = 1 << (hci.HCI_LE_ENHANCED_CONNECTION_COMPLETE_EVENT - 1)  # of the LE event mask
_SCAN_RESPONSE = _ADVERTISEMENT | _Reported.SCAN_RESPONSE


class Ether(LocalLink):
    """What joins the controllers."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]

    def send_acl_data(
        self,
        sender_controller: Controller,
        destination_address: hci.Address,
        transport: PhysicalTransport,
        data: bytes,
    ) -> None:
        """Send under the address that the connection was made with.

        bumble always takes the sender's random address, under which the receiver knows no
        connection if the sender advertised its public one: the data is lost.
        """
        connection = sender_controller.le_connections.get(destination_address)
        receiver = self.find_le_controller(destination_address)
        if connection is not None and receiver is not None:
            asyncio.get_running_loop().call_soon(
                receiver.on_link_acl_data, connection.self_address, transport, data
            )

    def send_ll_control_pdu(
        self,
        sender_address: hci.Address,
        receiver_address: hci.Address,
        packet: ll.ControlPdu,
    ) -> None:
        """Send to whoever is there.

        bumble raises where nobody is, in the middle of a disconnection that then never ends.
        """
        if self.find_le_controller(receiver_address) is not None:
            super().send_ll_control_pdu(sender_address, receiver_address, packet)

    def scan_response(self, address: hci.Address) -> bytes:
        """Return what the advertiser of this address answers to a scan request."""
        for controller in self.controllers:
            for advertising in controller.advertising_sets.values():
                if advertising.enabled and advertising.address == address:
                    return bytes(advertising.scan_response_data)
        return b""


class BleController(Controller):
    """A controller on an :class:`Ether`.

    Args:
        name: for bumble's log.
        ether: what it sends into.
        address: its public address.
        host: the host's end of HCI, if it is there already.

    Attributes:
        searching: whether the host has it scan actively.
        commands, searches, attempts: how many commands the host has given so far, and how many of
            these began an active scan, or an attempt to connect: a connection, or the passive scan
            by which Linux waits for one to be possible.
    """

    # bumble has buffers of 27 bytes, so that a frame of 244 takes ten packets of HCI.
    le_acl_data_packet_length = 251

    def __init__(
        self, name: str, ether: Ether, address: str, host: "TransportSink | None" = None
    ) -> None:
        super().__init__(name, link=ether, public_address=address, host_sink=host)
        self._ether = ether
        self._active = False
        self.searching = False
        self.commands = self.searches = self.attempts = 0

    def on_hci_command_packet(self, command: hci.HCI_Command) -> None:
        """Take note of what the host wants."""
        self.commands += 1
        match command:
            case hci.HCI_LE_Set_Scan_Parameters_Command():
                self._active = bool(command.le_scan_type)
            case hci.HCI_LE_Set_Extended_Scan_Parameters_Command():
                self._active = any(command.scan_types)
            case hci.HCI_LE_Set_Scan_Enable_Command():
                self._scan(bool(command.le_scan_enable))
            case hci.HCI_LE_Set_Extended_Scan_Enable_Command():
                self._scan(bool(command.enable))
            case (
                hci.HCI_LE_Create_Connection_Command()
                | hci.HCI_LE_Extended_Create_Connection_Command()
            ):
                self.attempts += 1
            case hci.HCI_Reset_Command():
                self.searching = False
        super().on_hci_command_packet(command)

    def send_hci_packet(self, packet: hci.HCI_Packet) -> None:
        """Report a connection by the enhanced event to a host that has asked for that.

        bumble always sends the plain one. Linux waits for the enhanced one, which controllers with
        extended advertising or LL privacy have: for 4 s it gives no other command, then it cancels
        connecting, and where it is to disconnect meanwhile it forgets the connection that stands.
        """
        if (
            isinstance(packet, hci.HCI_LE_Connection_Complete_Event)
            and self.le_event_mask & _ENHANCED
        ):
            packet = hci.HCI_LE_Enhanced_Connection_Complete_Event(
                status=packet.status,
                connection_handle=packet.connection_handle,
                role=packet.role,
                peer_address_type=packet.peer_address_type,
                peer_address=packet.peer_address,
                local_resolvable_private_address=hci.Address.ANY,
                peer_resolvable_private_address=hci.Address.ANY,
                connection_interval=packet.connection_interval,
                peripheral_latency=packet.peripheral_latency,
                supervision_timeout=packet.supervision_timeout,
                central_clock_accuracy=packet.central_clock_accuracy,
            )
        super().send_hci_packet(packet)

    def leave(self, reason: int) -> None:
        """Vanish from the air; who is connected finds the connection ended for `reason`.

        bumble can only remove a controller from its link: the other side stays connected for ever.
        """
        self.host = None
        self._silence(reason)
        if self in self._ether.controllers:
            self._ether.remove_controller(self)

    def on_hci_reset_command(
        self, _command: hci.HCI_Reset_Command
    ) -> hci.HCI_StatusReturnParameters:
        """Drop connections, scanning and advertising, which bumble all lets go on."""
        self._silence(hci.HCI_ErrorCode.CONNECTION_TIMEOUT_ERROR)
        return super().on_hci_reset_command(_command)

    def on_hci_le_create_connection_cancel_command(
        self, _command: hci.HCI_LE_Create_Connection_Cancel_Command
    ) -> hci.HCI_StatusReturnParameters:
        """Cancel; bumble says so, but goes on connecting, and the host waits for the event."""
        pending, self.pending_le_connection = self.pending_le_connection, None
        if pending is None:
            return hci.HCI_StatusReturnParameters(hci.HCI_ErrorCode.COMMAND_DISALLOWED_ERROR)
        event = hci.HCI_LE_Connection_Complete_Event(
            status=hci.HCI_ErrorCode.UNKNOWN_CONNECTION_IDENTIFIER_ERROR,
            connection_handle=0,
            role=hci.Role.CENTRAL,
            peer_address_type=pending.peer_address.address_type,
            peer_address=pending.peer_address,
            connection_interval=0,
            peripheral_latency=0,
            supervision_timeout=0,
            central_clock_accuracy=0,
        )
        asyncio.get_running_loop().call_soon(self.send_hci_packet, event)
        return hci.HCI_StatusReturnParameters(hci.HCI_ErrorCode.SUCCESS)

    def on_le_connect_ind(self, packet: ll.ConnectInd) -> None:
        """Turn a central away that comes when nobody advertises any more.

        bumble ignores it, and the central takes itself for connected.
        """
        mine = packet.advertiser_address in (self.public_address, self.random_address)
        if mine and not self.is_advertising:
            self._ether.send_ll_control_pdu(
                packet.advertiser_address,
                packet.initiator_address,
                ll.TerminateInd(hci.HCI_ErrorCode.CONNECTION_FAILED_TO_BE_ESTABLISHED_ERROR),
            )
            return
        super().on_le_connect_ind(packet)

    def on_le_disconnected(self, connection: "Connection", reason: int) -> None:
        """Disconnect once; bumble raises where both sides end a connection at the same time."""
        if self.le_connections.get(connection.peer_address) is connection:
            super().on_le_disconnected(connection, reason)

    def on_advertising_pdu(self, pdu: ll.AdvInd | ll.AdvExtInd) -> None:
        """Report the scan response, in place of which bumble reports the advertisement again."""
        if self.le_scan_enable:
            response = self._ether.scan_response(pdu.advertiser_address)
            for event_type, data in ((_ADVERTISEMENT, pdu.data), (_SCAN_RESPONSE, response)):
                self._report(pdu.advertiser_address, event_type, data)
        pending = self.pending_le_connection
        if pending is not None and pending.peer_address == pdu.advertiser_address:
            self.create_le_connection(pdu.advertiser_address)

    def _scan(self, on: bool) -> None:
        self.searching = on and self._active
        self.searches += self.searching
        self.attempts += on and not self._active

    def _report(self, address: hci.Address, event_type: int, data: bytes) -> None:
        report = _Report(
            event_type=event_type,
            address_type=address.address_type,
            address=address,
            primary_phy=hci.Phy.LE_1M,
            secondary_phy=0,
            advertising_sid=0xFF,
            tx_power=0x7F,
            rssi=-50,
            periodic_advertising_interval=0,
            direct_address_type=0,
            direct_address=hci.Address.ANY,
            data=data,
        )
        self.send_hci_packet(hci.HCI_LE_Extended_Advertising_Report_Event([report]))

    def _silence(self, reason: int) -> None:
        self.pending_le_connection = None
        self.le_scan_enable = False
        self.le_legacy_advertiser.stop()
        for advertising in self.advertising_sets.values():
            advertising.stop()
        for connection in list(self.le_connections.values()):
            connection.send_ll_control_pdu(ll.TerminateInd(reason))
        self.le_connections.clear()
