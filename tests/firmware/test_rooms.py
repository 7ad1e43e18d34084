# SPDX-License-Identifier: MIT
"""The rooms of the core (``src/*/``): which may use which, read from includes and from symbols.

An arrow is an ``#include``, or a call: a symbol that one object file needs and another defines.
"""

import re
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

from .conftest import COMPONENT, FIRMWARE, INCLUDES, compile_with, core_sources, find_compiler

SRC = COMPONENT / "src"
LINES_MOST = 300
CIRCLE_MOST = 4

ROOMS = {
    "base": set[str](),
    "wire": {"base"},
    "console": {"base"},
    "model": {"base"},
    "link": {"base", "wire"},
    "gateway": {"base", "console"},
    "node": {"base", "wire", "console", "model", "link", "gateway"},
}
"""Each room, from the ground up, and the rooms below that it uses."""

Arrows = Mapping[str, set[str]]
"""From each file to those it uses; paths below ``src``."""


def files() -> list[Path]:
    return sorted(SRC.rglob("*.[ch]"))


def name_of(path: Path) -> str:
    return path.relative_to(SRC).as_posix()


def included() -> Arrows:
    return {
        name_of(path): set(re.findall(r'^#include "(\w+/\w+\.h)"', path.read_text(), re.MULTILINE))
        for path in files()
    }


@pytest.fixture(scope="module")
def called(tmp_path_factory: pytest.TempPathFactory) -> Arrows:
    if shutil.which("nm") is None:
        pytest.skip("nm was not found; install binutils to look into the core's objects.")
    directory = tmp_path_factory.mktemp("rooms")
    sources = [str(path) for path in core_sources()]
    compile_with(
        *(find_compiler(), "-std=c11", "-O1", "-DSN_TEST_BUILD", *INCLUDES, "-c", *sources),
        cwd=directory,
    )
    needed: dict[str, set[str]] = {}
    definer: dict[str, str] = {}
    for path in core_sources():
        listing = subprocess.run(
            ["nm", directory / f"{path.stem}.o"], capture_output=True, text=True, check=True
        ).stdout
        symbols = [line.split()[-2:] for line in listing.splitlines()]
        needed[name_of(path)] = {name for kind, name in symbols if kind == "U"}
        definer.update({name: name_of(path) for kind, name in symbols if kind in "TDBR"})
    return {
        file: {definer[name] for name in names if name in definer} for file, names in needed.items()
    }


def up_the_house(arrows: Arrows) -> list[str]:
    """Return the arrows from a room to one that it may not use."""
    return sorted(
        f"{file} -> {used}"
        for file, those in arrows.items()
        for used in those
        for room, other in [(file.split("/")[0], used.split("/")[0])]
        if other in ROOMS and other != room and other not in ROOMS[room]
    )


def circles(arrows: Arrows) -> list[set[str]]:
    """Return the strongly connected sets of more than one."""
    reached = {file: reach(file, arrows) for file in arrows}
    found = {frozenset(each for each in reached[file] if file in reached[each]) for file in arrows}
    return [set(each) for each in found if len(each) > 1]


def reach(start: str, arrows: Arrows) -> set[str]:
    seen: set[str] = set()
    ahead = [start]
    while ahead:
        for used in arrows.get(ahead.pop(), set()):
            if used not in seen and used in arrows:
                seen.add(used)
                ahead.append(used)
    return seen


def of_modules(*all_arrows: Arrows) -> Arrows:
    """Put the arrows of a C file and of the header with its name together."""
    arrows: dict[str, set[str]] = {}
    for each in all_arrows:
        for file, those in each.items():
            module = file.rpartition(".")[0]
            used = {other.rpartition(".")[0] for other in those} - {module}
            arrows.setdefault(module, set()).update(used)
    return arrows


def rooms_of(names: Iterable[str]) -> set[str]:
    return {name.split("/")[0] for name in names}


def test_every_file_has_a_room() -> None:
    assert files()
    assert rooms_of(name_of(path) for path in files()) == set(ROOMS)
    assert {len(path.relative_to(SRC).parts) for path in files()} == {2}
    stems = [path.stem for path in core_sources()]
    assert len(stems) == len(set(stems)), "objects of two files would have one name"


def test_rooms_include_what_is_below_them() -> None:
    assert up_the_house(included()) == []


def test_rooms_call_what_is_below_them(called: Arrows) -> None:
    assert sum(map(len, called.values())) > 100
    assert up_the_house(called) == []


def test_only_the_node_knows_the_nodes_interface() -> None:
    users = {name_of(p) for p in files() if '"splitnode/node.h"' in p.read_text()}
    assert rooms_of(users) == {"node"}


def test_no_circle_of_files_is_large_or_leaves_its_room(called: Arrows) -> None:
    found = circles(of_modules(included(), called))
    assert [each for each in found if len(each) > CIRCLE_MOST or len(rooms_of(each)) > 1] == []


@pytest.mark.parametrize("folder", ["components/splitnode/*/*", "virtual", "test", "test/virtual"])
def test_no_file_of_the_core_its_virtual_port_and_their_tests_is_long(folder: str) -> None:
    found = list(FIRMWARE.glob(f"{folder}/*.[ch]"))
    assert found
    lengths = {str(path): len(path.read_text().splitlines()) for path in found}
    assert {file: n for file, n in lengths.items() if n > LINES_MOST} == {}


def test_an_arrow_up_and_a_circle_are_found() -> None:
    arrows = {
        "wire/a.c": {"wire/b.h", "node/n.h"},
        "wire/b.h": {"wire/c.h"},
        "wire/c.h": {"wire/a.c"},
        "node/n.h": {"wire/b.h"},
    }
    assert up_the_house(arrows) == ["wire/a.c -> node/n.h"]
    assert circles(arrows) == [set(arrows)]
