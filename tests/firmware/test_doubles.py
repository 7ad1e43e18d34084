# SPDX-License-Identifier: MIT
"""The doubles of ESP-IDF in firmware/test: each says what it stands for and what that takes.

Where IDF_PATH names an ESP-IDF 5, the files that they name are looked up in it.
"""

import os
import re
from pathlib import Path

import pytest

from .conftest import TESTS

FILES = [
    file
    for folder in (TESTS / "chip", TESTS / "posix")
    for file in sorted([*folder.rglob("*.c"), *folder.rglob("*.h")])
    if not file.name.startswith("test_")
]
DEFINITION = re.compile(r"^(?!static|typedef)\w[\w *]*?\b(\w+)\([^;{}]*\) \{", re.MULTILINE)
ALIAS = re.compile(r"^#define (\w+) (board_\w+)$", re.MULTILINE)
OWN = re.compile(r"board_|otadata_|hil_|main$")
"""What is a test's own, or the product's that a test program puts in its place."""
PATH = re.compile(r"[\w/-]+/\w+\.(?:cpp|c|h)\b")


def standing_in() -> dict[str, list[tuple[str, str]]]:
    """Return the functions that stand for ESP-IDF's: file and comment of each double."""
    aliases = {own: real for file in FILES for real, own in ALIAS.findall(file.read_text())}
    found: dict[str, list[tuple[str, str]]] = {}
    for file in FILES:
        text = file.read_text()
        for match in DEFINITION.finditer(text):
            name = aliases.get(match[1], match[1])
            if not OWN.match(name):
                before = text[: match.start()]
                comment = before[before.rfind("/*") :] if before.endswith("*/\n") else ""
                found.setdefault(name, []).append((str(file.relative_to(TESTS)), comment))
    return found


DOUBLES = standing_in()


def test_doubles_are_found():
    assert {"psa_hash_update", "esp_task_wdt_reset", "xQueueSend", "select"} <= DOUBLES.keys()


@pytest.mark.parametrize("name", DOUBLES)
def test_a_double_names_the_real_functions_file_and_what_it_takes(name):
    for file, comment in DOUBLES[name]:
        said = comment.split(": ", 1)
        assert PATH.search(said[0]), f"{file}: {name} needs a comment '<file of ESP-IDF>: ...'"
        assert len(said) == 2, f"{file}: the comment of {name} does not say what it takes"


def test_no_double_is_a_macro():
    macros = [
        f"{file.name}: {name}"
        for file in FILES
        for name in re.findall(r"^#define ([a-z]\w*[a-z])\(", file.read_text(), re.MULTILINE)
    ]
    assert macros == []


def test_the_files_that_doubles_name_have_those_functions():
    idf = Path(os.environ.get("IDF_PATH", "/none"))
    version = idf / "tools" / "cmake" / "version.cmake"
    if not version.is_file() or "IDF_VERSION_MAJOR 5" not in version.read_text():
        pytest.skip("set IDF_PATH to an ESP-IDF 5 to look up what the doubles name")
    for name, places in DOUBLES.items():
        for _, comment in places:
            paths = [path for path in PATH.findall(comment) if not path.startswith("newlib/")]
            there = [idf / "components" / path for path in paths]
            texts = [path.read_text(errors="replace") for path in there if path.is_file()]
            assert any(name in text for text in texts) or not paths, f"{name} is not in {paths}"
