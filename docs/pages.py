# SPDX-License-Identifier: MIT
"""mkdocs' hook: the files that lie at the top of the repository, as pages, and links between them.

A link out of ``docs`` leads to another page where there is one, else to the repository if its
address is known (``HIL_REPOSITORY_URL``); else its text stays.
"""

import posixpath
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[1]

PAGES = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changes.md",
}
"""Files of the repository by the pages that they become."""

_LINK = re.compile(r"(?P<bang>!?)\[(?P<text>[^\]]*)\]\((?P<target>[^)\s#]+)(?P<anchor>#[^)\s]*)?\)")
_CODE = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that lie outside of the folder."""
    for name, page in PAGES.items():
        text = (ROOT / name).read_text(encoding="utf-8")
        files.append(File.generated(config, page, content=text))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Rewrite the links of a page."""
    at_top = {page: name for name, page in PAGES.items()}
    source = at_top.get(page.file.src_uri, f"docs/{page.file.src_uri}")

    def rewritten(found: re.Match[str]) -> str:
        target, anchor = found["target"], found["anchor"] or ""
        if ":" in target:
            return found[0]
        path = posixpath.normpath(posixpath.join(posixpath.dirname(source), target))
        if not (ROOT / path).exists():
            raise FileNotFoundError(f"{source} links to {target}, which is not there")
        inside = PAGES.get(path) or path.removeprefix("docs/")
        if path in PAGES or (path.startswith("docs/") and files.get_file_from_path(inside)):
            return f"{found['bang']}[{found['text']}]({inside}{anchor})"
        if config.repo_url:
            return f"[{found['text']}]({config.repo_url.rstrip('/')}/blob/main/{path}{anchor})"
        return found["text"]

    aside: list[str] = []  # code that looks like a link

    def put_aside(found: re.Match[str]) -> str:
        if "](" not in found[0]:
            return found[0]
        aside.append(found[0])
        return f"\0{len(aside) - 1}\0"

    linked = _LINK.sub(rewritten, _CODE.sub(put_aside, markdown))
    return re.sub(r"\0(\d+)\0", lambda found: aside[int(found[1])], linked)
