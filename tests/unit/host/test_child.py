# SPDX-License-Identifier: MIT
"""What a child process is started with, and what it takes for the package ``hil``."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from hil.host import child


def run_here(directory: Path, **environment: str) -> "subprocess.CompletedProcess[str]":
    command = child.command("hil.sim.faults.power", "nowhere", "1")
    return subprocess.run(
        command,
        cwd=directory,
        env=child.environment(**environment),
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("name", ["hil/__init__.py", "socket.py", "runpy.py", "secrets.py"])
def test_a_module_of_the_working_directory_is_never_imported(tmp_path: Path, name: str) -> None:
    trap = tmp_path / name
    trap.parent.mkdir(exist_ok=True)
    trap.write_text("raise SystemExit('the user\\'s own')")

    done = run_here(tmp_path, PYTHONPATH=str(tmp_path))

    assert done.returncode == 2
    assert "Say which board" in done.stderr


def test_only_what_is_needed_of_the_environment_reaches_a_child(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("RIG_WIFI_PASSWORD", "geheim123")
    monkeypatch.setenv("ESPTOOL_CFGFILE", "/etc/esptool.cfg")
    monkeypatch.setenv("PYTHONSTARTUP", "/tmp/x.py")
    monkeypatch.setenv("LC_ALL", "C")

    found = child.environment(ADDED="1")

    assert "geheim123" not in found.values()
    assert {"ESPTOOL_CFGFILE", "PYTHONSTARTUP", "PYTHONPATH"}.isdisjoint(found)
    assert (found["LC_ALL"], found["ADDED"], found["PATH"]) == ("C", "1", os.environ["PATH"])


def test_libraries_that_only_pythonpath_leads_to_come_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    libraries = tmp_path / "libraries"
    (libraries / "json").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(libraries), str(tmp_path), "relative"]))

    code = "import json, sys; print(json.__file__); print(sys.path[-1])"
    (libraries / "json" / "__init__.py").touch()
    (libraries / "shown.py").write_text(code)
    done = subprocess.run(
        child.command("shown"),
        env=child.environment(),
        capture_output=True,
        text=True,
        check=True,
    )

    of_json, last = done.stdout.splitlines()
    assert not of_json.startswith(str(tmp_path))
    assert last == str(libraries)


def test_the_command_line_is_one_of_this_interpreter() -> None:
    command = child.command("hil.sim.lab", "1", "2")

    assert command[0] == sys.executable
    assert Path(command[-4]).is_absolute()
    assert command[-3:] == ["hil.sim.lab", "1", "2"]


def test_a_childs_own_children_find_what_it_has_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "libraries"))
    first = child.environment()
    monkeypatch.delenv("PYTHONPATH")
    for name, value in first.items():
        monkeypatch.setenv(name, value)

    assert child.environment() == first


def test_every_process_of_the_harness_is_started_so() -> None:
    package = Path(child.__file__).parents[1]
    others = [
        str(path.relative_to(package))
        for path in package.rglob("*.py")
        if re.search(r'"-m",\s*"hil\.', path.read_text(encoding="utf-8"))
    ]

    assert others == []
