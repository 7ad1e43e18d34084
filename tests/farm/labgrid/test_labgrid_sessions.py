# SPDX-License-Identifier: MIT
"""Whole sessions and commands on places of a genuine coordinator."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from labgrid_farm import Farm

from farm_sessions import TINY
from hil.errors import BoardBusyError
from hil.labgrid import register
from hil.labgrid.leftovers import release_leftovers
from hil.labgrid.owner import Owner
from hil.rig.providers.having import have
from hil.rig.rig import BoardSpec


def hil(pytester: pytest.Pytester, *command: str) -> pytest.RunResult:
    return pytester.run(sys.executable, "-m", "hil", *command)


def results(pytester: pytest.Pytester) -> dict[str, object]:
    return json.loads((pytester.path / "hil-report" / "results.json").read_text())


def test_a_session_flashes_and_tests_the_board_of_a_place_over_the_network(
    farm: Farm, pytester: pytest.Pytester
) -> None:
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.hil
        def test_split(board, link, photos, model):
            assert board.spec.name == "desk-1"
            assert board.infer(photos[0]).top5_ids == model.top5_ids(photos[0])
        """
    )
    result = pytester.runpytest_subprocess(
        TINY, "-m", "hil", "--hil-board=labgrid:chip=esp32s3,board=a", "--hil-via=tcp"
    )
    result.assert_outcomes(passed=1)
    assert results(pytester)["board"]["port"] == farm.lab.boards[0].url
    assert farm.holders() == {}
    assert farm.reservations() == 0


def test_a_session_that_is_terminated_gives_its_place_back(
    farm: Farm, pytester: pytest.Pytester
) -> None:
    pytester.makepyfile("import os, signal\ndef test(board): os.kill(os.getpid(), signal.SIGTERM)")
    result = pytester.runpytest_subprocess(TINY, "--hil-board=labgrid:board=a")
    assert result.ret == 143
    assert farm.holders() == {}
    assert farm.reservations() == 0


def test_dut_and_gateway_may_be_two_places_of_one_filter(
    farm: Farm, pytester: pytest.Pytester
) -> None:
    pytester.makepyfile(
        """
        def test_split(board, link, photos, model):
            assert board.infer(photos[0]).top5_ids == model.top5_ids(photos[0])
        """
    )
    some = "labgrid:chip=esp32s3"
    result = pytester.runpytest_subprocess(
        TINY, f"--hil-board={some}", f"--hil-gateway={some}", "--hil-via=espnow"
    )
    result.assert_outcomes(passed=1)
    assert farm.holders() == {}


ESPNOW = """
import pathlib

def test_split(board, link, photos, model):
    assert board.infer(photos[0]).top5_ids == model.top5_ids(photos[0])
"""


@pytest.mark.parametrize("workers", [[], ["-n1"]], ids=["no workers", "one worker"])
def test_two_sessions_that_want_dut_and_gateway_each_do_not_wait_for_each_other(
    farm: Farm, pytester: pytest.Pytester, workers: list[str]
) -> None:
    pytester.makepyfile(ESPNOW)
    some = "labgrid:chip=esp32s3"
    options = [TINY, f"--hil-board={some}", f"--hil-gateway={some}", "--hil-via=espnow", *workers]
    held = [have(BoardSpec(f"labgrid:name={name}"))[1] for name in ("desk-1", "desk-2")]
    sessions = [
        subprocess.Popen(
            [sys.executable, "-m", "pytest", *options, "--hil-board-wait=60", f"--hil-log-dir={n}"],
            stdout=subprocess.PIPE,
            text=True,
            cwd=pytester.path,
        )
        for n in range(2)
    ]
    for each in sessions:
        assert each.stdout is not None
        assert any("waiting for the board of" in line for line in each.stdout)
    for lease in held:
        lease.release()
    said = [each.communicate(timeout=100)[0] for each in sessions]
    assert [each.returncode for each in sessions] == [0, 0], said
    assert farm.holders() == {}
    assert farm.reservations() == 0


def test_there_is_a_worker_for_each_place_that_is_free_and_all_are_given_back(
    farm: Farm, pytester: pytest.Pytester
) -> None:
    pytester.makepyfile(
        """
        import pathlib, pytest

        @pytest.mark.parametrize("number", range(4))
        def test_split(board, link, photos, model, number):
            pathlib.Path(board.spec.name).touch()
            assert board.infer(photos[0]).top5_ids == model.top5_ids(photos[0])
        """
    )
    result = pytester.runpytest_subprocess(
        TINY, "-n", "auto", "--hil-board=labgrid:chip=esp32s3", "--hil-via=tcp"
    )
    result.assert_outcomes(passed=4)
    assert sorted(path.name for path in pytester.path.glob("desk-*")) == ["desk-1", "desk-2"]
    assert sorted(board["name"] for board in results(pytester)["boards"]) == ["desk-1", "desk-2"]
    assert farm.holders() == {}
    assert farm.reservations() == 0


def test_a_place_that_no_test_needs_any_more_is_free_while_latency_is_judged_at_another(
    farm: Farm, pytester: pytest.Pytester
) -> None:
    pytester.makepyfile(
        f"""
        import pytest
        from hil.labgrid.session import Session

        @pytest.mark.parametrize("number", range(4))
        def test_split(board, link, photos, number):
            board.infer(photos[0])

        @pytest.mark.latency
        def test_alone(board, link, photos):
            session = Session({farm.address!r}, "elsewhere/ada")
            assert [each.name for each in session.places() if each.holder] == [board.spec.name]
            assert len(session.reservations()) == 1
            session.close()
            board.infer(photos[0])
        """
    )
    result = pytester.runpytest_subprocess(
        TINY, "-n2", "--hil-board=labgrid:chip=esp32s3", "--hil-via=tcp"
    )
    result.assert_outcomes(passed=5)
    result.stdout.fnmatch_lines(["hil: desk-? is given back: no test that is left needs it"])
    assert sorted(board["name"] for board in results(pytester)["boards"]) == ["desk-1", "desk-2"]
    assert farm.holders() == {}


def test_a_place_that_is_taken_away_ends_the_session_with_an_error_of_the_rig(
    farm: Farm, pytester: pytest.Pytester
) -> None:
    pytester.makepyfile(
        f"""
        import sys
        sys.path.insert(0, {str(Path(__file__).parent)!r})
        from labgrid_farm import PATIENCE_S
        from hil.labgrid.session import Session

        def test_taken(board):
            session = Session({farm.address!r}, "elsewhere/ada")
            session.release("desk-1", session.place("desk-1").holder)
            session.close()
            assert board.console.wait_end(PATIENCE_S)
            board.refresh()

        def test_next(board):
            board.refresh()
        """
    )
    result = pytester.runpytest_subprocess(TINY, "--hil-board=labgrid:board=a", "--hil-breaker=1")
    assert result.ret == 10
    result.stdout.fnmatch_lines(["*The place desk-1 of labgrid has been taken from this session*"])
    assert farm.holders() == {}


@pytest.mark.parametrize(
    ("option", "code", "sentence"),
    [
        ("labgrid:chip", 4, "ERROR: The filter labgrid:chip cannot be read at 'chip'; *"),
        ("labgrid:colour=red", 4, "*No place of the labgrid coordinator at * has a tag colour; *"),
        ("labgrid:rack=1", 10, "*The place empty of labgrid has no serial port now *"),
    ],
)
def test_what_cannot_be_had_is_said_in_a_sentence(
    farm: Farm, pytester: pytest.Pytester, option: str, code: int, sentence: str
) -> None:
    pytester.makepyfile("def test_board(board): pass")
    result = pytester.runpytest_subprocess(TINY, f"--hil-board={option}")
    assert result.ret == code
    pytest.LineMatcher([*result.outlines, *result.errlines]).fnmatch_lines([sentence])


def test_hil_boards_lists_places_with_tags_and_who_has_them(
    farm: Farm, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    (pytester.path / "hil.toml").write_text(
        f'[labgrid]\ncoordinator = "{farm.address}"\n'
        '[[boards]]\nname = "left"\nport = "labgrid:name=desk-1"\nroles = ["dut"]\n'
    )
    monkeypatch.delenv("LG_COORDINATOR")
    _, lease = have(BoardSpec("labgrid:board=a", coordinator=farm.address))
    text = hil(pytester, "boards", "--labgrid").stdout.str()
    listed = json.loads(hil(pytester, "boards", "--labgrid", "--json").stdout.str())
    lease.release()
    desk = next(each for each in listed if each["port"] == "labgrid:name=desk-1")
    assert desk["tags"] == {"board": "a", "chip": "esp32s3", "name": "desk-1"}
    assert f"pid {os.getpid()} on" in desk["taken_by"]
    assert (desk["name"], desk["provider"]) == ("left", "labgrid")
    for words in ("labgrid:name=desk-1", "held by", "free", "board=b", "rack=1", "has no match"):
        assert words in text
    plain = json.loads(hil(pytester, "boards", "--json").stdout.str())
    assert "--labgrid lists the places" in plain[-1]["problem"]
    spec, lease = have(BoardSpec("labgrid:board=a", coordinator=farm.address))
    lease.release()
    assert spec.name == "desk-1"


def dead_owner() -> Owner:
    """Return a session of this host that has ended: this process began at another time."""
    me = Owner.this_process()
    return Owner(me.host, me.user, me.pid, me.started - 1, me.realm)


def leave(farm: Farm, place: str, owner: str) -> None:
    """Have a place, and end without giving it back."""
    session = farm.session(owner)
    session.reserve({"name": place})
    session.acquire(place)
    session.close()


def test_hil_boards_release_frees_what_the_dead_have_left_and_nothing_of_the_living(
    farm: Farm, pytester: pytest.Pytester
) -> None:
    _, lease = have(BoardSpec("labgrid:name=desk-1"))
    leave(farm, "desk-2", dead_owner().name)
    freed = json.loads(hil(pytester, "boards", "release", "--json").stdout.str())
    assert freed == [{"place": "desk-2", "holder": dead_owner().name}]
    assert list(farm.holders()) == ["desk-1"]
    assert farm.reservations() == 1
    refused = hil(pytester, "boards", "release", "desk-1")
    assert refused.ret == 10
    refused.stderr.fnmatch_lines(["hil: The place desk-1 * held by * a session that lives; *"])
    lease.release()
    result = hil(pytester, "boards", "release")
    result.stdout.fnmatch_lines(["no dead session of this host has left a place behind"])
    unknown = hil(pytester, "boards", "release", "desk-9")
    assert unknown.ret == 2
    unknown.stderr.fnmatch_lines(["hil: * has no place 'desk-9'; *"])


def test_only_the_places_that_are_named_are_freed(farm: Farm) -> None:
    for place in ("desk-1", "desk-2"):
        leave(farm, place, dead_owner().name)
    assert [place for place, _ in release_leftovers(farm.address, ["desk-2"])] == ["desk-2"]
    assert list(farm.holders()) == ["desk-1"]
    assert [place for place, _ in release_leftovers(farm.address)] == ["desk-1"]
    assert farm.reservations() == 0


def test_what_a_session_had_when_the_power_failed_is_freed_after_the_next_start(
    farm: Farm, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    owner = replace(dead_owner(), pid=2**22 + 1, realm="00000000")
    for name in ("_MACHINE", "_BOOT"):
        monkeypatch.setattr(register, name, tmp_path / name)
        (tmp_path / name).write_text("before")
    register.Register.find().enter(owner, farm.address)
    leave(farm, "desk-1", owner.name)
    assert release_leftovers(farm.address) == []
    (tmp_path / "_BOOT").write_text("after")
    assert release_leftovers(farm.address) == [("desk-1", owner.name)]
    assert farm.reservations() == 0


@pytest.mark.parametrize(
    ("owner", "why"),
    [
        ("elsewhere/ada", "which is no session of hil"),
        ("elsewhere/hil-ada-1-1-00000000", "to be freed on elsewhere"),
        (
            f"{os.uname().nodename}/hil-ada-1-1-00000000",
            "of another container or computer of this name",
        ),
    ],
)
def test_what_may_live_is_left_alone(farm: Farm, owner: str, why: str) -> None:
    leave(farm, "desk-1", owner)
    assert release_leftovers(farm.address) == []
    with pytest.raises(BoardBusyError, match=why):
        release_leftovers(farm.address, ["desk-1"])
    assert farm.holders() == {"desk-1": owner}
    session = farm.session()
    session.release("desk-1", owner)
    for reservation in session.reservations():
        session.cancel(reservation.token)
    session.close()
