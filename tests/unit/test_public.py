# SPDX-License-Identifier: MIT
"""The public interface: what ``hil`` exports, and that documents and examples need nothing else."""

import ast
import inspect
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import hil

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
PUBLIC = [name for name in hil.__all__ if name not in {"__version__", "errors"}]


def hil_imports(source: str) -> Iterator[str]:
    """Yield what a piece of Python takes from ``hil``: ``Board``, or ``board.board.Board``."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "hil":
            inside = node.module.removeprefix("hil").lstrip(".")
            yield from (f"{inside}.{each.name}".lstrip(".") for each in node.names)
        elif isinstance(node, ast.Import):
            names = (each.name for each in node.names)
            yield from (name.removeprefix("hil.") for name in names if name.startswith("hil."))


@pytest.mark.parametrize("name", PUBLIC)
def test_an_exported_name_is_documented(name: str) -> None:
    documentation = inspect.getdoc(getattr(hil, name))
    assert documentation
    assert f"`{name}`" in (ROOT / "docs" / "api.md").read_text()


@pytest.mark.parametrize("name", PUBLIC)
def test_an_exported_name_is_in_the_reference(name: str) -> None:
    place = f"::: {hil._WHERE[name]}.{hil._NAMED_OTHERWISE.get(name, name)}"
    assert place in (ROOT / "docs" / "reference.md").read_text().splitlines()


def test_types_and_names_of_the_exports_agree() -> None:
    tree = ast.parse((ROOT / "hil" / "__init__.py").read_text())
    typed = {
        (each.asname or each.name): node.module
        for block in tree.body
        if isinstance(block, ast.If)
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for each in node.names
    }
    assert typed.pop("errors") == "hil"
    assert typed == hil._WHERE
    assert sorted(hil.__all__) == sorted([*typed, "__version__", "errors"])


def test_a_name_that_is_not_exported_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'Bord'"):
        _ = hil.Bord  # type: ignore[attr-defined]


def test_importing_hil_imports_nothing_else_of_it() -> None:
    code = "import sys, hil; print(*sorted(n for n in sys.modules if n.split('.')[0] == 'hil'))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["hil", "hil.version"]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_examples_in_documents_use_nothing_private(document: Path) -> None:
    for source in re.findall(r"```python\n(.*?)```", document.read_text(), re.DOTALL):
        for name in hil_imports(source):
            assert name in hil.__all__ or name.startswith("errors."), name


def test_the_users_file_that_is_type_checked_uses_every_exported_name() -> None:
    source = (ROOT / "tests" / "typing" / "users_file.py").read_text()
    assert set(hil_imports(source)) == set(hil.__all__)
