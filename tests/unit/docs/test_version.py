# SPDX-License-Identifier: MIT
"""One version everywhere."""

import importlib.util
import shutil
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def version() -> ModuleType:
    spec = importlib.util.spec_from_file_location("ci_version", ROOT / ".ci" / "version.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_package_firmware_and_changes_name_one_version(version: ModuleType) -> None:
    assert version.main() == 0


def test_a_tag_of_another_version_is_refused(
    version: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    assert version.main("v99.0.0") == 1
    assert "the tag 99.0.0; give them all the same." in capsys.readouterr().err


def test_each_place_is_looked_at(version: ModuleType, tmp_path: Path) -> None:
    for name in ("pyproject.toml", "hil/version.py", "firmware/version.txt", "CHANGELOG.md"):
        target = tmp_path / name
        target.parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, target)
    (tmp_path / "firmware/version.txt").write_text("0.0.1\n")
    (tmp_path / "CHANGELOG.md").write_text("# Changes\n\n## [Unreleased]\n")
    found = version.versions(tmp_path)
    assert found["firmware/version.txt"] == "0.0.1"
    assert found["CHANGELOG.md"] == "none"
