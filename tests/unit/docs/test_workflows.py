# SPDX-License-Identifier: MIT
"""What a workflow may do, and of whose code: rules that hold for every file that GitHub runs."""

import copy
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[3]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.y*ml"))
ACTIONS = sorted((ROOT / ".github" / "actions").glob("*/action.y*ml"))
IMAGES = [ROOT / "Dockerfile", ROOT / ".devcontainer" / "Dockerfile"]

EVENTS = {"push", "pull_request", "schedule", "workflow_dispatch"}
"""Those that run what is in the repository, or a fork's code without rights. Not among them are
pull_request_target, issue_comment and workflow_run: strangers cause them, and they have rights."""
OWN_PULL_REQUESTS = (
    "github.event_name != 'pull_request' || ( "
    "github.event.pull_request.head.repo.full_name == github.repository && "
    "github.event.pull_request.user.login != 'dependabot[bot]')"
)
_PINNED = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}")
_VERSION = re.compile(r"uses: \S+@(?P<sha>[0-9a-f]{40})  # v\d+\.\d+\.\d+$", re.MULTILINE)
_DIGEST = re.compile(r"[\w./-]+:[\w.-]+@sha256:[0-9a-f]{64}")

Workflow = dict[Any, Any]


def read(path: Path) -> Workflow:
    workflow: Workflow = yaml.safe_load(path.read_text(encoding="utf-8"))
    return workflow


def steps_of(workflow: Workflow) -> Iterator[dict[str, Any]]:
    if "runs" in workflow:
        yield from workflow["runs"]["steps"]
    for job in workflow.get("jobs", {}).values():
        yield from job["steps"]


def uses(steps: list[dict[str, Any]], action: str) -> list[dict[str, Any]]:
    return [each for each in steps if each.get("uses", "").startswith(f"{action}@")]


def faults(workflow: Workflow) -> list[str]:
    """Return what is wrong with a workflow or a composite action."""
    found = []
    for step in steps_of(workflow):
        if "uses" in step and not _PINNED.fullmatch(step["uses"]):
            found.append(f"{step['uses']} is not pinned to a commit")
        if "${{" in step.get("run", ""):
            found.append("a script has an expression, which may be anybody's words, in it")
        if "actions/cache" in step.get("uses", "") or "cache" in step.get("with", {}):
            found.append("a cache, which other runs may have filled, is used")
    if "secrets" in str(workflow):
        found.append("a secret is used")
    if "runs" in workflow:
        return found
    if set(workflow[True]) - EVENTS:  # YAML 1.1 takes the word "on" for a truth value
        found.append("an event is among its causes that strangers can cause")
    if workflow.get("permissions") != {}:
        found.append("what a job does not ask for is not refused")
    for name, job in workflow["jobs"].items():
        found += [f"{name}: {each}" for each in faults_of_job(job)]
    return found


def faults_of_job(job: dict[str, Any]) -> Iterator[str]:
    """Yield what is wrong with a job."""
    steps = job["steps"]
    checkouts = uses(steps, "actions/checkout")
    rights = job.get("permissions")
    if not isinstance(rights, dict):
        yield "it does not say what it may do"
    elif "write" in rights.values():
        if checkouts or any(re.search(r"\b(python|pip|tox|npm)", str(each)) for each in steps):
            yield "it may write and runs code of the repository or of packages"
        if rights.get("contents") == rights.get("id-token") == "write":
            yield "it may both sign and publish"
    if any(each.get("with", {}).get("persist-credentials") is not False for each in checkouts):
        yield "its checkout leaves the token in the work tree"
    if "timeout-minutes" not in job:
        yield "its time is not bounded"
    if "self-hosted" in job["runs-on"] and job.get("if") != OWN_PULL_REQUESTS:
        yield "a fork's code would run on the rig"
    matrix = job.get("strategy", {}).get("matrix", {}).get("include", [])
    images = [str(job.get("container", "")), *(each.get("image", "") for each in matrix)]
    images = [each for each in images if each and each != "${{ matrix.image }}"]
    loose = [each for each in images if not _DIGEST.fullmatch(each)]
    if loose and uses(steps, "actions/upload-artifact"):
        yield f"something is made of it in {loose[0]}, whose content is not pinned"


@pytest.mark.parametrize("path", [*WORKFLOWS, *ACTIONS], ids=lambda path: path.name)
def test_every_workflow_follows_the_rules(path: Path) -> None:
    assert faults(read(path)) == []


@pytest.mark.parametrize("path", [*WORKFLOWS, *ACTIONS], ids=lambda path: path.name)
def test_the_version_of_each_commit_stands_beside_it(path: Path) -> None:
    commits = [each["uses"].partition("@")[2] for each in steps_of(read(path)) if "uses" in each]
    text = path.read_text(encoding="utf-8")
    assert [found["sha"] for found in _VERSION.finditer(text)] == commits


def test_one_action_is_of_one_commit_and_one_image_of_one_content_everywhere() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in [*WORKFLOWS, *ACTIONS])
    pairs = [found.split("@") for found in {*_PINNED.findall(text), *_DIGEST.findall(text)}]
    names = [name for name, *_ in pairs]
    assert sorted(names) == sorted(set(names))
    assert "actions/checkout" in names
    assert "espressif/idf:v5.5.5" in names


@pytest.mark.parametrize("path", IMAGES, ids=["docker", "devcontainer"])
def test_images_are_made_on_one_of_known_content(path: Path) -> None:
    bases = re.findall(r"^FROM (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(bases) == 1
    assert _DIGEST.fullmatch(bases[0])


def test_what_is_published_has_sums_and_a_statement_of_where_it_was_built() -> None:
    for name in ("release.yml", "firmware.yml"):
        jobs = read(ROOT / ".github" / "workflows" / name)["jobs"]
        signed = [each["with"] for each in uses(jobs["attest"]["steps"], "actions/attest")]
        sums = [each["subject-checksums"] for each in signed if "subject-checksums" in each]
        assert len(sums) == 1
        assert Path(sums[0]).name.startswith("SHA256SUMS")
        publishing = [job for job in jobs.values() if "write" in job["permissions"].values()]
        assert all(job["needs"] == "attest" for job in publishing if job is not jobs["attest"])


Change = Callable[[Workflow], object]


def job_of(workflow: Workflow) -> dict[str, Any]:
    job: dict[str, Any] = workflow["jobs"]["rig"]
    return job


CHANGES: dict[str, tuple[Change, str]] = {
    "a tag in place of a commit": (
        lambda w: job_of(w)["steps"].append({"uses": "actions/setup-python@v7"}),
        "not pinned",
    ),
    "a title in a script": (
        lambda w: job_of(w)["steps"].append({"run": "echo ${{ github.event.pull_request.title }}"}),
        "anybody's words",
    ),
    "a cache": (
        lambda w: job_of(w)["steps"].append(
            {"uses": f"actions/setup-python@{'0' * 40}", "with": {"cache": "pip"}}
        ),
        "a cache",
    ),
    "a secret": (
        lambda w: job_of(w).update(env={"PASSWORD": "${{ secrets.WIFI }}"}),
        "a secret",
    ),
    "rights for forks": (
        lambda w: w[True].update(pull_request_target=None),
        "strangers can cause",
    ),
    "default rights": (lambda w: w.pop("permissions"), "not refused"),
    "all rights": (lambda w: job_of(w).update(permissions="write-all"), "does not say"),
    "unsaid rights": (lambda w: job_of(w).pop("permissions"), "does not say"),
    "code with rights": (
        lambda w: job_of(w).update(permissions={"contents": "write"}),
        "runs code of the repository",
    ),
    "one job for all": (
        lambda w: job_of(w).update(permissions={"contents": "write", "id-token": "write"}),
        "both sign and publish",
    ),
    "the token kept": (
        lambda w: [each.get("with", {}).clear() for each in job_of(w)["steps"]],
        "leaves the token",
    ),
    "no end": (lambda w: job_of(w).pop("timeout-minutes"), "not bounded"),
    "forks on the rig": (lambda w: job_of(w).pop("if"), "a fork's code"),
    "an image by its tag": (
        lambda w: job_of(w).update(container="espressif/idf:v5.5.5"),
        "whose content is not pinned",
    ),
    "an image by a tag of the matrix": (
        lambda w: job_of(w).update(container="espressif/idf:${{ matrix.idf }}"),
        "whose content is not pinned",
    ),
    "an image of the matrix by its tag": (
        lambda w: job_of(w).update(
            container="${{ matrix.image }}",
            strategy={"matrix": {"include": [{"image": "espressif/idf:v5.5.5"}]}},
        ),
        "whose content is not pinned",
    ),
}


@pytest.mark.parametrize(("change", "said"), CHANGES.values(), ids=CHANGES)
def test_a_workflow_that_breaks_a_rule_is_found(change: Change, said: str) -> None:
    workflow = copy.deepcopy(read(ROOT / ".github" / "workflows" / "hil.yml"))
    change(workflow)
    assert [each for each in faults(workflow) if said in each]
