# SPDX-License-Identifier: MIT
"""Whether a board reaches this computer over Wi-Fi, tried from the board."""

import contextlib
import socket

from hil.board.board import Board
from hil.board.network import edge_host
from hil.errors import BoardRefused, InfrastructureError

EVERYWHERE = ""
"""Every address of this computer, as the edge server listens for a board on a network."""

_CONNECT_S = 12.0
"""The board itself gives up after ten."""


def reach(board: Board) -> str:
    """Let the board join its access point and connect to a port of this computer.

    Args:
        board: one that runs the harness's firmware and has a model.

    Returns:
        which way it came.

    Raises:
        InfrastructureError: it cannot join, or its connection does not arrive.
        BoardSilent, BoardPanic, ConsoleError: as :meth:`hil.Console.request`.
    """
    address = board.join_network()
    here = edge_host(board.spec, board.info, address)
    with socket.create_server((EVERYWHERE, 0)) as server:
        port = server.getsockname()[1]
        server.settimeout(_CONNECT_S)
        board.console.request("edge", host=here, port=port)
        board.console.request("link", via="tcp", state="up")
        try:
            server.accept()[0].close()
        except TimeoutError as error:
            raise InfrastructureError(
                f"The board at {address} does not reach this computer at {here}: let TCP and UDP "
                "through the firewall, and switch client isolation off at the access point."
            ) from error
        finally:
            with contextlib.suppress(BoardRefused):  # the link may be down already
                board.console.request("link", via="tcp", state="down")
    return f"the board at {address} reaches this computer at {here}"
