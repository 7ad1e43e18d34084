# SPDX-License-Identifier: MIT
"""What tests are about where no fixture is overridden: by the options, or by the matrix."""

from pathlib import Path
from typing import TYPE_CHECKING

from hil.errors import BadInputError, InfrastructureError
from hil.pytestplugin.options import Settings
from hil.pytestplugin.turns.matrix import Combination, Matrix
from hil.pytestplugin.turns.subject import Subject
from hil.resources import resource

if TYPE_CHECKING:
    from hil.firmware.build import FirmwareBuild
    from hil.model.model import Model


def find_subjects(settings: Settings, matrix: Matrix | None) -> dict[Combination | None, Subject]:
    """Return what each combination stands for, all of it loaded; without a matrix under None.

    Args:
        settings: of the session, which hold for what the matrix does not name.
        matrix: what --hil-matrix says.

    Raises:
        BadInputError: something is none, or named twice.
    """
    if matrix is None:
        return {None: Loader(settings).subject(Combination(""))}
    for axis in matrix.axes:
        if getattr(settings, axis) is not None:
            raise BadInputError(
                f"--hil-{axis} and the {axis}s of {matrix.path} are both given; give one."
            )
    loader = Loader(settings)
    try:
        return {each: loader.subject(each) for each in matrix.combinations}
    except BadInputError as error:
        raise BadInputError(f"{matrix.path}: {error}") from error


class Loader:
    """Loads each model and each firmware once.

    Args:
        settings: of the session.
    """

    def __init__(self, settings: Settings) -> None:
        from hil.model.inputs.preprocessing import parse_range

        asked = settings.value_range
        self._range = parse_range(asked, "--hil-range") if asked else None
        self._settings = settings
        self._models: dict[Path, Model] = {}
        self._builds: dict[Path, FirmwareBuild] = {}

    def subject(self, combination: Combination) -> Subject:
        """Load what a combination names, and what it leaves to the settings.

        Raises:
            BadInputError: it is none.
        """
        from hil.model.split import find_cut

        named = combination.model or self._settings.model
        cut = combination.cut or self._settings.cut
        model = self._model(named or _default_model())
        place = find_cut(model.cuts, cut) if cut else model.default_cut
        firmware = combination.firmware
        build = self._build(firmware) if firmware else None
        return Subject(model, place, build, combination.name, (named, cut) == (None, None))

    def _model(self, path: Path) -> "Model":
        from hil.model.model import Model

        if path not in self._models:
            self._models[path] = Model.load(path, value_range=self._range)
        return self._models[path]

    def _build(self, path: Path) -> "FirmwareBuild":
        from hil.firmware.build import FirmwareBuild

        if path not in self._builds:
            self._builds[path] = FirmwareBuild.load(path)
        return self._builds[path]


def _default_model() -> Path:
    """Return the project's own model in a checkout, the tiny one from a wheel."""
    try:
        return resource("models/dogs19")
    except InfrastructureError:
        return resource("models/tiny")
