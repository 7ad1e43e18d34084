# SPDX-License-Identifier: MIT
"""The fixture ``latency``: measures without failing at the first lost message."""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from hil.board.board import Board
    from hil.board.measuring import Measuring


@pytest.fixture
def latency(board: "Board") -> "Measuring":
    """Measures the link that ``board`` is connected over; lost messages are counted, not raised.

    A ``hil.Measuring``: ``latency.infer(photo)`` and ``latency.rtt(size)`` return None
    where no answer came. The marker ``latency_budget`` has what was measured judged.
    """
    from hil.board.measuring import Measuring

    return Measuring(board)
