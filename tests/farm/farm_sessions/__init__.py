# SPDX-License-Identifier: MIT
"""What tests of farms have in common: sessions with workers, and what these leave behind."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
TINY = f"--hil-model={ROOT / 'models' / 'tiny'}"

Start = Callable[..., pytest.RunResult]
"""Runs tests in a session of their own: their source, and options."""


def lines(log: Path) -> list[list[str]]:
    """Return the words of each line that tests have noted."""
    return [line.split() for line in log.read_text().splitlines()]


def describe(pytester: pytest.Pytester, *roles: str) -> list[str]:
    """Write a hil.toml of boards ``b0``, ``b1`` and so on that nobody opens; return their ports."""
    ports = [str(pytester.path / f"tty{number}") for number in range(len(roles))]
    (pytester.path / "hil.toml").write_text(
        "".join(
            f'[[boards]]\nname = "b{number}"\nport = "{port}"\nroles = ["{role}"]\n'
            for number, (port, role) in enumerate(zip(ports, roles, strict=True))
        )
    )
    return ports


def documents(pytester: pytest.Pytester) -> list[dict[str, Any]]:
    """Return what was written, by one file or several."""
    paths = sorted((pytester.path / "hil-report").glob("*.json"))
    return [json.loads(path.read_text()) for path in paths]
