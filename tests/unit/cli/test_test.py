# SPDX-License-Identifier: MIT
"""``hil test``: what it asks pytest for."""

import os
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from hil.cli import cli


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The commands that have taken the place of this process."""
    calls: list[list[str]] = []
    monkeypatch.setattr(os, "execv", lambda program, command: calls.append(command))
    return calls


def test_pytest_runs_the_shipped_suite_here(
    asked: list[list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    CliRunner().invoke(cli, ["test", "--hil-via=tcp", "-k", "boot or identity", "-x"])
    (command,) = asked
    assert command[:4] == [sys.executable, "-P", "-m", "pytest"]
    assert command[4:9] == ["--pyargs", "hil.suite", "-m", "hil", f"--rootdir={tmp_path}"]
    assert command[-4:] == ["--hil-via=tcp", "-k", "boot or identity", "-x"]


def test_its_help_says_whose_arguments_it_takes(asked: list[list[str]]) -> None:
    result = CliRunner().invoke(cli, ["test", "--help"])
    assert result.exit_code == 0
    assert "What follows goes to pytest" in result.output
    assert asked == []
