# SPDX-License-Identifier: MIT
"""What a board is connected to on this host, whatever it answers."""

from hil.edge.background import EdgeServer
from hil.edge.scripted import ScriptedTail

TailSide = EdgeServer | ScriptedTail
"""An edge server, which runs the tail, or what only says what it is told to say."""
