# SPDX-License-Identifier: MIT
"""hatchling's metadata hook: the README as the package index can show it, and the project's URLs.

Both depend on where the repository is, which a fork need not be told: ``HIL_REPOSITORY_URL`` says
it (release.yml sets it), ``HIL_SITE_URL`` where its documents are. The README's links are then
absolute and of this version's tag; without an address only their text stays.
"""

import importlib.util
import os
import re
from pathlib import Path
from types import ModuleType
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

ROOT = Path(__file__).parents[1]


class MetadataHook(MetadataHookInterface):
    """Fills in ``readme`` and ``urls``."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Fill them in."""
        repository = os.environ.get("HIL_REPOSITORY_URL", "").rstrip("/")
        site = os.environ.get("HIL_SITE_URL", "")
        text = (ROOT / "README.md").read_text(encoding="utf-8")
        shown = absolute(text, repository, f"v{metadata['version']}")
        metadata["readme"] = {"content-type": "text/markdown", "text": shown}
        metadata["urls"] = urls(repository, site)


def absolute(markdown: str, repository: str, tag: str) -> str:
    """Return the README with links that lead somewhere from anywhere.

    Args:
        markdown: the README.
        repository: its address; empty if it is not known.
        tag: of the version, at which the files are.
    """

    def rewrite(found: re.Match[str], path: str) -> str:
        if not repository:
            return found["text"]
        kind = "raw" if found["bang"] else "blob"
        target = f"{repository}/{kind}/{tag}/{path}{found['anchor'] or ''}"
        return f"{found['bang']}[{found['text']}]({target})"

    return str(_links().rewrite_links(markdown, "README.md", rewrite))


def urls(repository: str, site: str) -> dict[str, str]:
    """Return the project's URLs, as far as they are known."""
    found = {"Documentation": site} if site else {}
    if repository:
        found |= {
            "Repository": repository,
            "Issues": f"{repository}/issues",
            "Changelog": f"{repository}/blob/main/CHANGELOG.md",
        }
    return found


def _links() -> ModuleType:
    """Return the module beside this one, which hatchling loads by itself."""
    spec = importlib.util.spec_from_file_location("links", ROOT / ".ci" / "links.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
