# SPDX-License-Identifier: MIT
"""One round trip of an echo, by the board's own clock."""

from hil.console.console import Console
from hil.console.exchange import exchange, exchange_in_lab
from hil.console.info import BoardInfo
from hil.console.refusal import raise_refusal
from hil.errors import BadInputError, BoardRefused
from hil.inference.completion import parse_time, parse_wire
from hil.inference.inference import RoundTrip

RTT_PATIENCE_S = 60.0
"""The board gives up on an answer after ten; a link of BLE's lowest rate may take as long."""

_LOST = "edge_timeout"


def round_trip(console: Console, info: BoardInfo, via: str, size: int, timeout: float) -> RoundTrip:
    """Echo ``size`` bytes; raises as :meth:`hil.Board.rtt`."""
    ask = exchange_in_lab if info.simulated else exchange
    try:
        event = ask(console, "rtt", timeout, via=via, size=size)
    except BoardRefused as error:
        if error.code == "bad_argument":
            raise BadInputError(f"The board cannot echo {size} bytes: {error}") from error
        raise
    try:
        if event.get("code") == _LOST:
            return RoundTrip(via, size, None, _LOST, parse_wire(event), info.simulated)
        if event.get("state") != "ok":
            raise_refusal(event, "The round trip failed")
        us = parse_time(event["us"])
        return RoundTrip(via, size, us, None, parse_wire(event), info.simulated)
    except (KeyError, ValueError) as error:
        raise BoardRefused(
            "protocol", f"The board's report of a round trip cannot be read ({error})."
        ) from error
