# SPDX-License-Identifier: MIT
"""The boards that a session's tests share, and how they are made ready for the next of them."""

from typing import TYPE_CHECKING

from hil.board.bench import OpenRig
from hil.errors import (
    BadInputError,
    BootFailure,
    HilError,
    InfrastructureError,
    LabError,
    ModelRefused,
    ProductFailure,
)
from hil.pytestplugin.bench.damage import Damage
from hil.pytestplugin.bench.recording import RecordingBoard
from hil.pytestplugin.run import MAIN
from hil.results import Results

if TYPE_CHECKING:
    from hil.board.board import Board
    from hil.console.info import BoardInfo
    from hil.edge import EdgeServer
    from hil.firmware.build import FirmwareBuild
    from hil.model.model import Model
    from hil.model.split import Cut
    from hil.rig.lookup import OnWait
    from hil.rig.rig import Rig


Content = tuple["FirmwareBuild | None", "Model", "Cut"]
"""What is flashed."""


class Bench:
    """Open boards, and what every test is to find on them.

    Attributes:
        has_peer: whether a second board runs the tail.
        rig: the boards.
        board: the one under test.
        is_test_build: whether the firmware that was installed is a test build.
    """

    def __init__(self, rig: "Rig", results: "Results", on_wait: "OnWait | None" = None) -> None:
        """Open the board under test; for a virtual one, start its lab.

        Args:
            rig: which boards.
            results: what is measured with them goes there.
            on_wait: called before waiting for a board that another process holds.

        Raises:
            BoardBusyError, PortMissingError, PortBusyError, LabError: it cannot be had.
        """
        self.has_peer = rig.peer is not None
        self.rig = OpenRig(rig, RecordingBoard, on_wait)
        self.board = self.rig.board
        self.board.results = self._results = results
        self._contents: dict[str, Content] = {}
        self._identities: dict[str, tuple[object, ...]] = {}
        self._stage = MAIN
        self._edge: EdgeServer | None = None
        self._connects = False
        self._flashed: list[Board] = []
        self._damage = Damage(self.rig, simulated=rig.board.virtual)
        self._installed = self._closed = False
        self._fits = False
        self._planned = ""
        self.is_test_build = False
        self._refused: tuple[Content, HilError] | None = None
        self._pending: tuple[str, HilError] | None = None

    def close(self) -> None:
        """Let go of the boards, with what the run was to test on those that outlive it.

        Raises:
            HilError: as :meth:`install`, and as :meth:`check` of what has come after the last
                test; boards that cannot be used any more are left as they are.
        """
        try:
            self.check()
        finally:
            self._closed = True
            self._let_go()

    def _let_go(self) -> None:
        try:
            if self.board.lab is None and self._damage.broken is None:
                self._restore()
        finally:
            self._keep_notes()
            self.rig.close()

    def install(
        self,
        build: "FirmwareBuild | None",
        model: "Model",
        cut: "Cut",
        *,
        fits: bool = False,
        planned: str = "",
    ) -> None:
        """Flash what tests of the main stage are to find; raises as :meth:`hil.Board.flash`.

        What the board has once failed with is not tried again.

        Args:
            build: the firmware; ``None`` for the one that belongs to virtual boards.
            model: the full model.
            cut: where to cut it.
            fits: whether it is known that such a board can run its part: refusing it is then the
                product's failure, and not that of whoever chose the model.
            planned: what a matrix calls all this; empty without one.
        """
        content = (build, model, cut)
        if self._refused is not None and _is_same(self._refused[0], content):
            raise self._refused[1].with_traceback(None)
        self._damage.require_rig()
        self._installed = False
        self._fits, self._planned, self._stage = fits, planned, MAIN
        self.board.results = self._results
        if not _is_same(self._contents.get(MAIN), content, firmware_only=True):
            self._flashed.clear()  # second boards get the new firmware when they are needed
        self.prepare(MAIN, *content)
        self._pending = None
        try:
            self._flash()
        except (ProductFailure, BadInputError) as error:
            self._refused = (content, error)
            raise
        self._damage.note_installed()
        self._installed = True
        self.is_test_build = self.board.info.test_build

    def has_installed(
        self, build: "FirmwareBuild | None", model: "Model", cut: "Cut", planned: str = ""
    ) -> bool:
        """Whether tests of the main stage find just this; see :meth:`install`."""
        content = self._contents.get(MAIN)
        return (
            self._installed and self._planned == planned and _is_same(content, (build, model, cut))
        )

    @property
    def is_in_use(self) -> bool:
        """Whether anything has been installed."""
        return self._installed

    def prepare(
        self, stage: str, build: "FirmwareBuild | None", model: "Model", cut: "Cut"
    ) -> None:
        """Say what tests of a stage are to find; it is flashed before the first of them."""
        content = (build, model, cut)
        if not _is_same(self._contents.get(stage), content):
            self._identities.pop(stage, None)
        self._contents[stage] = content

    def connect(self, edge: "EdgeServer | None", via: str) -> None:
        """Connect the board, now and before every test.

        A link that does not come up is the failure of the test that is to find it
        (:meth:`require`): others may find another.

        Args:
            edge: what runs the tail; ``None`` where the peer does.
            via: the link to begin with.

        Raises:
            LabError: the lab has died.
        """
        self._edge = edge
        self._connects = True
        try:
            self._connect(via)
        except LabError:
            raise
        except (InfrastructureError, ProductFailure) as error:
            self._pending = (via, error)

    def serve_by(self, edge: "EdgeServer | None") -> None:
        """Have another edge server run the tail from now on, as :meth:`connect` says."""
        self._edge = edge

    def require(self, via: str) -> None:
        """Raise what kept the board from being connected over a link at the beginning."""
        if self._pending is not None and self._pending[0] == via:
            _, error = self._pending
            self._pending = None
            raise error

    def peer(self) -> "Board":
        """Return the second board with the tail on it; raises as :meth:`install`."""
        peer = self.second("peer")
        link = self.board.connection
        if link is not None and link.gateway is peer:
            self.board.disconnect()  # it cannot be both
        if peer not in self._flashed or not peer.holds("tail", self.board.part.model_id):
            self._put(peer, "tail")
            self._flashed.append(peer)
        peer.end_gateway()
        return peer

    def gateway(self) -> "Board":
        """Return the second board with the firmware on it; raises as :meth:`install`."""
        gateway = self.second("gateway")
        if gateway not in self._flashed or gateway.half_flashed:
            gateway.flash(self._contents[MAIN][0], None)
            self._flashed = list(dict.fromkeys([*self._flashed, gateway]))
        return gateway

    def note(self, error: BaseException, via: str, test: str) -> None:
        """Learn of what ended a phase of a test with these boards, expected or not.

        After an infrastructure error nothing can be tested any more, unless it concerns one link
        or the second board alone. After all else the boards are looked after before they are used
        again, see :class:`hil.pytestplugin.bench.condition.Condition`.

        Args:
            error: what ended it.
            via: the link that it had.
            test: its name.
        """
        self._damage.note(error, via, test)

    def make_ready(self, via: str, stage: str = MAIN) -> None:
        """Bring the boards back to what every test is to find: up, same model, connected.

        What an earlier test has done to them is never this one's failure.

        Args:
            via: the link that the next test is to find.
            stage: what is to be on the board; nothing is done about one that is not prepared.

        Raises:
            InfrastructureError: bench or link is out of use, since an earlier test if need be.
            ProductFailure: a board is not up, or does not come up again.
            Repeated: an earlier test waited in vain on this link.
        """
        self._damage.require_none(via)
        if not self._installed:
            return  # whatever is on the boards, it is not what is to be tested
        self._damage.mend()
        info = None if self.board.half_flashed else self.board.refresh()
        if stage not in self._contents:
            return
        self._stage = stage
        self.board.results = self._results if stage == MAIN else Results()
        if info is None or _identity(info) != self._identities.get(stage):
            self._flash()
        else:
            self.board.note_content(self._name)
        split = self.board.part.split
        if self._edge is not None and split and self._edge.model_id != split.model_id:
            self._edge.serve(split.tail, split.model_id)
        if self._connects and not self._is_connected(via):
            self._connect(via)

    @property
    def impairments(self) -> int:
        """How often the edge server's links have been impaired."""
        return self._edge.impairments if self._edge is not None else 0

    def check(self) -> None:
        """Make sure that the boards are still up, whether or not anything has asked them lately.

        The question also waits for what they may be about to say. Boards that are known to have
        been left in any state are not asked: they are mended before the next test.

        Raises:
            ProductFailure: one panicked, reset itself or fell silent, and nobody has reset it.
            InfrastructureError: the rig broke.
        """
        self._keep_notes()
        if self._installed and not self._closed and self._damage.is_sound:
            for board in self.rig.boards:
                board.refresh()

    def _keep_notes(self) -> None:
        """Enter into the results what the boards' starts took: a pass is not to hide it."""
        boards = self.rig.boards
        notes = [f"{board.port}: {note}" for board in boards for note in board.notes]
        self._results.notes[:] = notes

    def _restore(self) -> None:
        """Nobody is to find a small model on his board, or firmware that crashes when told to."""
        if self._stage == MAIN:
            return
        self._stage = MAIN
        self._flash()
        model_id = self.board.part.model_id
        for second in dict.fromkeys(self._flashed):
            if second.has_part and not second.holds("tail", model_id):
                self._put(second, "tail")

    def _flash(self) -> None:
        self._put(self.board, "head")
        self._identities[self._stage] = _identity(self.board.info)

    def _put(self, board: "Board", role: str) -> None:
        """Flash what the stage wants; raises as :meth:`hil.Board.flash`."""
        self.board.planned = self._name if board is self.board else ""
        try:
            board.flash(*self._contents[self._stage], role)
        except ModelRefused as error:
            if self._fits or self._stage != MAIN:
                raise BootFailure(f"{error} This {role} is known to fit.") from error
            raise

    @property
    def _name(self) -> str:
        """What a matrix calls what the tests of this stage find; empty if it does not."""
        return self._planned if self._stage == MAIN else ""

    def second(self, role: str) -> "Board":
        """Return the second board, open, whatever is on it; raises as :meth:`hil.OpenRig.second`.

        That it is not there costs only the tests that need it.
        """
        try:
            return self.rig.second(role)
        except InfrastructureError as error:
            self._damage.note_second(error)
            raise

    def _is_connected(self, via: str) -> bool:
        link = self.board.connection
        if link is None or self._damage.stale or link.via != via or link.edge is not self._edge:
            return False
        if link.tail is not None and not link.tail.holds("tail", self.board.part.model_id):
            return False
        return link.stands()

    def _connect(self, via: str) -> None:
        """Connect over a link; where that is the rig's fault, remember it of this link alone."""
        self.require(via)
        self._damage.require_link(via)
        try:
            if self._edge is None:
                self.board.connect(self.peer(), via)
            else:
                gateway = self.gateway() if via == "espnow" else None
                self.board.connect(self._edge, via, gateway=gateway)
        except LabError:
            raise
        except InfrastructureError as error:
            self._damage.note_link(via, error)
            raise
        self._damage.stale = False


def _is_same(content: Content | None, other: Content, *, firmware_only: bool = False) -> bool:
    """Whether two contents are the same bytes."""
    if content is None:
        return False
    build, new = content[0], other[0]
    firmware = build is new or (build and build.files) == (new and new.files)
    if firmware_only or not firmware:
        return firmware
    (_, model, cut), (_, wanted, place) = content, other
    return cut == place and (model is wanted or model.int8 == wanted.int8)


def _identity(info: "BoardInfo") -> tuple[object, ...]:
    """Return what tells one stage's content from another's."""
    return info.role, info.model_id, info.source_digest, info.test_build
