# SPDX-License-Identifier: MIT
"""pytest's entry point of the plugin, under a name that no other project has.

A project may have a package ``hil`` of its own in the directory that ``python -m pytest`` puts
first on Python's path. This module, which is installed beside the package, loads the right one.
"""

import importlib.util
import sys
from pathlib import Path

__all__ = ["pytest_addoption"]


def _load_package() -> None:
    """Load the package ``hil`` that is the plugin, wherever on the path it stands."""
    mark = Path("pytestplugin") / "namesakes.py"
    folders = (Path(entry).resolve() / "hil" for entry in sys.path)
    folder = next(folder for folder in folders if (folder / mark).is_file())
    spec = importlib.util.spec_from_file_location(
        "hil", folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["hil"] = module
    spec.loader.exec_module(module)


if "hil" not in sys.modules:
    _load_package()

from hil.plugin import pytest_addoption  # noqa: E402
