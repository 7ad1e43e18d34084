# SPDX-License-Identifier: MIT
"""Has the harness's libraries loaded in spite of a user's files that have the names of modules.

``secrets.py`` with the name of a network, ``serial.py``, ``numpy.py``: a directory that pytest or
``python -m`` has put first on Python's path stands before the libraries of these names, and before
Python's own modules that the libraries import, and the harness itself.
"""

import importlib
import importlib.util
import os
import re
import site
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

_PACKAGE = Path(__file__).resolve().parents[1]

_ALWAYS = ("numpy", "serial", "serial.tools.list_ports", "serial.rfc2217", "PIL.Image")
"""What any run imports, with all that these import."""

_NAMES = (
    *("numpy", "serial", "PIL", "flatbuffers", "tflite_runtime", "tflite_micro"),
    *("ai_edge_litert", "bleak", "bumble", "wasmtime", "esp_idf_defs", "elftools", "click"),
    *("tomlkit", "esptool"),
)
_NOT_HERE = ("esptool", "wasmtime")
"""What only processes of their own import."""


def load_libraries() -> None:
    """Load the libraries, if a file or package of the user's has the name of one or of Python's.

    The user's own modules of these names stay what they are for whoever has imported them.
    """
    theirs = [entry for entry in sys.path if not _is_of_libraries(entry)]
    known = sys.stdlib_module_names.union(_NAMES)
    shadows = {name for entry in theirs for name in _modules_in(entry)} & known
    shadows = {name for name in shadows if not _is_loaded_from_elsewhere(name, theirs)}
    if not shadows:
        return
    with _without(theirs, shadows):
        libraries = (name for name in _NAMES if name in shadows and name not in _NOT_HERE)
        wanted = [*_ALWAYS, *libraries, *_imported(shadows & sys.stdlib_module_names)]
        for name in wanted:
            if importlib.util.find_spec(name.partition(".")[0]) is not None:
                importlib.import_module(name)


def _imported(names: set[str]) -> list[str]:
    """Return those of some of Python's modules that the package itself imports, now or later."""
    wanted = re.compile(rf"^\s*(?:from|import) ({'|'.join(names)})\b", re.MULTILINE)
    texts = (file.read_text(encoding="utf-8") for file in sorted(_PACKAGE.rglob("*.py")))
    return sorted({name for text in texts for name in wanted.findall(text)}) if names else []


@contextmanager
def _without(theirs: list[str], shadows: set[str]) -> Iterator[None]:
    """Take the user's directories out of the path, and of their modules what is not ours."""
    path, modules = list(sys.path), _taken_out(shadows)
    sys.path[:] = [entry for entry in path if entry not in theirs]
    importlib.invalidate_caches()
    try:
        yield
    finally:
        sys.path[:] = path
        for name, module in modules.items():
            sys.modules.setdefault(name, module)


def _taken_out(names: set[str]) -> dict[str, ModuleType]:
    return {
        name: sys.modules.pop(name) for name in tuple(sys.modules) if name.split(".")[0] in names
    }


def _is_of_libraries(entry: str) -> bool:
    """Whether an entry of Python's path belongs to an installation, or to this package."""
    path = Path(entry or os.curdir).resolve()
    installed = {sys.prefix, sys.base_prefix, sys.exec_prefix, site.getusersitepackages()}
    return path == _PACKAGE.parent or any(
        path.is_relative_to(Path(each).resolve()) for each in installed
    )


def _modules_in(entry: str) -> Iterator[str]:
    try:
        found = list(os.scandir(entry or os.curdir))
    except OSError:  # no directory
        return
    for each in found:
        if each.name.endswith(".py"):
            yield each.name.removesuffix(".py")
        elif (Path(each) / "__init__.py").is_file():
            yield each.name


def _is_loaded_from_elsewhere(name: str, theirs: list[str]) -> bool:
    module = sys.modules.get(name)
    if module is None:
        return False
    file = getattr(module, "__file__", None)
    return file is None or not any(Path(file).is_relative_to(Path(each)) for each in theirs)
