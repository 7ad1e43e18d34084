# SPDX-License-Identifier: MIT
"""Find the data that the harness brings along, in a checkout and in an installed wheel alike."""

import tomllib
from pathlib import Path

from hil.errors import InfrastructureError

PACKAGE = Path(__file__).resolve().parent
PROJECT = "esp32-split-hil"
# The wheel holds each resource under its own name; in a checkout this one lives elsewhere.
IN_CHECKOUT = {"firmware": "firmware/virtual/prebuilt"}


def resource(name: str) -> Path:
    """Return the path of a file or directory that belongs to the harness.

    A checkout comes first, so that what is edited is what is used.

    Args:
        name: ``photos``, ``models/<name>``, ``firmware`` (the prebuilt image of the virtual
            board; its test build lies beside it) or ``budgets.toml``.

    Raises:
        InfrastructureError: neither the checkout nor the installed package has it.
    """
    candidates = [PACKAGE / "data" / name]
    if _is_checkout(PACKAGE.parent):
        candidates.insert(0, PACKAGE.parent / IN_CHECKOUT.get(name, name))
    for candidate in candidates:
        if candidate.exists():
            return candidate
    raise InfrastructureError(
        f"{name!r} is not part of this installation (looked for {candidates[0]}): "
        "reinstall hil, or restore the file in the checkout"
    )


def _is_checkout(directory: Path) -> bool:
    """Tell whether ``directory`` is the root of this project's sources."""
    try:
        text = (directory / "pyproject.toml").read_text(encoding="utf-8")
        return bool(tomllib.loads(text).get("project", {}).get("name") == PROJECT)
    except (OSError, ValueError):  # none there, or one that is not ours to judge
        return False
