# SPDX-License-Identifier: MIT
"""The list of what the package brings in, and what is said of vulnerabilities."""

import json
import subprocess
import tomllib
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[3]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

CLEAN = {"name": "click", "version": "8.5.1", "vulns": []}
OWN = {"name": PROJECT["name"], "skip_reason": "not found on PyPI"}
UNKNOWN = {"name": "numpy", "skip_reason": "not found on PyPI"}
FAULT = {"id": "PYSEC-2014-8", "fix_versions": ["2.7.2"]}
VULNERABLE = {"name": "jinja2", "version": "2.4.1", "vulns": [FAULT]}


@pytest.fixture
def audit(script: Callable[[str], ModuleType]) -> ModuleType:
    return script(".ci/audit.py")


def sbom(*names: str) -> dict[str, Any]:
    about = {"name": PROJECT["name"], "version": PROJECT["version"]}
    listed = [{"name": name, "version": "1.0"} for name in names]
    return {"metadata": {"component": about}, "components": listed}


def needed() -> list[str]:
    stated = [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["sim"]]
    found = [Requirement(each) for each in stated]
    return sorted({each.name for each in found if not each.marker or each.marker.evaluate()})


@pytest.fixture
def answers(audit: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[object]:
    """What pip-audit answers, one after the other: records, or a text in the place of any."""
    given: list[object] = []

    def run(*command: str) -> subprocess.CompletedProcess[str]:
        if "pip_audit" not in command:
            return subprocess.CompletedProcess(command, 0, "", "")
        answer = given.pop(0)
        if isinstance(answer, str):
            return subprocess.CompletedProcess(command, 1, "", answer)
        return subprocess.CompletedProcess(command, 0, json.dumps({"dependencies": answer}), "")

    monkeypatch.setattr(audit, "run", run)
    monkeypatch.setattr(audit, "make_sbom", lambda environment, path: sbom(*needed()))
    monkeypatch.setattr(audit, "packages_of", lambda environment: tmp_path)
    return given


def test_a_list_that_names_every_dependency_is_taken(audit: ModuleType) -> None:
    assert f"all {len(needed())} that pyproject.toml names" in audit.check_sbom(sbom(*needed()))


def test_names_are_compared_as_package_indexes_do(audit: ModuleType) -> None:
    assert audit.check_sbom(sbom(*(name.upper().replace("-", "_") for name in needed())))


@pytest.mark.parametrize("name", needed())
def test_a_list_that_lacks_a_dependency_is_refused(audit: ModuleType, name: str) -> None:
    others = [each for each in needed() if each != name]
    with pytest.raises(audit.AuditError, match=f"lacks {name}, which pyproject.toml names"):
        audit.check_sbom(sbom(*others))


def test_a_list_of_another_version_is_refused(audit: ModuleType) -> None:
    other = sbom(*needed())
    other["metadata"]["component"]["version"] = "99"
    with pytest.raises(audit.AuditError, match="make it again"):
        audit.check_sbom(other)


def test_packages_that_are_not_known_to_be_vulnerable_pass(
    audit: ModuleType, answers: list[object], capsys: pytest.CaptureFixture[str]
) -> None:
    answers += [[VULNERABLE], [CLEAN, OWN]]
    assert audit.main(["--require"]) == 0
    assert "None of 1 packages is known to be vulnerable." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ([CLEAN, VULNERABLE], "jinja2 2.4.1 has PYSEC-2014-8, mended in 2.7.2"),
        ([CLEAN, UNKNOWN], "not looked up, for PyPI does not have them: numpy"),
        ([OWN], "No package was looked up."),
    ],
    ids=["vulnerable", "not looked up", "nothing"],
)
def test_what_is_vulnerable_or_unknown_fails(
    audit: ModuleType,
    answers: list[object],
    capsys: pytest.CaptureFixture[str],
    found: list[dict[str, Any]],
    said: str,
) -> None:
    answers += [[VULNERABLE], found]
    assert audit.main([]) == 1
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("Traceback:\nNameResolutionError: pypi.org", "cannot be asked (NameResolutionError"),
        ("", "cannot be asked (it said nothing)"),
        ([CLEAN], "does not know that jinja2==2.4.1 is vulnerable"),
        ([UNKNOWN], "does not know that jinja2==2.4.1 is vulnerable"),
    ],
    ids=["no network", "silence", "knows nothing", "another index"],
)
def test_where_nobody_can_be_asked_it_is_skipped_with_the_reason_and_no_pass(
    audit: ModuleType,
    answers: list[object],
    capsys: pytest.CaptureFixture[str],
    answer: object,
    said: str,
) -> None:
    answers += [answer, answer]
    assert audit.main([]) == 0
    shown = capsys.readouterr().out
    assert "not looked up (skipped)" in shown
    assert said in shown
    assert audit.main(["--require"]) == 1
    assert "not looked up (a failure, by --require)" in capsys.readouterr().out
