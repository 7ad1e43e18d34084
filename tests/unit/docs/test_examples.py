# SPDX-License-Identifier: MIT
"""What the documents tell people to type can be typed: commands, options, configuration."""

import json
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from hil.cli import COMMANDS, cli

ROOT = Path(__file__).parents[3]
DOCUMENTS = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")),
    *sorted((ROOT / "docs").glob("*.md")),
]
_BLOCK = re.compile(r"^ *```(\w*)\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"(?<!`)`((?:\.venv/bin/)?hil [^`]+)`")
_PYTEST_OPTION = re.compile(r"--hil-[a-z0-9-]*[a-z0-9]")

each_document = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)


def blocks(document: Path, language: str) -> Iterator[str]:
    """Yield the code blocks of a document that are of one language."""
    for name, text in _BLOCK.findall(document.read_text(encoding="utf-8")):
        if name == language:
            yield text


def commands(document: Path) -> Iterator[list[str]]:
    """Yield the words of each call of ``hil``, in blocks and between backticks."""
    text = document.read_text(encoding="utf-8")
    lines = [line for block in blocks(document, "sh") for line in block.splitlines()]
    for line in [*lines, *_INLINE.findall(_BLOCK.sub("", text))]:
        words = shlex.split(line, comments=True)
        if words and words[0].removeprefix(".venv/bin/") == "hil":
            yield words[1 : words.index("...") if "..." in words else None]


@each_document
def test_every_command_and_its_options_exist(document: Path) -> None:
    for words in commands(document):
        command: click.Command = cli
        context = cli.make_context("hil", [], resilient_parsing=True)
        for word in words:
            if isinstance(command, click.Group) and not word.startswith("-"):
                found = command.get_command(context, word)
                assert found is not None, f"hil {shlex.join(words)}: no command {word}"
                command = found
            elif word.startswith("--") and not command.ignore_unknown_options:
                known = {name for each in command.get_params(context) for name in each.opts}
                known |= {
                    name for each in command.get_params(context) for name in each.secondary_opts
                }
                assert word.partition("=")[0] in known, f"hil {shlex.join(words)}: no {word}"


@pytest.fixture(scope="module")
def options() -> set[str]:
    """The options that the plugin adds to pytest's."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--help"],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    return set(_PYTEST_OPTION.findall(done.stdout))


@each_document
def test_every_option_of_pytest_exists(document: Path, options: set[str]) -> None:
    named = set(_PYTEST_OPTION.findall(document.read_text(encoding="utf-8")))
    assert sorted(named - options) == []


def test_every_option_and_every_command_is_described(options: set[str]) -> None:
    described = (ROOT / "docs" / "options.md").read_text(encoding="utf-8")
    assert [option for option in sorted(options) if f"`{option}`" not in described] == []
    described = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    assert [name for name in COMMANDS if f"`hil {name}" not in described] == []


@each_document
def test_every_piece_of_configuration_can_be_read(document: Path) -> None:
    for text in blocks(document, "toml"):
        tomllib.loads(text)
    for text in blocks(document, "json"):
        json.loads(text)


@each_document
def test_every_example_in_python_is_python(document: Path) -> None:
    for text in blocks(document, "python"):
        compile(text, document.name, "exec")


@each_document
def test_prose_has_at_most_100_characters_a_line(document: Path) -> None:
    text = _BLOCK.sub("", document.read_text(encoding="utf-8"))
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("|")]
    assert [line for line in lines if len(line) > 100] == []
