# SPDX-License-Identifier: MIT
"""Processes of the harness's own: Python running a module of this package, and of no other.

A user's directory may hold a package ``hil``, a ``secrets.py`` of Wi-Fi names, a ``serial.py``. A
process that is started there must not take them for this package's or Python's own. So Python is
told to leave directory and environment alone (``-P``, ``-E``), this file is named by its absolute
path, and it makes sure that ``hil`` is the package that it lies in. The environment is minimal,
so that no password and no ``ESPTOOL_CFGFILE`` of the starter's is in it.
"""

import os
import runpy
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

_KEPT = (
    *("PATH", "HOME", "USER", "LOGNAME", "LANG", "LANGUAGE", "TZ", "TMPDIR", "TMP", "TEMP"),
    *("LC_ALL", "LC_CTYPE", "LC_MESSAGES", "LC_NUMERIC", "LC_TIME"),
    *("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR"),
    *("LD_LIBRARY_PATH", "SSL_CERT_FILE", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"),
    "HIL_LOCK_DIR",
)
"""What the harness and the libraries that it uses go by."""
_KEPT_FAMILIES = ("COV_CORE_", "COVERAGE_")

_PATHS = "HIL_CHILD_PATHS"
"""Environment variable of a child, and of a child's child: where ``PYTHONPATH`` leads to."""


def command(module: str, *arguments: str) -> list[str]:
    """Return the command line that runs a module of ``hil`` or an installed one, anywhere.

    Args:
        module: its full name, such as ``hil.sim.lab``, or the path of a ``.py``; it is run as
            ``__main__``.
        arguments: what it finds in ``sys.argv[1:]``.
    """
    bytecode = ["-B"] if sys.flags.dont_write_bytecode else []
    return [
        sys.executable,
        "-P",
        "-E",
        *bytecode,
        str(Path(__file__).resolve()),
        module,
        *arguments,
    ]


def environment(**more: str) -> dict[str, str]:
    """Return what a child finds in its environment.

    Libraries that only the starter's ``PYTHONPATH`` leads to are found there, but after all that
    is installed, and never in the directory where the starter runs.

    Args:
        more: variables to be added.
    """
    kept = {
        name: value
        for name, value in os.environ.items()
        if name in _KEPT or name.startswith(_KEPT_FAMILIES)
    }
    return {**kept, _PATHS: os.pathsep.join(_library_paths()), **more}


def _library_paths() -> list[str]:
    here = Path.cwd()
    variables = os.environ.get(_PATHS, ""), os.environ.get("PYTHONPATH", "")
    named = [path for each in variables for path in each.split(os.pathsep) if path]
    return [path for path in named if Path(path).is_absolute() and Path(path).resolve() != here]


def _be_this_package() -> None:
    """Make ``hil`` the package that this file lies in, wherever else there may be one."""
    folder = Path(__file__).resolve().parents[1]
    spec = spec_from_file_location(
        "hil", folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    assert spec is not None
    assert spec.loader is not None
    package = module_from_spec(spec)
    sys.modules["hil"] = package
    spec.loader.exec_module(package)


def _main() -> None:
    sys.path += filter(None, os.environ.get(_PATHS, "").split(os.pathsep))
    _be_this_package()
    del sys.argv[0]
    if sys.argv[0].endswith(".py"):
        runpy.run_path(sys.argv[0], run_name="__main__")
    else:
        runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    _main()
