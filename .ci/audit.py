# SPDX-License-Identifier: MIT
"""List what the package brings in (an SBOM), and whether any of it is known to be vulnerable.

Usage: python .ci/audit.py [--wheel FILE] [--sbom FILE] [--require]

The wheel is installed, with the extra ``sim``, in an environment of its own, which has nothing else
in it. Making the list takes no network. Where PyPI's vulnerability service cannot be asked, that is
said and nothing more is done; with ``--require`` it is a failure.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
EXTRA = "sim"
TIMEOUT = 900  # seconds, for each program that is run
CANARY = "jinja2==2.4.1"
"""Known to be vulnerable since 2014 (CVE-2014-1402): a service that does not say so says nothing
about anything, as package indexes that only stand in for PyPI."""


class AuditError(Exception):
    """What keeps the audit from passing, in a sentence."""


def main(arguments: list[str] | None = None) -> int:
    """Make the list, look up what is on it, and return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--wheel", type=Path, default=ROOT, help="built here if not given")
    parser.add_argument("--sbom", type=Path, default=ROOT / "build" / "sbom.cdx.json")
    parser.add_argument("--require", action="store_true", help="fail where nobody can be asked")
    asked = parser.parse_args(arguments)
    try:
        with tempfile.TemporaryDirectory() as directory:
            environment = install(asked.wheel, Path(directory))
            print(check_sbom(make_sbom(environment, asked.sbom)))
            print(f"It is {asked.sbom}.")
            unanswered = ask_canary(Path(directory))
            if unanswered is None:
                print(judge(look_up("--path", str(packages_of(environment)))))
                return 0
    except AuditError as error:
        print(error, file=sys.stderr)
        return 1
    outcome = "a failure, by --require" if asked.require else "skipped"
    print(f"Vulnerabilities were not looked up ({outcome}): {unanswered}")
    return 1 if asked.require else 0


def install(wheel: Path, directory: Path) -> Path:
    """Install the wheel and what it needs, nothing else, and return the environment."""
    environment = directory / "environment"
    run(sys.executable, "-m", "venv", "--without-pip", str(environment))
    pip = (sys.executable, "-m", "pip", "--python", str(environment))
    done = run(*pip, "install", "--quiet", f"{wheel}[{EXTRA}]")
    if done.returncode != 0:
        raise AuditError(f"{wheel} cannot be installed: {done.stderr.strip()}")
    return environment


def packages_of(environment: Path) -> Path:
    """Return the directory of an environment that its packages are in."""
    return next(environment.glob("lib/python*/site-packages"))


def make_sbom(environment: Path, path: Path) -> dict[str, Any]:
    """Write the list of all that is in the environment and return it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    project = ("--pyproject", str(ROOT / "pyproject.toml"), "--mc-type", "library")
    to = ("--output-reproducible", "-o", str(path), str(environment))
    done = run(sys.executable, "-m", "cyclonedx_py", "environment", *project, *to)
    if done.returncode != 0:
        raise AuditError(f"The SBOM cannot be made: {done.stderr.strip()}")
    sbom: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return sbom


def check_sbom(sbom: dict[str, Any], root: Path = ROOT) -> str:
    """Return what the list has, in a sentence.

    Raises:
        AuditError: it lacks a dependency that pyproject.toml names for this platform, or is of
            another package or version.
    """
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    about = sbom["metadata"]["component"]
    if (about["name"], about["version"]) != (project["name"], project["version"]):
        raise AuditError(f"The SBOM is of {about['name']} {about['version']}: make it again.")
    stated = [*project["dependencies"], *project["optional-dependencies"][EXTRA]]
    needed = [Requirement(each) for each in stated]
    here = {each.name for each in needed if each.marker is None or each.marker.evaluate()}
    listed = {canonicalize_name(each["name"]): each["version"] for each in sbom["components"]}
    missing = sorted(name for name in here if canonicalize_name(name) not in listed)
    if missing:
        raise AuditError(f"The SBOM lacks {', '.join(missing)}, which pyproject.toml names.")
    return (
        f"The SBOM lists {len(listed)} packages, among them all {len(here)} that pyproject.toml "
        f"names for this platform."
    )


def ask_canary(directory: Path) -> str | None:
    """Return None if the vulnerability service answers, else why it is not to be relied on."""
    requirements = directory / "canary.txt"
    requirements.write_text(f"{CANARY}\n", encoding="utf-8")
    try:
        found = look_up("--disable-pip", "--no-deps", "--requirement", str(requirements))
    except AuditError as error:
        return str(error)
    if not any(each.get("vulns") for each in found):
        return f"what answers in the place of PyPI does not know that {CANARY} is vulnerable."
    return None


def look_up(*what: str) -> list[dict[str, Any]]:
    """Return what pip-audit has found out, one record for each package.

    Raises:
        AuditError: the service cannot be asked.
    """
    done = run(sys.executable, "-m", "pip_audit", "-f", "json", "--progress-spinner=off", *what)
    try:
        found: list[dict[str, Any]] = json.loads(done.stdout)["dependencies"]
    except ValueError:
        said = done.stderr.strip().splitlines() or ["it said nothing"]
        raise AuditError(f"PyPI's vulnerability service cannot be asked ({said[-1]}).") from None
    return found


def judge(found: list[dict[str, Any]]) -> str:
    """Return what was looked up, in a sentence.

    Raises:
        AuditError: a package is known to be vulnerable, or was not looked up.
    """
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    others = [each for each in found if canonicalize_name(each["name"]) != project["name"]]
    faults = [
        f"{each['name']} {each['version']} has {fault['id']}, mended in "
        f"{', '.join(fault['fix_versions']) or 'no version yet'}"
        for each in others
        for fault in each.get("vulns", ())
    ]
    unknown = [each["name"] for each in others if "skip_reason" in each]
    if unknown:
        faults.append(f"not looked up, for PyPI does not have them: {', '.join(sorted(unknown))}")
    if faults or not others:
        raise AuditError("\n".join(faults) or "No package was looked up.")
    return f"None of {len(others)} packages is known to be vulnerable."


def run(*command: str) -> subprocess.CompletedProcess[str]:
    """Run a program to its end and return what it said."""
    return subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT, check=False)


if __name__ == "__main__":
    sys.exit(main())
