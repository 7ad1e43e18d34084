# SPDX-License-Identifier: MIT
"""The edge server: runs the tail of a split model for boards that run the head."""

from hil.edge.background import EdgeServer
from hil.edge.scripted import ScriptedTail
from hil.edge.stopwatch import FixedStopwatch, Stopwatch, WallStopwatch
from hil.edge.store import EdgeRecord

__all__ = ["EdgeRecord", "EdgeServer", "FixedStopwatch", "Stopwatch", "TailSide", "WallStopwatch"]

TailSide = EdgeServer | ScriptedTail
"""What a board is connected to on this host: what runs the tail, or only says what it is told."""
