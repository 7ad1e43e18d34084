# SPDX-License-Identifier: MIT
"""Programs in place of those of the system, and nothing else on the path."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture
def put(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
    """Put a program on the path, alone but for others so put: ``put(name, python_source)``."""
    programs = tmp_path / "programs"
    programs.mkdir()
    monkeypatch.setenv("PATH", str(programs))

    def put(name: str, source: str) -> None:
        program = programs / name
        program.write_text(f"#!{sys.executable}\n{source}")
        program.chmod(0o755)

    return put
