# SPDX-License-Identifier: MIT
"""What other packages register: found by name, refused in a sentence that names the package."""

import importlib.metadata
import sys
import tomllib
from pathlib import Path

import pytest
from extension_package import install

from hil.errors import BadInputError, InfrastructureError
from hil.rig.providers.extensions import BOARDS, POWER

ROOT = Path(__file__).parents[4]
PROVIDER = """
class Provider:
    def acquire(self, name, wanted): ...
    def offers(self): return []
class HalfAProvider:
    def acquire(self, name, wanted): ...
def failing():
    raise OSError("no farm")
"""


@pytest.fixture(autouse=True)
def nothing_made():
    """Whatever was loaded before is not known here, nor is afterwards what is loaded here."""
    known = [(seam, dict(seam._made)) for seam in (BOARDS, POWER)]
    for seam, _ in known:
        seam._made.clear()
    yield
    for seam, made in known:
        seam._made.clear()
        seam._made.update(made)


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Install a package with a provider: ``package("farm", "farm_of_ours:Provider")``."""

    def install_one(provider, value, name="hil-farm", source=PROVIDER):
        target = install(tmp_path / name, name, {"hil.boards": {provider: value}})
        module = value.partition(":")[0]
        (target / f"{module}.py").write_text(source)
        monkeypatch.syspath_prepend(target)
        monkeypatch.delitem(sys.modules, module, raising=False)

    return install_one


def test_what_is_built_in_is_registered_as_that_of_others_is():
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["entry-points"]
    assert groups[BOARDS.group] == BOARDS.built_in
    assert groups[POWER.group] == POWER.built_in


@pytest.mark.parametrize("seam", [BOARDS, POWER], ids=lambda seam: seam.group)
def test_what_is_built_in_can_be_made_and_is_found_without_a_search(seam, monkeypatch):
    def search(**_):
        raise AssertionError("entry points were looked up")

    monkeypatch.setattr(importlib.metadata, "entry_points", search)
    for name in seam.built_in:
        made = seam.make(name)
        assert all(callable(getattr(made, method)) for method in seam.methods)


def test_a_provider_of_another_package_is_made_once(package):
    package("farm", "farm_of_ours:Provider")
    assert BOARDS.knows("farm")
    assert type(BOARDS.make("farm")).__name__ == "Provider"
    assert BOARDS.make("farm") is BOARDS.make("farm")


def test_a_name_that_nobody_registers_is_bad_input_and_those_that_are_there_are_named(package):
    package("farm", "farm_of_ours:Provider")
    assert not BOARDS.knows("nofarm")
    with pytest.raises(BadInputError, match=r"no board provider 'nofarm' .*farm of hil-farm 1\.0"):
        BOARDS.require("nofarm")


def test_a_name_that_two_packages_register_is_bad_input_that_names_both(package):
    package("farm", "farm_of_ours:Provider")
    package("farm", "farm_of_theirs:Provider", name="their-farm")
    with pytest.raises(BadInputError) as caught:
        BOARDS.require("farm")
    assert "'farm' is in " in str(caught.value)
    assert "hil-farm 1.0" in str(caught.value)
    assert "their-farm 1.0" in str(caught.value)
    assert "uninstall all but one" in str(caught.value)


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ("farm_of_ours:Missing", r"cannot be imported \(AttributeError: .*Missing"),
        ("farm_of_ours:failing", r"cannot be made \(OSError: no farm\)"),
        ("farm_of_ours:HalfAProvider", r"is none: it has no offers"),
        ("farm_of_ours:PROVIDER", r"cannot be imported"),
    ],
)
def test_a_provider_that_cannot_be_used_is_bad_input_that_names_its_package(
    package, value, sentence
):
    package("farm", value)
    with pytest.raises(BadInputError, match=sentence) as caught:
        BOARDS.require("farm")
    assert str(caught.value).startswith("The board provider 'farm' of hil-farm 1.0 ")
    assert str(caught.value).endswith("mend or uninstall that package.")
    assert "\n" not in str(caught.value)


def test_a_package_that_cannot_be_imported_is_bad_input(package):
    package("farm", "farm_of_ours:Provider", source="import labgrid_of_1999")
    with pytest.raises(BadInputError, match=r"hil-farm 1\.0 cannot be imported \(ModuleNotFound"):
        BOARDS.require("farm")


def test_nobody_takes_the_place_of_what_is_built_in(package):
    package("usb", "farm_of_ours:Provider")
    assert type(BOARDS.make("usb")).__name__ == "UsbBoards"


def test_what_other_peoples_code_raises_is_the_rigs_fault_and_names_its_package(package):
    package("farm", "farm_of_ours:Provider")
    with (
        pytest.raises(InfrastructureError, match=r"'farm' of hil-farm 1\.0 failed \(KeyError: 1\)"),
        BOARDS.answering_for("farm"),
    ):
        raise KeyError(1)
    with pytest.raises(BadInputError, match="as it is"), BOARDS.answering_for("farm"):
        raise BadInputError("as it is")
    with pytest.raises(OSError, match="short"), BOARDS.answering_for("usb"):
        raise OSError("short of something")
