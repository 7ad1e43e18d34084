# SPDX-License-Identifier: MIT
"""Loads scripts of the repository that belong to no package."""

import importlib.util
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="session")
def script() -> Callable[[str], ModuleType]:
    """Return a script as a module, by its path from the top of the repository."""

    def load(path: str) -> ModuleType:
        name = path.replace("/", "_").replace(".", "_")
        spec = importlib.util.spec_from_file_location(name, ROOT / path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return load
