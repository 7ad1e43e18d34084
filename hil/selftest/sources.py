# SPDX-License-Identifier: MIT
"""The firmware's sources: copied to where they may be changed, and patched by git.

git rather than patch: who has a checkout has git, it takes no context that is not exactly there,
and it changes either everything or nothing.
"""

import os
import shutil
import subprocess
from pathlib import Path

from hil.errors import BadInputError
from hil.firmware.virtual import is_checkout, sources
from hil.selftest.mutant import Mutant

FOLDER = "firmware"
"""What the tree is called in patches: their paths start at the root of a checkout."""


def check_sources(root: Path) -> None:
    """Raise BadInputError unless `root` holds the firmware's sources and there is a git."""
    if not is_checkout(root):
        raise BadInputError(
            f"{root} holds no sources of this firmware (no virtual/events.c); name the folder "
            "'firmware' of a checkout by --firmware-sources."
        )
    if shutil.which("git") is None:
        raise BadInputError(
            "The selftest applies its patches by git, which is missing; install it."
        )


def copy_sources(root: Path, directory: Path) -> Path:
    """Copy what an image depends on, and nothing else.

    Args:
        root: the folder ``firmware`` of some checkout.
        directory: gets a folder of that name.

    Returns:
        the copy.
    """
    copy = directory / FOLDER
    for path in sources(root):
        target = copy / path.relative_to(root)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    return copy


def apply(mutant: Mutant, directory: Path) -> None:
    """Apply a mutant to the sources in ``directory/firmware``.

    Raises:
        BadInputError: it does not apply.
    """
    done = subprocess.run(
        ["git", "apply", "--whitespace=nowarn", "-"],
        cwd=directory,
        # Inside a repository, git would leave out what that does not hold.
        env={
            **os.environ,
            "GIT_CEILING_DIRECTORIES": str(directory.resolve().parent),
            "LC_ALL": "C",
        },
        input=mutant.diff,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        first = next(iter(done.stderr.splitlines()), "").removeprefix("error: ")
        raise BadInputError(f"it does not apply: {first}")
