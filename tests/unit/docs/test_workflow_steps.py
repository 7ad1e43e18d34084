# SPDX-License-Identifier: MIT
"""Shell steps of workflows, run as a runner runs them."""

import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[3]
SHA = "0123456789abcdef0123456789abcdef01234567"


def run_step(
    file: str, job: str, name: str, directory: Path, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run the step of that name in a directory, and return what came of it."""
    text = (ROOT / ".github" / "workflows" / file).read_text(encoding="utf-8")
    steps = yaml.safe_load(text)["jobs"][job]["steps"]
    (step,) = (each for each in steps if each.get("name") == name)
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
        cwd=directory / step.get("working-directory", "."),
        env={"PATH": "/usr/bin:/bin", **environment},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def test_the_sums_of_a_release_are_those_of_its_files(tmp_path: Path) -> None:
    for name in ("dist/hil-1.whl", "dist/hil-1.tar.gz", "release/sbom.cdx.json"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name, encoding="utf-8")
    assert run_step("release.yml", "build", "SHA-256 of each", tmp_path).returncode == 0
    released = tmp_path / "release"
    check_sums(released / "SHA256SUMS", {"hil-1.whl", "hil-1.tar.gz", "sbom.cdx.json"})
    assert sorted(each.name for each in (tmp_path / "dist").iterdir()) == [
        *("hil-1.tar.gz", "hil-1.whl")
    ]


def test_the_sums_of_firmware_are_those_of_its_zips(tmp_path: Path) -> None:
    published = tmp_path / "published"
    published.mkdir()
    for name in ("a.zip", "a-test.zip"):
        (published / name).write_text(name, encoding="utf-8")
    assert run_step("firmware.yml", "attest", "SHA-256 of each", tmp_path).returncode == 0
    check_sums(published / "SHA256SUMS-firmware", {"a.zip", "a-test.zip"})


def check_sums(sums: Path, names: set[str]) -> None:
    """Make sure that the sums are of these files, right, and notice a change of one."""
    listed = {line.split()[1] for line in sums.read_text(encoding="utf-8").splitlines()}
    assert listed == names
    check = ["sha256sum", "--check", "--quiet", sums.name]
    assert subprocess.run(check, cwd=sums.parent, timeout=30, check=False).returncode == 0
    (sums.parent / min(names)).write_text("altered", encoding="utf-8")
    assert subprocess.run(check, cwd=sums.parent, timeout=30, check=False).returncode == 1


@pytest.mark.parametrize(
    "commit", ["main", "refs/pull/7/head", SHA[:12], f"{SHA}0", SHA.upper(), "", f"$(id) {SHA}"]
)
def test_the_rig_takes_no_name_of_a_commit(tmp_path: Path, commit: str) -> None:
    ended = run_step(
        "hil.yml", "firmware", "A commit, not the name of one", tmp_path, COMMIT=commit
    )
    assert ended.returncode == 1
    assert ended.stdout == f"::error::{commit} is not the full SHA of a commit\n"


def test_the_rig_takes_the_sha_of_a_commit(tmp_path: Path) -> None:
    ended = run_step("hil.yml", "firmware", "A commit, not the name of one", tmp_path, COMMIT=SHA)
    assert (ended.returncode, ended.stdout) == (0, "")
