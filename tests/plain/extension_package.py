# SPDX-License-Identifier: MIT
"""Packages that add to hil by entry points, installed as a wheel would leave them."""

import shutil
import tomllib
from pathlib import Path

MYFARM = Path(__file__).parents[2] / "docs" / "examples" / "hil-myfarm"


def install(
    target: Path, name: str, entry_points: dict[str, dict[str, str]], version: str = "1.0"
) -> Path:
    """Write a package's metadata into a directory that is to be on Python's path; return that.

    Args:
        target: the directory; the package's modules are for the caller to put there.
        name: of the package.
        entry_points: by group and name.
        version: of the package.
    """
    place = target / f"{name.replace('-', '_')}-{version}.dist-info"
    place.mkdir(parents=True)
    (place / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    lines = [
        line
        for group, entries in entry_points.items()
        for line in (f"[{group}]", *(f"{key} = {value}" for key, value in entries.items()))
    ]
    (place / "entry_points.txt").write_text("\n".join(lines) + "\n")
    return target


def install_example(target: Path) -> Path:
    """Install the worked example of docs/extending.md."""
    project = tomllib.loads((MYFARM / "pyproject.toml").read_text())["project"]
    target.mkdir(parents=True, exist_ok=True)
    shutil.copy(MYFARM / "hil_myfarm.py", target)
    return install(target, project["name"], project["entry-points"], project["version"])
