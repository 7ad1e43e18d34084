# SPDX-License-Identifier: MIT
"""What each operator of the model on a board takes, by the board's own clock."""

import statistics
import struct
from typing import TYPE_CHECKING

from hil.console.transfer import read_blob
from hil.errors import BadInputError, BoardRefused
from hil.model.tflite.verify import verify
from hil.sim.clock.cost import operator_work
from hil.sim.clock.profile import OperatorTime, Profile
from hil.symptoms import expect

if TYPE_CHECKING:
    from hil.board.board import Board
    from hil.model.array import Array

_U32 = 4


def operator_times(board: "Board") -> list[int]:
    """Return the microseconds of each operator in the board's latest run of its model.

    Raises:
        BoardRefused: nothing has been run.
        BadInputError: its firmware is older than this harness, and times no operators.
        Misbehaviour: it tells of more or fewer operators than its model has.
    """
    try:
        blob = read_blob(board.console, "profile")
    except BoardRefused as error:
        if error.code == "bad_argument" and "nothing to read" not in str(error):
            raise BadInputError(
                "The board's firmware does not time operators; flash that of this harness."
            ) from error
        raise
    operators = verify(board.part.flatbuffer).operators
    expect(
        len(blob) == _U32 * len(operators),
        "readout-damaged",
        stage="console, read profile",
        expected=f"{len(operators)} operators",
        got=f"{len(blob)} bytes",
    )
    return list(struct.unpack(f"<{len(operators)}I", blob))


def profile_of(board: "Board", x: "Array", rounds: int) -> Profile:
    """Run the model on a board some times and return what its operators take.

    Args:
        board: with a whole model on it (role full).
        x: an input.
        rounds: runs; of each operator the median counts.

    Raises:
        HilError: as :meth:`hil.Board.infer` and :func:`operator_times`.
    """
    runs = []
    for _ in range(rounds):
        board.infer(x, output=False)
        runs.append(operator_times(board))
    work = operator_work(verify(board.part.flatbuffer))
    info = board.info
    return Profile(
        mac=info.mac,
        simulated=info.simulated,
        kernels=info.kernels,
        firmware=f"{info.firmware} (sources {info.source_digest})",
        model=board.part.model.name,
        rounds=rounds,
        operators=tuple(
            OperatorTime(kind, macs, elements, round(statistics.median(times)))
            for (kind, macs, elements), times in zip(work, zip(*runs, strict=True), strict=True)
        ),
    )
