# SPDX-License-Identifier: MIT
"""What the builds of models fetch: used only if it is what was vouched for."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture
def fetched(script: Callable[[str], ModuleType]) -> ModuleType:
    return script("models/build/fetched.py")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "weights.h5"
    path.write_bytes(b"weights")
    return path


def test_what_was_vouched_for_is_used(fetched: ModuleType, file: Path) -> None:
    digest = hashlib.sha256(b"weights").hexdigest()
    assert fetched.verified(file, digest, "no.") == b"weights"
    assert fetched.verified(file, digest.upper(), "no.") == b"weights"


@pytest.mark.parametrize("expected", ["0" * 64, "", None], ids=["other", "empty", "unsaid"])
def test_anything_else_is_refused_in_one_sentence(
    fetched: ModuleType, file: Path, expected: str | None
) -> None:
    with pytest.raises(SystemExit) as raised:
        fetched.verified(file, expected, "fetch it again.")
    said = str(raised.value)
    assert said.startswith(f"weights.h5 has the SHA-256 {hashlib.sha256(b'weights').hexdigest()}")
    assert said.endswith(": fetch it again.")
    assert said.count(".") == 2  # that of the file's name, and one at the end
