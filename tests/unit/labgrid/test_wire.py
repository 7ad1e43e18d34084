# SPDX-License-Identifier: MIT
"""Without the extra ``labgrid`` it is said what to install, before anything else is done."""

import importlib.util
import sys

import pytest

from hil.errors import BadInputError
from hil.labgrid import wire
from hil.labgrid.provider import LabgridBoards
from hil.rig.providers.interface import Wanted
from hil.rig.rig import find_board


@pytest.fixture
def without(monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "labgrid" else find(name)
    )


@pytest.mark.usefixtures("without", "own_computer")
def test_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LG_COORDINATOR", "lab")
    why = r"need the extra labgrid: pip install 'esp32-split-hil\[labgrid\]'"
    with pytest.raises(BadInputError, match=why):
        find_board("labgrid:chip=esp32s3")
    with pytest.raises(BadInputError, match=why):
        LabgridBoards().acquire("", Wanted())


def test_another_release_that_has_other_messages_is_told_as_such(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(wire, "require", lambda: None)
    monkeypatch.setattr(wire, "version", lambda name: "99")
    monkeypatch.setattr(wire, "_PACKAGE", "hil_labgrid_of_2099")
    monkeypatch.setattr(wire, "_package", lambda: sys)
    with pytest.raises(BadInputError, match=r"labgrid that is installed cannot be used \(.*\)"):
        wire.load()
    monkeypatch.delitem(sys.modules, "hil_labgrid_of_2099")


@pytest.mark.usefixtures("own_computer")
def test_a_filter_that_cannot_be_read_is_told_before_anybody_is_asked() -> None:
    with pytest.raises(BadInputError, match="cannot be read at 'chip'"):
        find_board("labgrid:chip")
