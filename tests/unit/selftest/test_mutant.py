# SPDX-License-Identifier: MIT
"""Mutants and their headers."""

from pathlib import Path

import pytest

from hil.errors import BadInputError
from hil.selftest import mutant
from hil.selftest.mutant import FAMILIES, Mutant, own_mutants, read_mutants

DIFF = "--- a/firmware/version.txt\n+++ b/firmware/version.txt\n@@ -1 +1 @@\n-0.1.0\n+0.2.0\n"
HEADER = """\
Defect: Something is
  wrong.
Family: repair
Stands for: -
Symptom: unanswered

"""


def parse(header: str = HEADER, name: str = "07-some-thing") -> Mutant:
    return Mutant.parse(name, header + DIFF)


def test_the_header_says_what_a_mutant_is() -> None:
    found = parse()
    assert found == Mutant("07-some-thing", "Something is wrong.", "repair", "", "unanswered", DIFF)


def test_what_it_stands_for_is_kept() -> None:
    assert parse(HEADER.replace("for: -", "for: no ids")).stands_for == "no ids"


@pytest.mark.parametrize(
    ("wrong", "right", "complaint"),
    [
        ("Defect: Something is\n  wrong.\n", "", "07-some-thing does not say 'Defect'"),
        ("unanswered", "", "07-some-thing does not say 'Symptom'"),
        ("repair", "magic", "of family 'magic'; take one of repair, identity,"),
        ("Stands", "Sits", "none of Defect, Family, Stands for, Symptom: 'Sits for: -'"),
    ],
)
def test_a_header_that_is_wrong_is_refused(wrong: str, right: str, complaint: str) -> None:
    with pytest.raises(BadInputError, match=complaint):
        parse(HEADER.replace(wrong, right))


def test_a_patch_without_a_diff_is_refused() -> None:
    with pytest.raises(BadInputError, match="07-x changes no file"):
        Mutant.parse("07-x", HEADER)


def test_a_name_without_a_number_is_refused() -> None:
    with pytest.raises(BadInputError, match=r"rename some-thing\.patch"):
        parse(name="some-thing")


@pytest.mark.parametrize("pattern", ["07", "07-*", "some-thing", "*thing", "repair"])
def test_a_pattern_fits_number_name_or_family(pattern: str) -> None:
    assert parse().matches(pattern)


@pytest.mark.parametrize("pattern", ["08", "some", "rep", "7"])
def test_other_patterns_do_not_fit(pattern: str) -> None:
    assert not parse().matches(pattern)


def write(directory: Path, *names: str) -> None:
    for name in names:
        (directory / f"{name}.patch").write_text(HEADER + DIFF, encoding="utf-8")


def test_mutants_are_read_in_order_and_selected(tmp_path: Path) -> None:
    write(tmp_path, "02-b", "01-a", "03-c")
    assert [each.name for each in read_mutants(tmp_path)] == ["01-a", "02-b", "03-c"]
    assert [each.name for each in read_mutants(tmp_path, ("03", "a"))] == ["01-a", "03-c"]


def test_no_mutant_that_fits_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "01-a")
    with pytest.raises(BadInputError, match=r"no mutants in .* that --only x 9\* names"):
        read_mutants(tmp_path, ("x", "9*"))


def test_an_empty_directory_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match=r"no mutants in .* at all"):
        read_mutants(tmp_path)


def test_a_number_given_twice_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "01-a", "01-b")
    with pytest.raises(BadInputError, match="have number 01; renumber one"):
        read_mutants(tmp_path)


def test_an_installed_package_says_that_it_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mutant, "is_checkout", lambda: False)
    with pytest.raises(BadInputError, match="in a checkout of the repository only"):
        own_mutants()


def test_the_checkouts_mutants_can_be_read_and_cover_every_family() -> None:
    found = read_mutants(own_mutants())
    assert {each.family for each in found} == set(FAMILIES)
    assert all(each.defect.endswith(".") for each in found)
