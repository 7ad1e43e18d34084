# SPDX-License-Identifier: MIT
"""Nobody who does not ask for labgrid pays for it."""

import subprocess
import sys

import pytest

IMPORTS = """
import sys
import hil.plugin, hil.rig.rig
from hil.rig.rig import find_board
{more}
print(*sorted({"grpc", "google.protobuf", "labgrid", "hil.labgrid.provider"} & set(sys.modules)))
"""


@pytest.mark.parametrize(
    ("more", "loaded"),
    [
        ("find_board('virtual')", ""),
        ("find_board('rfc2217://rig:2217')", ""),
        ("from hil.labgrid import provider", "hil.labgrid.provider"),
    ],
)
def test_grpc_and_labgrid_are_loaded_only_when_a_place_is_had(more: str, loaded: str) -> None:
    code = IMPORTS.replace("{more}", more)
    told = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert told.stdout.strip() == loaded
