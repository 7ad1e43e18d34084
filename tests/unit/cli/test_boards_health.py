# SPDX-License-Identifier: MIT
"""``hil boards`` of boards that fare well and badly; setting one aside, and taking it back."""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hil.cli import main
from hil.cli.farm import heal
from hil.health.entry import Healed, Quarantined, Session, Sighting, Signs
from hil.health.history import set_aside
from hil.health.store import Store

MAC, OTHER = "f4:12:fa:01:02:03", "f4:12:fa:0a:0b:0c"
ESP = (0x303A, 0x1001)
TOML = f'[[boards]]\nname = "desk-1"\nmac = "{MAC}"\n'
SOUND, SICK = Signs(tests=1), Signs(tests=1, retries=9)

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def hil(
    own_computer: None,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> Run:
    """Run ``hil boards`` where hil.toml is; return exit code, output and what it complains of."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "300")
    (tmp_path / "hil.toml").write_text(TOML)

    def run(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as end:
            main(["boards", *arguments])
        said = capsys.readouterr()
        assert isinstance(end.value.code, int)
        return end.value.code, said.out, said.err

    return run


def session(mac: str = MAC, signs: Signs = SOUND) -> Session:
    return Session("now", Sighting("", "ttyUSB9", "/dev/ttyUSB9", mac, False), signs)


def listed(hil: Run) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(hil("--json")[1])
    return found


def test_how_a_board_fares_is_shown_beside_it(hil: Run, attach: Callable[..., str]) -> None:
    attach("ttyACM0", *ESP, MAC.upper())
    (board,) = listed(hil)
    assert board["health"] is None
    for signs in (SOUND, SICK, SOUND):
        Store.find().add(MAC, session(signs=signs))
    (board,) = listed(hil)
    told = {"quarantined": False, "why": None, "since": None, "sessions": 3, "bad": 1}
    told |= {"faults": [], "named": "desk-1", "problem": None}
    assert board["health"] == told
    assert "last sessions that count: 3, 1 of them bad" in hil()[1]


def test_one_that_is_set_aside_is_shown_with_the_reason_also_where_it_is_not_attached(
    hil: Run,
) -> None:
    store = Store.find()
    store.add(MAC, Quarantined("monday", "smoke", "ada"))
    store.add(OTHER, session(OTHER))
    store.add(OTHER, Quarantined("tuesday", "noise", "ada"))
    store.add("f4:12:fa:00:00:01", session("f4:12:fa:00:00:01"))  # fares well, and is away
    text = hil()[1]
    assert "SET ASIDE since monday: smoke; 'hil boards heal desk-1' takes it back" in text
    assert f"SET ASIDE since tuesday: noise; 'hil boards heal {OTHER}' takes it back" in text
    first, second = listed(hil)
    assert (first["name"], first["health"]["why"]) == ("desk-1", "smoke")
    assert (second["mac"], second["port"], second["health"]["since"]) == (OTHER, None, "tuesday")


def test_what_is_damaged_is_told_of_its_board_alone(hil: Run) -> None:
    store = Store.find()
    for mac in (MAC, OTHER):
        store.add(mac, Quarantined("monday", "smoke", "ada"))
    assert store.directory is not None
    (damaged,) = (store.directory / "boards" / OTHER).iterdir()
    damaged.write_text("{")
    first, second = listed(hil)
    assert first["health"]["quarantined"]
    assert f"What is known of the board {OTHER} is damaged" in second["health"]["problem"]
    assert f"What is known of the board {OTHER} is damaged" in hil()[1]


def test_a_board_is_set_aside_by_hand(hil: Run) -> None:
    code, out, _ = hil("quarantine", "desk-1", "--why", " it smells\n of smoke ")
    assert (code, out) == (0, "desk-1 is set aside; 'hil boards heal desk-1' takes it back.\n")
    (entry,) = Store.find().read(MAC)
    assert isinstance(entry, Quarantined)
    assert (entry.why, entry.named) == ("it smells of smoke", "desk-1")


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("quarantine", "desk-1", "--why", " "), 2, "--why is empty; say what is wrong"),
        (("quarantine", "desk-1"), 2, "Missing option '--why'"),
        (("quarantine", "desk-2", "--why", "smoke"), 2, "no board named 'desk-2'"),
        (("quarantine", "virtual", "--why", "smoke"), 2, "no board that would be known again"),
        (("heal", "desk-2"), 2, "no board named 'desk-2'"),
        (("--json", "heal", "desk-1"), 2, "--json before 'heal' says nothing to it"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    hil: Run, arguments: tuple[str, ...], code: int, told: str
) -> None:
    ended, _, said = hil(*arguments)
    assert (ended, Store.find().boards()) == (code, [])
    assert told in said


def test_a_user_without_a_home_is_told_so(hil: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Store, "find", lambda: Store(None))
    code, _, said = hil("quarantine", "desk-1", "--why", "smoke")
    assert code == 10
    assert "has no home in which to keep what is known of boards; name a directory by" in said


def test_one_that_is_in_use_needs_no_healing(hil: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heal, "_run", None)
    assert hil("heal", "desk-1")[:2] == (0, "desk-1 is not set aside.\n")


@pytest.mark.parametrize(
    ("status", "signs", "outcomes", "code", "told"),
    [
        (0, SOUND, ["passed", "skipped"], 0, ""),
        (0, SICK, ["passed"], 1, "has passed, but not without 9 retries of flashing"),
        (0, SOUND, ["skipped"], 10, "the acceptance suite has tested nothing; its results are"),
        (1, SOUND, ["failed"], 1, "the acceptance suite has failed on it; its results are in"),
        (10, SOUND, ["error"], 10, "did not come to its end (exit code 10); its results are in"),
        (5, SOUND, [], 10, "did not come to its end (exit code 5)"),
        (4, SOUND, [], 2, ""),
        (2, SOUND, ["passed"], 130, ""),
        (143, SOUND, ["passed"], 130, ""),
    ],
)
def test_a_board_is_taken_back_only_if_the_suite_has_passed_on_it_and_without_a_fault(
    hil: Run,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    status: int,
    signs: Signs,
    outcomes: list[str],
    code: int,
    told: str,
) -> None:
    older = Path(__file__).parents[1] / "results" / "older"
    document = json.loads(max(older.glob("hil-results-*.json")).read_text())
    document["tests"] = [{**document["tests"][0], "outcome": each} for each in outcomes]

    def suite(name: str, via: str | None, out: Path, environment: dict[str, str]) -> int:
        assert (name, via) == ("desk-1", "tcp,udp")
        out.mkdir()
        (out / "results.json").write_text(json.dumps(document))
        Store(Path(environment["HIL_STATE_DIR"])).add(MAC, session(signs=signs))
        return status

    monkeypatch.setattr(heal, "_run", suite)
    store = Store.find()
    store.add(MAC, Quarantined("monday", "smoke", "ada"))
    ended, out, said = hil("heal", "desk-1", "--via", "tcp,udp", "--out", str(tmp_path / "out"))
    assert ended == code
    assert told in said
    entries = store.read(MAC)
    assert bool(set_aside(entries)) == (code != 0)
    assert ("desk-1 is taken back." in out) == isinstance(entries[-1], Healed) == (code == 0)


def test_the_suite_is_run_on_that_board_and_nobodys_options_have_a_say(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    said = tmp_path / "said"
    program = tmp_path / "python"
    program.write_text(
        f'#!/bin/sh\necho "$@" "[$PYTEST_ADDOPTS]" "$HIL_STATE_DIR" > {said}\nexit 7\n'
    )
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(program))
    monkeypatch.setenv("PYTEST_ADDOPTS", "-k nothing")
    env = {**os.environ, "HIL_STATE_DIR": "scratch"}
    assert heal._run("desk-1", "tcp", tmp_path / "out", env) == 7
    words = said.read_text().split()
    for word in ("hil.suite.test_acceptance", "--hil-board=desk-1", "--hil-via=tcp", "[]"):
        assert word in words
    assert words[-1] == "scratch"
    assert f"--hil-log-dir={tmp_path / 'out'}" in words
