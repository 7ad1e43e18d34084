# SPDX-License-Identifier: MIT
"""The composite action: its shell steps are run as a runner runs them."""

import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[3]
ACTION = yaml.safe_load((ROOT / ".github" / "actions" / "hil" / "action.yml").read_text())
STEPS: list[dict[str, Any]] = ACTION["runs"]["steps"]


def run_test_step(tmp_path: Path, tests: str, arguments: str, status: int = 0) -> list[str]:
    """Run the step with programs that tell what they were given, and return that."""
    tools = tmp_path / "hil" / "bin"
    tools.mkdir(parents=True)
    for name in ("hil", "python"):
        script = f'#!/bin/sh\nprintf "%s\\n" {name} "$@" > {tmp_path}/given\nexit {status}\n'
        (tools / name).write_text(script)
        (tools / name).chmod(0o755)
    (step,) = (each for each in STEPS if each.get("id") == "test")
    environment = {
        "PATH": "/usr/bin:/bin",
        "RUNNER_TEMP": str(tmp_path),
        "GITHUB_OUTPUT": str(tmp_path / "output"),
        "TESTS": tests,
        "ARGUMENTS": arguments,
    }
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
    ended = subprocess.run(command, env=environment, check=False, timeout=30)
    assert ended.returncode == status
    assert (tmp_path / "output").read_text() == f"report={tmp_path}/hil-report\n"
    return (tmp_path / "given").read_text().splitlines()


def test_without_tests_of_ones_own_the_shipped_suite_is_run(tmp_path: Path) -> None:
    given = run_test_step(tmp_path, "", "")
    report = f"{tmp_path}/hil-report"
    assert given == ["hil", "test", f"--hil-log-dir={report}", f"--junitxml={report}/junit.xml"]


def test_tests_and_arguments_are_passed_on_word_by_word_and_not_obeyed(tmp_path: Path) -> None:
    given = run_test_step(tmp_path, "tests/a.py\ntests/b", "--hil-via=udp $(id) `id` *\n-x")
    assert given[:6] == ["python", "-m", "pytest", "-m", "hil", "tests/a.py"]
    assert given[6] == "tests/b"
    assert given[-5:] == ["--hil-via=udp", "$(id)", "`id`", "*", "-x"]


@pytest.mark.parametrize("status", [1, 4, 10])
def test_the_exit_code_is_the_steps(tmp_path: Path, status: int) -> None:
    run_test_step(tmp_path, "", "", status)


def test_the_artifact_is_kept_of_a_failed_run_too() -> None:
    (upload,) = (each for each in STEPS if "upload-artifact" in each.get("uses", ""))
    assert upload["if"].startswith("always()")
