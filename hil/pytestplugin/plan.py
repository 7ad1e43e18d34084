# SPDX-License-Identifier: MIT
"""What a run will test: board, model, cut and budgets, worked out before the first test."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from hil.budgets import Budgets
from hil.budgets.section import Section, model_name, shape_name
from hil.errors import BadInputError, InfrastructureError
from hil.host.printable import printable
from hil.pytestplugin.options import Settings
from hil.pytestplugin.turns.matrix import Combination, Matrix
from hil.pytestplugin.turns.planned import Conditions, find_subjects
from hil.pytestplugin.turns.subject import Subject
from hil.resources import resource
from hil.rig.file import RigFile
from hil.rig.lookup import OnWait
from hil.rig.rig import Rig
from hil.rig.several.lending import Loan, lent
from hil.serialport.ports import discover_ports

if TYPE_CHECKING:
    from hil.firmware.build import FirmwareBuild
    from hil.model.inputs.samples import Sample
    from hil.model.model import Model
    from hil.model.split import Cut

BUDGETS = "budgets.toml"


_KEYLESS = (
    "hil: links are NOT authenticated (--hil-auth, or auth in hil.toml, says off): anybody on the "
    "network may take part"
)


@dataclass(frozen=True)
class Plan:
    """What is to be tested.

    Attributes:
        rig: which boards, or the reason why there are none.
        model: the full model.
        cut: where it is cut.
        budgets: limits to judge by.
        shape: what budgets call the file that shapes the links; empty without one.
        subjects: what tests are about in the turn of each combination of the matrix; under None
            in those that have no such turn.
    """

    rig: Rig | InfrastructureError
    model: "Model"
    cut: "Cut"
    budgets: Budgets
    shape: str = ""
    subjects: Mapping[Combination | None, Subject] = field(default_factory=dict)

    @classmethod
    def make(
        cls,
        settings: Settings,
        directories: Sequence[Path],
        on_wait: OnWait | None = None,
        matrix: Matrix | None = None,
        loan: Loan | None = None,
    ) -> "Plan":
        """Find out what the settings, ``hil.toml`` and ``budgets.toml`` ask for.

        A board that is not there is an error of the tests that need it, not of the whole session,
        so that each of them shows in the JUnit file.

        Args:
            settings: of the session.
            directories: where the two files may be; the first that has one counts.
            on_wait: called before waiting for a board that another process holds.
            matrix: combinations to test.
            loan: boards that this process is lent; None: it takes them itself.

        Raises:
            BadInputError: one of them cannot be used.
        """
        rig: Rig | InfrastructureError
        shaping = _shaping(settings)
        try:
            rig = (
                _lent(settings, directories, shaping, loan)
                if loan
                else Rig.find(
                    settings.board,
                    peer=settings.peer,
                    gateway=settings.gateway,
                    shaping=shaping,
                    hci=settings.hci,
                    auth=settings.auth,
                    directories=directories,
                    wait_s=settings.board_wait,
                    on_wait=on_wait,
                )
            )
        except InfrastructureError as error:
            rig = error
        else:
            _check_links(rig, settings)
        own = [path for path in (each / BUDGETS for each in directories) if path.exists()]
        budgets = Budgets.load(own[0] if own else resource(BUDGETS))

        subjects = find_subjects(settings, matrix, _conditions(rig, settings, shaping))
        first = next(iter(subjects.values()))
        shape = shape_name(settings.link.stem, shaping or {}) if settings.link else ""
        plan = cls(rig, first.model, first.cut, budgets, shape, subjects)
        plan._check_confidence(settings)
        return plan

    def _check_confidence(self, settings: Settings) -> None:
        """Raise BadInputError where no number of rounds could decide what is to be judged."""
        if not settings.certainty.sequential or isinstance(self.rig, InfrastructureError):
            return
        from hil.model.split import model_id

        kind = "virtual" if self.rig.board.virtual else "esp32s3"
        for subject in self.subjects.values():
            model, cut = subject.model, subject.cut
            name = model_name(model.name, cut.short_name, f"{model_id(model.int8, cut):08x}")
            section = Section(f"{kind}-peer" if self.rig.peer else kind, name, self.shape)
            for via in settings.via:
                settings.certainty.check_reach(self.budgets.link(section, via))

    @property
    def has_chance(self) -> bool:
        """Whether simulated figures may be others in another run: links shaped, a real radio."""
        return bool(self.shape) or (isinstance(self.rig, Rig) and self.rig.board.hci is not None)

    def subject(self, combination: Combination | None) -> Subject:
        """Return what a test is about whose fixtures nobody has overridden."""
        return self.subjects.get(combination) or next(iter(self.subjects.values()))

    def _under_test(self, via: Sequence[str]) -> tuple[str, list[str]]:
        """Return model and links in words, and lines about what is odd about the model."""
        under_test = (
            f"model {printable(self.model.name)}, cut after {printable(self.cut.short_name)}, "
            f"over {', '.join(via)}"
        )
        if self.model.stateful:
            under_test += ", its state begun afresh by every inference"
        if len(self.subjects) > 1:
            names = ", ".join(printable(str(each)) for each in self.subjects)
            under_test = f"{len(self.subjects)} combinations, over {', '.join(via)}: {names}"
        odd = [f"hil: {self.model.name}: {printable(each)}" for each in self.model.warnings]
        return under_test, odd

    def lacks_for(self, via: str) -> str:
        """Return what the rig lacks for a link, as half a sentence; empty if nothing."""
        return "" if isinstance(self.rig, InfrastructureError) else self.rig.lacks_for(via) or ""

    def samples(self, settings: Settings, model: "Model") -> "list[Sample]":
        """Return what the tests infer on with a model: photos, or the inputs that are named.

        Raises:
            BadInputError: they cannot be used, or the model takes no photos.
        """
        from hil.model.inputs.photos import default_photos, load_photos
        from hil.model.inputs.tensors import load_inputs

        if settings.input is not None:
            if settings.photos is not None:
                raise BadInputError("--hil-photos and --hil-input are both given; give one.")
            return list(load_inputs(settings.input, model.input, model.inputs))
        model.scaling  # noqa: B018 - refuses a model of which nobody knows how it takes photos
        return list(load_photos(settings.photos or default_photos()))

    def scaling(self, settings: Settings) -> str:
        """Return what photos are scaled to where only the model says so; empty if others do."""
        try:
            said = "" if settings.input else str(self.model.scaling)
        except BadInputError:  # a matter of the tests that take photos, which say it
            return ""
        return "" if said.endswith("by the manifest") else said

    def header(self, via: Sequence[str], plain: "FirmwareBuild | None" = None) -> list[str]:
        """Return the lines that say, before any test, what will be tested.

        Args:
            via: the links.
            plain: the firmware, if it is one that has neither models nor links.
        """
        under_test, odd = self._under_test(via)
        if plain is not None:
            under_test = f"firmware {printable(plain.app.project)} {printable(plain.app.version)}"
            under_test, odd = f"{under_test}, which does not speak hil's console", []
        rig = self.rig
        if isinstance(rig, InfrastructureError):
            return [f"hil: no board: {rig}", f"hil: {under_test}", *odd]
        if rig.peer is not None:
            under_test += f", tail on the peer {rig.peer}"
        if not rig.board.auth:
            odd = [*odd, _KEYLESS]
        if not rig.board.virtual:
            return [f"hil: board {rig.board}, {under_test}", *odd]
        lines = [f"hil: virtual ESP32-S3, all its times are simulated; {under_test}", *odd]
        if alone := [port.device for port in discover_ports()]:
            lines.append(
                f"hil: left alone {', '.join(alone)}, which may be an ESP32-S3; "
                "--hil-board takes a board by its port, or as usb"
            )
        return lines


def _lent(
    settings: Settings,
    directories: Sequence[Path],
    shaping: dict[str, object] | None,
    loan: Loan,
) -> Rig:
    file = RigFile.find(directories)
    return lent(loan, file, shaping=shaping, hci=settings.hci, auth=settings.auth)


def _shaping(settings: Settings) -> dict[str, object] | None:
    if settings.link is None:
        return None
    from hil.sim.radio.link_file import read_link_file

    return read_link_file(settings.link)


def _conditions(
    rig: Rig | InfrastructureError, settings: Settings, shaping: dict[str, object] | None
) -> Conditions:
    """Return what the best cut depends on; without a board all links of the run count."""
    if isinstance(rig, InfrastructureError):
        return Conditions(settings.via, shaping)
    links = [via for via in settings.via if rig.lacks_for(via) is None]
    return Conditions(links or settings.via, shaping, rig.peer is not None)


def _check_links(rig: Rig, settings: Settings) -> None:
    """Raise BadInputError where a link was asked for by name that the rig cannot have."""
    reason = rig.lacks_for("espnow")
    if settings.via_named and "espnow" in settings.via and reason is not None:
        raise BadInputError(f"--hil-via names espnow, but {reason}.")
