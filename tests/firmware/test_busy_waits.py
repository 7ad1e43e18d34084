# SPDX-License-Identifier: MIT
"""Firmware that never returns from a call, or never sleeps, ends by the watchdog of its board."""

import re
from collections.abc import Callable, Iterator

import pytest

from hil.board.board import Board
from hil.edge import EdgeServer
from hil.errors import BoardPanic
from hil.firmware.build import FirmwareBuild
from hil.model.model import Model
from hil.resources import resource
from hil.sim.process import Lab

Change = tuple[str, str, str]
Build = Callable[[list[Change]], FirmwareBuild]

CORE = "components/splitnode/src"
WATCHDOG = re.compile(r"E \(([0-9]+)\) task_wdt: Task watchdog got triggered")

RECEIVE: Change = (
    f"{CORE}/link/packet_link.c",
    "    link->counts.rx_frames++;\n",
    "    link->counts.rx_frames++;\n    while (link->counts.rx_frames > 1 {condition}) {{ }}\n",
)
BOOT: Change = (
    f"{CORE}/node/node.c",
    "    node->session = port->random_u32(port->ctx);\n",
    "    for (volatile uint32_t spin = 0;; spin++) {\n    }\n",
)
NEVER_SLEEPS: Change = (
    "virtual/events.c",
    "    return at_us == SN_NO_DEADLINE ? -1 : (int64_t)at_us;\n",
    "    (void)at_us;\n    return 0;\n",
)


def receiving(condition: str) -> Change:
    name, old, new = RECEIVE
    return name, old, new.format(condition=condition)


@pytest.fixture
def model() -> Model:
    return Model.load(resource("models/tiny"))


@pytest.fixture
def lab() -> Iterator[Lab]:
    with Lab.start() as lab:
        yield lab


def barked_ms(board: Board) -> list[int]:
    """Return when the watchdog has fired, in milliseconds of its boot."""
    return [int(found[1]) for line in board.console.log if (found := WATCHDOG.match(line.text))]


@pytest.mark.parametrize(
    "condition",
    ["", "&& link->port->now_us(link->port->ctx) != 0"],
    ids=["computes", "asks the clock"],
)
def test_an_endless_loop_in_the_receive_path_costs_one_exchange(
    lab: Lab, patched: Build, model: Model, condition: str
) -> None:
    split = model.split()
    with (
        Board.open(lab=lab) as board,
        EdgeServer(split.tail, split.model_id) as edge,
    ):
        board.flash(patched([receiving(condition)]), model)
        board.connect(edge, "udp")
        asked_ms = int(board.console.request("stats")["uptime_us"]) // 1000
        with pytest.raises(BoardPanic, match=r"Task watchdog got triggered.*node \(CPU 0\)"):
            board.rtt(16)
        (first,) = barked_ms(board)
        assert 10_000 <= first - asked_ms <= 10_100
        board.reset()
        board.connect(edge, "udp")
        asked_ms = int(board.console.request("stats")["uptime_us"]) // 1000
        with pytest.raises(BoardPanic, match="Task watchdog got triggered"):
            board.rtt(16)
        assert barked_ms(board)[1] == pytest.approx(first, abs=100)


def test_a_board_that_never_gets_done_with_its_start_leaves_the_lab_to_others(
    lab: Lab, patched: Build, model: Model
) -> None:
    with Board.open(lab=lab) as board:
        with pytest.raises(BoardPanic, match=r"Task watchdog got triggered.*node \(CPU 0\)"):
            board.flash(patched([BOOT]), model)
        assert 10_000 <= barked_ms(board)[0] <= 10_100
        lab.check()
        board.flash(None, model)
        assert board.info.slot == "ok"


def test_firmware_that_never_sleeps_starves_the_idle_task(
    lab: Lab, patched: Build, model: Model
) -> None:
    def sleeps() -> None:
        board.flash(build, model)
        board.console.wait_event("link", timeout=60)

    build = patched([NEVER_SLEEPS])
    with Board.open(lab=lab) as board:
        with pytest.raises(BoardPanic, match=r"Task watchdog got triggered.*IDLE0 \(CPU 0\)"):
            sleeps()
        lab.check()
        board.flash(None, model)
