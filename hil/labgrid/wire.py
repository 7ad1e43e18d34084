# SPDX-License-Identifier: MIT
"""gRPC and labgrid's messages, imported when they are first needed.

labgrid's messages are imported without labgrid itself, which would take most of a second and set up
its logging in this process.
"""

import importlib
import importlib.util
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from hil.errors import BadInputError

_PACKAGE = "hil_labgrid_messages"
_FOLDER = Path("remote") / "generated"


class Wire(NamedTuple):
    """What speaks to a coordinator.

    Attributes:
        grpc: the package.
        messages: labgrid's messages.
        Stub: makes of a channel what calls the coordinator.
        version: of labgrid.
    """

    grpc: Any
    messages: Any
    Stub: Any
    version: str


def require() -> None:
    """Raise BadInputError where the extra ``labgrid`` is not installed."""
    if importlib.util.find_spec("labgrid") is None or importlib.util.find_spec("grpc") is None:
        raise BadInputError(
            "Boards of labgrid need the extra labgrid: pip install 'esp32-split-hil[labgrid]'."
        )


def load() -> Wire:
    """Return what speaks to a coordinator.

    Raises:
        BadInputError: the extra ``labgrid`` is not installed, or another release of labgrid is.
    """
    require()
    try:
        installed = version("labgrid")
        if _PACKAGE not in sys.modules:
            sys.modules[_PACKAGE] = _package()
        messages = importlib.import_module(f"{_PACKAGE}.labgrid_coordinator_pb2")
        services = importlib.import_module(f"{_PACKAGE}.labgrid_coordinator_pb2_grpc")
        return Wire(importlib.import_module("grpc"), messages, services.CoordinatorStub, installed)
    except (ImportError, PackageNotFoundError) as error:
        raise BadInputError(
            f"The labgrid that is installed cannot be used ({error}): "
            "pip install 'esp32-split-hil[labgrid]'."
        ) from error


def _package() -> ModuleType:
    """Return a package whose modules are those of labgrid's messages."""
    spec = importlib.util.find_spec("labgrid")
    assert spec is not None
    package = ModuleType(_PACKAGE)
    package.__path__ = [str(Path(each) / _FOLDER) for each in spec.submodule_search_locations or ()]
    return package
