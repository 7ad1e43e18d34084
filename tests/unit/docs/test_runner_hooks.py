# SPDX-License-Identifier: MIT
"""The scripts that docs/runner.md gives to a self-hosted runner."""

import json
import os
import subprocess
from pathlib import Path

import pytest

HOOKS = Path(__file__).parents[3] / "docs" / "runner"


def started(tmp_path: Path, name: str, event: object) -> subprocess.CompletedProcess[str]:
    """Run the hook as the runner does, for an event of this name."""
    payload = tmp_path / "event.json"
    payload.write_text(json.dumps(event), encoding="utf-8")
    return subprocess.run(
        ["sh", "-e", str(HOOKS / "job-started.sh")],
        env={**os.environ, "GITHUB_EVENT_NAME": name, "GITHUB_EVENT_PATH": str(payload)},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def pull_request(head: str | None, author: str = "member") -> object:
    """Return the payload of a pull request to ``team/project`` from this repository."""
    repository = {"full_name": head} if head else None
    base = {"repo": {"full_name": "team/project"}}
    user = {"login": author}
    return {"pull_request": {"head": {"repo": repository}, "base": base, "user": user}}


@pytest.mark.parametrize("name", ["push", "schedule", "workflow_dispatch"])
def test_the_rig_takes_what_comes_from_its_own_repository(tmp_path: Path, name: str) -> None:
    assert started(tmp_path, name, {"ref": "refs/heads/main"}).returncode == 0


def test_the_rig_takes_a_pull_request_of_a_branch(tmp_path: Path) -> None:
    assert started(tmp_path, "pull_request", pull_request("team/project")).returncode == 0


def test_the_rig_refuses_what_nobody_has_read(tmp_path: Path) -> None:
    event = pull_request("team/project", "dependabot[bot]")
    done = started(tmp_path, "pull_request", event)
    assert done.returncode == 1
    assert "dependabot" in done.stderr


@pytest.mark.parametrize("head", ["stranger/project", None])  # None: the fork has been deleted
@pytest.mark.parametrize("name", ["pull_request", "pull_request_target"])
def test_the_rig_refuses_a_pull_request_of_a_fork(
    tmp_path: Path, name: str, head: str | None
) -> None:
    done = started(tmp_path, name, pull_request(head))
    assert done.returncode == 1
    assert "forks" in done.stderr


@pytest.mark.parametrize("name", ["pull_request_target", "issue_comment", "workflow_run"])
def test_the_rig_refuses_events_that_strangers_can_cause(tmp_path: Path, name: str) -> None:
    done = started(tmp_path, name, pull_request("team/project"))
    assert done.returncode == 1
    assert name in done.stderr


def test_a_payload_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    assert started(tmp_path, "push", ["not", "an", "event"]).returncode == 1


def test_nothing_of_a_job_stays_behind(tmp_path: Path) -> None:
    for name in (".venv", "hil-report"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text("left", encoding="utf-8")
    kept = tmp_path / "README.md"
    kept.write_text("kept", encoding="utf-8")
    subprocess.run(
        ["sh", "-e", str(HOOKS / "job-completed.sh")],
        env={**os.environ, "GITHUB_WORKSPACE": str(tmp_path)},
        timeout=30,
        check=True,
    )
    assert list(tmp_path.iterdir()) == [kept]
