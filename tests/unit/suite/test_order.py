# SPDX-License-Identifier: MIT
"""The order of the suite, which the directories that its tests are in have no say in."""

from hil.resources import PACKAGE
from hil.suite.conftest import ORDER


def test_every_module_has_its_place_and_every_place_a_module() -> None:
    stems = [path.stem for path in (PACKAGE / "suite").rglob("test_*.py")]
    assert sorted(stems) == sorted(f"test_{name}" for name in ORDER)


def test_every_directory_of_tests_is_a_package() -> None:
    directories = {path.parent for path in (PACKAGE / "suite").rglob("test_*.py")}
    assert [each for each in directories if not (each / "__init__.py").is_file()] == []
