# SPDX-License-Identifier: MIT
"""What tests are about where no fixture is overridden: by the options, or by the matrix."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hil.errors import BadInputError, InfrastructureError
from hil.pytestplugin.options import ALL, BEST, Settings
from hil.pytestplugin.turns.matrix import Combination, Matrix
from hil.pytestplugin.turns.subject import Subject
from hil.resources import resource

if TYPE_CHECKING:
    from hil.firmware.build import FirmwareBuild
    from hil.model.model import Model
    from hil.model.split import Cut


@dataclass(frozen=True)
class Conditions:
    """What the best cut depends on besides the model.

    Attributes:
        links: those of the run that the rig has.
        shaping: what a link file says of simulated links; None: the presets.
        has_peer: whether a second board runs the tail.
    """

    links: Sequence[str]
    shaping: dict[str, object] | None = None
    has_peer: bool = False


def find_subjects(
    settings: Settings, matrix: Matrix | None, conditions: Conditions
) -> dict[Combination | None, Subject]:
    """Return what each combination stands for, all of it loaded; without a matrix under None.

    Args:
        settings: of the session, which hold for what the matrix does not name.
        matrix: what --hil-matrix says.
        conditions: under which a cut is the best one.

    Raises:
        BadInputError: something is none, or named twice.
    """
    loader = Loader(settings, conditions)
    if matrix is None:
        return {None: loader.subject(Combination(""))}
    if settings.cut == ALL:
        raise BadInputError(
            f"--hil-cut {ALL} and {matrix.path} are both given; name the cuts in one of them."
        )
    for axis in matrix.axes:
        if getattr(settings, axis) is not None:
            raise BadInputError(
                f"--hil-{axis} and the {axis}s of {matrix.path} are both given; give one."
            )
    try:
        return {each: loader.subject(each) for each in matrix.combinations}
    except BadInputError as error:
        raise BadInputError(f"{matrix.path}: {error}") from error


class Loader:
    """Loads each model and each firmware once.

    Args:
        settings: of the session.
        conditions: under which a cut is the best one; may be left out where none is looked for.
    """

    def __init__(self, settings: Settings, conditions: Conditions | None = None) -> None:
        from hil.model.inputs.preprocessing import parse_range

        asked = settings.value_range
        self._range = parse_range(asked, "--hil-range") if asked else None
        self._settings = settings
        self._conditions = conditions or Conditions(settings.via)
        self._models: dict[Path, Model] = {}
        self._builds: dict[Path, FirmwareBuild] = {}

    def subject(self, combination: Combination) -> Subject:
        """Load what a combination names, and what it leaves to the settings.

        Raises:
            BadInputError: it is none.
        """
        named = combination.model or self._settings.model
        cut = combination.cut or self._settings.cut
        model = self._model(named or _default_model())
        place = self._place(model, cut)
        firmware = combination.firmware
        build = self._build(firmware) if firmware else None
        return Subject(model, place, build, combination.name, (named, cut) == (None, None))

    def every_cut(self) -> "list[Cut]":
        """Return the legal cuts of the model that the options name, the one under test last.

        Raises:
            BadInputError: it is no model.
        """
        subject = self.subject(Combination(""))
        return [cut for cut in subject.model.cuts if cut != subject.cut] + [subject.cut]

    def _place(self, model: "Model", cut: str | None) -> "Cut":
        from hil.model.split import find_cut

        if cut in (None, ALL):
            return model.default_cut
        assert cut is not None
        if cut != BEST:
            return find_cut(model.cuts, cut)
        from hil.planning.choice import predicted_best
        from hil.planning.predict import Tail
        from hil.sim.radio.link_file import LinkFile

        known = self._conditions
        tail = Tail.PEER if known.has_peer else Tail.STATED
        shaping = LinkFile.of(known.shaping or {}).parameters
        return predicted_best(model, known.links, shaping, tail=tail)

    def _model(self, path: Path) -> "Model":
        from hil.model.model import Model

        if path not in self._models:
            self._models[path] = Model.load(path, value_range=self._range)
        return self._models[path]

    def _build(self, path: Path) -> "FirmwareBuild":
        from hil.firmware.build import FirmwareBuild

        if path not in self._builds:
            self._builds[path] = FirmwareBuild.load(path, console=self._settings.console)
        return self._builds[path]


def _default_model() -> Path:
    """Return the project's own model in a checkout, the tiny one from a wheel."""
    try:
        return resource("models/dogs19")
    except InfrastructureError:
        return resource("models/tiny")
