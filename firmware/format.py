# SPDX-License-Identifier: MIT
"""Format the firmware's C and C++ files with clang-format; --check only tells which differ."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent


def made_by_idf(path: Path) -> bool:
    """Tell whether `path` is in what idf.py makes or downloads."""
    top = path.relative_to(ROOT).parts[0]
    return top.startswith("build") or top == "managed_components"


def main() -> int:
    """Run clang-format over every source file and return its exit status."""
    files = sorted(
        str(path)
        for path in ROOT.rglob("*")
        if path.suffix in {".c", ".h", ".cc", ".cpp"} and not made_by_idf(path)
    )
    mode = ["--dry-run", "--Werror"] if "--check" in sys.argv[1:] else ["-i"]
    return subprocess.run(["clang-format", *mode, *files], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
