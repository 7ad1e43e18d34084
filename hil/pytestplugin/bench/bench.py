# SPDX-License-Identifier: MIT
"""The boards that a session's tests share, and how they are made ready for the next of them."""

from collections.abc import Collection
from typing import TYPE_CHECKING

from hil.board.bench import OpenRig
from hil.errors import (
    BadInputError,
    BootFailure,
    HilError,
    InfrastructureError,
    ModelRefused,
    ProductFailure,
)
from hil.pytestplugin.bench.content import Content, has_same_firmware, is_same
from hil.pytestplugin.bench.damage import Damage
from hil.pytestplugin.bench.linking import Linking
from hil.pytestplugin.bench.notes import Notes
from hil.pytestplugin.bench.recording import RecordingBoard
from hil.pytestplugin.bench.seconds import Seconds
from hil.pytestplugin.options import LIMIT
from hil.pytestplugin.run import MAIN
from hil.results import Results

if TYPE_CHECKING:
    from hil.board.board import Board
    from hil.edge import EdgeServer
    from hil.firmware.build import FirmwareBuild
    from hil.model.model import Model
    from hil.model.split import Cut
    from hil.rig.lookup import OnWait
    from hil.rig.rig import Rig


class Bench:
    """Open boards, and what every test is to find on them.

    Attributes:
        has_peer: whether a second board runs the tail.
        rig: the boards.
        board: the one under test.
        is_test_build: whether the firmware that was installed is a test build.
    """

    def __init__(
        self,
        rig: "Rig",
        results: "Results",
        on_wait: "OnWait | None" = None,
        limit: int = LIMIT,
        needs: Collection[str] = (),
    ) -> None:
        """Open the board under test; for a virtual one, start its lab.

        Args:
            rig: which boards.
            results: what is measured with them goes there.
            on_wait: called before waiting for a board that another process holds.
            limit: tests in a row that end with errors of the rig, after which no other is tried.
            needs: as of :class:`hil.board.bench.OpenRig`.

        Raises:
            BoardBusyError, PortMissingError, PortBusyError, LabError: it cannot be had.
        """
        self.has_peer = rig.peer is not None
        self.rig = OpenRig(rig, RecordingBoard, on_wait, needs)
        self.board, self._results = self.rig.board, results
        self.board.results = results
        results.named = rig.board.name
        self._contents: dict[str, Content] = {}
        self._identities: dict[str, tuple[object, ...]] = {}
        self._stage, self._planned = MAIN, ""
        self._damage = Damage(self.rig, simulated=rig.board.virtual, limit=limit)
        self._seconds = Seconds(self.rig, self._damage)
        self._linking = Linking(self.rig, self._damage, self.peer, self.gateway)
        self._installed = self._closed = self._fits = self.is_test_build = False
        self._notes = Notes(results)
        self._refused: tuple[Content, HilError] | None = None

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
            self._notes.keep(self.rig.boards, self._linking.edge)
            self.rig.close()

    def install(
        self,
        build: "FirmwareBuild | None",
        model: "Model | None",
        cut: "Cut | None",
        *,
        fits: bool = False,
        planned: str = "",
    ) -> None:
        """Flash what tests of the main stage are to find; raises as :meth:`hil.Board.flash`.

        What the board has once failed with is not tried again.

        Args:
            build: the firmware; ``None`` for the one that belongs to virtual boards.
            model: the full model; ``None`` for plain firmware.
            cut: where to cut it.
            fits: whether it is known that such a board can run its part: refusing it is then the
                product's failure, and not that of whoever chose the model.
            planned: what a matrix calls all this; empty without one.
        """
        content = (build, model, cut)
        if self._refused is not None and is_same(self._refused[0], content):
            raise self._refused[1].with_traceback(None)
        self._damage.require_rig()
        self._installed = False
        self._fits, self._planned, self._stage = fits, planned, MAIN
        self.board.results = self._results
        if not has_same_firmware(self._contents.get(MAIN), content):
            self._seconds.forget()
        self.prepare(MAIN, *content)
        self._linking.end()
        try:
            self._flash()
        except (ProductFailure, BadInputError) as error:
            self._refused = (content, error)
            raise
        self._damage.note_installed()
        self._installed = True
        self.is_test_build = model is not None and self.board.info.test_build

    def has_installed(self, content: Content, planned: str = "") -> bool:
        """Whether tests of the main stage find just this; see :meth:`install`."""
        known = is_same(self._contents.get(MAIN), content)
        return self._installed and known and self._planned == planned

    @property
    def is_in_use(self) -> bool:
        """Whether anything has been installed."""
        return self._installed

    @property
    def out_of_use(self) -> InfrastructureError | None:
        """What has kept the rig from so many tests that no other is tried; None: nothing has."""
        return self._damage.rig_broken

    def prepare(
        self, stage: str, build: "FirmwareBuild | None", model: "Model | None", cut: "Cut | None"
    ) -> None:
        """Say what tests of a stage are to find; it is flashed before the first of them."""
        content = (build, model, cut)
        if not is_same(self._contents.get(stage), content):
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
        self._linking.begin(edge, via)

    def serve_by(self, edge: "EdgeServer | None") -> None:
        """Have another edge server run the tail from now on, as :meth:`connect` says."""
        self._linking.edge = edge

    def require(self, via: str) -> None:
        """Raise what kept the board from being connected over a link at the beginning."""
        self._linking.require(via)

    def peer(self) -> "Board":
        """Return the second board with the tail on it; raises as :meth:`install`."""
        return self._seconds.peer(self._put)

    def gateway(self) -> "Board":
        """Return the second board with the firmware on it; raises as :meth:`install`."""
        return self._seconds.gateway(self._contents[MAIN][0])

    def second(self, role: str) -> "Board":
        """Return the second board, whatever is on it; raises as :meth:`hil.OpenRig.second`."""
        return self._seconds.open(role)

    def note(self, error: BaseException, via: str, test: str) -> None:
        """Learn of what ended a phase of a test with these boards, expected or not.

        After so many infrastructure errors in a row nothing is tested any more, unless they concern
        one link or the second board alone. Else the boards are looked after before they are used
        again, see :class:`hil.pytestplugin.bench.condition.Condition`.

        Args:
            error: what ended it.
            via: the link that it had.
            test: its name.
        """
        self._damage.note(error, via, test)

    def note_sound(self) -> None:
        """Learn of a test that the rig has not kept from its end."""
        self._damage.note_sound()

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
        found = None
        if not self.board.half_flashed:
            self.board.check_up()
            found = self.board.identity
        if stage not in self._contents:
            return
        self._stage = stage
        self.board.results = self._results if stage == MAIN else Results()
        if found is None or found != self._identities.get(stage):
            self._flash()
        else:
            self.board.note_content(self._name)
        self._linking.make_ready(via)

    @property
    def impairments(self) -> int:
        """How often the edge server's links have been impaired."""
        return self._linking.edge.impairments if self._linking.edge is not None else 0

    def check(self) -> None:
        """Make sure that the boards are still up, whether or not anything has asked them lately.

        The question also waits for what they may be about to say. Boards that are known to have
        been left in any state are not asked: they are mended before the next test.

        Raises:
            ProductFailure: one panicked, reset itself or fell silent, and nobody has reset it.
            InfrastructureError: the rig broke.
        """
        self._notes.keep(self.rig.boards, self._linking.edge)
        if self._installed and not self._closed and self._damage.is_sound:
            for board in self.rig.boards:
                board.check_up()

    def _restore(self) -> None:
        """Nobody is to find a small model on his board, or firmware that crashes when told to."""
        if self._stage != MAIN:
            self._stage = MAIN
            self._flash()
            self._seconds.restore(self._put)

    def _flash(self) -> None:
        self._put(self.board, "head")
        self._identities[self._stage] = self.board.identity

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

    def note_lack(self, error: InfrastructureError) -> None:
        """Learn of an error that is to cost only the tests that need what the rig lacks."""
        self._damage.note_lack(error)
