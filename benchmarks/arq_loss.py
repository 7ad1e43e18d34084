# SPDX-License-Identifier: MIT
"""Selective repeat on lossy links: ``python benchmarks/arq_loss.py``.

Two virtual boards, head and tail, over UDP and over ESP-NOW, with loss each way, doubling and
reordering. The head echoes messages of the size of the original system's activation. None may be
lost, wrong or delivered twice, and what is sent again of the payload, there and back, may be at
most 1.3 p/(1-p) of it plus one fragment per message. Exit code 1 if that does not hold.
"""

import math
import random
import sys
from dataclasses import dataclass

import click
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from hil.board import Board
from hil.lab import Lab
from hil.model.model import Model
from hil.protocol import BODY_OVERHEAD, HEADER_SIZE
from hil.resources import resource
from hil.sim.presets import ACTIVATION_BYTES, PRESETS

DUPLICATE = REORDER = 0.05
EXCESS = 1.3


@dataclass(frozen=True)
class Outcome:
    """What became of the messages of one run.

    Attributes:
        via: the link. loss: probability each way.
        messages: how many were asked. fragments: of each, either way.
        lost: without an answer. wrong: answered otherwise than asked.
        extra: messages that the tail was handed beyond those asked.
        resent_there: fragments that the head sent again. resent_back: the tail.
        median_us: of the round trips, by the head's clock.
    """

    via: str
    loss: float
    messages: int
    fragments: int
    lost: int
    wrong: int
    extra: int
    resent_there: int
    resent_back: int
    median_us: int

    @property
    def limit(self) -> int:
        """Most fragments that may be sent again each way."""
        share = EXCESS * self.loss / (1 - self.loss)
        return math.floor(self.messages * (share * self.fragments + 1))

    @property
    def ok(self) -> bool:
        """Whether the run is within all limits."""
        return not (self.lost or self.wrong or self.extra) and (
            max(self.resent_there, self.resent_back) <= self.limit
        )


class Pair:
    """Head and tail of the tiny model on two virtual boards, connected over a lossy link."""
