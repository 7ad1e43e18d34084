# SPDX-License-Identifier: MIT
"""mkdocs' hook: which files are pages, and where links lead on the site."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
ADDRESS = "https://github.com/team/project"


@pytest.fixture(scope="module")
def pages(script: Callable[[str], ModuleType]) -> ModuleType:
    return script("docs/pages.py")


@dataclass
class Folder:
    """mkdocs' files of the folder docs, as far as the hook asks for them."""

    names: tuple[str, ...] = ("budgets.md", "models.md", "run.svg")

    def get_file_from_path(self, path: str) -> object:
        return path if path in self.names else None


def rewritten(
    pages: ModuleType, markdown: str, page: str = "index.md", repository: str | None = ADDRESS
) -> str:
    where: Any = SimpleNamespace(file=SimpleNamespace(src_uri=page))
    config = SimpleNamespace(repo_url=repository)
    shown: str = pages.on_page_markdown(markdown, where, config, Folder())
    return shown


@pytest.mark.parametrize(
    ("page", "link", "leads_to"),
    [
        ("index.md", "[b](docs/budgets.md)", "[b](budgets.md)"),
        ("index.md", "[b](docs/budgets.md#latency)", "[b](budgets.md#latency)"),
        ("index.md", "![a run](docs/run.svg)", "![a run](run.svg)"),
        ("index.md", "[`code`](CONTRIBUTING.md)", "[`code`](contributing.md)"),
        ("budgets.md", "[m](models.md)", "[m](models.md)"),
        ("budgets.md", "[home](../README.md)", "[home](index.md)"),
        ("changes.md", "[m](docs/models.md)", "[m](models.md)"),
        ("budgets.md", "[f](../budgets.toml)", f"[f]({ADDRESS}/blob/main/budgets.toml)"),
        ("budgets.md", "[here](#latency)", "[here](#latency)"),
        ("index.md", "[out](https://example.org/a#b)", "[out](https://example.org/a#b)"),
    ],
)
def test_a_link_leads_to_a_page_or_to_the_repository(
    pages: ModuleType, page: str, link: str, leads_to: str
) -> None:
    assert rewritten(pages, f"See {link}.", page) == f"See {leads_to}."


def test_without_the_repositorys_address_the_text_of_a_link_stays(pages: ModuleType) -> None:
    assert rewritten(pages, "the file [limits](budgets.toml).", repository=None) == (
        "the file limits."
    )


def test_a_link_to_what_is_not_there_ends_the_build(pages: ModuleType) -> None:
    with pytest.raises(FileNotFoundError, match=r"README.md links to docs/none.md"):
        rewritten(pages, "[n](docs/none.md)")


def test_code_that_looks_like_a_link_stays_as_it_is(pages: ModuleType) -> None:
    code = "`a[0](b)` and\n```python\nx = a[0](docs/none.md)\n```\n"
    assert rewritten(pages, f"{code}[m](docs/models.md)") == f"{code}[m](models.md)"


def test_the_files_at_the_top_become_pages(
    pages: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[tuple[str, str]] = []

    class File:
        @staticmethod
        def generated(_config: object, page: str, *, content: str) -> str:
            made.append((page, content))
            return page

    monkeypatch.setitem(sys.modules, "mkdocs", ModuleType("mkdocs"))
    monkeypatch.setitem(sys.modules, "mkdocs.structure", ModuleType("mkdocs.structure"))
    module = ModuleType("mkdocs.structure.files")
    monkeypatch.setattr(module, "File", File, raising=False)
    monkeypatch.setitem(sys.modules, "mkdocs.structure.files", module)
    assert pages.on_files(["budgets.md"], None) == [
        *("budgets.md", "index.md", "contributing.md", "changes.md")
    ]
    assert dict(made)["index.md"] == (ROOT / "README.md").read_text(encoding="utf-8")
