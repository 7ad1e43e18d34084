# SPDX-License-Identifier: MIT
"""Brings a board onto the network: the rig's access point, or the one the board remembers."""

import socket

from hil.console.console import Console
from hil.console.contradiction import readable
from hil.console.info import BoardInfo
from hil.console.refusal import failure_text
from hil.errors import BadInputError, BoardRefused, InfrastructureError
from hil.rig.rig import BoardSpec
from hil.rig.wifi import WifiCredentials
from hil.sim.radio.wifi import LAB_ACCESS_POINT
from hil.symptoms import Misbehaviour

_WIFI_PATIENCE_S = 30.0
"""Scanning all channels, association and DHCP take up to ten."""


def credentials(spec: BoardSpec, info: BoardInfo) -> WifiCredentials | None:
    """Return what the board joins: the rig's access point, or for a virtual board the lab's.

    ``None`` stands for what a real board joined last, and stores.
    """
    if spec.wifi is not None:
        return spec.wifi
    if info.simulated:
        return WifiCredentials(LAB_ACCESS_POINT.ssid, LAB_ACCESS_POINT.password)
    return None


def edge_host(spec: BoardSpec, info: BoardInfo, board_address: str) -> str:
    """Return the address of this host as the board sees it.

    Raises:
        InfrastructureError: this host has no route to the board.
    """
    if spec.edge_host is not None:
        return spec.edge_host
    return "127.0.0.1" if info.simulated else _own_address_towards(board_address)


def join(console: Console, credentials: WifiCredentials | None, *, sure: bool = False) -> str:
    """Join an access point and return the board's IP address.

    Args:
        console: the board's.
        credentials: ``None`` for those that are stored on the board.
        sure: whether they are right and the access point is there.

    Raises:
        Misbehaviour: the board does not join, though nothing can keep it from that.
        BadInputError: no access point can have such a name or password, or none is stored.
        InfrastructureError: the access point is missing or refuses.
        BoardSilent, BoardPanic, ConsoleError: as :meth:`hil.Console.request`.
    """
    console.forget("wifi")
    try:
        if credentials is None:
            console.request("wifi")
        else:
            console.request("wifi", ssid=credentials.ssid, password=credentials.password)
    except BoardRefused as refusal:
        if credentials is None and refusal.code == "wifi":
            raise BadInputError(
                "The board remembers no access point: put [wifi] with ssid and password_env into "
                "hil.toml."
            ) from refusal
        if refusal.code == "bad_argument" and not sure:
            raise BadInputError(
                f"The access point's name or password cannot be used ({refusal}); "
                "mend [wifi] in hil.toml."
            ) from refusal
        raise
    event = console.wait_event("wifi", _WIFI_PATIENCE_S)
    if event.get("state") != "up":
        reason = failure_text(event)
        if sure:
            raise Misbehaviour(
                "network-not-joined",
                link="wifi",
                stage="join",
                expected="the lab's access point joined, which is there",
                got=f"none: {reason}",
            )
        which = repr(credentials.ssid) if credentials else "that it remembers"
        remedy = (
            "check its name and password."
            if credentials
            else "put [wifi] with ssid and password_env into hil.toml."
        )
        raise InfrastructureError(
            f"The board cannot join the access point {which} ({reason}); {remedy}"
        )
    with readable("event wifi"):
        return event["ip"]


def _own_address_towards(peer: str) -> str:
    """Return the address by which a board at ``peer`` reaches this host.

    Raises:
        InfrastructureError: this host has no route to it.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((peer, 9))  # sends nothing: it only makes the system choose a route
        except OSError as error:
            raise InfrastructureError(
                f"This host has no route to the board at {peer} ({error.strerror}); put both "
                "into one network, or set [edge] host in hil.toml."
            ) from error
        return str(probe.getsockname()[0])
