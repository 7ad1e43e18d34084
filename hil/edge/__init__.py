# SPDX-License-Identifier: MIT
"""The edge server: runs the tail of a split model for boards that run the head.

``background``  the edge server in a thread of its own, for synchronous code
``thread``      the event loop in that thread
``server``      the edge server on an event loop
``scripted``    the answering side of every link, which says what it is told to
``runner``      runs the tail for whoever asks, one at a time
``tail``        the second part of a split model
``session``     the answering side's decisions: a message in, an answer out
``stopwatch``   which times a board is told
``store``       what was received and answered
``hearing``     what could not be taken, and who has greeted
``log``         the log, which nobody can fill

Its wings: ``links``, boards on the links of the server; ``asking``, heads without a board.
"""

from hil.edge.background import EdgeServer
from hil.edge.scripted import ScriptedTail
from hil.edge.stopwatch import FixedStopwatch, Stopwatch, WallStopwatch
from hil.edge.store import EdgeRecord

__all__ = ["EdgeRecord", "EdgeServer", "FixedStopwatch", "Stopwatch", "TailSide", "WallStopwatch"]

TailSide = EdgeServer | ScriptedTail
"""What a board is connected to on this host: what runs the tail, or only says what it is told."""
