# SPDX-License-Identifier: MIT
"""mkdocs' hook: the files that lie at the top of the repository, as pages, and links between them.

A link out of ``docs`` leads to another page where there is one, else to the repository if its
address is known (``HIL_REPOSITORY_URL``); else its text stays.
"""

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / ".ci"))

from links import rewrite_links  # noqa: E402

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

PAGES = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changes.md",
}
"""Files of the repository by the pages that they become."""


def on_files(files: "Files", config: "MkDocsConfig") -> "Files":
    """Add the pages that lie outside of the folder."""
    from mkdocs.structure.files import File

    for name, page in PAGES.items():
        text = (ROOT / name).read_text(encoding="utf-8")
        files.append(File.generated(config, page, content=text))
    return files


def on_page_markdown(markdown: str, page: "Page", config: "MkDocsConfig", files: "Files") -> str:
    """Rewrite the links of a page.

    Raises:
        FileNotFoundError: one leads to a file that is not there.
    """
    at_top = {page: name for name, page in PAGES.items()}
    source = at_top.get(page.file.src_uri, f"docs/{page.file.src_uri}")

    def rewrite(found: re.Match[str], path: str) -> str:
        if not (ROOT / path).exists():
            raise FileNotFoundError(f"{source} links to {found['target']}, which is not there")
        anchor = found["anchor"] or ""
        inside = PAGES.get(path) or path.removeprefix("docs/")
        if path in PAGES or (path.startswith("docs/") and files.get_file_from_path(inside)):
            return f"{found['bang']}[{found['text']}]({inside}{anchor})"
        if config.repo_url:
            return f"[{found['text']}]({config.repo_url.rstrip('/')}/blob/main/{path}{anchor})"
        return found["text"]

    return rewrite_links(markdown, source, rewrite)
