# SPDX-License-Identifier: MIT
"""``--hil-photos DIR``, with a space: DIR is an option's value, wherever it lies.

Before it knows the options of plugins, pytest looks for its root directory and ini file at every
argument that is an existing path. So it is looked for once more where an option of the harness has
such a value behind a space.
"""

import copy
import inspect
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from _pytest.config.findpaths import determine_setup


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config, args: list[str]) -> None:
    """Set root directory and ini file right, and what the ini file says, before it is used."""
    config: Any = early_config
    from_ini = len(config.getini("addopts"))
    given = list(_joined(args[from_ini:], early_config))
    if given == args[from_ini:]:
        return
    options = config._parser.parse_known_args(given, namespace=copy.copy(config.option))
    root, ini, settings, *rest = _determine(config, options)
    if (root, ini) == (config.rootpath, config.inipath):
        return
    config._rootpath, config._inipath = root, ini
    setattr(config, "_inicfg" if hasattr(config, "_inicfg") else "inicfg", settings)
    if rest:
        (config._ignored_config_files,) = rest
    config._inicache.clear()
    config._parser.extra_info |= {"rootdir": str(root), "inifile": str(ini)}
    args[:] = [*config.getini("addopts"), *given]
    if hasattr(config, "_configure_python_path"):
        config._configure_python_path()
    config.pluginmanager.consider_preparse(args, exclude_only=False)
    known = config._parser.parse_known_args(args, namespace=copy.copy(config.option))
    if known.confcutdir is None:
        known.confcutdir = str(ini.parent if ini is not None else root)
    config.known_args_namespace = known


def _joined(arguments: Sequence[str], config: pytest.Config) -> Iterator[str]:
    """Put an equals sign between each of our options and a value that is an existing path."""
    left = list(arguments)
    while left:
        option = left.pop(0)
        ours = option.startswith("--hil-") and "=" not in option
        if ours and left and (config.invocation_params.dir / left[0]).exists():
            option = f"{option}={left.pop(0)}"
        yield option


def _determine(config: Any, options: Any) -> Sequence[Any]:
    """Look for root directory and ini file as pytest does, whose function takes more by the year.

    Returns:
        root directory, ini file, what that says, and, of later versions, ini files passed over.
    """
    values = {
        "inifile": options.inifilename,
        "override_ini": options.override_ini,
        "args": options.file_or_dir,
        "rootdir_cmd_arg": options.rootdir or None,
        "invocation_dir": config.invocation_params.dir,
        "config": config,
    }
    taken = inspect.signature(determine_setup).parameters
    found: Sequence[Any] = determine_setup(**{name: values[name] for name in taken})
    return found
