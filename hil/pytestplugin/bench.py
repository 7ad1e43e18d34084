# SPDX-License-Identifier: MIT
"""The board that a session's tests share, and how it is made ready for the next of them."""

from typing import TYPE_CHECKING

from hil.errors import HilError, InfrastructureError, ProductFailure
from hil.pytestplugin.recording import RecordingBoard
from hil.rig import BoardSpec

if TYPE_CHECKING:
    from hil.edge import EdgeServer
    from hil.firmware import FirmwareBuild
    from hil.model.model import Model
    from hil.model.split import Cut
    from hil.results import Results


class Bench:
    """One open board, and what every test is to find on it.

    Attributes:
        board: the board.
    """

    def __init__(self, spec: BoardSpec, results: "Results") -> None:
        """Open the board; for a virtual one, start its lab.

        Raises:
            PortMissingError, PortBusyError, LabError: it cannot be had.
        """
        self.board = RecordingBoard.open(spec)
        self.board.results = results
        self._wanted: tuple[FirmwareBuild | None, Model, Cut] | None = None
        self._identity: tuple[str, int] | None = None
        self._edge: tuple[EdgeServer, str] | None = None
        self._broken: HilError | None = None
        self._suspect = False

    def close(self) -> None:
        """Let go of the board."""
        self.board.close()

    def install(self, build: "FirmwareBuild | None", model: "Model", cut: "Cut") -> None:
        """Flash what every test is to find; raises as :meth:`hil.board.Board.flash`."""
        self._wanted = (build, model, cut)
        self.board.flash(build, model, cut)
        self._identity = (self.board.part.role, self.board.part.model_id)

    def connect(self, edge: "EdgeServer", via: str) -> None:
        """Connect the board; raises as :meth:`hil.board.Board.connect`."""
        self._edge = (edge, via)
        self.board.connect(edge, via)

    def note(self, error: BaseException) -> None:
        """Learn of an error that ended a test with this board.

        After an infrastructure error nothing can be tested any more; after a product failure the
        board is reset before it is used again.
        """
        if isinstance(error, InfrastructureError):
            self._broken = self._broken or error
        elif isinstance(error, ProductFailure):
            self._suspect = True

    def make_ready(self) -> None:
        """Bring the board back to what every test is to find: up, same model, same edge server.

        Raises:
            InfrastructureError: the bench is out of use, since an earlier test if need be.
            ProductFailure: the board is not up, or does not come up again.
        """
        if self._broken is not None:
            raise self._broken.with_traceback(None)
        if self._suspect:
            self._recover()
        info = self.board.refresh()
        if self._wanted is None:
            return
        if (info.role, info.model_id) != self._identity:
            self.board.flash(*self._wanted)
        split = self.board.part.split
        if self._edge is not None and split and self._edge[0].model_id != split.model_id:
            self._edge[0].serve(split.tail, split.model_id)
        if self._edge is not None and self.board.link != (*self._edge, self.board.info.session):
            self.board.connect(*self._edge)

    def check(self) -> None:
        """Make sure that the board is still up, whether or not anything has asked it lately.

        The question also waits for what the board may be about to say.

        Raises:
            ProductFailure: it panicked, reset itself or fell silent, and nobody has reset it.
            InfrastructureError: the rig broke.
        """
        self.board.refresh()

    def _recover(self) -> None:
        self._suspect = False
        try:
            self.board.reset()
        except ProductFailure as error:
            self._broken = error
            raise
