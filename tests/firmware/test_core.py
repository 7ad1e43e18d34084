# SPDX-License-Identifier: MIT
"""The C core's own tests (firmware/test): here, on Xtensa, and as the virtual board runs it."""

import re
from pathlib import Path

import pytest

FIRMWARE = Path(__file__).parents[2] / "firmware"
SUITES = re.findall(
    r"^SUITE\((\w+),",
    "\n".join(file.read_text() for file in sorted((FIRMWARE / "test").glob("test_*.c"))),
    re.MULTILINE,
)


@pytest.mark.parametrize("suite", SUITES)
@pytest.mark.parametrize("target", ["native", "xtensa", "wasm32"])
def test_core_behaves(target: str, suite: str, request: pytest.FixtureRequest) -> None:
    request.getfixturevalue(target)(suite)


def test_every_suite_is_registered() -> None:
    registered = (FIRMWARE / "test" / "suites.c").read_text()
    assert SUITES
    assert [suite for suite in SUITES if f"&{suite}," not in registered.replace("}", ",")] == []


def test_core_uses_nothing_of_the_c_library_but_five_functions(symbols: list[str]) -> None:
    missing = {line.removeprefix("U ") for line in symbols if line.startswith("U ")}
    of_the_compiler = {"__stack_chk_fail"}
    assert missing - of_the_compiler <= {"memcpy", "memmove", "memset", "memcmp", "strlen"}


def test_core_keeps_no_state_outside_its_nodes(symbols: list[str]) -> None:
    assert [line for line in symbols if re.search(r" [bBcCdD] ", line)] == []
