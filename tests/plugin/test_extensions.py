# SPDX-License-Identifier: MIT
"""Sessions on boards that another package provides: the worked example of docs/extending.md."""

import json
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from extension_package import MYFARM, install, install_example
from filelock import FileLock

from hil import BoardProvider, PowerSwitch, Wanted
from hil.errors import BoardBusyError
from hil.sim.process import Lab

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "docs" / "extending.md"
TINY = f"--hil-model={ROOT / 'models' / 'tiny'}"


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with Lab.start(boards=2) as lab:
        yield lab


@pytest.fixture
def farm(lab: Lab, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The farm's directory, with two boards; the example is installed."""
    directory = pytester.path / "farm"
    directory.mkdir()
    for number, board in enumerate(lab.boards, 1):
        relay = f"myrelay:{directory / f'relay-{number}'}"
        (directory / f"desk-{number}.toml").write_text(
            f'port = "{board.url}"\npower_cycle = "{relay}"\n'
        )
    use(monkeypatch, install_example(pytester.path / "site"))
    monkeypatch.setenv("MYFARM", str(directory))
    return directory


def use(monkeypatch: pytest.MonkeyPatch, target: Path) -> None:
    """Put what is installed there on Python's path."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(target), os.environ["PYTHONPATH"]]))


def hil(pytester: pytest.Pytester, command: str) -> pytest.RunResult:
    return pytester.run(sys.executable, "-m", "hil", *command.split())


def is_free(farm: Path, board: str) -> bool:
    lock = FileLock(farm / f"{board}.lock")
    with lock.acquire(timeout=0):
        return True


def test_a_users_tests_run_on_two_boards_of_the_farm(pytester: pytest.Pytester, farm: Path) -> None:
    pytester.makepyfile(
        """
        import pathlib, os

        def test_split(board, link, photos, model):
            assert (pathlib.Path(os.environ["MYFARM"]) / "desk-1.who").exists()
            assert board.spec.name == "myfarm:desk-1"
            assert board.infer(photos[0]).top5_ids == model.top5_ids(photos[0])
        """
    )
    result = pytester.runpytest_subprocess(
        TINY, "--hil-board=myfarm:desk-1", "--hil-gateway=myfarm:desk-2", "--hil-via=tcp,espnow"
    )
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["hil: board at myfarm:desk-1, model tiny, *"])
    document = json.loads((pytester.path / "hil-report" / "results.json").read_text())
    assert document["board"]["port"].startswith("rfc2217://")
    assert is_free(farm, "desk-1")
    assert is_free(farm, "desk-2")


def test_a_board_that_is_held_is_waited_for_so_long_and_it_is_said_for_whom(
    pytester: pytest.Pytester, farm: Path
) -> None:
    (farm / "desk-1.who").write_text("Ada")
    pytester.makepyfile("def test_board(board): pass")
    with FileLock(farm / "desk-1.lock"):
        result = pytester.runpytest_subprocess(
            TINY, "--hil-board=myfarm:desk-1", "--hil-board-wait=0.2"
        )
    assert result.ret == 10
    result.stdout.fnmatch_lines(
        ["hil: waiting for the board of Ada", "*The board desk-1 of the farm is held by Ada."]
    )


def test_any_board_is_one_that_is_free(pytester: pytest.Pytester, farm: Path) -> None:
    (pytester.path / "hil.toml").write_text('[[boards]]\nroles = ["dut"]\nport = "myfarm:"\n')
    pytester.makepyfile(
        "def test_board(board, lab_url): assert board.port == lab_url",
        conftest=f"""
        import pytest, tomllib, pathlib
        @pytest.fixture
        def lab_url():
            return tomllib.loads(pathlib.Path({str(farm / "desk-2.toml")!r}).read_text())["port"]
        """,
    )
    with FileLock(farm / "desk-1.lock"):
        result = pytester.runpytest_subprocess(TINY)
    result.assert_outcomes(passed=1)


def test_any_two_boards_are_two(pytester: pytest.Pytester, farm: Path) -> None:
    (pytester.path / "hil.toml").write_text(
        '[[boards]]\nroles = ["dut"]\nport = "myfarm:"\n'
        '[[boards]]\nroles = ["gateway"]\nport = "myfarm:"\n'
    )
    pytester.makepyfile(
        """
        def test_split(board, link, gateway, photos):
            assert {board.spec.name, gateway.spec.name} == {"myfarm:"}
            assert board.port != gateway.port
            assert board.infer(photos[0]).transport_exact
        """
    )
    pytester.runpytest_subprocess(TINY, "--hil-via=espnow").assert_outcomes(passed=1)


RECORDER = """
import os, pathlib
from hil import Lease

class Recorder:
    def acquire(self, name, wanted):
        self.note("acquired")
        return Lease(os.environ["BOARD"], lambda: self.note("released"))
    def note(self, word):
        with open("notes.txt", "a") as file:
            file.write(word + " ")
    def offers(self):
        return []
"""


@pytest.mark.parametrize(
    "ending",
    ["assert False", "raise KeyboardInterrupt", "os.kill(os.getpid(), signal.SIGTERM)", "pass"],
)
def test_a_board_is_given_back_however_the_session_ends(
    pytester: pytest.Pytester, lab: Lab, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    site = install(pytester.path / "site", "recorder", {"hil.boards": {"rec": "recorder:Recorder"}})
    (site / "recorder.py").write_text(RECORDER)
    use(monkeypatch, site)
    monkeypatch.setenv("BOARD", lab.boards[0].url)
    pytester.makepyfile(f"import os, signal\ndef test_board(board): {ending}")
    pytester.runpytest_subprocess(TINY, "--hil-board=rec:")
    assert (pytester.path / "notes.txt").read_text() == "acquired released "


def test_a_board_that_does_not_exist_and_one_of_nobodys_are_bad_input(
    pytester: pytest.Pytester, farm: Path
) -> None:
    pytester.makepyfile("def test_board(board): pass")
    result = pytester.runpytest_subprocess(TINY, "--hil-board=nofarm:desk-1")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        ["ERROR: There is no board provider 'nofarm' (other packages have myfarm of hil-myfarm *"]
    )
    result = pytester.runpytest_subprocess(TINY, "--hil-board=myfarm:desk-9")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stdout.fnmatch_lines(["*The farm has no board 'desk-9' *"])


def test_a_provider_that_cannot_be_imported_is_bad_input(
    pytester: pytest.Pytester, farm: Path
) -> None:
    (pytester.path / "site" / "hil_myfarm.py").write_text("import labgrid_of_1999\n")
    pytester.makepyfile("def test_board(board): pass")
    result = pytester.runpytest_subprocess("--hil-board=myfarm:desk-1")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        ["ERROR: The board provider 'myfarm' of hil-myfarm 1.0 cannot be imported (Module*"]
    )
    assert pytester.runpytest_subprocess("--co", "--hil-board=virtual").ret == 0


def test_a_name_that_two_packages_have_is_bad_input(
    pytester: pytest.Pytester, farm: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entries = {"hil.boards": {"myfarm": "another_farm:Farm"}}
    use(monkeypatch, install(pytester.path / "other", "another-farm", entries))
    for command in ("flash --board myfarm:desk-1", "monitor --board myfarm"):
        result = hil(pytester, command)
        assert result.ret == 2
        result.stderr.fnmatch_lines(
            ["hil: The board provider 'myfarm' is in *-*farm 1.0*; uninstall all but one."]
        )


def test_boards_and_doctor_tell_what_other_packages_add(
    pytester: pytest.Pytester, farm: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (farm / "desk-2.who").write_text("Ada")
    with FileLock(farm / "desk-2.lock"):
        result = hil(pytester, "boards")
    assert result.ret == 0
    result.stdout.fnmatch_lines(
        [
            "myfarm:desk-1 * offered by myfarm of hil-myfarm 1.0",
            "*ESP32-S3",
            "myfarm:desk-2 * offered by myfarm of hil-myfarm 1.0",
            "*held by Ada",
        ]
    )
    entries = {"hil.boards": {"usb": "x:Y", "bad": "no_such_module:Farm"}}
    use(monkeypatch, install(pytester.path / "other", "another-farm", entries))
    result = hil(pytester, "doctor")
    result.stdout.fnmatch_lines(
        [
            "note *board provider bad *another-farm 1.0 cannot be imported*",
            "ok *board provider myfarm of hil-myfarm 1.0",
            "note *board provider usb of another-farm 1.0 is not used*",
            "ok *power switch myrelay of hil-myfarm 1.0",
        ]
    )
    assert result.ret == 0


def test_the_farms_relays_take_a_boards_power(pytester: pytest.Pytester, farm: Path) -> None:
    result = hil(pytester, "power --board myfarm:desk-1")
    assert result.ret == 0
    result.stdout.fnmatch_lines(
        ["power-cycling by myrelay", "*relay-1: 0", "*relay-1: 1", "power-cycled myfarm:desk-1"]
    )
    assert (farm / "relay-1").read_text() == "1"


def test_a_switch_that_nobody_has_is_bad_input(pytester: pytest.Pytester, farm: Path) -> None:
    text = (farm / "desk-1.toml").read_text().replace("myrelay:", "norelay:")
    (farm / "desk-1.toml").write_text(text)
    result = hil(pytester, "power --board myfarm:desk-1")
    assert result.ret == 2
    result.stderr.fnmatch_lines(["hil: There is no power switch 'norelay' (other packages have *"])


def test_the_example_is_what_the_document_shows() -> None:
    shown = DOCUMENT.read_text()
    assert (MYFARM / "pyproject.toml").read_text().partition("[project]")[2].strip() in shown


def test_the_classes_of_the_document_are_a_provider_and_a_switch(tmp_path: Path) -> None:
    names: dict[str, Any] = {}
    for block in re.findall(
        r"^```python\n(.*?)^```", DOCUMENT.read_text(), re.MULTILINE | re.DOTALL
    ):
        exec(block, names)
    cabinet, relay = names["Cabinet"](), names["Relay"]()
    assert isinstance(cabinet, BoardProvider)
    assert isinstance(relay, PowerSwitch)
    lease = cabinet.acquire("left", Wanted())
    assert lease.port == "rfc2217://cabinet:2217"
    with pytest.raises(BoardBusyError):
        cabinet.acquire("left", Wanted())
    lease.release()
    cabinet.acquire("left", Wanted()).release()
    assert [offer.name for offer in cabinet.offers()] == ["left", "right"]
    relay.cycle(str(tmp_path / "relay"), print)
    assert (tmp_path / "relay").read_text() == "1"
