# SPDX-License-Identifier: MIT
"""What a test is about: firmware, model and cut, as fixtures and a project's overrides give them.

``hil_firmware``, ``hil_model`` and ``hil_cut`` may be overridden in any scope. No fixture of the
session may ask for them, then; they are asked for by the test itself, and what stands on the answer
is made anew when it changes.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from hil.errors import BadInputError

if TYPE_CHECKING:
    from hil.firmware.build import FirmwareBuild
    from hil.model.model import Model
    from hil.model.split import Cut


@dataclass(frozen=True, eq=False)
class Subject:
    """What a test is about.

    Attributes:
        model: the full model.
        cut: where it is cut.
        build: the firmware; None where the test has no use for it.
        name: what the matrix calls it; empty where it is none of its combinations.
        fits: whether it is known that a board can run it.
    """

    model: "Model"
    cut: "Cut"
    build: "FirmwareBuild | None" = None
    name: str = ""
    fits: bool = False

    def is_handed_on_by(self, other: "Subject | None") -> bool:
        """Whether fixtures that stand on the other one may stay."""
        if other is None:
            return False
        builds = {id(each) for each in (self.build, other.build) if each is not None}
        return self.model is other.model and self.cut == other.cut and len(builds) < 2


class Remade:
    """The harness's own session fixtures that are made anew where a test is about something else.

    pytest makes anew what stands on them, a project's fixtures included, as it does where a
    fixture with parameters gets another one.
    """

    def __init__(self) -> None:
        self._requests: dict[str, pytest.FixtureRequest] = {}

    def note(self, request: pytest.FixtureRequest) -> None:
        """Learn that a fixture has been made."""
        assert request.fixturename is not None
        self._requests[request.fixturename] = request

    def end(self, name: str) -> None:
        """Tear a fixture down, and what stands on it before."""
        request: Any = self._requests.pop(name, None)
        if request is not None:
            request._fixturedef.finish(request)


def as_model(given: object, known: "dict[Path, Model]") -> "Model":
    """Return the model that ``hil_model`` has given: itself, or a path.

    Args:
        given: by the fixture.
        known: those that were loaded by path before.

    Raises:
        BadInputError: it is none.
    """
    from hil.model.model import Model

    if isinstance(given, Model):
        return given
    if not isinstance(given, str | Path):
        raise BadInputError(f"hil_model gives {_kind(given)}; return a hil.Model or a path.")
    path = Path(given)
    if path not in known:
        known[path] = Model.load(path)
    return known[path]


def as_cut(given: object, model: "Model") -> "Cut":
    """Return the cut that ``hil_cut`` has given: itself, a name or an index.

    Raises:
        BadInputError: it is none of the model's.
    """
    from hil.model.split import Cut, find_cut

    if isinstance(given, Cut):
        if given not in model.cuts:
            raise BadInputError(
                f"hil_cut gives {given.short_name}, a cut of another model than {model.name}; "
                "take it from the model that hil_model gives."
            )
        return given
    if isinstance(given, str | int) and not isinstance(given, bool):
        return find_cut(model.cuts, given)
    raise BadInputError(f"hil_cut gives {_kind(given)}; return a hil.Cut, a name or an index.")


def as_build(
    given: object, known: "dict[Path, FirmwareBuild]", console: str | None
) -> "FirmwareBuild":
    """Return the build that ``hil_firmware`` has given: itself, or a path.

    Args:
        given: by the fixture.
        known: those that were read before.
        console: which kind of console all firmware has; None: as its image says.

    Raises:
        BadInputError: it is none.
    """
    from hil.firmware.build import FirmwareBuild

    if isinstance(given, FirmwareBuild):
        return given
    if not isinstance(given, str | Path):
        raise BadInputError(
            f"hil_firmware gives {_kind(given)}; return a hil.FirmwareBuild or a path."
        )
    path = Path(given)
    if path not in known:
        known[path] = FirmwareBuild.load(path, console=console)
    return known[path]


def _kind(given: object) -> str:
    return f"{given!r:.60}, of type {type(given).__name__}"
