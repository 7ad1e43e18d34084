# SPDX-License-Identifier: MIT
"""The vectors themselves."""

import subprocess
import sys
from pathlib import Path

VECTORS = Path(__file__).parents[2] / "vectors"


def test_the_vectors_are_what_their_generator_writes(tmp_path):
    subprocess.run([sys.executable, VECTORS / "make", tmp_path], check=True, timeout=60)
    written = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert written == {path.name: path.read_text() for path in VECTORS.glob("*.txt")}
