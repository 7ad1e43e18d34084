# SPDX-License-Identifier: MIT
"""What workers tell the controller, kept at their seats."""

from collections.abc import Callable
from typing import Any

from hil.pytestplugin.farm.seat import Seat
from hil.pytestplugin.farm.words import BACK, BROKEN, CHANNEL, CHECK, REFUSED, TESTS


def listen(seat: Seat, check: Callable[[str], tuple[str, str]]) -> None:
    """Open a channel to a worker that is about to be started, and hear it from then on.

    Args:
        seat: of the worker.
        check: called with the port of a board, in another thread; returns the name of an error's
            class and its sentence where it is not this session's any more, else nothing twice.
    """
    seat.channel = seat.node.gateway.newchannel()
    seat.node.workerinput[CHANNEL] = seat.channel

    def hear(message: tuple[Any, ...]) -> None:
        word, *values = message
        if word == TESTS:
            seat.kinds = values[0]
        elif word == BROKEN:
            seat.broken = values[0]
        elif word == BACK:
            seat.back.add(values[0])
        elif word == REFUSED:
            seat.refused = (values[0], values[1])
        elif word == CHECK:
            seat.say(CHECK, *check(values[0]))

    seat.channel.setcallback(hear)
