# SPDX-License-Identifier: MIT
"""Links in Markdown, rewritten for where its files are shown: the site, the package index."""

import posixpath
import re
from collections.abc import Callable

_LINK = re.compile(r"(?P<bang>!?)\[(?P<text>[^\]]*)\]\((?P<target>[^)\s#]*)(?P<anchor>#[^)\s]*)?\)")
_CODE = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)

Rewrite = Callable[[re.Match[str], str], str]
"""Given a link (groups ``bang``, ``text``, ``target``, ``anchor``) and the path that it leads to
from the top of the repository, returns what is to stand in its place."""


def rewrite_links(markdown: str, source: str, rewrite: Rewrite) -> str:
    """Return a text with its links to files of the repository rewritten.

    Args:
        markdown: the text; what it shows as code stays as it is.
        source: the file that it stands in, from the top of the repository.
        rewrite: called for each link to another file.
    """

    def rewritten(found: re.Match[str]) -> str:
        target = found["target"]
        if ":" in target or not target:
            return found[0]
        path = posixpath.normpath(posixpath.join(posixpath.dirname(source), target))
        return rewrite(found, path)

    aside: list[str] = []  # code that looks like a link

    def put_aside(found: re.Match[str]) -> str:
        if "](" not in found[0]:
            return found[0]
        aside.append(found[0])
        return f"\0{len(aside) - 1}\0"

    linked = _LINK.sub(rewritten, _CODE.sub(put_aside, markdown))
    return re.sub(r"\0(\d+)\0", lambda found: aside[int(found[1])], linked)
