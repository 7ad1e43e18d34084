# SPDX-License-Identifier: MIT
"""Copying and patching the firmware's sources, and what is refused before anything runs."""

import subprocess
from pathlib import Path

import pytest

from hil.errors import BadInputError
from hil.firmware import virtual
from hil.selftest import sources
from hil.selftest.building import emptied
from hil.selftest.mutant import Mutant
from hil.selftest.selftest import Selftest
from hil.selftest.sources import FOLDER, apply, copy_sources

VERSION = virtual.version()
DIFF = f"""\
--- a/firmware/version.txt
+++ b/firmware/version.txt
@@ -1 +1 @@
-{VERSION}
+9.9.9
"""


def mutant(diff: str = DIFF) -> Mutant:
    return Mutant("01-version", "Wrong.", "state", "", "other-firmware", diff)


def test_a_copy_is_what_an_image_is_made_of(tmp_path: Path) -> None:
    copy = copy_sources(virtual.ROOT, tmp_path)
    assert copy == tmp_path / FOLDER
    assert virtual.source_digest(copy) == virtual.source_digest()


def test_a_patch_changes_the_copy(tmp_path: Path) -> None:
    copy = copy_sources(virtual.ROOT, tmp_path)
    apply(mutant(), tmp_path)
    assert virtual.version(copy) == "9.9.9"


def test_a_patch_changes_the_copy_inside_a_repository_too(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    place = tmp_path / "inside"
    copy = copy_sources(virtual.ROOT, place)
    apply(mutant(), place)
    assert virtual.version(copy) == "9.9.9"


@pytest.mark.parametrize(
    ("diff", "complaint"),
    [
        (DIFF.replace(VERSION, "0.0.7"), r"does not apply: patch failed: firmware/version.txt:1"),
        (DIFF.replace("version.txt", "x.c"), r"does not apply: firmware/x.c: No such file"),
        (DIFF.replace("@@ -1 +1 @@", "@@ @@"), "does not apply: "),
    ],
)
def test_a_patch_that_does_not_apply_says_where(tmp_path: Path, diff: str, complaint: str) -> None:
    copy_sources(virtual.ROOT, tmp_path)
    with pytest.raises(BadInputError, match=complaint):
        apply(mutant(diff), tmp_path)


def test_a_directory_without_sources_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="holds no sources of this firmware"):
        Selftest([mutant()], tmp_path, tmp_path / "out")


def test_a_machine_without_git_is_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources.shutil, "which", lambda name: None)
    with pytest.raises(BadInputError, match="git, which is missing; install it"):
        Selftest([mutant()], virtual.ROOT, tmp_path)


def test_a_machine_without_the_compiler_is_told_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(virtual, "can_build", lambda: False)
    with pytest.raises(BadInputError, match="needs zig: pip install 'ziglang=="):
        Selftest([mutant()], virtual.ROOT, tmp_path)


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInputError, match=r"cannot be written .*name another directory by --out"):
        emptied(tmp_path / "file" / "unmodified")


def test_a_place_is_emptied(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "file").write_text("")
    assert [*emptied(tmp_path / "old").iterdir()] == []
