# SPDX-License-Identifier: MIT
"""How long one message of a size takes over a link, its answer included. Pure."""

import functools
from collections.abc import Mapping
from typing import NamedTuple, Protocol

from hil.planning.transfer.ble import BleExchange
from hil.planning.transfer.espnow import EspNowExchange
from hil.planning.transfer.exchange import Exchanged
from hil.planning.transfer.processor import PROCESSOR
from hil.planning.transfer.tcp import TcpExchange
from hil.planning.transfer.udp import UdpExchange
from hil.sim.clock.clock import SimClock
from hil.sim.radio.link import LinkDirection, LinkParameters
from hil.sim.radio.presets import PRESETS

WARM_UP = 1
"""Exchanges before those that count, after which the retransmission timer knows the way."""
RANDOM_ROUNDS = 21
"""Exchanges of which the median counts where chance is in the link."""

ESPNOW_BOARD = "espnow-board"
"""ESP-NOW to a board that runs the tail; every other link is taken to be the same to a board."""


class _Link(Protocol):
    def run(self, number: int, length: int) -> Exchanged | None:
        """Exchange an activation of ``length`` bytes for its answer; None if it is lost."""


class Transfer(NamedTuple):
    """What carrying an activation and its answer costs.

    Attributes:
        usual: the median exchange.
        lost: how many of ``rounds`` had no answer.
        rounds: how many were played through.
    """

    usual: Exchanged
    lost: int
    rounds: int


def transfer(
    via: str, length: int, links: Mapping[str, LinkParameters] | None = None, seed: int = 1
) -> Transfer | None:
    """Play exchanges through, as a virtual board would have them; None if none is answered.

    Args:
        via: the link; or :data:`ESPNOW_BOARD`, where the tail is on the other board.
        length: bytes of the activation.
        links: parameters of links in place of the presets.
        seed: of what is random; of a link with losses or jitter the median of some exchanges.
    """
    link = (PRESETS | dict(links or {}))["espnow" if via == ESPNOW_BOARD else via]
    return _transfer(via, length, link, seed)


@functools.lru_cache(maxsize=4096)
def _transfer(via: str, length: int, link: LinkParameters, seed: int) -> Transfer | None:
    played = _open(via, link, seed)
    for number in range(WARM_UP):
        played.run(1 + number, length)
    is_random = bool(link.jitter_us or link.loss or link.duplicate or link.reorder)
    rounds = RANDOM_ROUNDS if is_random else 1
    exchanges = [played.run(1 + WARM_UP + number, length) for number in range(rounds)]
    answered = sorted(each for each in exchanges if each is not None)
    if not answered:
        return None
    return Transfer(answered[(len(answered) - 1) // 2], rounds - len(answered), rounds)


def _open(via: str, link: LinkParameters, seed: int) -> _Link:
    clock = SimClock()
    if via in ("espnow", ESPNOW_BOARD):
        by_gateway = via == "espnow"
        return EspNowExchange(clock, link, seed, PROCESSOR["espnow"], gateway=by_gateway)
    if via == "ble":
        return BleExchange(clock, link, str(seed), PROCESSOR[via])
    up, down = (LinkDirection(link, f"{seed} {via} {way}") for way in ("up", "down"))
    if via == "tcp":
        return TcpExchange(clock, up, down, PROCESSOR[via])
    return UdpExchange(clock, up, down, PROCESSOR[via])
