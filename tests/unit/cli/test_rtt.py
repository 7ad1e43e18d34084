# SPDX-License-Identifier: MIT
"""``hil rtt``, whatever becomes of its messages."""

from contextlib import contextmanager
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

import hil.cli.board.rtt
from hil.errors import MessageLost
from hil.inference.inference import RoundTrip, Wire
from hil.resources import resource


class FlakyBoard:
    """A board whose link goes down with every second message."""

    simulated = True
    connection = None
    part = SimpleNamespace(cut=SimpleNamespace(bytes=576))
    info = SimpleNamespace(simulated=True, mac="02:00:00:00:00:01", firmware="0", kernels="none")

    def __init__(self) -> None:
        self.asked = 0

    def rtt(self, size: int) -> RoundTrip:
        self.asked += 1
        if self.asked % 2 == 0:
            raise MessageLost("edge_lost", "The link went down.")
        return RoundTrip("udp", size, 1_000, None, Wire(1, 0, 2 * size), True)


@pytest.fixture
def board(monkeypatch):
    used = FlakyBoard()

    @contextmanager
    def connected(*_):
        yield used, None

    monkeypatch.setattr(hil.cli.board.rtt, "connected", connected)
    return used


def test_a_message_that_is_lost_with_its_link_is_counted(board):
    options = ["--model", str(resource("models/tiny")), "--size", "100", "--count", "4"]
    done = CliRunner().invoke(hil.cli.board.rtt.rtt, options, catch_exceptions=False)
    assert done.exit_code == 0
    assert "p50 1.000 ms" in done.output
    assert "lost 2, fragments resent 0, payload 50.0% of the bytes sent" in done.output
