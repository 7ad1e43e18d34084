# SPDX-License-Identifier: MIT
"""Boards, links and edge server of a soak, brought into the state that a step asks for."""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

from hil.board.bench import OpenRig
from hil.board.board import Board
from hil.edge import EdgeServer
from hil.model.split import find_cut
from hil.rig.lookup import OnWait
from hil.rig.rig import BoardSpec, Rig
from hil.rig.several.needed import roles_needed
from hil.soak.account import WRONG, Ending
from hil.soak.fault import FAULTS, RIGHT, Leaves, Need
from hil.soak.inflicting import INFLICT
from hil.soak.plan import Step
from hil.soak.right import RightAnswers

if TYPE_CHECKING:
    from hil.firmware.build import FirmwareBuild
    from hil.model.inputs.samples import Sample
    from hil.model.model import Model


_ENDED = ("edge_lost", "link_down")
"""Endings of an inference that are the connection's end, too."""

_NO_KEY = "none"
"""What `info` says of a board without one."""


@dataclass(frozen=True)
class Setup:
    """What a soak is made with.

    Attributes:
        rig: which boards.
        build: the firmware; None for the default.
        model: the full model.
        photos: what a plan's indices are of.
        on_wait: called before waiting for a board that another process holds.
        links: that there will be, as far as they are known.
    """

    rig: Rig
    build: "FirmwareBuild | None"
    model: "Model"
    photos: "Sequence[Sample]"
    on_wait: OnWait | None = None
    links: "Sequence[str]" = ()


class SoakBench:
    """Boards that are open and an edge server that runs; a context manager.

    Attributes:
        board: the board under test.
        edge: the edge server of the moment.
        has_key: whether the link that was opened last is authenticated.
        stats: what the board said of itself behind the latest inference; empty if that failed.

    Args:
        setup: what it is made with.
        cut: short name of the cut to begin with.

    Raises:
        HilError: as :class:`hil.board.bench.OpenRig` and :meth:`hil.Board.flash`.
    """

    edge: EdgeServer

    def __init__(self, setup: Setup, cut: str) -> None:
        self._setup = setup
        self._answers = RightAnswers(setup.model, setup.photos)
        self._cut = cut
        self._left: Leaves = "link"
        self._links = 0
        self.has_key = False
        self.stats: dict[str, str] = {}
        self._opened = OpenRig(
            setup.rig, Board, setup.on_wait, roles_needed(setup.rig, setup.links)
        )
        self._gateway = False
        self.board = self._opened.board
        try:
            self.board.flash(setup.build, setup.model, cut)
            self.start_edge()
        except BaseException:
            self._opened.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of everything."""
        with contextlib.ExitStack() as stack:
            stack.callback(self._opened.close)
            stack.callback(self.edge.close)

    @property
    def has(self) -> frozenset[Need]:
        """What the rig has that faults need."""
        board = self.board
        found: set[Need] = set()
        if board.lab is not None:
            found |= {"lab", "power"}
        if board.spec.power_cycle:
            found.add("power")
        if board.info.test_build:
            found.add("test build")
        return frozenset(found)

    @property
    def lab(self) -> int | None:
        """The pid of the lab."""
        return self.board.lab.process.pid if self.board.lab else None

    @property
    def power(self) -> BoardSpec:
        """The board, with what switches its power."""
        spec, lab = self.board.spec, self.board.lab
        if lab is None:
            return spec
        return replace(spec, port=self.board.port, power_cycle=lab.boards[0].power_cycle)

    @property
    def group(self) -> tuple[int, int]:
        """Names the board's boot and the link that is open."""
        return self.board.info.session, self._links

    def note(self, text: str) -> None:
        """Keep in the board's log what a switch has to say."""
        self.board.console.note(text)

    def start_edge(self) -> None:
        """Start an edge server with the tail of the cut; the one before must have ended."""
        split = self._setup.model.split(find_cut(self._setup.model.cuts, self._cut))
        board = self.board
        host = "127.0.0.1" if board.simulated else "0.0.0.0"
        self.edge = EdgeServer(split.tail, split.model_id, host=host, stopwatch=board.stopwatch)

    def connect(self, via: str) -> None:
        """Open a link to the edge server, in place of the one that is open."""
        gateway = self._opened.second("gateway") if via == "espnow" else None
        if gateway is not None and not self._gateway:
            gateway.flash(self._setup.build, None)
            self._gateway = True
        self._links += 1
        self.board.connect(self.edge, via, gateway=gateway)
        told = self.board.console.request("info").get("key", _NO_KEY)  # of firmware before keys
        self.has_key = told != _NO_KEY

    def perform(self, step: Step) -> Ending:
        """Make one inference as a step says, with its fault, and return how it ended."""
        self.stats = {}
        try:
            self._arrange(step)
        except Exception as error:  # noqa: BLE001 - whatever it is, nothing of it is promised
            self._left = "boot"
            return replace(Ending.of(error), word="not ready")
        self._left = FAULTS[step.fault].leaves if step.fault else "all"
        try:
            with INFLICT[step.fault](self, step):
                return self._infer(step)
        except Exception as error:  # noqa: BLE001 - whatever it is, the account judges it
            ending = Ending.of(error)
            if self._left == "all" and ending.word in _ENDED:
                self._left = "link"
            return ending

    def _arrange(self, step: Step) -> None:
        board, model = self.board, self._setup.model
        if step.cut != self._cut:
            board.load(model, step.cut, build=self._setup.build)
            split = model.split(find_cut(model.cuts, step.cut))
            self.edge.serve(split.tail, split.model_id)
            self._cut = step.cut
        elif self._left == "boot":
            board.reset()
        connection = board.connection
        if self._left != "all" or connection is None or connection.via != step.via:
            self.connect(step.via)

    def _infer(self, step: Step) -> Ending:
        inference = self.board.infer(self._answers.tensor(step.photo))
        kernels = self.board.info.kernels
        self.stats = self.board.console.request("stats")
        wrong = self._answers.wrong(inference, step.photo, step.cut, kernels)
        return Ending(WRONG, wrong) if wrong else Ending(RIGHT)
