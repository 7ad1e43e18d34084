# SPDX-License-Identifier: MIT
"""The README: what stands where, and what it is on the package index."""

import re
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[3]
README = (ROOT / "README.md").read_text(encoding="utf-8")
ADDRESS = "https://github.com/team/project"
_TARGET = re.compile(r"\]\(([^)]+)\)")


@pytest.fixture
def metadata(script: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The hook that hatchling calls; hatchling itself is only there while something is built."""
    names = ("hatchling", "hatchling.metadata", "hatchling.metadata.plugin")
    for name in (*names, "hatchling.metadata.plugin.interface"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    interface = sys.modules["hatchling.metadata.plugin.interface"]
    monkeypatch.setattr(interface, "MetadataHookInterface", object, raising=False)
    return script(".ci/metadata.py")


def test_its_first_screen_says_what_one_comes_for() -> None:
    first = "\n".join(README.splitlines()[:40])
    for needed in (
        "pytest\nplugin that flashes",
        "](docs/run.svg)",
        "tox -e hil",
        "def test_the_split_predicts",
        "**Nothing here has run on hardware yet.**",
    ):
        assert needed in first


def test_it_has_few_lines_and_short_ones() -> None:
    lines = README.splitlines()
    assert len(lines) < 200
    assert [line for line in lines if len(line) > 100] == []


def test_every_document_can_be_reached_from_it() -> None:
    pages = {f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md")}
    assert pages - {"docs/reference.md"} <= set(_TARGET.findall(README))


def test_every_file_that_it_links_to_is_there() -> None:
    local = [target.partition("#")[0] for target in _TARGET.findall(README) if ":" not in target]
    assert [target for target in local if not (ROOT / target).exists()] == []


def test_on_the_package_index_its_links_are_absolute_and_of_the_versions_tag(
    metadata: ModuleType,
) -> None:
    shown = metadata.absolute(README, ADDRESS, "v1.2.3")
    assert f"]({ADDRESS}/raw/v1.2.3/docs/run.svg)" in shown
    assert f"]({ADDRESS}/blob/v1.2.3/docs/bench-rig.md#what-has-been-linked-and-emulated)" in shown
    assert [target for target in _TARGET.findall(shown) if ":" not in target] == []


def test_without_an_address_no_link_is_dead(metadata: ModuleType) -> None:
    shown = metadata.absolute(README, "", "v1.2.3")
    assert _TARGET.findall(shown) == []
    assert "what has been linked and emulated" in shown


def test_the_projects_urls_are_those_that_are_known(
    metadata: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HIL_REPOSITORY_URL", f"{ADDRESS}/")
    monkeypatch.setenv("HIL_SITE_URL", "https://team.github.io/project/")
    known = {"version": "1.2.3"}
    metadata.MetadataHook().update(known)
    assert known["urls"] == {
        "Documentation": "https://team.github.io/project/",
        "Repository": ADDRESS,
        "Issues": f"{ADDRESS}/issues",
        "Changelog": f"{ADDRESS}/blob/main/CHANGELOG.md",
    }
    assert known["readme"]["content-type"] == "text/markdown"  # type: ignore[index]
    monkeypatch.delenv("HIL_REPOSITORY_URL")
    monkeypatch.delenv("HIL_SITE_URL")
    metadata.MetadataHook().update(known)
    assert known["urls"] == {}
