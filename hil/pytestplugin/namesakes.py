# SPDX-License-Identifier: MIT
"""A project's own package ``hil``, with tests in it: there is one module of a name in a process.

pytest's default way to import tests takes the package's name from its folders, so that tests in
``tests/hil`` are modules of ``hil``, which is this plugin. Its mode ``importlib`` gives them names
that nobody else has.
"""

from pathlib import Path

import pytest

from hil.resources import PACKAGE

_MODE = "importlib"

_FOUND: pytest.StashKey[Path] = pytest.StashKey()


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Change the mode before a ``conftest.py`` of such a package is imported."""
    options = early_config.known_args_namespace
    for argument in options.file_or_dir:
        path = (early_config.invocation_params.dir / argument.partition("::")[0]).resolve()
        if any(map(is_namesake, (path, *path.parents))):
            options.importmode = _MODE


@pytest.hookimpl(tryfirst=True)
def pytest_collect_directory(path: Path, parent: pytest.Collector) -> None:
    """Change the mode where a package of this name begins."""
    config = parent.config
    if config.option.importmode != _MODE and is_namesake(path):
        config.stash[_FOUND] = path
        config.option.importmode = _MODE


def pytest_report_collectionfinish(config: pytest.Config) -> list[str]:
    """Say that the mode was changed."""
    path = config.stash.get(_FOUND, None)
    if path is None:
        return []
    return [f"hil: {path} is a package named hil too, so from there on --import-mode={_MODE}"]


def is_namesake(path: Path) -> bool:
    """Return whether a directory is the top of another package named ``hil``."""
    return (
        path.name == PACKAGE.name
        and path.resolve() != PACKAGE
        and (path / "__init__.py").is_file()
        and not (path.parent / "__init__.py").is_file()
    )
