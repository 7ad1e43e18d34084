# SPDX-License-Identifier: MIT
"""labgrid's messages are loaded without labgrid, and whoever loads both has both."""

import subprocess
import sys

CODE = """
import logging, sys
from hil.labgrid.wire import load
wire = load()
assert "labgrid" not in sys.modules, "labgrid was imported"
assert not hasattr(logging, "CONSOLE"), "labgrid has set up logging"
from labgrid.remote.generated import labgrid_coordinator_pb2 as theirs
ours = wire.messages.Sync(id=7)
assert theirs.Sync.FromString(ours.SerializeToString()).id == 7
print(wire.version)
"""


def test_labgrid_itself_is_not_loaded_and_may_be_loaded_beside() -> None:
    told = subprocess.run([sys.executable, "-c", CODE], check=True, capture_output=True, text=True)
    assert told.stdout.startswith("26.")
