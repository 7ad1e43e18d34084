# SPDX-License-Identifier: MIT
"""The edge server: runs the tail of a split model for boards that run the head."""

from hil.edge.background import EdgeServer
from hil.edge.stopwatch import FixedStopwatch, Stopwatch, WallStopwatch
from hil.edge.store import EdgeRecord

__all__ = ["EdgeRecord", "EdgeServer", "FixedStopwatch", "Stopwatch", "WallStopwatch"]
