# SPDX-License-Identifier: MIT
"""``hil.toml`` (hil/rig/file.py)."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

from fuzz_targets import ROOT
from hil.errors import BadInputError
from hil.rig.file import RigFile


def run(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "hil.toml"
        path.write_bytes(data)
        try:
            rig = RigFile.read(path)
        except BadInputError:
            return
        for board in rig.boards:
            assert str(board)


def seeds() -> Iterator[bytes]:
    yield b'[[boards]]\nmac = "02:00:00:4c:00:01"\nname = "one"\nroles = ["board"]\n'
    yield b'[[boards]]\nport = "/dev/ttyACM0"\nname = "two"\nroles = ["peer", "gateway"]\n'
    yield b'[wifi]\nssid = "lab"\npassword_env = "LAB_PASSWORD"\n[edge]\nhost = "10.0.0.1"\n'
    for page in ("rigs.md", "configuration.md", "boards.md"):
        path = ROOT / "docs" / page
        if path.exists():
            for part in path.read_text(encoding="utf-8").split("```toml\n")[1:]:
                yield part.split("```")[0].encode()
