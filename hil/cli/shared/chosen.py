# SPDX-License-Identifier: MIT
"""What the options of a command stand for: the boards of a rig, firmware, model and cut."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hil.cli.shared.saying import say
from hil.host.activity import doing
from hil.host.printable import printable

if TYPE_CHECKING:
    from hil.firmware.build import FirmwareBuild
    from hil.model.inputs.tensors import TensorInput
    from hil.model.model import Model
    from hil.model.split import Cut
    from hil.rig.holder import Holder
    from hil.rig.rig import BoardSpec, Rig


@dataclass(frozen=True)
class ChosenRig:
    """What the options of ``rig_options`` say.

    Attributes:
        board, peer, gateway: boards that are named.
        link: TOML file that shapes the links of virtual boards.
        hci: what reaches boards over BLE.
        auth: ``on`` or ``off``, whether links are authenticated.
        wait: seconds to wait for boards that another process holds.
    """

    board: str | None
    peer: str | None
    gateway: str | None
    link: Path | None
    hci: str | None
    auth: str
    wait: float

    def find(self, *, needs_wifi: bool = True, absent_ok: bool = False) -> "Rig":
        """Return the boards, mentioning on standard error those that are left alone.

        Args and errors are those of :meth:`hil.Rig.find`.
        """
        from hil.rig.rig import Rig
        from hil.sim.radio.link_file import read_link_file

        with doing("looking for boards"):
            rig = Rig.find(
                self.board,
                peer=self.peer,
                gateway=self.gateway,
                shaping=read_link_file(self.link) if self.link else None,
                hci=self.hci,
                auth=self.auth == "on",
                directories=[Path.cwd()],
                wait_s=self.wait,
                on_wait=say_who,
                needs_wifi=needs_wifi,
                absent_ok=absent_ok,
            )
        _mention_others(self.board, rig.board)
        return rig


@dataclass(frozen=True)
class Content:
    """What is to be on a board.

    Attributes:
        build: the firmware; ``None`` for the default.
        model: the full model.
        cut: where it is cut; ``None`` for its default.
    """

    build: "FirmwareBuild | None"
    model: "Model"
    cut: "Cut | None"


@dataclass(frozen=True)
class ChosenContent:
    """What the options of ``content_options`` say: two paths and the name of a cut."""

    model: Path | None
    cut: str | None
    firmware: Path | None

    def load(self, value_range: str | None = None) -> Content:
        """Read it all, before anything is done with a board; raises BadInputError."""
        loaded = load_model(self.model, value_range)
        return Content(load_firmware(self.firmware), loaded, choose_cut(loaded, self.cut))


@dataclass(frozen=True)
class ChosenInputs:
    """What the options of ``input_options`` say.

    Attributes:
        inputs: files with tensors or sound, or directories of them.
        value_range: values that black and white stand for in photos, as text.
    """

    inputs: tuple[Path, ...]
    value_range: str | None

    def load(self, model: "Model") -> "list[TensorInput]":
        """Read the inputs, before anything is done with a board; raises BadInputError."""
        from hil.model.inputs.tensors import load_inputs

        return [
            each for path in self.inputs for each in load_inputs(path, model.input, model.inputs)
        ]


def find_board(named: str | None, wait: float = 0.0) -> "BoardSpec":
    """Return the one board that is meant, to be flashed or looked at; see ``ChosenRig``."""
    from hil.rig.rig import find_board

    with doing("looking for boards"):
        board = find_board(named, directories=[Path.cwd()], wait_s=wait, on_wait=say_who)
    _mention_others(named, board)
    return board


def _mention_others(named: str | None, board: "BoardSpec") -> None:
    """Say which ports are left alone where a virtual board was taken without being named."""
    from hil.serialport.ports import discover_ports

    if board.virtual and named is None:
        for port in discover_ports():
            say(
                f"hil: {port.device} ({port.description}) is left alone; "
                f"use it with --board {port.device}",
                err=True,
            )


def say_who(holder: "Holder | str") -> None:
    """Say on standard error whose board is being waited for."""
    say(f"hil: waiting for the board of {holder}", err=True)


def load_model(path: Path | None, value_range: str | None = None) -> "Model":
    """Load a model, saying what is odd about it; without a path the one that comes with hil."""
    from hil.errors import InfrastructureError
    from hil.model.inputs.preprocessing import parse_range
    from hil.model.model import Model
    from hil.resources import resource

    scale = None if value_range is None else parse_range(value_range, "--range")
    if path is None:
        try:
            path = resource("models/dogs19")
        except InfrastructureError:  # a wheel has only the small one
            path = resource("models/tiny")
    model = Model.load(path, value_range=scale)
    for warning in model.warnings:
        say(f"hil: {model.name}: {printable(warning)}", err=True)
    return model


def choose_cut(model: "Model", named: str | None) -> "Cut | None":
    """Return the cut that is named, before anything is done with a board; None: the default."""
    from hil.model.split import find_cut

    return None if named is None else find_cut(model.cuts, named)


def load_firmware(path: Path | None) -> "FirmwareBuild | None":
    """Load a firmware build; ``None`` stands for the default."""
    from hil.firmware.build import FirmwareBuild

    return None if path is None else FirmwareBuild.load(path)
