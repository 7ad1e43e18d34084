# SPDX-License-Identifier: MIT
"""The controller has the boards and lends them to workers: before they start, until all is over."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from farm_sessions import TINY, Start, describe, documents, lines
from hil.rig.lock import BoardLock, holder

LENT = """
import json, os
import pytest
from noting import note
pytestmark = pytest.mark.hil

@pytest.mark.parametrize("number", range(4))
def test_it(number, request, worker_id, hil_results):
    from hil.pytestplugin.run import Run
    from hil.rig.lock import BoardLock, holder

    rig = Run.of(request.config).plan.rig
    for spec, roles in rig.specs():
        assert holder(spec.port).pid == os.getppid()
        with BoardLock.acquire(spec.port):
            note(worker_id, "+".join(roles), spec.name)
"""


def test_each_worker_has_a_board_of_its_own_that_the_controller_holds_for_it(
    start: Start, pytester: pytest.Pytester, log: Path
) -> None:
    ports = describe(pytester, "dut", "dut", "dut")
    start(LENT, "-n2", "-m", "hil").assert_outcomes(passed=4)
    had = {(worker, board) for worker, _, board in lines(log)}
    assert len({worker for worker, _ in had}) == len({board for _, board in had}) == len(had)
    assert {board for _, board in had} <= {"b0", "b1"}
    assert [holder(port) for port in ports] == [None, None, None]


def test_as_many_workers_as_there_are_boards(
    start: Start, pytester: pytest.Pytester, log: Path
) -> None:
    describe(pytester, "dut", "dut", "peer")
    result = start(LENT, "-nauto", "-m", "hil")
    result.assert_outcomes(passed=4)
    result.stdout.fnmatch_lines(["2 workers *"])


def test_boards_are_named_by_the_option_as_often_as_there_are(
    start: Start, pytester: pytest.Pytester, log: Path
) -> None:
    describe(pytester, "dut", "dut", "dut")
    result = start(LENT, "-nauto", "--hil-board=b2", "--hil-board", "b1")
    result.assert_outcomes(passed=4)
    assert {board for _, _, board in lines(log)} <= {"b1", "b2"}


def test_two_boards_for_each_worker(start: Start, pytester: pytest.Pytester, log: Path) -> None:
    describe(pytester, "dut", "dut", "dut", "gateway")
    start(LENT, "-n2", "--hil-boards-per-worker=2").assert_outcomes(passed=4)
    pairs: dict[str, set[tuple[str, str]]] = {}
    for worker, roles, board in lines(log):
        pairs.setdefault(worker, set()).add((roles, board))
    duts = {"gw0": ("dut", "b0"), "gw1": ("dut", "b1")}
    seconds = {"gw0": ("peer+gateway", "b3"), "gw1": ("peer+gateway", "b2")}
    assert all(pair == {duts[worker], seconds[worker]} for worker, pair in pairs.items())


def test_of_a_board_that_somebody_has_another_takes_the_place_and_that_is_said(
    start: Start, pytester: pytest.Pytester, log: Path
) -> None:
    ports = describe(pytester, "dut", "dut", "dut")
    with BoardLock.acquire(ports[0]):
        result = start(LENT, "-n2", "-m", "hil")
    result.assert_outcomes(passed=4)
    assert {board for _, _, board in lines(log)} <= {"b1", "b2"}
    result.stdout.fnmatch_lines([f"hil: b0 is not taken: *held by *pid {os.getpid()} *"])


def test_a_board_that_somebody_has_is_an_error_of_the_rig_before_any_worker_starts(
    start: Start, pytester: pytest.Pytester, log: Path
) -> None:
    ports = describe(pytester, "dut", "dut")
    with BoardLock.acquire(ports[1]):
        result = start(LENT, "-n2", "-m", "hil")
        assert result.ret == 10
        result.stdout.fnmatch_lines(["*The board at * is held by *; wait for it by *"])
        result.stdout.no_fnmatch_line("created:*")
    assert [holder(port) for port in ports] == [None, None]
    (document,) = documents(pytester)
    assert document["run"]["outcome"] == "infrastructure"
    assert document["errors"][0]["type"] == "BoardBusyError"


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["-n3", "-m", "hil"], "3 workers need 3 boards, and there are 2 (*hil.toml: b0, b1); *"),
        (
            ["-n2", "--hil-boards-per-worker=2"],
            "2 workers need 4 boards, 2 each, and there are 2 (*: b0, b1); name more *",
        ),
        (["-n2", "--hil-board=b0"], "2 workers need 2 boards, and there is 1 (named: b0); *"),
        (["-n2", "--hil-board=usb"], "2 workers need 2 boards, and there are 0 (*USB); *"),
        (["-n2", "--hil-board=b0", "--hil-board=b0"], "*b0 at * and b0 at * are one board, at *"),
        (["-n2", "--hil-board=b0", "--hil-board=virtual"], "*names virtual boards and others; *"),
        (["-n2", "-m", "hil", "--hil-peer=b1"], "--hil-peer names one board, and 2 workers *"),
        (["-n2", "--hil-boards-per-worker=3"], "--hil-boards-per-worker is '3'; give 1, or 2 *"),
        (["--hil-board=b0", "--hil-board=b1"], "--hil-board names 2 boards (b0, b1), *; say -n 2*"),
        (["-n2", "--hil-board=b7"], "There is no board named 'b7' (*"),
        (["-n2", "--hil-board=nobody:here"], "There is no board provider 'nobody' *"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence_before_any_worker_starts(
    start: Start, pytester: pytest.Pytester, log: Path, options: list[str], sentence: str
) -> None:
    describe(pytester, "dut", "dut")
    result = start(LENT, *options)
    assert result.ret == 4
    result.stderr.fnmatch_lines([f"ERROR: {sentence}".replace("[", "[[]")])
    result.stdout.no_fnmatch_line("created:*")


def test_what_a_worker_refuses_is_said_and_ends_the_session(
    start: Start, pytester: pytest.Pytester, log: Path
) -> None:
    result = start(LENT, "-n2", "--hil-via=zigbee")
    assert result.ret == 4
    result.stderr.fnmatch_lines(["ERROR: *zigbee*"])


def test_tests_without_boards_leave_those_of_the_file_alone(
    start: Start, pytester: pytest.Pytester
) -> None:
    (port,) = describe(pytester, "dut")
    with BoardLock.acquire(port):
        start("def test_one(): pass\ndef test_two(): pass\n", "-n2").assert_outcomes(passed=2)


KILLED = LENT.replace(
    "    from hil.pytestplugin.run",
    """    killed = request.config.rootpath / "killed"
    if number == 1 and not killed.exists():
        killed.touch()
        os.kill(os.getpid(), 9)
    from hil.pytestplugin.run""",
    1,
)


def test_the_boards_of_a_worker_that_died_are_its_successors(
    start: Start, pytester: pytest.Pytester, log: Path
) -> None:
    ports = describe(pytester, "dut")
    result = start(KILLED, "-n1", "-m", "hil")
    result.assert_outcomes(passed=3, failed=1)
    assert lines(log) == [["gw0", "dut", "b0"], ["gw1", "dut", "b0"], ["gw1", "dut", "b0"]]
    assert holder(ports[0]) is None


PROVIDER = """
import os, pathlib
from hil import Lease, Offer

class Farm:
    def acquire(self, name, wanted):
        place = next(p for p in ("a", "b", "c") if not pathlib.Path(f"{p}.taken").exists())
        pathlib.Path(f"{place}.taken").touch()
        return Lease(f"/nowhere/{place}", lambda: pathlib.Path(f"{place}.taken").unlink())

    def offers(self):
        for place in ("a", "b", "c"):
            yield Offer(place, holder="" if not pathlib.Path(f"{place}.taken").exists() else "me")
"""

ENDED = """
import os, signal, threading
import pytest
pytestmark = pytest.mark.hil

@pytest.mark.parametrize("number", range(4))
def test_it(number):
    if number == 1:
        os.kill(os.getppid(), signal.SIGNAL)
        threading.Event().wait(30)
"""


@pytest.fixture
def provider(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(someones=PROVIDER)
    site = pytester.path / "someones-1.0.dist-info"
    site.mkdir()
    (site / "METADATA").write_text("Metadata-Version: 2.1\nName: someones\nVersion: 1.0\n")
    (site / "entry_points.txt").write_text("[hil.boards]\nfarm = someones:Farm\n")


def taken(pytester: pytest.Pytester) -> list[str]:
    return sorted(path.name for path in pytester.path.glob("*.taken"))


def test_a_providers_boards_are_acquired_one_for_each_worker(
    start: Start, pytester: pytest.Pytester, log: Path, provider: None
) -> None:
    (pytester.path / "a.taken").touch()
    result = start(LENT, "-nauto", "--hil-board=farm:")
    result.assert_outcomes(passed=4)
    result.stdout.fnmatch_lines(["2 workers *"])
    assert taken(pytester) == ["a.taken"]
    result = start(LENT, "-n4", "--hil-board=farm:")
    assert result.ret == 4
    result.stderr.fnmatch_lines(["*4 workers need 4 boards, and there are 3 of farm: that *"])


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_however_a_session_is_ended_its_boards_are_given_back(
    start: Start, pytester: pytest.Pytester, log: Path, provider: None, name: str
) -> None:
    # Whoever runs these tests in the background of a shell has SIGINT ignored.
    pytester.makeconftest("import signal; signal.signal(2, signal.default_int_handler)")
    result = start(ENDED.replace("SIGNAL", name), "-n2", "--hil-board=farm:")
    assert result.ret == (143 if name == "SIGTERM" else 2)
    assert taken(pytester) == []


def test_a_session_that_waits_for_a_board_gives_back_the_others_when_it_is_ended(
    pytester: pytest.Pytester, log: Path, provider: None
) -> None:
    waits = """
        if name == "b":
            wanted.on_wait("somebody else")
            threading.Event().wait(wanted.wait_s)
"""
    source = PROVIDER.replace("import os", "import threading, os").replace(
        "wanted):\n", f"wanted):{waits}"
    )
    pytester.makepyfile(test_it=LENT, someones=source)
    boards = ("--hil-board=farm:a", "--hil-board=farm:b", "--hil-board-wait=50")
    command = [sys.executable, "-m", "pytest", TINY, "-n2", *boards]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=pytester.path) as session:
        assert session.stdout is not None
        next(line for line in session.stdout if "waiting for the board of somebody else" in line)
        assert taken(pytester) == ["a.taken"]
        session.send_signal(signal.SIGTERM)
        session.communicate(timeout=30)
    assert taken(pytester) == []


LOSES = PROVIDER.replace(
    '"{place}.taken").unlink())',
    '"{place}.taken").unlink(), check=self.check, on_lost=self.watch)',
).replace("import os", "import threading, os") + (
    """
    lost = threading.Event()

    def check(self):
        from hil.errors import BoardLostError
        if self.lost.is_set():
            raise BoardLostError("the coordinator has forgotten it")

    def watch(self, listener):
        def wait():
            while not pathlib.Path("lost").exists():
                threading.Event().wait(0.05)
            self.lost.set()
            listener()
        threading.Thread(target=wait, daemon=True).start()
"""
)

LOST = """
import threading
import pytest
from hil.errors import BoardLostError

@pytest.mark.hil
def test_it(request):
    from hil.pytestplugin.run import Run
    from hil.rig.providers.having import have

    spec = Run.of(request.config).plan.rig.board
    _, lease = have(spec)
    lease.check()
    told = threading.Event()
    lease.on_lost(told.set)
    (request.config.rootpath / "lost").touch()
    assert told.wait(30)
    with pytest.raises(BoardLostError, match="the coordinator has forgotten it"):
        lease.check()
    with pytest.raises(BoardLostError, match="the coordinator has forgotten it"):
        have(spec)
"""


def test_a_board_that_its_provider_has_lost_is_told_to_the_worker_and_not_opened_again(
    start: Start, pytester: pytest.Pytester, provider: None
) -> None:
    pytester.makepyfile(someones=LOSES)
    (pytester.path / "a.taken").unlink(missing_ok=True)
    start(LOST, "-n1", "--hil-board=farm:").assert_outcomes(passed=1)
