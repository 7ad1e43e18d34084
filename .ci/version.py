# SPDX-License-Identifier: MIT
"""Check that a tag, the package, the firmware and the list of changes name one version.

Usage: python .ci/version.py [TAG]
"""

import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]


def versions(root: Path = ROOT) -> dict[str, str]:
    """Return the version that each of the files names."""
    package = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    code = (root / "hil" / "version.py").read_text(encoding="utf-8")
    changes = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    in_code = re.search(r'^__version__ = "([^"]+)"', code, re.MULTILINE)
    newest = re.search(r"^## \[(\d[^\]]*)\]", changes, re.MULTILINE)
    return {
        "pyproject.toml": package["project"]["version"],
        "hil/version.py": in_code[1] if in_code else "none",
        "firmware/version.txt": (root / "firmware/version.txt").read_text(encoding="utf-8").strip(),
        "CHANGELOG.md": newest[1] if newest else "none",
    }


def main(tag: str | None = None) -> int:
    """Return 0 if all are the same, else say what differs and return 1."""
    found = versions()
    if tag is not None:
        found["the tag"] = tag.removeprefix("v")
    if len(set(found.values())) == 1:
        return 0
    listed = ", ".join(f"{where} {version}" for where, version in found.items())
    print(f"Versions differ: {listed}; give them all the same.", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))
